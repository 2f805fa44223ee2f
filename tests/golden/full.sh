#!/bin/bash
# SPDX-License-Identifier: MIT
# No room to write: it is said, at once where it can be, and what was measured is not lost.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib.sh
. tests/lib.sh

EXITLAB=${EXITLAB:-build/exitlab}

# to_full ARGUMENTS...: standard output is full.
to_full()
{
	"$EXITLAB" "$@" > /dev/full 2> "$work/err"
	[ $? -eq 3 ] && grep -q 'No space left on device' "$work/err"
}

for arguments in list doctor 'doctor --json' 'doctor --fix' 'lab --list-models' --help 'run --help' --version; do
	# shellcheck disable=SC2086 # words
	check "$arguments: a full standard output" to_full $arguments
done

if ! unshare -m true 2> /dev/null; then
	skip "a full disk" "needs root, and a kernel that allows it"
	finish
	exit
fi
mkdir "$work/disk"
cat > "$work/small" << 'END'
mount -t tmpfs -o "size=$1" none "$2/disk" || exit 99
[ "$3" = empty ] || cat /dev/zero > "$2/disk/zeros" 2> /dev/null
[ "$3" != readonly ] || mount -o remount,ro "$2/disk"
"$4" run 'sensitive/*' --quick --env native --output "$2/disk/x.jsonl" > "$2/out" 2> "$2/err"
status=$?
cp "$2/disk/x.jsonl" "$2/x.jsonl" 2> /dev/null
exit $status
END

# small_disk SIZE empty|full|readonly
small_disk()
{
	unshare -m bash "$work/small" "$1" "$work" "$2" "$EXITLAB"
	status=$?
}

small_disk 64k full
check "a full disk: exit status 3" [ "$status" -eq 3 ]
check "it is named" grep -q 'cannot write the result file .*x.jsonl: No space left' "$work/err"
check "before anything is measured" [ ! -s "$work/out" ]
small_disk 64k readonly
check "a read-only disk is found before anything is measured" \
	eval '[ "$status" -eq 3 ] && grep -q "Read-only file system" "$work/err" && [ ! -s "$work/out" ]'
small_disk 24k empty
check "a disk that fills up: exit status 3" [ "$status" -eq 3 ]
check "it is said once" [ "$(grep -c 'No space left on device' "$work/err")" -eq 1 ]
check "the table has every operation" [ "$(grep -c '^sensitive/' "$work/out")" -ge 10 ]
check "the file is valid up to there" "$EXITLAB" show "$work/x.jsonl"
finish
