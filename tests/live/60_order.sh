# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2119,SC2120
#
# Order of time across CPUs: what is allocated here and freed there comes off the books.
. ./lib.sh

cross() {
	run_mwprof kmemleak --alloc "$(allocs 179)" --free "$FREES" "${@:2}" \
		-- "$KCROSS" --cpus "$1" --leave --leak 7 30000
	[ $STATUS != 77 ] || skip 'one CPU'
	assert_eq status $STATUS 0
	assert_eq alloc "$(stat_of alloc)" 30007
	assert_eq free "$(stat_of free)" 30000
	assert_eq num "$(stat_of num)" 7
	assert_sums
}
check '30000 objects allocated on CPU 0 and freed on CPU 1, 7 left' cross 0,1
check 'the other way round' cross 1,0
check 'with stacks' cross 0,1 -g
check 'on one CPU, by two threads' cross 0,0

both_ways() {
	[ "$(nproc)" -gt 1 ] || skip 'one CPU'
	start_mwprof kmemleak --alloc "$(allocs $((48 + $1)))" --free "$FREES"
	NAME=a start_stimulus kcross --cpus 0,1 --text "$1" 20000
	NAME=b start_stimulus kcross --cpus 1,0 --text "$1" 20000
	wait_truth ready a
	wait_truth ready b
	stop_mwprof
	assert_eq status $STATUS 0
	assert_eq alloc "$(stat_of alloc)" 40000
	assert_eq num "$(stat_of num)" 0
	assert_no_match "$T/mwprof.out" '[Rr]eus|missed free'
}
check 'both ways at once, in the whole system' both_ways "$(random_text)"

many_reports() {
	[ "$(nproc)" -gt 1 ] || skip 'one CPU'
	start_mwprof kmemleak --alloc "$(allocs $((48 + $1)))" --free "$FREES" -i 20
	NAME=a start_stimulus kcross --cpus 0,1 --text "$1" 100000
	wait_truth ready a
	stop_mwprof
	assert_eq status $STATUS 0
	assert_eq alloc "$(stat_of alloc)" 100000
	assert_eq num "$(stat_of num)" 0
	# What is in flight at a report is at most what a queue holds, and one more.
	assert_eq 'reports with more outstanding than a queue holds' \
		"$(awk -v most=$((16384 / $1 + 2)) '/^ALLOC LIST num/ && $4 > most' "$T/mwprof.out" | wc -l)" 0
}
check 'a report in the middle never has more than what is really in flight' many_reports "$(random_text)"

idle_cpu() {
	[ "$(nproc)" -gt 1 ] || skip 'one CPU'
	start_stimulus kchurn --cpu 0 --wait 20000
	wait_truth waiting kchurn
	start_mwprof kmemleak --alloc "$(allocs 144)" --free "$FREES" -p "$(truth pid kchurn)"
	kill -USR1 "$(pid_of kchurn)"
	wait_truth pairs kchurn
	kill -USR1 "$(pid_of mwprof)"
	until_true 10 grep -q '^TOTAL alloc' "$T/mwprof.out" || fail 'no statistics'
	assert_eq 'alloc at SIGUSR1' "$(stat_of alloc)" 20000
	assert_eq 'free at SIGUSR1' "$(stat_of free)" 20000
	stop_mwprof
	assert_eq status $STATUS 0
}
check 'a CPU where nothing happens does not hold the others back' idle_cpu

trace_order() {
	[ "$(nproc)" -gt 1 ] || skip 'one CPU'
	run_mwprof trace -e "kmem:kmalloc/bytes_req==179/,kmem:kfree" -- "$KCROSS" 5000
	[ $STATUS != 77 ] || skip 'one CPU'
	assert_eq status $STATUS 0
	assert_eq 'kmalloc lines' "$(grep -c 'kmalloc:' "$T/mwprof.out")" 5000
	grep -Eo '[0-9]+\.[0-9]{6}' "$T/mwprof.out" >"$T/times"
	awk '{ print $1 }' "$T/times" | sort -nc || fail 'events are not in order of time'
}
check 'trace prints events of two CPUs in order of time' trace_order

finish_tests
