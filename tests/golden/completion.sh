#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
#   MWPROF=program tests/golden/completion.sh
#
# What the shell offers: sources completion/mwprof.bash, types lines, looks at COMPREPLY. Words that
# a terminal would complete are those after ':' or '=' (readline's word breaks), or all of an open
# quote. Prints TAP.
set -u
cd "$(dirname "$0")/../.." || exit 2
# shellcheck source=completion/mwprof.bash
. completion/mwprof.bash

COMP_WORDBREAKS=$' \t\n"\'><=;|&(:'
nr=0

# offers NAME LINE WORD... : LINE up to the cursor offers every WORD ("!WORD": does not offer it).
offers() {
	local name=$1 word missing='' COMPREPLY=() all
	COMP_LINE=$2 COMP_POINT=${#2}
	shift 2
	_mwprof "$MWPROF"
	all=$'\n'$(printf '%s\n' "${COMPREPLY[@]-}")$'\n'
	for word; do
		if [[ $word == !* ]]; then
			[[ $all == *$'\n'"${word:1}"$'\n'* ]] && missing+=" $word"
		elif [[ $all != *$'\n'"$word"$'\n'* ]]; then
			missing+=" $word"
		fi
	done
	if [[ $missing ]]; then
		echo "not ok $((++nr)) - completion: $name"
		echo "# '$COMP_LINE' lacks:$missing; offers: ${COMPREPLY[*]-}" | head -c 2000
		echo
	else
		echo "ok $((++nr)) - completion: $name"
	fi
}

offers 'commands' 'mwprof ' kmemleak list caps expr '!complete'
offers 'a command that has begun' 'mwprof kmem' kmemleak '!list'
offers 'options' 'mwprof kmemleak --' --alloc= --free= --than= --pid= --no-inherit
offers 'an option that has begun' 'mwprof kmemleak --al' --alloc= '!--free='
offers 'letters' 'mwprof kmemleak -' -m -C -p
offers 'options of a command' 'mwprof list -' --verbose -v '!--pid='
offers 'systems' 'mwprof kmemleak --alloc km' kmem:
offers 'events, and all of a system' 'mwprof kmemleak --alloc kmem:' kmalloc kfree '*'
offers 'an event that has begun' 'mwprof kmemleak --alloc kmem:kmal' kmalloc '!kfree'
offers 'the option and its list in one word' 'mwprof kmemleak --alloc=kmem:kmal' kmalloc
offers 'events after a comma' 'mwprof kmemleak --free kmem:kfree,kmem:kmal' kmalloc
offers 'in an open quote, all of it' "mwprof kmemleak --alloc 'kmem:kmal" kmem:kmalloc
offers 'after the comma in an open quote' "mwprof kmemleak --alloc 'kmem:kfree//, kmem:kmal" \
	'kmem:kfree//, kmem:kmalloc'
offers 'what a pattern matches' 'mwprof kmemleak --alloc kmem:km*oc' kmalloc kmem_cache_alloc
offers 'fields in a filter' 'mwprof kmemleak --alloc kmem:kmalloc/bytes_' \
	kmalloc/bytes_req kmalloc/bytes_alloc
offers 'fields further on in a filter' \
	"mwprof kmemleak --alloc 'kmem:kmalloc/bytes_req > 4 && bytes_a" \
	'kmem:kmalloc/bytes_req > 4 && bytes_alloc'
offers 'names that every event has' 'mwprof expr -e kmem:kmalloc/_' kmalloc/_pid kmalloc/_comm
offers 'attributes' 'mwprof kmemleak --alloc kmem:kmalloc//' \
	kmalloc//ptr= kmalloc//size= kmalloc//stack/
offers 'attributes of that option only' 'mwprof kmemleak --free kmem:kfree//' \
	kfree//ptr= '!kfree//size='
offers 'fields as values' 'mwprof kmemleak --alloc kmem:kmalloc//size=bytes_' bytes_req bytes_alloc
offers 'fields in parentheses' "mwprof kmemleak --alloc 'kmem:kmalloc//size=(bytes_req/8+byt" \
	'kmem:kmalloc//size=(bytes_req/8+bytes_alloc'
offers 'the next attribute' 'mwprof kmemleak --alloc kmem:kmalloc//ptr=ptr/si' ptr/size=
offers 'events for list' 'mwprof list kmem:kf' kfree
offers 'nothing of its own after --' 'mwprof kmemleak -- l' '!list' '!ls'
echo "1..$nr"
