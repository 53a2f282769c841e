#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Expressions against a C compiler: EXPRS distinct random expressions, each on RECORDS
# random records, in chunks with a record layout of their own. Says
# "N evaluations, N differences"; exit status 1 on any difference.
#
#	EXPRS=20000 RECORDS=50 SEED=... CHUNK=5000 CC=gcc EXPR_LIB=libexpr.a tests/expr_vs_cc/run.sh
#
# The seed is printed; a run with the same seed, EXPRS and CHUNK is the same run.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
exprs=${EXPRS:-20000}
records=${RECORDS:-50}
chunk=${CHUNK:-5000}
seed=${SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
cc=${CC:-gcc}

tmp=$(mktemp -d "${TMPDIR:-/tmp}/expr_vs_cc.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

echo "seed $seed, $exprs expressions, $records records each"
flags="-std=gnu11 -D_GNU_SOURCE -O2 -I$root -I$here"
# shellcheck disable=SC2086
$cc $flags -o "$tmp/generate" "$here/generate.c"
# shellcheck disable=SC2086
$cc $flags -o "$tmp/compare" "$here/compare.c" ${EXPR_LIB:-"$root"/expr/*.c} -ldl

evaluations=0
differences=0
done=0
while [ "$done" -lt "$exprs" ]; do
	n=$((exprs - done < chunk ? exprs - done : chunk))
	"$tmp/generate" "$((seed + done))" "$n" "$tmp/seen" >"$tmp/chunk.c"
	$cc -std=gnu11 -D_GNU_SOURCE -O0 -fwrapv -w -fPIC -shared -I"$here" -o "$tmp/chunk.so" "$tmp/chunk.c"
	status=0
	"$tmp/compare" "$tmp/chunk.so" "$((seed + done))" "$records" >"$tmp/result" || status=$?
	[ "$status" -le 1 ] || exit 2
	read -r e d <"$tmp/result"
	evaluations=$((evaluations + e))
	differences=$((differences + d))
	done=$((done + n))
done
echo "$evaluations evaluations, $differences differences"
[ "$differences" -eq 0 ] && [ "$evaluations" -eq $((exprs * records)) ]
