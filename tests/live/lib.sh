# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2119,SC2120
#
# What the live tests share. A test is a function; "check SENTENCE FUNCTION" runs it in a subshell
# with a directory of its own ($T) and prints its TAP line. In it, what is started through
# start_mwprof, run_mwprof and start_stimulus is ended when the test ends, and killed when the
# test takes longer than $LIMIT seconds. "finish_tests" prints the plan.
#
# Environment: MWPROF, the program under test; BUILD, where it was built (stimuli are there).

set -u
export LC_ALL=C
BUILD=${BUILD:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/build}
MWPROF=${MWPROF:-$BUILD/mwprof}
STIMULUS=${STIMULUS:-$BUILD/tests/stimulus}
# Stimuli as mwprof's command; their truth goes to $T/PROGRAM.truth (TRUTH_DIR, see check).
KLEAK=$STIMULUS/kleak KCHURN=$STIMULUS/kchurn KCROSS=$STIMULUS/kcross KSWARM=$STIMULUS/kswarm
export KLEAK KCHURN KCROSS KSWARM
LIMIT=${LIMIT:-60}
TRACING=/sys/kernel/tracing
FREES='kmem:kfree//ptr=ptr/'

for program in "$MWPROF" "$KLEAK" "$KCHURN" "$KCROSS" "$KSWARM"; do
	[ -x "$program" ] || {
		echo "not ok 1 - $program is not there: make it first"
		exit 1
	}
done

nr_tests=0

# Objects of kmalloc(BYTES), by default those of kleak: "allocs 177 [ATTR/...]".
allocs() {
	echo "kmem:kmalloc/bytes_req==$1/ptr=ptr/size=bytes_alloc/${2-}"
}

# ---- the frame of a test ------------------------------------------------------------------------

# The message goes out as TAP comments; both end the test, not the script.
fail() {
	printf '%s\n' "$*" | sed 's/^/# /'
	show_outputs
	exit 1
}

skip() {
	echo "$*" >"$T/skip"
	exit 77
}

show_outputs() {
	local file

	for file in "$T"/*.err "$T"/*.out; do
		[ -s "$file" ] || continue
		echo "# ${file##*/}:"
		awk 'NR <= 15 { print; next } { last[NR % 15] = $0 }
			END { if (NR > 30) print "..."
				for (i = NR > 30 ? NR - 14 : 16; i <= NR; i++) print last[i % 15] }' "$file" |
			cut -c 1-160 | sed 's/^/#   /'
	done
}

end_processes() {
	local pid

	[ -e "$T/pids" ] || return 0
	while read -r pid; do
		kill -CONT "$pid"
		kill "${1:--TERM}" "$pid"
	done <"$T/pids" 2>/dev/null
}

# However a test ends: its processes end, and then what it put into CLEANUP is done.
finish_case() {
	local status=$?

	end_processes -TERM
	sleep 0.1
	end_processes -KILL
	wait 2>/dev/null
	eval "${CLEANUP-}"
	exit $status
}

check() {
	local sentence=$1 status watchdog

	shift
	nr_tests=$((nr_tests + 1))
	if [ -n "${ONLY-}" ] && [[ $sentence != *$ONLY* ]]; then
		echo "ok $nr_tests - $sentence # SKIP not asked for (ONLY=$ONLY)"
		return
	fi
	T=$(mktemp -d "${TMPDIR:-/tmp}/mwprof-live.XXXXXX") || exit 2
	export T TRUTH_DIR=$T
	set -m # a process group of its own, so that its sleep ends with it
	(
		sleep "$LIMIT"
		touch "$T/timed_out"
		end_processes -KILL
	) >/dev/null 2>&1 &
	watchdog=$!
	set +m
	(
		trap finish_case EXIT
		"$@"
	)
	status=$?
	if [ -e "$T/timed_out" ]; then
		echo "# took longer than $LIMIT seconds"
		status=1
	fi
	case $status in
	0) echo "ok $nr_tests - $sentence" ;;
	77) echo "ok $nr_tests - $sentence # SKIP $(cat "$T/skip" 2>/dev/null || echo unknown)" ;;
	*) echo "not ok $nr_tests - $sentence" ;;
	esac
	kill -- -"$watchdog" 2>/dev/null
	wait "$watchdog" 2>/dev/null
	rm -rf "$T"
}

finish_tests() {
	echo "1..$nr_tests"
}

assert_eq() { # WHAT GOT EXPECTED
	[ "$2" = "$3" ] || fail "$1: '$2', not '$3'"
}

assert_at_least() { # WHAT GOT LEAST
	[ "$2" -ge "$3" ] 2>/dev/null || fail "$1: '$2', not $3 or more"
}

assert_match() { # FILE PATTERN
	grep -Eq -- "$2" "$1" || fail "${1##*/} has no line like '$2'"
}

assert_no_match() { # FILE PATTERN
	! grep -Eq -- "$2" "$1" || fail "${1##*/} has a line like '$2': $(grep -E -m 1 -- "$2" "$1")"
}

assert_lines() { # FILE NUMBER
	assert_eq "lines of ${1##*/}" "$(wc -l <"$1")" "$2"
}

# until_true SECONDS COMMAND...: asks twenty times a second.
until_true() {
	local n=$(($1 * 20))

	shift
	until "$@"; do
		n=$((n - 1))
		[ $n -gt 0 ] || return 1
		sleep 0.05
	done
}

# ---- mwprof -------------------------------------------------------------------------------------

# Runs in the background as $1: output in $T/$1.out, the rest in $T/$1.err, pid in $T/$1.pid.
start_as() {
	local name=$1

	shift
	rm -f "$T/$name.err" # of one before, which was tracing too
	"$MWPROF" "$@" >"$T/$name.out" 2>"$T/$name.err" </dev/null &
	echo $! >"$T/$name.pid"
	echo $! >>"$T/pids"
}

start_mwprof() {
	start_as mwprof "$@"
	wait_tracing mwprof
}

pid_of() {
	cat "$T/$1.pid"
}

# A zombie is dead.
alive() {
	[ -e "/proc/$1" ] && ! grep -qs '^State:.*Z' "/proc/$1/status"
}

ended() { # NAME
	! alive "$(pid_of "$1")"
}

tracing_or_dead() {
	grep -qs tracing "$T/$1.err" || ! alive "$(pid_of "$1")"
}

wait_tracing() { # NAME
	until_true 15 tracing_or_dead "$1" || fail "$1 does not say that it is tracing"
	grep -qs tracing "$T/$1.err" || fail "$1 has ended before it was tracing"
}

# Waits for the end: STATUS is its exit status.
wait_end() { # NAME
	wait "$(pid_of "$1")"
	STATUS=$?
}

stop_mwprof() { # [NAME [SIGNAL]]
	kill -"${2:-INT}" "$(pid_of "${1:-mwprof}")" || fail "${1:-mwprof} has ended by itself"
	wait_end "${1:-mwprof}"
}

# For a run that may have ended with its target.
end_mwprof() {
	kill -INT "$(pid_of mwprof)" 2>/dev/null
	wait_end mwprof
}

# From start to end: STATUS, $T/mwprof.out, $T/mwprof.err.
run_mwprof() {
	start_as mwprof "$@"
	wait_end mwprof
}

# ---- stimuli ------------------------------------------------------------------------------------

# start_stimulus PROGRAM ARGS...: in the background; its truth is in $T/PROGRAM.truth. As another
# name: NAME=x start_stimulus ...
start_stimulus() {
	local program=$1 name=${NAME:-$1}

	shift
	"$STIMULUS/$program" --truth "$T/$name.truth" "$@" >"$T/$name.out" 2>"$T/$name.err" </dev/null &
	echo $! >"$T/$name.pid"
	echo $! >>"$T/pids"
}

# run_stimulus PROGRAM ARGS...: to its end, which must be good.
run_stimulus() {
	local name=${NAME:-$1} status

	start_stimulus "$@"
	wait "$(pid_of "$name")"
	status=$?
	[ $status != 77 ] || skip "$(cat "$T/$name.err")"
	assert_eq "status of $name" $status 0
}

has_truth() { # KEY NAME
	grep -q "^$1=" "$T/$2.truth" 2>/dev/null
}

wait_truth() { # KEY NAME
	until_true 30 has_truth "$1" "$2" || fail "$2 does not say $1="
}

truth() { # KEY NAME
	sed -n "s/^$1=//p" "$T/$2.truth"
}

need_mq() {
	"$KLEAK" --truth /dev/null --drop --path mq 1 2>"$T/need.err"
	[ $? != 77 ] || skip "$(cat "$T/need.err")"
}

# Sizes that nobody else on this machine uses right now, for tests that trace all of it.
random_text() {
	echo $((1100 + RANDOM % 2800))
}

# ---- reading the report -------------------------------------------------------------------------

# The last "alloc" and "free" of the statistics; "num" is what they leave: alloc - free. (The line
# ALLOC LIST is there at signals and intervals only.)
stat_of() { # WHAT [FILE]
	awk -v what="$1" '/^TOTAL alloc [0-9]+ free [0-9]+$/ { n["alloc"] = $3; n["free"] = $5
			n["num"] = $3 - $5 }
		END { print n[what] }' "${2:-$T/mwprof.out}"
}

# The last bytes report, unsure objects included, a group a line: bytes objects stack [comms]. The
# stack is its symbols, innermost first, with ";" between.
groups() { # [FILE]
	awk '
	function flush() { if (bytes != "") out[n++] = bytes " " objects " " (stack ? stack : "-") " " comms
		bytes = stack = comms = "" }
	/^LEAKED BYTES REPORT/ { flush(); n = 0; next }
	/^Leak of [0-9]+ bytes in [0-9]+ objects/ { flush(); bytes = $3; objects = $6; next }
	/^Unsure: [0-9]+ bytes in [0-9]+ objects/ { flush(); bytes = $2; objects = $5; next }
	bytes != "" && /^ +comms:/ { sub(/^ +comms: */, ""); comms = $0; next }
	bytes != "" && /^ +change:/ { next }
	bytes != "" && /^ +[0-9a-f]+ / { sub(/\+0x[0-9a-f]+$/, "", $2); stack = stack (stack ? ";" : "") $2; next }
	bytes != "" { flush() }
	END { flush(); for (i = 0; i < n; i++) print out[i] }' "${1:-$T/mwprof.out}"
}

# Over the groups whose stack matches PATTERN (all).
sum_bytes() { # [PATTERN [FILE]]
	groups "${2:-$T/mwprof.out}" | awk -v p="${1:-.}" '$3 ~ p { n += $1 } END { print n + 0 }'
}

sum_objects() { # [PATTERN [FILE]]
	groups "${2:-$T/mwprof.out}" | awk -v p="${1:-.}" '$3 ~ p { n += $2 } END { print n + 0 }'
}

# What must hold in every report without --than, --top and --min-size.
assert_sums() { # [FILE]
	local file=${1:-$T/mwprof.out}

	assert_eq 'objects over all stacks' "$(sum_objects . "$file")" "$(stat_of num "$file")"
}

# The report against what a stimulus says.
assert_truth() { # NAME [FILE]
	local file=${2:-$T/mwprof.out}

	has_truth ready "$1" || fail "$1 has not finished"
	assert_eq 'objects outstanding' "$(stat_of num "$file")" "$(truth objects "$1")"
	assert_eq 'objects in groups' "$(sum_objects . "$file")" "$(truth objects "$1")"
	assert_eq 'bytes in groups' "$(sum_bytes . "$file")" "$(truth bytes "$1")"
	assert_eq 'TOTAL alloc' "$(stat_of alloc "$file")" "$(truth allocs "$1")"
	assert_eq 'TOTAL free' "$(stat_of free "$file")" "$(truth frees "$1")"
}
