# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2119,SC2120
#
# mwprof and the machine: JSON for programs, trace, others at work beside it, nothing left behind.
. ./lib.sh

json_run() {
	command -v python3 >/dev/null || skip 'no python3'
	run_mwprof kmemleak --alloc "$(allocs 177)" --free "$FREES" -g --format=json "$@"
	assert_eq status $STATUS 0
	python3 - "$T/mwprof.out" >"$T/json" <<-'END' || fail "not JSON lines: $(cat "$T/json")"
		import json, sys
		num = objects = bytes = 0
		types = set()
		for n, line in enumerate(open(sys.argv[1], encoding="utf-8"), 1):
		    try:
		        row = json.loads(line)
		    except ValueError as error:
		        sys.exit("line %d: %s: %s" % (n, error, line))
		    if not isinstance(row, dict) or not isinstance(row.get("type"), str):
		        sys.exit("line %d has no type: %s" % (n, line))
		    types.add(row["type"])
		    if row["type"] == "leak":
		        objects += row["objects"]
		        bytes += row["bytes"]
		        if not any("load_msg" in json.dumps(frame) for frame in row["stack"]):
		            sys.exit("line %d: no load_msg in its stack" % n)
		print("objects=%d" % objects)
		print("bytes=%d" % bytes)
		print("ledger=%d" % ("ledger" in types))
	END
	mv "$T/json" "$T/json.truth"
}

json() {
	json_run -- "$KLEAK" --leave 42
	assert_eq objects "$(truth objects json)" 42
	assert_eq bytes "$(truth bytes json)" 8064
	assert_eq 'ledger in the stream' "$(truth ledger json)" 1
}
check '--format=json: every line is JSON with a type; leaks and ledger are there' json

json_schema() {
	command -v python3 >/dev/null || skip 'no python3'
	run_mwprof --json-schema
	assert_eq status $STATUS 0
	python3 -m json.tool <"$T/mwprof.out" >/dev/null 2>"$T/mwprof.err" || fail 'the schema is no JSON'
}
check '--json-schema: one JSON document' json_schema

json_names() {
	json_run --comm -- "$KLEAK" --leave 3
	command -v python3 >/dev/null && assert_match "$T/mwprof.out" '"kleak"'
}
check '--format=json --comm: names are in it' json_names

trace() {
	start_stimulus kleak --wait 50
	wait_truth waiting kleak
	start_mwprof trace -e 'kmem:kmalloc/bytes_req==177/' -N 5 -p "$(truth pid kleak)"
	kill -USR1 "$(pid_of kleak)"
	wait_end mwprof
	assert_eq status $STATUS 0
	assert_eq 'events' "$(grep -c 'kmalloc:.*bytes_req=177' "$T/mwprof.out")" 5
}
check 'trace -N 5 prints five events and ends' trace

trace_all() {
	run_mwprof trace -e 'kmem:kmalloc/bytes_req==177/' -g -- "$KLEAK" --leave 50
	assert_eq status $STATUS 0
	assert_eq 'events' "$(grep -c 'kmalloc:.*bytes_req=177' "$T/mwprof.out")" 50
	assert_eq 'stacks' "$(grep -c 'do_msgsnd+0x' "$T/mwprof.out")" 50
}
check 'trace -g prints all events of a command with their stacks' trace_all

two_at_once() {
	start_stimulus kleak --wait --churn 3 500
	wait_truth waiting kleak
	start_as one kmemleak --alloc "$(allocs 177)" --free "$FREES" -g -p "$(truth pid kleak)"
	start_as two kmemleak --alloc "$(allocs 177)" --free "$FREES" -p "$(truth pid kleak)"
	wait_tracing one
	wait_tracing two
	kill -USR1 "$(pid_of kleak)"
	wait_truth ready kleak
	stop_mwprof one
	assert_eq 'status of one' $STATUS 0
	stop_mwprof two
	assert_eq 'status of two' $STATUS 0
	assert_truth kleak "$T/one.out"
	assert_truth kleak "$T/two.out"
}
check 'two at once do not disturb each other' two_at_once

beside_perf() {
	command -v perf >/dev/null || skip 'no perf'
	start_stimulus kleak --wait 300
	wait_truth waiting kleak
	perf stat -x, -e kmem:kmalloc --filter 'bytes_req==177' -p "$(truth pid kleak)" \
		-o "$T/stat" >"$T/perf.out" 2>"$T/perf.err" </dev/null &
	echo $! >"$T/perf.pid"
	echo $! >>"$T/pids"
	start_mwprof kmemleak --alloc "$(allocs 177)" --free "$FREES" -p "$(truth pid kleak)"
	sleep 0.5
	kill -USR1 "$(pid_of kleak)"
	wait_truth ready kleak
	stop_mwprof
	assert_truth kleak
	# perf ends, and writes, when its target does.
	kill -TERM "$(pid_of kleak)"
	wait "$(pid_of perf)"
	assert_eq "perf's count" "$(grep kmem:kmalloc "$T/stat" | cut -d , -f 1)" 300
}
check 'a counter of another perf user on the same event keeps counting' beside_perf

# ---- nothing left behind --------------------------------------------------------------------------

system_state() {
	cat $TRACING/events/enable $TRACING/events/kmem/enable $TRACING/events/kmem/kmalloc/enable \
		$TRACING/events/kmem/kmalloc/filter $TRACING/tracing_on $TRACING/current_tracer
	cat $TRACING/dynamic_events $TRACING/kprobe_events $TRACING/uprobe_events 2>/dev/null
	ls $TRACING/instances
}

# The best of five: noise only ever adds.
ns_per_pair() {
	local n

	for _ in 1 2 3 4 5; do
		NAME=speed run_stimulus kchurn 20000
		truth ns_per_pair speed
	done | sort -n | head -n 1
}

nothing_left() {
	local before after state

	state=$(system_state)
	before=$(ns_per_pair)
	start_mwprof kmemleak --alloc kmem:kmalloc --free kmem:kfree -g
	run_stimulus kchurn 20000
	kill -"$1" "$(pid_of mwprof)"
	wait_end mwprof
	assert_eq 'state of tracefs' "$(system_state)" "$state"
	after=$(ns_per_pair)
	# Traced, a pair costs several times as much.
	[ "$after" -lt $((before * 2)) ] ||
		fail "a pair took $before ns before and $after ns after: something still traces"
}
check 'killed by SIGKILL in the middle, it leaves nothing behind' nothing_left KILL
check 'ended by SIGINT, it leaves nothing behind' nothing_left INT

killed_with_command() {
	start_mwprof kmemleak --alloc "$(allocs 177)" --free "$FREES" -- "$KLEAK" 10
	wait_truth ready kleak
	truth pid kleak >>"$T/pids"
	kill -KILL "$(pid_of mwprof)"
	wait_end mwprof
	kill -TERM "$(truth pid kleak)" 2>/dev/null
	truth pid kleak >"$T/kleak.pid"
	until_true 5 ended kleak || fail 'the command is stuck'
}
check 'killed by SIGKILL, it leaves its command in working order' killed_with_command

failed_start() {
	local state

	state=$(system_state)
	run_mwprof kmemleak --alloc "$(allocs 177)" --free 'kmem:no_such_event//ptr=ptr/' -- "$KLEAK" --leave 1
	assert_eq status $STATUS 2
	[ ! -e "$T/kleak.truth" ] || fail 'the command has run'
	assert_eq 'state of tracefs' "$(system_state)" "$state"
}
check 'a run that cannot start runs no command and leaves nothing behind' failed_start

caps() {
	run_mwprof caps
	assert_eq status $STATUS 0
	assert_at_least lines "$(wc -l <"$T/mwprof.out")" 3
}
check 'mwprof caps' caps

list() {
	run_mwprof list 'kmem:*'
	assert_eq status $STATUS 0
	assert_eq 'events' "$(grep -c '^ *kmem:' "$T/mwprof.out")" \
		"$(find $TRACING/events/kmem -mindepth 1 -maxdepth 1 -type d | wc -l)"
	run_mwprof list -v kmem:kmalloc
	assert_match "$T/mwprof.out" 'bytes_alloc'
}
check 'mwprof list: the events of a system, with fields at -v' list

expr() {
	run_mwprof expr '(1 << 10) + 7 % 0 + 9 / 0'
	assert_eq status $STATUS 0
	assert_match "$T/mwprof.out" '1031'
}
check 'mwprof expr: a constant expression' expr

finish_tests
