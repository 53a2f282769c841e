# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2119,SC2120
#
# Nothing gets lost in silence: small rings, a reader that is stopped, loss at the very end.
. ./lib.sh

# mwprof is stopped while $1 pairs go by, so its ring is sure to overflow; other options follow.
overflow() {
	local pairs=$1

	shift
	start_stimulus kchurn --wait "$pairs"
	wait_truth waiting kchurn
	start_mwprof kmemleak --alloc "$(allocs 144)" --free "$FREES" "$@" -p "$(truth pid kchurn)"
	kill -STOP "$(pid_of mwprof)"
	kill -USR1 "$(pid_of kchurn)"
	wait_truth pairs kchurn
	kill -CONT "$(pid_of mwprof)"
}

assert_not_clean() {
	assert_match "$T/mwprof.out" '^LEDGER: what was missed'
	assert_match "$T/mwprof.out" '^  lost_records [1-9]'
	[ "$(stat_of alloc)" -lt "$(truth pairs kchurn)" ] ||
		fail 'nothing was lost, so this test has shown nothing'
}

one_page() {
	overflow 20000 -m 1
	# Loss at the end of a burst: no record comes after it that could tell.
	sleep "$1"
	end_mwprof
	assert_eq status $STATUS 0
	assert_not_clean
}
check 'a ring of one page that overflows is never a clean sheet' one_page 0.5
check 'nor is loss at the very end of a run' one_page 0

strict() {
	overflow 20000 -m 1 --strict
	sleep 0.3
	end_mwprof
	assert_not_clean
	assert_eq status $STATUS 4
}
check '--strict: status 4 when something was lost' strict

strict_clean() {
	run_mwprof kmemleak --alloc "$(allocs 177)" --free "$FREES" --strict -- "$KLEAK" --leave 100
	assert_eq status $STATUS 0
	assert_truth kleak
}
check '--strict: status 0 when nothing was' strict_clean

at_full_speed() {
	run_mwprof kmemleak --alloc "$(allocs 144)" --free "$FREES" -m 1 -- "$KCHURN" 300000
	assert_eq status $STATUS 0
	if [ "$(stat_of alloc)" -lt 300000 ]; then
		assert_match "$T/mwprof.out" '^  lost_records [1-9]'
	else
		# Its reader kept up: then the books must be right.
		assert_eq num "$(stat_of num)" 0
	fi
}
check 'one page at full speed: either all is there, or loss is told' at_full_speed

unsure() {
	start_stimulus kleak --wait 200
	start_stimulus kchurn --wait 50000
	wait_truth waiting kleak
	wait_truth waiting kchurn
	start_mwprof kmemleak --alloc 'kmem:kmalloc/bytes_req==177||bytes_req==144/ptr=ptr/size=bytes_alloc/' \
		--free "$FREES" -m 1 "$@" -p "$(truth pid kleak),$(truth pid kchurn)"
	# A page holds some 30 records: let the reader keep up with the first 200.
	kill -USR1 "$(pid_of kleak)"
	wait_truth ready kleak
	sleep 0.3
	kill -STOP "$(pid_of mwprof)"
	kill -USR1 "$(pid_of kchurn)"
	wait_truth pairs kchurn
	kill -CONT "$(pid_of mwprof)"
	sleep 0.5
}

mark() {
	unsure --on-loss=mark
	stop_mwprof
	assert_eq status $STATUS 0
	assert_match "$T/mwprof.out" '^  lost_records [1-9]'
	assert_match "$T/mwprof.out" '^Unsure: '
	assert_sums
}
check '--on-loss=mark: objects from before a loss are counted as unsure' mark

reset() {
	unsure --on-loss=reset
	# It has reported and begun anew: what comes now is exact.
	assert_match "$T/mwprof.out" '^(KMEMLEAK STATS|LEAKED BYTES REPORT)'
	NAME=later start_stimulus kleak --wait 10
	wait_truth waiting later
	stop_mwprof
	assert_eq status $STATUS 0
	assert_match "$T/mwprof.out" '^  lost_records [1-9]'
	# kleak's 200 are from before the loss: off the books now.
	[ "$(stat_of num)" -lt 200 ] || fail "$(stat_of num) objects outstanding after a reset"
}
check '--on-loss=reset: reports at once and starts over' reset

default_ring() {
	run_mwprof kmemleak --alloc "$(allocs 144)" --free "$FREES" --strict "$@" \
		-- "$KCHURN" --rate 100000 200000
	assert_eq status $STATUS 0
	assert_eq alloc "$(stat_of alloc)" 200000
	assert_eq free "$(stat_of free)" 200000
}
check 'the default ring loses nothing at 100000 pairs a second' default_ring
check 'nor with stacks' default_ring -g

finish_tests
