# SPDX-License-Identifier: GPL-2.0-only
#
# What the checks share: each is one test, "check NAME" with the offending places on stdin; no
# place, no failure. Read by the other files of this directory, which tests/run runs.

# shellcheck shell=sh

check() {
	places=$(cat)
	if [ -z "$places" ]; then
		echo "ok - $1"
	else
		echo "not ok - $1"
		echo "$places"
	fi
}

skip() { # NAME WHY
	echo "ok - $1 # SKIP $2"
}

# Some of the folders are not there yet, or hold no C.
c_files() { find bpf core expr include profilers tests -name '*.[ch]' 2>/dev/null | LC_ALL=C sort; }

# Names of files on stdin: their lines as "FILE:line:text" without comments and strings.
code() {
	while read -r file; do
		awk -v file="$file" '{
			line = $0
			if (inside && !sub(/^.*\*\//, "", line)) next
			inside = 0
			gsub(/"([^"\\]|\\.)*"/, "\"\"", line)
			gsub(/\/\*([^*]|\*[^\/])*\*\//, "", line)
			sub(/\/\/.*/, "", line)
			if (sub(/\/\*.*/, "", line)) inside = 1
			if (line ~ /[^ \t]/) print file ":" FNR ":" line
		}' "$file"
	done
}

# What is built into the program or its contract, tests left out.
product() { c_files | grep -v '^tests/'; }
