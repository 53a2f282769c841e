# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2119,SC2120
#
# How a run ends: the command's status, pipes that break, disks that fill, descriptors that are closed.
. ./lib.sh

one_line_of_error() { # PATTERN
	grep -v tracing "$T/mwprof.err" >"$T/errors"
	assert_lines "$T/errors" 1
	assert_match "$T/errors" "$1"
}

command_status() {
	run_mwprof kmemleak --alloc "$(allocs 177)" --free "$FREES" -- "$KLEAK" --leave --status "$1" 3
	assert_eq status $STATUS "$1"
	assert_truth kleak
}
check "the command's status is passed on: 0" command_status 0
check "the command's status is passed on: 7" command_status 7
check "the command's status is passed on: 255" command_status 255

sigchld_ignored() {
	(
		trap '' CHLD
		exec "$MWPROF" kmemleak --alloc "$(allocs 177)" --free "$FREES" -- sh -c 'exit 7'
	) >"$T/mwprof.out" 2>"$T/mwprof.err" </dev/null &
	echo $! >"$T/mwprof.pid"
	echo $! >>"$T/pids"
	wait_end mwprof
	assert_eq status $STATUS 7
}
check 'so it is when mwprof was started with SIGCHLD ignored' sigchld_ignored

command_killed() {
	run_mwprof kmemleak --alloc "$(allocs 177)" --free "$FREES" -- sh -c "kill -$1 \$\$"
	assert_eq status $STATUS "$2"
	assert_match "$T/mwprof.out" '^TOTAL alloc'
}
check 'a command killed by SIGKILL: 128 + 9' command_killed KILL 137
check 'a command killed by SIGTERM: 128 + 15' command_killed TERM 143

no_command() {
	run_mwprof kmemleak --alloc "$(allocs 177)" --free "$FREES" -- "$1"
	assert_eq status $STATUS "$2"
	one_line_of_error "$3"
	assert_no_match "$T/mwprof.out" '^Leak of'
}
check 'a command that does not exist: 127, and says so' \
	no_command /no/such/program 127 '/no/such/program.*([Nn]o such file|not found)'
check 'a command that is not in PATH: 127, and says so' \
	no_command no-such-program-here 127 'no-such-program-here.*([Nn]o such file|not found)'
check 'a command that may not be executed: 126, and says so' \
	no_command /etc/passwd 126 '/etc/passwd.*[Pp]ermission denied'

command_stdin() {
	echo 'a line' | "$MWPROF" kmemleak --alloc "$(allocs 177)" --free "$FREES" -o "$T/report" \
		-- cat >"$T/mwprof.out" 2>"$T/mwprof.err"
	assert_eq 'what cat has read' "$(cat "$T/mwprof.out")" 'a line'
}
check 'stdin belongs to the command' command_stdin

stdin_not_read() {
	local n=0

	start_stimulus kleak --wait 1
	wait_truth waiting kleak
	while read -r _; do
		n=$((n + 1))
		"$MWPROF" kmemleak --alloc "$(allocs 177)" --free "$FREES" -d 1 -p "$(truth pid kleak)" \
			>"$T/mwprof.out" 2>"$T/mwprof.err" || fail "status $?"
	done < <(printf 'one\ntwo\nthree\n')
	assert_eq 'lines that the loop has got' $n 3
}
check 'stdin is never read: a while-read loop around it gets its lines' stdin_not_read

open_stdin() {
	mkfifo "$T/fifo"
	sleep 1000 <>"$T/fifo" &
	echo $! >>"$T/pids"
	"$MWPROF" kmemleak --alloc "$(allocs 177)" --free "$FREES" -- "$KLEAK" --leave 5 \
		>"$T/mwprof.out" 2>"$T/mwprof.err" <"$T/fifo"
	assert_eq status $? 0
	assert_truth kleak
}
check 'stdin that never gives anything does no harm' open_stdin

closed_stdin() {
	"$MWPROF" kmemleak --alloc "$(allocs 177)" --free "$FREES" -- "$KLEAK" --leave 5 \
		>"$T/mwprof.out" 2>"$T/mwprof.err" <&-
	assert_eq status $? 0
	assert_truth kleak
}
check 'nor does a closed one' closed_stdin

broken_pipe() {
	start_stimulus kleak --wait 1000
	wait_truth waiting kleak
	mkfifo "$T/pipe"
	head -n 1 <"$T/pipe" >"$T/head.out" &
	echo $! >>"$T/pids"
	"$MWPROF" kmemleak --alloc "$(allocs 177)" --free "$FREES" -g -v -i 200 \
		-p "$(truth pid kleak)" >"$T/pipe" 2>"$T/mwprof.err" </dev/null &
	echo $! >"$T/mwprof.pid"
	echo $! >>"$T/pids"
	wait_tracing mwprof
	kill -USR1 "$(pid_of kleak)"
	until_true 10 ended mwprof || fail 'goes on without a reader'
	wait_end mwprof
	assert_eq status $STATUS "$1"
	assert_lines "$T/head.out" 1
	assert_eq 'lines about the pipe' "$(grep -Eic 'pipe' "$T/mwprof.err")" 1
}
check '| head -n 1 ends it with one clear line' broken_pipe 1

full_disk() {
	"$MWPROF" kmemleak --alloc "$(allocs 177)" --free "$FREES" "$@" -- "$KLEAK" --leave 5 \
		>/dev/full 2>"$T/mwprof.err" </dev/null
	assert_eq status $? 1
	one_line_of_error '[Nn]o space left on device'
}
check '/dev/full: one clear line, status 1' full_disk
check '-o /dev/full, too' full_disk -o /dev/full

closed_stdout() {
	"$MWPROF" kmemleak --alloc "$(allocs 177)" --free "$FREES" -- "$KLEAK" --leave 5 \
		>&- 2>"$T/mwprof.err" </dev/null
	assert_eq status $? 1
	one_line_of_error '.'
}
check 'closed stdout: one clear line, status 1' closed_stdout

closed_stderr() {
	"$MWPROF" kmemleak --alloc "$(allocs 177)" --free "$FREES" -- "$KLEAK" --leave 5 \
		>"$T/mwprof.out" 2>&- </dev/null
	assert_eq status $? 0
	assert_truth kleak
}
check 'closed stderr: the report is as ever' closed_stderr

no_descriptors() {
	start_mwprof kmemleak --alloc "$(allocs 177)" --free "$FREES"
	prlimit --pid "$(pid_of mwprof)" --nofile=3:
	sleep 2.5
	alive "$(pid_of mwprof)" || fail 'it has ended'
	# What a sanitizer opens at the end is not what this is about.
	prlimit --pid "$(pid_of mwprof)" --nofile=1024:
	stop_mwprof
	assert_eq status $STATUS 0
}
check 'a limit on descriptors that falls while it runs does not end it' no_descriptors

command_outlives() {
	start_mwprof kmemleak --alloc "$(allocs 177)" --free "$FREES" -- "$KLEAK" 12
	wait_truth ready kleak
	truth pid kleak >>"$T/pids"
	stop_mwprof
	assert_eq status $STATUS 0
	assert_eq num "$(stat_of num)" 12
}
check 'SIGINT while the command still runs: the report of what it holds' command_outlives

finish_tests
