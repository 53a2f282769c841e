# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2119,SC2120
#
# The options of the report, and the ways to end a run.
. ./lib.sh

than() {
	run_mwprof kmemleak --alloc "$(allocs 177)" --free "$FREES" -g --than 1s \
		-- "$KLEAK" --leave --rounds 2 --every 1500 40
	assert_eq status $STATUS 0
	assert_eq 'objects in groups' "$(sum_objects)" 40
	assert_eq bytes "$(sum_bytes)" 7680
	assert_eq num "$(stat_of num)" 80
}
check '--than 1s: only what is older than that' than

than_all() {
	run_mwprof kmemleak --alloc "$(allocs 177)" --free "$FREES" --than 1ns -- "$KLEAK" --leave 40
	assert_eq 'objects in groups' "$(sum_objects)" 40
}
check '--than 1ns: everything' than_all

than_none() {
	run_mwprof kmemleak --alloc "$(allocs 177)" --free "$FREES" --than 3600s -- "$KLEAK" --leave 40
	assert_eq status $STATUS 0
	assert_eq 'objects in groups' "$(sum_objects)" 0
	assert_eq num "$(stat_of num)" 40
}
check '--than 3600s: nothing, and the statistics say what is there' than_none

# 50 objects by one way, 10 by another: groups of 9600 and 1920 bytes.
two_groups() {
	need_mq
	NAME=mq start_stimulus kleak --wait --path mq 10
	NAME=msgsnd start_stimulus kleak --wait 50
	wait_truth waiting mq
	wait_truth waiting msgsnd
	start_mwprof kmemleak --alloc "$(allocs 177)" --free "$FREES" -g "$@" \
		-p "$(truth pid mq),$(truth pid msgsnd)"
	kill -USR1 "$(pid_of mq)" "$(pid_of msgsnd)"
	wait_truth ready mq
	wait_truth ready msgsnd
	stop_mwprof
	assert_eq status $STATUS 0
	assert_eq num "$(stat_of num)" 60
}

top() {
	two_groups --top 1
	assert_eq 'largest group' "$(groups | head -n 1 | cut -d ' ' -f 1,2)" '9600 50'
	assert_no_match "$T/mwprof.out" mq_timedsend
}
check '--top 1: the largest group' top

top_more() {
	two_groups --top 10
	assert_eq 'objects in groups' "$(sum_objects)" 60
}
check '--top 10: all, when there are fewer' top_more

comm() {
	run_mwprof kmemleak --alloc "$(allocs 185)" --free "$FREES" --comm \
		-- "$KSWARM" --leave beta:20:3 alpha:100 'two words:1'
	assert_truth_bytes kswarm
	assert_match "$T/mwprof.out" '^ +comms: alpha\(19200/100\) beta\(11520/60\) two words\(192/1\)$'
}
assert_truth_bytes() {
	assert_eq num "$(stat_of num)" "$(truth objects "$1")"
	assert_eq bytes "$(sum_bytes)" "$(truth bytes "$1")"
}
check '--comm: which commands, most bytes first, though all are gone' comm

comm_threads() {
	run_mwprof kmemleak --alloc "$(allocs 185)" --free "$FREES" --comm -g \
		-- "$KSWARM" --threads --leave beta:20:3 alpha:100
	assert_truth_bytes kswarm
	assert_match "$T/mwprof.out" '^ +comms: alpha\(19200/100\) beta\(11520/60\)$'
}
check '--comm: threads that named themselves' comm_threads

flame_graph() {
	run_mwprof kmemleak --alloc "$(allocs 177)" --free "$FREES" -g --flame-graph "$T/fg" \
		-- "$KLEAK" --leave 70
	assert_eq status $STATUS 0
	[ -s "$T/fg.folded" ] || fail 'no fg.folded'
	assert_eq 'sum of the folded stacks' "$(awk '{ n += $NF } END { print n }' "$T/fg.folded")" \
		"$(truth bytes kleak)"
	assert_eq 'lines that are no folded stack' "$(grep -Evc '^[^ ].* [0-9]+$' "$T/fg.folded")" 0
	assert_match "$T/fg.folded" 'do_msgsnd[^;]*;load_msg[^;]*;[^;]* [0-9]+$'
	# The bytes report is there all the same.
	assert_truth kleak
}
check '--flame-graph: folded stacks whose sum is what is outstanding' flame_graph

flame_graph_fails() {
	run_mwprof kmemleak --alloc "$(allocs 177)" --free "$FREES" -g \
		--flame-graph "$T/no/such/dir/fg" -- "$KLEAK" --leave 7
	[ $STATUS != 0 ] || fail 'status 0 though the file cannot be written'
	assert_match "$T/mwprof.err" 'no/such/dir'
}
check '--flame-graph to where nothing can be written is an error that names it' flame_graph_fails

to_file() {
	run_mwprof kmemleak --alloc "$(allocs 177)" --free "$FREES" -o "$T/report" \
		-- "$KLEAK" --leave 33
	assert_eq status $STATUS 0
	assert_eq 'bytes on stdout' "$(wc -c <"$T/mwprof.out")" 0
	assert_truth kleak "$T/report"
}
check '-o FILE: the report goes there, nothing to stdout' to_file

quiet() {
	run_mwprof kmemleak --alloc "$(allocs 177)" --free "$FREES" -q -- "$KLEAK" --leave 33
	assert_eq status $STATUS 0
	assert_eq 'bytes on stderr' "$(wc -c <"$T/mwprof.err")" 0
	assert_truth kleak
}
check '-q: not a word on stderr' quiet

duration() {
	local start=$SECONDS

	start_stimulus kleak --wait 33
	wait_truth waiting kleak
	start_mwprof kmemleak --alloc "$(allocs 177)" --free "$FREES" -d 2 -p "$(truth pid kleak)"
	kill -USR1 "$(pid_of kleak)"
	wait_end mwprof
	assert_eq status $STATUS 0
	assert_at_least seconds $((SECONDS - start)) 1
	[ $((SECONDS - start)) -le 15 ] || fail "took $((SECONDS - start)) seconds"
	assert_truth kleak
}
check '-d 2: ends by itself after two seconds' duration

events() {
	start_stimulus kchurn --wait 5000
	wait_truth waiting kchurn
	# Frees are seen of the whole system: only the books count here.
	start_mwprof kmemleak --alloc "$(allocs 144)" --free "$FREES" -N 1000 -p "$(truth pid kchurn)"
	kill -USR1 "$(pid_of kchurn)"
	wait_end mwprof
	assert_eq status $STATUS 0
	[ "$(stat_of alloc)" -le 1000 ] || fail "more than 1000 events: $(stat_of alloc) allocations"
}
check '-N 1000: ends by itself after so many events' events

interval() {
	start_stimulus kleak --wait --rounds 6 --every 500 100
	wait_truth waiting kleak
	start_mwprof kmemleak --alloc "$(allocs 177)" --free "$FREES" -g -i 500 -p "$(truth pid kleak)"
	kill -USR1 "$(pid_of kleak)"
	wait_truth ready kleak
	sleep 0.7
	stop_mwprof
	assert_eq status $STATUS 0
	assert_truth kleak
	assert_at_least 'ALLOC LIST lines' "$(grep -c '^ALLOC LIST num' "$T/mwprof.out")" 6
	grep '^ALLOC LIST num' "$T/mwprof.out" | awk '{ print $4 }' >"$T/nums"
	sort -nc "$T/nums" || fail "outstanding does not only grow: $(tr '\n' ' ' <"$T/nums")"
	assert_eq 'objects in the last interval' "$(tail -n 1 "$T/nums")" 600
	assert_eq 'sum of all changes' "$(changes)" '115200 600'
	assert_match "$T/mwprof.out" '^    change: 19200 bytes, 100 objects since the last report; .*suspect: no$'
	assert_match "$T/mwprof.out" '^    change: 19200 bytes, 100 objects since the last report; .*suspect: yes$'
}
# Bytes and objects, over all reports.
changes() {
	awk '/^    change:/ { bytes += $2; objects += $4 } END { print bytes + 0, objects + 0 }' "$T/mwprof.out"
}
check '-i: a report every interval; they add up' interval

no_suspect() {
	start_stimulus kleak --wait 100
	wait_truth waiting kleak
	start_mwprof kmemleak --alloc "$(allocs 177)" --free "$FREES" -i 200 -p "$(truth pid kleak)"
	kill -USR1 "$(pid_of kleak)"
	wait_truth ready kleak
	sleep 1.5
	stop_mwprof
	assert_eq status $STATUS 0
	assert_truth kleak
	assert_eq 'sum of all changes' "$(changes)" '19200 100'
	assert_match "$T/mwprof.out" '^    change: 0 bytes, 0 objects since the last report; .*suspect: no$'
	assert_no_match "$T/mwprof.out" 'suspect: yes'
}
check '-i: what fills up and stops is no suspect' no_suspect

orders() {
	run_mwprof kmemleak --alloc "$(allocs 177)" --free "$FREES" --order -- "$KLEAK" --leave --churn 5 100
	assert_eq status $STATUS 0
	assert_truth kleak
}
check '--order is accepted as users write it' orders

ready_made() {
	start_mwprof kmemleak --kernel=slab,page,percpu -g -v
	run_stimulus kchurn 1000
	stop_mwprof
	assert_eq status $STATUS 0
	assert_sums
	assert_match "$T/mwprof.err" 'kmem:kmalloc'
	assert_match "$T/mwprof.err" 'kmem:mm_page_alloc'
}
check '--kernel=slab,page,percpu: pairs that fit this kernel; -v says which' ready_made

ready_made_leak() {
	run_mwprof kmemleak --kernel=slab -g -- "$KLEAK" --leave --churn 2 400
	assert_eq status $STATUS 0
	assert_sums
	# What the allocator itself and interrupts allocate on top of that is not meant.
	assert_eq 'objects of load_msg' "$(sum_objects '^[^;]*kmalloc[^;]*;(load_msg|alloc_msg)')" 400
	assert_eq 'bytes of load_msg' "$(sum_bytes '^[^;]*kmalloc[^;]*;(load_msg|alloc_msg)')" 76800
}
check '--kernel=slab: finds the leak without a spec' ready_made_leak

percpu() {
	[ -d $TRACING/events/percpu ] || skip 'this kernel has no percpu events'
	run_mwprof kmemleak --kernel=percpu -g -- "$KLEAK" --leave 4
	assert_eq status $STATUS 0
}
check '--kernel=percpu: starts and reports' percpu

small_ring() {
	run_mwprof kmemleak --alloc "$(allocs 177)" --free "$FREES" -m 256 -- "$KLEAK" --leave 1000
	assert_eq status $STATUS 0
	assert_truth kleak
}
check '-m 256' small_ring

finish_tests
