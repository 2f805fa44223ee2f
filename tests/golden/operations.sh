#!/bin/bash
# SPDX-License-Identifier: MIT
# Operations that misbehave on purpose (tests/operations), built in from outside of the tree: each
# must be reported with all that is known, and the run must go on to the end.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib.sh
. tests/lib.sh

build=${O:-build}/operations

# says PATTERN: the output has it, whatever its line breaks are.
says()
{
	tr -s ' \n' ' ' < "$work/out" | grep -qE "$1" || { cat "$work/out"; return 1; }
}

check "operations from outside of the tree build" \
	make O="$build" EXTRA=tests/operations -j2
[ "$failures" = 0 ] || { finish; exit 1; }

started=$SECONDS
try "$build/exitlab" run 'test/*' --quick --instances 6 --max-time 20 --output "$work/run.jsonl"
took=$((SECONDS - started))
# shellcheck disable=SC2154 # status is set by try
check "exit status says that something failed" test "$status" = 1 -o "$status" = 3
check "five hung guests cost two seconds each at most" test "$took" -le 40
check "a native endless loop is stopped, with its bytes" says \
	'ERROR in native: hung: no progress in 1.0 s; stopped at 0x[0-9a-f]+ in payload test_endless_loop, bytes there: eb fe'
check "the example of CONTRIBUTING.md is measured" says 'test/xchg'
check "the example of CONTRIBUTING.md is the file's text" \
	python3 -c '
import re, sys
page = re.search(r"```c\n(.*?)```", open("CONTRIBUTING.md").read(), re.S).group(1)
code = open("tests/operations/example.c").read()
body = lambda text: re.sub(r"/\*.*?\*/|\s+", "", text, flags=re.S)
sys.exit(body(page) != body(code))'

if [ -r /dev/kvm ] && [ -w /dev/kvm ]; then
	check "an endless loop in a guest is stopped, with its place and bytes" says \
		'FAIL in guest: hung: no progress in 1.0 s; stopped at 0008:4[0-9a-f]+, bytes there: eb fe'
	check "an endless loop in real mode is stopped" says \
		'FAIL in real16: hung: no progress in 1.0 s; stopped at [0-9a-f]+:[0-9a-f]+, bytes there: eb fe'
	check "an undeclared exit names its port" says 'unexpected exit IO, port 0x99, out, 1 bytes'
	check "a wrong declaration is refuted" says 'FAIL in guest-user, guest: refuted: userspace exit: declared 512 IO, observed 256'
	check "an unexpected fault has its vector and place" says \
		'the operation faulted: #UD\(0\) at 0x4'
	check "the run goes on behind hung guests" grep -q '"environment": *"real16"' "$work/run.jsonl"
else
	skip "misbehaving guests" "/dev/kvm cannot be used"
fi
finish
