# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2119,SC2120
#
# Targets: processes, threads, CPUs, cgroups, commands and what they start.
. ./lib.sh

# Attaches to a stimulus that waits, lets it run, and ends: attached MWPROF-OPTIONS -- KLEAK-OPTIONS
attached() {
	local options=()

	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	start_stimulus kleak --wait "$@"
	wait_truth waiting kleak
	start_mwprof kmemleak --alloc "$(allocs 177)" --free "$FREES" -g -p "$(truth pid kleak)" \
		"${options[@]}"
	kill -USR1 "$(pid_of kleak)"
	wait_truth ready kleak
	stop_mwprof
	assert_eq status $STATUS 0
}

process() {
	attached -- 250
	assert_truth kleak
}
check '-p: a running process' process

process_threads() {
	attached -- --threads 3 100
	assert_truth kleak
	assert_eq num "$(stat_of num)" 300
}
check '-p: all threads that a process has' process_threads

process_late_threads() {
	attached -- --threads 3 --late 100
	assert_truth kleak
	assert_eq num "$(stat_of num)" 300
}
check '-p: threads that start later are followed' process_late_threads

process_children() {
	attached -- --children 4 50
	assert_truth kleak
	assert_eq num "$(stat_of num)" 200
}
check '-p: children that start later are followed' process_children

late_threads_not_followed() {
	attached --no-inherit -- --threads 3 --late 100
	assert_eq num "$(stat_of num)" 0
}
check '--no-inherit: threads that start later are not' late_threads_not_followed

children_not_followed() {
	run_mwprof kmemleak --alloc "$(allocs 177)" --free "$FREES" --no-inherit \
		-- "$KLEAK" --leave --children 4 50
	assert_eq status $STATUS 0
	assert_eq num "$(stat_of num)" 0
}
check '--no-inherit: children of a command are not followed' children_not_followed

two_processes() {
	NAME=one start_stimulus kleak --wait 100
	NAME=two start_stimulus kleak --wait 30
	NAME=three start_stimulus kleak --wait 7
	wait_truth waiting one
	wait_truth waiting two
	wait_truth waiting three
	start_mwprof kmemleak --alloc "$(allocs 177)" --free "$FREES" -p "$(truth pid one),$(truth pid two)"
	for name in one two three; do
		kill -USR1 "$(pid_of $name)"
		wait_truth ready $name
	done
	stop_mwprof
	assert_eq status $STATUS 0
	assert_eq num "$(stat_of num)" 130
}
check '-p A,B: these two and no other' two_processes

named_twice() {
	local pid

	start_stimulus kleak --wait 100
	wait_truth waiting kleak
	pid=$(truth pid kleak)
	start_mwprof kmemleak --alloc "$(allocs 177)" --free "$FREES" -p "$pid,$pid" -t "$pid"
	kill -USR1 "$(pid_of kleak)"
	wait_truth ready kleak
	stop_mwprof
	assert_eq status $STATUS 0
	assert_eq 'TOTAL alloc' "$(stat_of alloc)" 100
}
check '-p A,A -t A: its allocations count once' named_twice

pid_namespace() {
	unshare --pid --fork --mount-proc true 2>/dev/null || skip 'no pid namespaces here'
	unshare --pid --fork --mount-proc "$MWPROF" kmemleak -v \
		--alloc "kmem:kmalloc/bytes_req==177&&_tid==2/ptr=ptr/size=bytes_alloc/" --free "$FREES" \
		-- "$KLEAK" --leave 33 >"$T/mwprof.out" 2>"$T/mwprof.err" </dev/null
	assert_eq status $? 0
	assert_eq 'TOTAL alloc' "$(stat_of alloc)" 33
	assert_match "$T/mwprof.err" 'inside a pid namespace'
	assert_match "$T/mwprof.err" 'user space: _tid in a pid namespace'
}
check 'in a pid namespace _tid means its own numbers' pid_namespace

refused_by_the_kernel() {
	[ -d $TRACING/events/irq_vectors/irq_work_exit ] || skip 'the kernel has no irq_work_exit'
	run_mwprof trace --event 'irq_vectors:*' -d 1
	assert_eq status $STATUS 0
	assert_eq 'notices' "$(grep -c 'irq_work_exit: left out' "$T/mwprof.err")" 1
}
check 'a wildcard leaves out what the kernel will not sample, and says so' refused_by_the_kernel

thread() {
	start_stimulus kleak --wait --threads 3 100
	wait_truth waiting kleak
	start_mwprof kmemleak --alloc "$(allocs 177)" --free "$FREES" \
		-t "$(truth tid kleak | head -n 1)"
	kill -USR1 "$(pid_of kleak)"
	wait_truth ready kleak
	stop_mwprof
	assert_eq status $STATUS 0
	assert_eq num "$(stat_of num)" 100
	assert_eq alloc "$(stat_of alloc)" 100
}
check '-t: one thread of a process' thread

command_children() {
	run_mwprof kmemleak --alloc "$(allocs 177)" --free "$FREES" -g \
		-- "$KLEAK" --leave --children 5 40
	assert_eq status $STATUS 0
	assert_truth kleak
}
check 'command: its children' command_children

command_threads() {
	run_mwprof kmemleak --alloc "$(allocs 177)" --free "$FREES" -g \
		-- "$KLEAK" --leave --threads 5 40
	assert_eq status $STATUS 0
	assert_truth kleak
}
check 'command: its threads' command_threads

grandchildren() {
	run_mwprof kmemleak --alloc "$(allocs 185)" --free "$FREES" \
		-- sh -c "$KSWARM --exec --leave a:3:60; sleep 0.2; :"
	# The objects live until the shell, kswarm's parent, has ended; the report is made after that.
	assert_eq status $STATUS 0
	assert_eq alloc "$(stat_of alloc)" 180
}
check 'command: programs that its children execute, 60 of them' grandchildren

many_threads() {
	run_mwprof kmemleak --alloc "$(allocs 185)" --free "$FREES" \
		-- "$KSWARM" --threads --leave a:1:500
	assert_eq status $STATUS 0
	assert_eq num "$(stat_of num)" 500
	assert_eq bytes "$(sum_bytes)" "$(truth bytes kswarm)"
}
check 'command: 500 threads that are gone' many_threads

many_children() {
	run_mwprof kmemleak --alloc "$(allocs 185)" --free "$FREES" -g \
		-- "$KSWARM" --leave a:2:200
	assert_eq status $STATUS 0
	assert_eq num "$(stat_of num)" 400
}
check 'command: 200 children that are gone' many_children

held() {
	run_mwprof kmemleak --alloc "$(allocs 177)" --free "$FREES" -- "$KLEAK" --leave 1
	assert_eq num "$(stat_of num)" 1
	assert_match "$T/mwprof.err" tracing
}
check 'a command is held until tracing is on: not even its first object is missed' held

others_are_not_counted() {
	start_stimulus kleak --wait 500
	wait_truth waiting kleak
	start_mwprof kmemleak --alloc "$(allocs 177)" --free "$FREES" -- sleep 2
	kill -USR1 "$(pid_of kleak)"
	wait_truth ready kleak
	wait_end mwprof
	assert_eq status $STATUS 0
	assert_eq alloc "$(stat_of alloc)" 0
}
check 'with a target, allocations of others are none of it' others_are_not_counted

whole_system() {
	local text

	text=$(random_text)
	start_mwprof kmemleak --alloc "$(allocs $((text + 48)))" --free "$FREES" -g
	NAME=one start_stimulus kleak --text "$text" 100
	NAME=two start_stimulus kleak --text "$text" --free-half --children 2 50
	wait_truth ready one
	wait_truth ready two
	stop_mwprof
	assert_eq status $STATUS 0
	assert_eq num "$(stat_of num)" 150
	assert_eq alloc "$(stat_of alloc)" 200
	assert_sums
}
check 'without a target the whole system is traced' whole_system

cpus() {
	local text

	text=$(random_text)
	[ "$(nproc)" -gt 1 ] || skip 'one CPU'
	start_mwprof kmemleak --alloc "$(allocs $((text + 48)))" --free "$FREES" -C 1
	NAME=one start_stimulus kleak --text "$text" --wait 100
	NAME=two start_stimulus kleak --text "$text" --wait 30
	wait_truth waiting one
	wait_truth waiting two
	taskset -pc 0 "$(pid_of one)" >/dev/null
	taskset -pc 1 "$(pid_of two)" >/dev/null
	kill -USR1 "$(pid_of one)" "$(pid_of two)"
	wait_truth ready one
	wait_truth ready two
	stop_mwprof
	assert_eq status $STATUS 0
	assert_eq num "$(stat_of num)" 30
}
check '-C: allocations on these CPUs only' cpus

renamed_elsewhere() {
	[ "$(nproc)" -ge 2 ] || skip 'one CPU'
	mkfifo "$T/go"
	# shellcheck disable=SC2016
	taskset -c 1 bash -c 'read -r _ <"$T/go"
		printf renamed >/proc/$$/comm
		taskset -pc 0 $$ >/dev/null
		for ((i = 0; i < 50; i++)); do kill -0 $$; done' &
	echo $! >"$T/bash.pid"
	echo $! >>"$T/pids"
	start_mwprof trace --event syscalls:sys_enter_kill -C 0
	echo >"$T/go"
	wait "$(pid_of bash)"
	stop_mwprof
	assert_eq status $STATUS 0
	assert_at_least 'events under the new name' "$(grep -c '^ *[0-9.]* *renamed ' "$T/mwprof.out")" 50
}
check '-C: a name that a task took on another CPU' renamed_elsewhere

dead_during() {
	NAME=one start_stimulus kleak --wait 40
	NAME=two start_stimulus kleak --wait 60
	wait_truth waiting one
	wait_truth waiting two
	start_mwprof kmemleak --alloc "$(allocs 177)" --free "$FREES" -p "$(truth pid one),$(truth pid two)"
	kill -KILL "$(pid_of one)"
	wait "$(pid_of one)" 2>/dev/null
	sleep 0.3
	kill -USR1 "$(pid_of two)"
	wait_truth ready two
	stop_mwprof
	assert_eq status $STATUS 0
	assert_eq num "$(stat_of num)" 60
}
check 'a target that dies leaves the others traced' dead_during

mounted_cgroups() {
	# The hierarchy that has perf_event: its own (v1), else the unified one.
	awk '$3 ~ /^cgroup/ && ($4 ~ /perf_event/) { print $2; found = 1; exit }
		$3 == "cgroup2" { unified = $2 }
		END { if (!found && unified) print unified }' /proc/mounts
}

cgroup() {
	local root dir name="mwprof-test-$$"

	root=$(mounted_cgroups)
	[ -n "$root" ] || skip 'no cgroup hierarchy with perf_event is mounted'
	grep -q '^perf_event.*1$' /proc/cgroups || skip 'the kernel has no perf_event cgroups'
	dir=$root/$name
	mkdir "$dir" || skip "cannot make a cgroup in $root"
	# Everything that lives in it has to be gone before it can be removed.
	CLEANUP="until_true 5 rmdir '$dir' 2>/dev/null"
	NAME=inside start_stimulus kleak --wait 120
	NAME=outside start_stimulus kleak --wait 77
	wait_truth waiting inside
	wait_truth waiting outside
	pid_of inside >"$dir/cgroup.procs" || skip "cannot move a process to $dir"
	start_mwprof kmemleak --alloc "$(allocs 177)" --free "$FREES" --cgroups "$name,$name"
	assert_match "$T/mwprof.err" "'$name' is in '$name' already"
	kill -USR1 "$(pid_of inside)" "$(pid_of outside)"
	wait_truth ready inside
	wait_truth ready outside
	stop_mwprof
	assert_eq status $STATUS 0
	assert_eq num "$(stat_of num)" 120
}
check '--cgroups: the tasks in a cgroup' cgroup

finish_tests
