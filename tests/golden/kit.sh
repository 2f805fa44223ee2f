#!/bin/bash
# SPDX-License-Identifier: MIT
# TIMEOUT=180
# The kit: one file that runs on somebody's machine, and a bundle that comes back from it.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib.sh
. tests/lib.sh

EXITLAB=$(realpath "${EXITLAB:-build/exitlab}")
STATIC=$(realpath "${O:-build}")/exitlab.static
here=$PWD
mkdir "$work/there" "$work/home"

refused "an argument" 2 'kit takes no arguments' "$EXITLAB" kit now
refused "--add without a bundle" 2 'wants bundles' "$EXITLAB" kit --add
refused "--add of a file that is not there" 3 'No such file' "$EXITLAB" kit --add "$work/none"
printf 'hello\n' > "$work/hello"
refused "--add of something else" 3 'not JSON' "$EXITLAB" kit --add "$work/hello"
head -c 2000 /dev/urandom > "$work/noise"
printf '\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03' | cat - "$work/noise" > "$work/damaged.gz"
refused "a packed file that is damaged" 3 'packed with gzip, and damaged' "$EXITLAB" show "$work/damaged.gz"
head -c 300M /dev/zero | gzip -1 > "$work/bomb.gz"
bounded() { (ulimit -v 1500000; exec "$@"); }
around=(bounded)
refused "a line without an end takes bounded memory" 3 'no result file' "$EXITLAB" show "$work/bomb.gz"
around=()

if [ ! -w /dev/kvm ]; then
	refused "without KVM: says so and leaves nothing" 3 'no guest can be run here' "$EXITLAB" kit
	finish
	exit
fi
[ -x "$STATIC" ] || skip_all "there is no static program in this build"

# As on somebody's machine: this file alone, in a folder of its own.
cp "$STATIC" "$work/there/exitlab.static"
cd "$work/there" || exit 1
timeout 100 ./exitlab.static kit --machine "Some CPU (R) 1/2" --max-time 4 > ../table 2> ../said < /dev/null
status=$?
cd "$here" || exit 1
bundle=$(echo "$work"/there/*.jsonl.gz)
check "a run that was too short is not called a failure" eval '[[ $status == [014] ]]'
check "what it does, for how long and how much is said first" eval \
	'sed -n "1,6p" "$work/said" | tr -d "\n" | grep -q "kit .*runs .* operations.*takes .*at most .* min.*writes .*MiB.*contains"'
check "what is said fits into 100 columns" [ "$(LC_ALL=C.UTF-8 wc -L < "$work/said")" -le 100 ]
check "two files are there: the program and the bundle" [ "$(find "$work/there" -type f | wc -l)" -eq 2 ]
check "its name says KVM, machine and day" \
	eval '[[ ${bundle##*/} =~ ^exitlab-kvm_[a-z]+-some-cpu-r-1-2-[0-9]{4}-[0-9]{2}-[0-9]{2}\.jsonl\.gz$ ]]'
check "the machine's owner gets a table" grep -q '^operation' "$work/table"
cd "$work/there" || exit 1
refused "a bundle is not overwritten" 3 'exists already' ./exitlab.static kit --machine "Some CPU (R) 1/2"
cd "$here" || exit 1

# What must not leave that machine.
private()
{
	local word

	gzip -dc "$bundle" > "$work/plain"
	for word in "$(uname -n)" "${HOSTNAME:-}" "$HOME" "$work" "${SUDO_USER:-}"; do
		[ "${#word}" -lt 4 ] || ! grep -qwF -e "$word" "$work/plain" || return 1
	done
	! grep -qE 'root=|BOOT_IMAGE|console=' "$work/plain"
}
check "no name of host, user or folder, no command line of the kernel" private
check "a bundle is a result file to the others" eval '"$EXITLAB" show "$bundle" | cmp - "$work/table"'

cd "$work/home" || exit 1
refused "outside of the source tree: says where it would go" 3 "no folder datasets/recorded here" \
	"$EXITLAB" kit --add "$bundle"
mkdir -p datasets/recorded
try "$EXITLAB" kit --add "$bundle"
cd "$here" || exit 1
landed=$(echo "$work"/home/datasets/recorded/*)
check "one command takes it in" [ "$status" -eq 0 ]
check "and says what came" grep -q 'results, .* with proof' "$work/out"
check "what the doctor found is in it" [ "$(sed -n '2s/^{"type":"\([a-z]*\)".*/\1/p' "$landed")" = doctor ]
fits_schema()
{
	python3 tests/golden/schema.py "$1"
	case $? in 0 | 77) ;; *) return 1 ;; esac
}
check "what landed fits the schema" fits_schema "$landed"
cd "$work/home" || exit 1
refused "a second time it is not overwritten" 3 'exists already' "$EXITLAB" kit --add "$bundle"
cd "$here" || exit 1

# The mail cut it off: what arrived is good.
head -c $(($(stat -c %s "$bundle") / 2)) "$bundle" > "$work/half.gz"
try "$EXITLAB" kit --add "$work/half.gz" --output "$work/half.jsonl"
check "half of a bundle is half of the results" [ "$status" -eq 0 ]
check "and is said to be" grep -q 'cut off' "$work/out"

# Stopped by its owner.
cd "$work/there" || exit 1
timeout 100 ./exitlab.static kit --output early.gz > ../table 2> ../said < /dev/null &
wait_for early.gz.part '"instance"'
pkill -INT -f 'exitlab.static kit --output early.gz$' -P $!
wait $!
cd "$here" || exit 1
check "Ctrl-C keeps what there is" "$EXITLAB" kit --add "$work/there/early.gz" --output "$work/early.jsonl"
touch late.gz.part
mv late.gz.part "$work/there/"
cd "$work/there" || exit 1
refused "what an earlier run left is not overwritten" 3 'late.gz.part is of a run that was cut off' ./exitlab.static kit --output late.gz
rm late.gz.part
cd "$here" || exit 1
check "nothing else is left" [ "$(find "$work/there" -type f | wc -l)" -eq 3 ]
finish
