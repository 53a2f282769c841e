# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2119,SC2120
#
# A CPU goes away and comes back while tracing. Last of all, because it disturbs everybody.
. ./lib.sh

ONLINE=/sys/devices/system/cpu/cpu1/online

need_hotplug() {
	[ -w $ONLINE ] || skip 'CPU 1 cannot be taken offline here'
	[ "$(cat $ONLINE)" = 1 ] || skip 'CPU 1 is offline'
	CLEANUP="echo 1 >$ONLINE"
}

cpu1() { # 0|1
	echo "$1" >$ONLINE 2>"$T/online.err" || skip "CPU 1 stays as it is: $(cat "$T/online.err")"
}

# A kleak of $1 objects as $2, on CPU $3.
leak_on() {
	NAME=$2 start_stimulus kleak --text "$TEXT" --wait "$1"
	wait_truth waiting "$2"
	taskset -pc "$3" "$(pid_of "$2")" >/dev/null || fail "cannot move it to CPU $3"
	kill -USR1 "$(pid_of "$2")"
	wait_truth ready "$2"
}

whole_system() { # SECONDS-OFFLINE
	need_hotplug
	TEXT=$(random_text)
	start_mwprof kmemleak --alloc "$(allocs $((TEXT + 48)))" --free "$FREES" -g
	leak_on 10 before 1
	cpu1 0
	leak_on 200 without 0
	sleep "$1"
	cpu1 1
	sleep 2
	leak_on 3000 after 1
	alive "$(pid_of mwprof)" || fail 'it has ended'
	stop_mwprof
	assert_eq status $STATUS 0
	assert_eq num "$(stat_of num)" 3210
	assert_sums
	assert_match "$T/mwprof.out" '^  cpu_gaps [1-9]'
}
check 'a CPU that goes and comes back: its events are seen again, and it is told' whole_system 3
check 'a CPU that goes for a moment only: the same' whole_system 0

process() {
	need_hotplug
	TEXT=129
	NAME=held start_stimulus kleak --wait 150
	wait_truth waiting held
	start_mwprof kmemleak --alloc "$(allocs 177)" --free "$FREES" -g -p "$(truth pid held)"
	cpu1 0
	kill -USR1 "$(pid_of held)"
	wait_truth ready held
	cpu1 1
	sleep 0.3
	stop_mwprof
	assert_eq status $STATUS 0
	assert_eq num "$(stat_of num)" 150
}
check 'a target goes on being traced when a CPU goes' process

starts_without() {
	need_hotplug
	TEXT=$(random_text)
	cpu1 0
	start_mwprof kmemleak --alloc "$(allocs $((TEXT + 48)))" --free "$FREES" -g
	cpu1 1
	sleep 2
	leak_on 77 after 1
	stop_mwprof
	assert_eq status $STATUS 0
	assert_eq num "$(stat_of num)" 77
}
check 'a CPU that comes only after the start is traced too' starts_without

finish_tests
