#!/bin/bash
# SPDX-License-Identifier: MIT
# The manual and the completion hold what the program itself says, and an installation holds both.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib.sh
. tests/lib.sh

O=${O:-build}
EXITLAB=${EXITLAB:-build/exitlab}
pages=("$O"/man/exitlab.1 "$O"/man/exitlab-results.5 "$O"/man/exitlab-operations.7)

# A page as plain text, hyphens included.
plain()
{
	sed 's/\\-/-/g; s/\\f[A-Z]//g; s/\\(aq/'"'"'/g' "$1"
}

# Every option that a command's --help names is in its section of the manual.
options_are_there()
{
	local command option

	for command in $("$EXITLAB" --help | sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
		plain "$O/man/exitlab.1" | sed -n "/^.SS exitlab $command /,/^.S/p" > "$work/section"
		[ -s "$work/section" ] || { echo "no section for $command"; return 1; }
		for option in $("$EXITLAB" "$command" --help | sed -n 's/^  \(-., \|    \)--\([a-z-]*\).*/\2/p'); do
			grep -q -e "--$option" "$work/section" || { echo "$command lacks --$option"; return 1; }
		done
	done
}

operations_are_there()
{
	local name

	for name in $("$EXITLAB" list | cut -d' ' -f1); do
		plain "$O/man/exitlab-operations.7" | grep -q "^$name\( \|\$\)" || { echo "no $name"; return 1; }
	done
}

# completes WORD... RESULT: the words as they were typed, the last one unfinished, offer RESULT.
completes()
{
	local result=${!#}

	COMP_WORDS=("${@:1:$#-1}")
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	COMPREPLY=()
	PATH=$(dirname "$(realpath "$EXITLAB")"):$PATH _exitlab
	printf '%s\n' "${COMPREPLY[@]}" | grep -qx -e "$result"
}

check "each option is in the manual" options_are_there
check "each operation is in the manual" operations_are_there
check "each record of a result file is in the manual" eval \
	'for record in run environment instance result profile end doctor trace trace_row checks check; do grep -qx ".SS $record" "$O/man/exitlab-results.5" || exit 1; done'
check "each exit status is in the manual" eval \
	'for code in 0 1 2 3 4 77; do grep -q "^.B $code\$" "$O/man/exitlab.1" || exit 1; done'
if command -v groff > /dev/null; then
	for page in "${pages[@]}"; do
		groff -man -Tutf8 -ww "$page" > "$work/page" 2> "$work/warnings"
		check "${page##*/} is sound roff" eval '[ -s "$work/page" ] && ! cat "$work/warnings" | grep .'
	done
else
	skip "pages are sound roff" "groff is not installed"
fi

# shellcheck disable=SC1091 # made by the build
. "$O/man/completion"
check "completion: a command" completes exitlab do doctor
check "completion: a command's option" completes exitlab doctor --j --json
check "completion: no option of another command" eval '! completes exitlab doctor --pro --profile'
check "completion: an operation" completes exitlab run exit/h exit/hlt
check "completion: a value" completes exitlab lab --host i intel
check "completion: what history does" completes exitlab history al alarms
check "completion: an environment" completes exitlab run --env pro prot32

make -s install DESTDIR="$work/root" PREFIX=/usr O="$O" > "$work/install" 2>&1
check "an installed program runs" "$work/root/usr/bin/exitlab" --version
check "the manual is installed" [ -e "$work/root/usr/share/man/man7/exitlab-operations.7" ]
check "the completion is installed" [ -e "$work/root/usr/share/bash-completion/completions/exitlab" ]
make -s uninstall DESTDIR="$work/root" PREFIX=/usr O="$O" > "$work/install" 2>&1
check "nothing is left when it is removed" [ -z "$(find "$work/root" -type f)" ]
finish
