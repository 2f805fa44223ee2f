#!/bin/bash
# SPDX-License-Identifier: MIT
# Help, and what is said to a user who mistypes.
set -u

cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib.sh disable=SC1091
. tests/lib.sh
EXITLAB=${EXITLAB:-build/exitlab}

# "name commands" of every row in the option table.
option_table()
{
	sed -n '/option_spec specs\[\]/,/^};/p' cli/options.c | tr '\n' ' ' |
		grep -o '{"[a-z-]*", [^"]*' | sed 's/^{"\([^"]*\)",\(.*\)/\1 \2/'
}

# The options that --help shows are those that the table gives to this command.
help_fits_table()
{
	local command=$1 bit=COMMAND_${1^^}

	option_table | grep -E "\<$bit\>|~0u" | sed 's/ .*/ /' | sort > "$work/wanted"
	"$EXITLAB" "$command" --help | grep -oE '^  (-.,|   ) --[a-z-]+ ?' |
		sed 's/.*--//; s/ *$/ /' | sort > "$work/shown"
	diff "$work/wanted" "$work/shown" && [ -s "$work/shown" ]
}

help_is_narrow()
{
	timeout 60 "$EXITLAB" "$@" --help > "$work/help" &&
		[ -s "$work/help" ] && [ "$(LC_ALL=C.UTF-8 wc -L < "$work/help")" -le 100 ]
}

same_as_help()
{
	cmp <("$EXITLAB" "$1") <("$EXITLAB" --help)
}

mapfile -t commands < <("$EXITLAB" --help | sed -n '/^commands:/,/^$/s/^  \([a-z]\{1,\}\) .*/\1/p')

check "--help fits into 100 columns" help_is_narrow
check "--help names the four commands" \
	[ "$(printf '%s\n' "${commands[@]}" | grep -cxE 'run|list|show|doctor')" -eq 4 ]
for command in "${commands[@]}"; do
	check "$command --help fits into 100 columns" help_is_narrow "$command"
	check "$command --help shows the options of the table" help_fits_table "$command"
done
check "-h is --help" same_as_help -h
check "help is --help" same_as_help help
check "--version says a version" grep -qE '^exitlab [0-9]+\.[0-9]+' <("$EXITLAB" --version)

refused "no command: help on standard error" 2 '^usage: ' "$EXITLAB"
refused "unknown command: the nearest" 2 "nearest is 'run'" "$EXITLAB" rnu
refused "unknown command, nothing near" 2 'see exitlab --help' "$EXITLAB" frobnicate
refused "unknown option: the nearest" 2 "nearest is '--env'" "$EXITLAB" run --enb native
refused "unknown option, nothing near" 2 'see exitlab run --help' "$EXITLAB" run --zzzzzzzz
refused "option of another command" 2 "list has no option '--seed'" "$EXITLAB" list --seed 1
refused "unknown letter" 2 "no option '-Z'" "$EXITLAB" run -Z
refused "unknown environment: the nearest" 2 "nearest is 'guest'" "$EXITLAB" run --env gest
refused "unknown environment in a list" 2 "nearest is 'native'" "$EXITLAB" run --env guest,natve
refused "unknown operation: the nearest" 2 "nearest is 'exit/cpuid'" "$EXITLAB" run exit/cpuidd
refused "a glob that matches nothing" 2 "no operation matches 'nothing/\*'" "$EXITLAB" list 'nothing/*'
refused "one of several that matches nothing" 2 "nearest is 'exit/hlt'" \
	"$EXITLAB" run 'base/*' exit/hltt
refused "all excluded" 2 'nothing is left' "$EXITLAB" run 'base/*' -x 'base/*'
refused "option without its value" 2 'wants a value: N' "$EXITLAB" run --instances
refused "flag with a value" 2 'takes no value' "$EXITLAB" run --quick=3
refused "unknown format" 2 "'xml' is not one of table, csv, csv-long, json, gobench, openmetrics" "$EXITLAB" run --format xml
refused "a format that only show has" 2 'is not one of' "$EXITLAB" run --format markdown
refused "show without a file" 2 'wants one result file' "$EXITLAB" show
refused "show of two files" 2 'wants one result file' "$EXITLAB" show a b
refused "show of a file that is not there" 3 'No such file' "$EXITLAB" show "$work/none"

for bad in abc 1x -1 '' 0 1000000000000 99999999999999999999999; do
	refused "--instances '$bad'" 2 '--instances: ' "$EXITLAB" run --instances "$bad" base/empty
done
for bad in abc 1x -1% 0 101% 2 nan inf ''; do
	refused "--precision '$bad'" 2 'is not a share' "$EXITLAB" run --precision "$bad" base/empty
done
for bad in abc 1h -1 0 inf ''; do
	refused "--max-time '$bad'" 2 'is not a time' "$EXITLAB" run --max-time "$bad" base/empty
done
for bad in abc 1x -1 1e3 ''; do
	refused "--seed '$bad'" 2 'is not a whole number' "$EXITLAB" run --seed "$bad" base/empty
done
for bad in abc 9999999 -1 0x 1,,1; do
	refused "--cpus '$bad'" 2 '--cpus: ' "$EXITLAB" run --cpus "$bad" base/empty
done
finish
