#!/bin/bash
# SPDX-License-Identifier: MIT
# An ordinary user with /dev/kvm and nothing else, on a machine whose files cannot be written: guests
# run, and no file but the output appears.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib.sh
. tests/lib.sh

EXITLAB=$(realpath "${EXITLAB:-build/exitlab}")
[ -c /dev/kvm ] || skip_all "there is no /dev/kvm"
unshare -m true 2> /dev/null || skip_all "needs root, and a kernel that allows mount namespaces"
command -v setpriv > /dev/null || skip_all "setpriv is not installed"

# The device is another node of the same number, which this user may open.
cat > "$work/inside" << 'END'
set -e
mount -t tmpfs none "$1/root"
mknod "$1/root/kvm" c "$((0x$(stat -c %t /dev/kvm)))" "$((0x$(stat -c %T /dev/kvm)))" || exit 77
chmod 666 "$1/root/kvm"
mount --bind "$1/root/kvm" /dev/kvm
cp "$2" "$1/root/exitlab"
mkdir -m 777 "$1/root/home"
mount --bind "$1/kept" "$1/kept" # what is copied out, by root
mount -o remount,bind,ro /
cd "$1/root/home"
status=0
setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --no-new-privs -- env -i PATH=/usr/bin HOME=/nonexistent \
	../exitlab run exit/cpuid io/port-out --quick --instances 10 --max-time 20 --output x.jsonl > out 2> err || status=$?
ls -A > names
echo $status > status
cp -r . "$1/kept"
END
mkdir "$work/root" "$work/kept"
chmod 755 "$work"
unshare -m bash "$work/inside" "$work" "$EXITLAB" > "$work/log" 2>&1
status=$?
[ $status -ne 77 ] || skip_all "no device can be made here"
check "a run on a read-only machine comes to its end" eval 'cat "$work/log"; [ $status -eq 0 ]'
kept=$work/kept
check "exit status 0 or 4" eval '[[ $(cat "$kept/status") == [04] ]]'
check "guests were measured" grep -qE '^exit/cpuid leaf=0x1 .*(count|proven)' "$kept/out"
check "no file but the output appeared" [ "$(tr '\n' ' ' < "$kept/names")" = "err names out x.jsonl " ]
check "the file is whole" "$EXITLAB" show "$kept/x.jsonl"
finish
