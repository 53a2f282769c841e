# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2119,SC2120
#
# Signals: reports while running, and the ways to end.
. ./lib.sh

# Attached to a kleak of 100 objects that is done and holds them.
hundred() {
	start_stimulus kleak --wait 100
	wait_truth waiting kleak
	start_mwprof kmemleak --alloc "$(allocs 177)" --free "$FREES" -g "$@" -p "$(truth pid kleak)"
	kill -USR1 "$(pid_of kleak)"
	wait_truth ready kleak
}

has_lines() { # NUMBER PATTERN FILE
	[ "$(grep -Ec "$2" "$3")" -ge "$1" ]
}

statistics() {
	hundred
	kill -USR1 "$(pid_of mwprof)"
	until_true 10 has_lines 1 '^TOTAL alloc' "$T/mwprof.out" || fail 'no statistics at SIGUSR1'
	assert_match "$T/mwprof.out" '^KMEMLEAK STATS:$'
	assert_match "$T/mwprof.out" '^ALLOC LIST num 100 mem [1-9][0-9]*$'
	assert_match "$T/mwprof.out" '^TOTAL alloc 100 free 0$'
	kill -USR1 "$(pid_of kleak)"
	wait_truth dropped kleak
	kill -USR1 "$(pid_of mwprof)"
	until_true 10 has_lines 2 '^TOTAL alloc' "$T/mwprof.out" || fail 'no second statistics'
	assert_eq num "$(stat_of num)" 0
	assert_eq free "$(stat_of free)" 100
	alive "$(pid_of mwprof)" || fail 'SIGUSR1 ended it'
	stop_mwprof
	assert_eq status $STATUS 0
	assert_eq num "$(stat_of num)" 0
}
check 'SIGUSR1: statistics now, after draining, and on it goes' statistics

session() {
	hundred
	cp "$T/mwprof.err" "$T/before"
	kill -USR2 "$(pid_of mwprof)"
	until_true 10 told_more || fail 'no word at SIGUSR2'
	sleep 0.3
	cat "$T/mwprof.out" "$T/mwprof.err" >"$T/both"
	assert_match "$T/both" '[Ee]ngine'
	assert_match "$T/both" '[Rr]ing'
	stop_mwprof
	assert_eq status $STATUS 0
	assert_truth kleak
}
told_more() {
	! cmp -s "$T/before" "$T/mwprof.err" || [ -s "$T/mwprof.out" ]
}
check 'SIGUSR2: the session speaks of itself, and on it goes' session

ends() {
	hundred
	stop_mwprof mwprof "$1"
	assert_eq status $STATUS 0
	assert_truth kleak
}
check 'SIGINT: final report, status 0' ends INT
check 'SIGTERM: final report, status 0' ends TERM

twice() {
	start_mwprof kmemleak --alloc 'kmem:kmalloc' --free 'kmem:kfree' -g
	run_stimulus kchurn 20000
	kill -INT "$(pid_of mwprof)"
	kill -INT "$(pid_of mwprof)" 2>/dev/null
	until_true 5 ended mwprof || fail 'still there after two SIGINT'
}
check 'a second SIGINT ends it at once' twice

twice_stuck() {
	mkfifo "$T/pipe"
	sleep 1000 <>"$T/pipe" &
	echo $! >>"$T/pids"
	start_stimulus kleak --wait 5000
	wait_truth waiting kleak
	"$MWPROF" kmemleak --alloc "$(allocs 177)" --free "$FREES" -v -p "$(truth pid kleak)" \
		>"$T/pipe" 2>"$T/mwprof.err" </dev/null &
	echo $! >"$T/mwprof.pid"
	echo $! >>"$T/pids"
	wait_tracing mwprof
	kill -USR1 "$(pid_of kleak)"
	wait_truth ready kleak
	# The report, an object a line, fills the pipe, which nobody reads.
	kill -INT "$(pid_of mwprof)"
	sleep 1
	alive "$(pid_of mwprof)" || fail 'the report went into a pipe that holds 64 KiB?'
	kill -INT "$(pid_of mwprof)"
	until_true 5 ended mwprof || fail 'still there after a second SIGINT'
}
check 'a second SIGINT ends it even when nobody reads the report' twice_stuck

many_signals() {
	hundred
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		kill -USR1 "$(pid_of mwprof)"
		kill -USR2 "$(pid_of mwprof)"
		sleep 0.02
	done
	stop_mwprof
	assert_eq status $STATUS 0
	assert_truth kleak
}
check 'signals in quick succession do no harm' many_signals

finish_tests
