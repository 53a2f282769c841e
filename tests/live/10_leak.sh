# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2119,SC2120
#
# Exactly what leaks is reported, and nothing else: counts, bytes, stacks.
. ./lib.sh

all_of_n() {
	run_mwprof kmemleak --alloc "$(allocs 177)" --free "$FREES" -g \
		-- "$KLEAK" --leave 1000
	assert_eq status $STATUS 0
	assert_truth kleak
	assert_eq 'objects under load_msg' "$(sum_objects 'load_msg|alloc_msg')" 1000
	assert_eq 'objects under do_msgsnd' "$(sum_objects do_msgsnd)" 1000
	assert_no_match "$T/mwprof.out" '^LEDGER'
}
check 'N of N leaked objects are reported with their bytes and their stack' all_of_n

without_stacks() {
	run_mwprof kmemleak --alloc "$(allocs 177)" --free "$FREES" -- "$KLEAK" --leave 1000
	assert_eq status $STATUS 0
	assert_truth kleak
	assert_eq groups "$(groups | wc -l)" 1
	assert_match "$T/mwprof.out" '^Leak of 192000 bytes in 1000 objects allocated from:$'
	assert_eq 'objects at their call site' "$(sum_objects 'load_msg|alloc_msg')" 1000
}
check 'without -g objects are grouped by call site' without_stacks

stack_attribute() {
	run_mwprof kmemleak --alloc "$(allocs 177 stack/)" --free "$FREES" \
		-- "$KLEAK" --leave 10
	assert_truth kleak
	assert_eq 'objects under do_msgsnd' "$(sum_objects do_msgsnd)" 10
}
check 'the attribute stack does for one event what -g does for all' stack_attribute

two_paths() {
	need_mq
	run_mwprof kmemleak --alloc "$(allocs 177)" --free "$FREES" -g \
		-- "$KLEAK" --leave --path both 130
	assert_truth kleak
	assert_eq 'objects under do_msgsnd' "$(sum_objects do_msgsnd)" 130
	assert_eq 'objects under mq_timedsend' "$(sum_objects mq_timedsend)" 130
}
check 'two ways to the same allocation are two groups' two_paths

largest_first() {
	run_mwprof kmemleak --alloc kmem:kmalloc --free "$FREES" -g \
		-- "$KLEAK" --leave --children 3 --free-half 30
	groups | cut -d ' ' -f 1 >"$T/bytes"
	assert_at_least groups "$(wc -l <"$T/bytes")" 3
	sort -rnc "$T/bytes" || fail 'groups are not in order of bytes'
}
check 'groups come in order of bytes' largest_first

balanced() {
	run_mwprof kmemleak --alloc "$(allocs 144)" --free "$FREES" -g -- "$KCHURN" 100000
	assert_eq status $STATUS 0
	assert_eq alloc "$(stat_of alloc)" 100000
	assert_eq free "$(stat_of free)" 100000
	assert_eq num "$(stat_of num)" 0
	assert_eq groups "$(groups | wc -l)" 0
}
check 'nothing is reported of 100000 balanced pairs' balanced

churn_between() {
	run_mwprof kmemleak --alloc "$(allocs 177)" --free "$FREES" -g \
		-- "$KLEAK" --leave --churn 50 200
	assert_truth kleak
	assert_sums
}
check 'leaks are found between balanced pairs of the same size' churn_between

half() {
	run_mwprof kmemleak --alloc "$(allocs 177)" --free "$FREES" -g \
		-- "$KLEAK" --leave --free-half 501
	assert_truth kleak
	assert_sums
}
check 'what is freed later comes off the books' half

by_someone_else() {
	start_stimulus kleak --wait 300
	NAME=bystander start_stimulus kleak --wait 1 # keeps the run going
	wait_truth waiting kleak
	wait_truth waiting bystander
	start_mwprof kmemleak --alloc "$(allocs 177)" --free "$FREES" -g \
		-p "$(truth pid kleak),$(truth pid bystander)"
	kill -USR1 "$(pid_of kleak)"
	wait_truth ready kleak
	# Its queues are now freed by a process that was never traced.
	kill -KILL "$(pid_of kleak)"
	wait "$(pid_of kleak)" 2>/dev/null
	sleep 0.5
	stop_mwprof
	assert_eq status $STATUS 0
	assert_eq alloc "$(stat_of alloc)" 300
	assert_eq free "$(stat_of free)" 300
	assert_eq num "$(stat_of num)" 0
}
check 'a free by a task that is not traced counts' by_someone_else

everything_balances() {
	run_mwprof kmemleak --alloc 'kmem:kmalloc,kmem:kmem_cache_alloc' \
		--free 'kmem:kfree,kmem:kmem_cache_free' -g -- "$KLEAK" --leave --churn 3 300
	assert_eq status $STATUS 0
	assert_sums
	assert_at_least 'objects under load_msg' "$(sum_objects load_msg)" 300
}
check 'sum over stacks = outstanding = alloc - free, for all that a command allocates' everything_balances

event_report() {
	run_mwprof kmemleak --alloc "$(allocs 177)" --free "$FREES" -g -v \
		-- "$KLEAK" --leave 15
	assert_match "$T/mwprof.out" '^KMEMLEAK REPORT: 15$'
	assert_eq 'objects in the event report' \
		"$(grep -Ec '^ +[0-9]+\.[0-9]{6} +[0-9]+ .*\[[0-9]{3}\].*kmalloc:.*bytes_req=177' "$T/mwprof.out")" 15
	assert_eq 'distinct addresses' \
		"$(grep -Eo 'kmalloc:.* ptr=[^ ]+' "$T/mwprof.out" | grep -o 'ptr=.*' | sort -u | wc -l)" 15
	grep -Eo '^ +[0-9]+\.[0-9]{6}' "$T/mwprof.out" | sort -nc || fail 'objects are not in order of time'
}
check '-v adds the event report, an object an entry, in order of time' event_report

no_size() {
	run_mwprof kmemleak --alloc 'kmem:mm_page_alloc/order==0/ptr=pfn/' --free 'kmem:mm_page_free//ptr=pfn/' \
		-- "$KLEAK" --leave 500
	assert_eq status $STATUS 0
	assert_match "$T/mwprof.out" '^KMEMLEAK REPORT: [0-9]+$'
	assert_no_match "$T/mwprof.out" '^LEAKED BYTES'
	assert_eq 'KMEMLEAK REPORT' "$(sed -n 's/^KMEMLEAK REPORT: //p' "$T/mwprof.out")" "$(stat_of num)"
}
check 'events without a size give the event report' no_size

computed() {
	run_mwprof kmemleak --alloc 'kmem:kmalloc/bytes_req==177/ptr=(ptr+0)/size="bytes_alloc*2"/' \
		--free "$FREES" -- "$KLEAK" --leave --churn 2 100
	assert_eq num "$(stat_of num)" 100
	assert_eq bytes "$(sum_bytes)" 38400
	assert_eq free "$(stat_of free)" 200
}
check 'ptr= and size= may be computed' computed

user_filter() {
	run_mwprof kmemleak --alloc 'kmem:kmalloc/bytes_req+bytes_alloc==369/ptr=ptr/size=bytes_alloc/' \
		--free "$FREES" -- "$KLEAK" --leave 100
	assert_truth kleak
}
check 'a filter that the kernel cannot run gives the same answer' user_filter

million() {
	run_mwprof kmemleak --alloc "$(allocs 49)" --free "$FREES" \
		-- "$KLEAK" --leave --text 1 1000000
	assert_eq status $STATUS 0
	assert_truth kleak
	assert_match "$T/mwprof.out" '^Leak of 64000000 bytes in 1000000 objects'
}
LIMIT=120 check 'a million live objects are counted one by one' million

million_stacks() {
	run_mwprof kmemleak --alloc "$(allocs 49)" --free "$FREES" -g \
		-- "$KLEAK" --leave --text 1 1000000
	assert_eq status $STATUS 0
	assert_truth kleak
	assert_eq 'objects under do_msgsnd' "$(sum_objects do_msgsnd)" 1000000
}
LIMIT=120 check 'a million live objects with stacks, too' million_stacks

finish_tests
