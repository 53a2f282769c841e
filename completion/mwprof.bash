# SPDX-License-Identifier: GPL-2.0-only
#
# Bash completion of mwprof: commands, options, events, fields and attributes. It knows none of them
# by itself; "mwprof complete" says what there is. Needs no library.

# Cuts the line up to the cursor into words as the shell would, quotes taken off: words, of which the
# last is the one to complete, and base, the place in it from which readline will put a completion.
# Readline begins a new word at ':' and '=' too, unless in quotes, where it begins at the quote.
_mwprof_words() {
	local line=${COMP_LINE:0:COMP_POINT} quote='' word='' c i started=''
	words=() base=0
	for ((i = 0; i < ${#line}; i++)); do
		c=${line:i:1}
		if [[ $quote ]]; then
			if [[ $c == "$quote" ]]; then quote=''; else word+=$c; fi
			continue
		fi
		case $c in
		[\'\"]) quote=$c started=1 base=${#word} ;;
		\\) ((++i)) && word+=${line:i:1} started=1 ;;
		[[:blank:]])
			[[ $started ]] && words+=("$word")
			word='' started='' base=0
			;;
		*)
			word+=$c started=1
			[[ $COMP_WORDBREAKS == *"$c"* ]] && base=${#word}
			;;
		esac
	done
	words+=("$word")
}

# The last event of the list $1 and where the cursor is in it: element, before (the list up to it),
# piece (from the last '/' that separates), slashes (how many of them).
_mwprof_element() {
	local list=$1 quote='' depth=0 c i
	local comma=0 slash=0
	slashes=0
	for ((i = 0; i < ${#list}; i++)); do
		c=${list:i:1}
		if [[ $quote ]]; then
			[[ $c == "$quote" ]] && quote=''
			continue
		fi
		case $c in
		[\'\"]) quote=$c ;;
		[\(\[\{]) ((depth++)) ;;
		[\)\]\}]) ((depth--)) ;;
		,) ((depth)) || { ((comma = slash = i + 1)) && slashes=0; } ;;
		/) ((depth)) || { ((slash = i + 1)) && ((++slashes)); } ;;
		esac
	done
	before=${list:0:comma} element=${list:comma} piece=${list:slash}
}

# Adds what of "mwprof complete $2..." begins with $1, after the text $before.
_mwprof_add() {
	local prefix=$1 word
	shift
	while read -r word; do
		[[ $word == "$prefix"* ]] && COMPREPLY+=("$before$word")
	done < <("$program" complete "$@" 2>/dev/null)
}

# Completes the list of events $1 of command $2's option $3.
_mwprof_events() {
	local element piece slashes name word
	_mwprof_element "$1"
	name=${element%%/*}
	while [[ $name == [[:blank:]]* ]]; do name=${name:1}; done
	if ((!slashes)); then
		before+=${element%"$name"}
		if [[ $name == *[*?[]* ]]; then
			_mwprof_add '' events "$name"
		else
			_mwprof_add "$name" events "$name"
		fi
	elif ((slashes == 1)) || [[ $piece == *=* ]]; then
		word=${piece##*[!A-Za-z0-9_]}
		before=${1%"$word"}
		_mwprof_add "$word" fields "$name"
	else
		before=${1%"$piece"}
		_mwprof_add "$piece" attributes "$2" "$3"
	fi
}

# Completes the option $1 of command $2.
_mwprof_options() {
	local line word
	while read -r line; do
		for word in $line; do
			[[ $word == "$1"* ]] && COMPREPLY+=("$word")
		done
	done < <("$program" complete options "$2" 2>/dev/null)
}

_mwprof() {
	local program=$1 words base before='' current previous command roles i
	COMPREPLY=()
	_mwprof_words
	current=${words[-1]}
	if ((${#words[@]} < 3)); then
		_mwprof_add "$current" commands
		return
	fi
	command=${words[1]} previous=${words[-2]}
	for ((i = 2; i < ${#words[@]} - 1; i++)); do
		if [[ ${words[i]} == -- ]]; then
			compopt -o default 2>/dev/null
			return
		fi
	done
	compopt -o nospace 2>/dev/null
	roles=$'\n'$("$program" complete roles "$command" 2>/dev/null)$'\n'
	if [[ $roles == *$'\n'"$previous"$'\n'* && $current != -* ]]; then
		_mwprof_events "$current" "$command" "$previous"
	elif [[ $current == --*=* && $roles == *$'\n'"${current%%=*}"$'\n'* ]]; then
		_mwprof_events "${current#*=}" "$command" "${current%%=*}"
		COMPREPLY=("${COMPREPLY[@]/#/"${current%%=*}="}")
	elif [[ $current == -* ]]; then
		_mwprof_options "$current" "$command"
	elif [[ $previous == -o || $previous == --output ]]; then
		compopt +o nospace -o default 2>/dev/null
		return
	elif [[ $command == list ]]; then
		_mwprof_add "$current" events "$current"
	fi
	if ((${#COMPREPLY[@]} == 1)) && [[ ${COMPREPLY[0]} == -*[!=] ]]; then
		compopt +o nospace 2>/dev/null
	fi
	# What readline has already got of the word is not repeated.
	for i in "${!COMPREPLY[@]}"; do
		COMPREPLY[i]=${COMPREPLY[i]:base}
	done
}

complete -F _mwprof mwprof
