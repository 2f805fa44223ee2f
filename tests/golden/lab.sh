#!/bin/bash
# SPDX-License-Identifier: MIT
# What `exitlab lab` refuses and how it takes it when an emulator misbehaves. Emulators here are
# scripts, the kernel is a header: nothing is booted. tests/emulated/ does that.
set -u

cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib.sh disable=SC1091
. tests/lib.sh
O=${O:-build}
EXITLAB=${EXITLAB:-build/exitlab}
[ -e "$O/exitlab.static" ] || skip_all "the build has no static program (a sanitized one has none)"
TMPDIR=$work/tmp
mkdir "$TMPDIR"
export TMPDIR

# A setup header that says "Linux 1.2.3-test", and no kernel behind it.
make_kernel()
{
	{
		head -c 510 /dev/zero
		printf '\125\252\0\0HdrS\0\0\0\0\0\0\0\0\100\0'
		head -c 48 /dev/zero
		printf '1.2.3-test (somebody) #1'
		head -c 600 /dev/zero
	} > "$work/bzImage"
}

# emulator NAME: standard input is a script that gets $port and $console, the files of the boot.
emulator()
{
	{
		# shellcheck disable=SC2016 # for the script
		echo '#!/bin/bash
		case "$*" in *--version*) echo "QEMU emulator version 7.2.0 (a script)"; exit ;; esac
		for argument; do
			case $argument in
			file:*/port) port=${argument#file:} ;;
			file:*/console) console=${argument#file:} ;;
			esac
		done'
		cat
	} > "$work/$1"
	chmod +x "$work/$1"
}

nothing_left()
{
	ls -A "$TMPDIR"
	[ -z "$(ls -A "$TMPDIR")" ]
}

# fails NAME EMULATOR PATTERN [OPTIONS...]: a boot that goes wrong is status 3, says why, and leaves
# nothing behind.
fails()
{
	local name=$1 program=$2 pattern=$3

	shift 3
	try "$EXITLAB" lab --host amd --boots 1 --kernel "$work/bzImage" --emulator "$work/$program" "$@" -- list
	check "$name: exit status 3" [ "$status" -eq 3 ]
	check "$name: says: $pattern" grep -q -e "$pattern" "$work/err"
	check "$name: leaves no file behind" nothing_left
}

make_kernel

# Usage.
lab=("$EXITLAB" lab --kernel "$work/bzImage")
refused "lab wants a host" 2 '--host intel or --host amd' "${lab[@]}"
refused "an unknown host" 2 "neither intel nor amd" "${lab[@]}" --host arm
refused "a check that does not exist, before anything is booted" 2 "no check matches 'port/valeu'" "${lab[@]}" --host amd -- check port/valeu
refused "programs that would be lost with the emulated host" 2 "gone behind it" "${lab[@]}" --host amd -- check --save-repro x port
refused "a command that lab does not run" 2 "run, check, differ, anatomy, list, doctor and trace" "${lab[@]}" --host amd -- show x
refused "a wrong option of the command" 2 "nearest is '--quick'" "${lab[@]}" --host amd -- run --quik
refused "a parameter without a value" 2 "'ept' is not NAME=VALUE" "${lab[@]}" --host amd --param ept
refused "mitigations are off or auto" 2 "neither off nor auto" "${lab[@]}" --host amd --mitigations on
refused "too many huge pages" 2 'half of the emulated memory' "${lab[@]}" --host amd --hugepages 129
refused "too many processors" 2 'between 1 and 8' "${lab[@]}" --host amd --cpus 9
refused "no boots" 2 'between 1 and 64' "${lab[@]}" --host amd --boots 0
refused "--folded alone" 2 'goes with --profile' "${lab[@]}" --host amd --folded x
refused "--diff wants two files" 2 'two result files' "$EXITLAB" lab --diff one
for vendor in intel amd; do
	try "$EXITLAB" lab --diff datasets/recorded/lab-$vendor-profile-{stable,backports}.jsonl.gz
	check "--diff, $vendor: functions, less what the twin does as well, add up to the change" python3 - "$work/out" << 'END'
import re, sys
rows, of = [], None
for line in open(sys.argv[1], encoding="utf-8"):
    begin = re.match(r"(\S+(?: \S+)?) +(guest-user|guest|native|prot32|real16|host) +[\d,~.kM]+ +[\d,~.kM]+ +([-+][\d,]+) (.*)", line)
    if begin:
        of = [begin[1], int(begin[3].replace(",", "")), begin[4]]
        rows.append(of)
        # What is wrapped goes on below, in the last column alone or with the operation's name beside it.
        last = begin.start(4)
    elif of and line.strip() and len(line) > last:
        of[2] += " " + line[last:].strip()
    elif not line.strip():
        of = None
rows = [row for row in rows if row[2] != "not profiled"]
number = lambda text: int(text.replace(",", ""))
for name, change, moved in rows:
    twin = re.search(r"; ([-+][\d,]+) of these in the twin as well", moved)
    listed = sum(number(n) for n in re.findall(r" ([-+][\d,]+)(?=,|;|$| and)", re.sub(r";.*", "", " " + moved)))
    assert listed - (number(twin[1]) if twin else 0) == change, (name, change, moved, listed)
assert len(rows) > 40 and any(name == "irq/inject" and "twin" in moved for name, _, moved in rows), len(rows)
END
done
refused "--generations wants a host" 2 'wants --host' "$EXITLAB" lab --generations
refused "--generations chooses the model" 2 'takes no --cpu-model' "$EXITLAB" lab --generations --host amd --cpu-model EPYC
refused "--generations has no csv" 2 'neither table nor markdown' "$EXITLAB" lab --generations --host amd --format csv
refused "--generations writes into a folder" 3 'cannot make the folder' "${lab[@]}" --generations --host amd --output /nonexistent/x
refused "a kernel that is not there" 3 'no file or folder nonesuch' "$EXITLAB" lab --host amd --kernel nonesuch
refused "a kernel that is none" 3 'is no bzImage' "$EXITLAB" lab --host amd --kernel "$EXITLAB"
mkdir "$work/tree"
refused "a tree without a kernel" 3 'is the tree built' "$EXITLAB" lab --host amd --kernel "$work/tree"
refused "an emulator that is not there" 3 'there is no program ./nonesuch' "${lab[@]}" --host amd --emulator ./nonesuch
around=(env PATH=/nonexistent)
PATH_OF_TIMEOUT=$(command -v timeout)
try()
{
	"${around[@]}" "$PATH_OF_TIMEOUT" 60 "$@" > "$work/out" 2> "$work/err" < /dev/null
	status=$?
}
refused "without QEMU its package is named" 3 'apt-get install qemu-system-x86' "${lab[@]}" --host amd
refused "without Bochs its package is named" 3 'apt-get install.* bochs' "${lab[@]}" --host intel
around=()
refused "an output that cannot be written is found first" 3 'cannot write the result file' \
	"${lab[@]}" --host amd --emulator "$EXITLAB" --output /nonexistent/x

try "$EXITLAB" lab --list-models
check "--list-models: exit status 0" [ "$status" -eq 0 ]
check "it has VT-x without EPT" grep -q '^core2_penryn_t9600.*without EPT' "$work/out"
check "it has an SVM model" grep -q '^EPYC ' "$work/out"

# Emulators that misbehave.
emulator ends << 'END'
echo "qemu: cannot allocate a turnip" >&2
exit 1
END
fails "an emulator that ends" ends 'cannot allocate a turnip'
try "$EXITLAB" lab --host amd --kernel "$work/bzImage" --emulator "$work/ends" --output "$work/none.jsonl"
check "a lab that brings nothing back leaves no result file" [ ! -e "$work/none.jsonl" ]

emulator killed << 'END'
kill -KILL $$
END
fails "an emulator that is killed" killed 'killed by signal 9'

emulator hangs << 'END'
exec sleep 600
END
fails "an emulator that hangs" hangs 'did not end within 1 s' --time-limit 1
check "it is gone" [ -z "$(pgrep -f "sleep 600" -u "$(id -u)")" ]

emulator panics << 'END'
echo "[    0.5] Kernel panic - not syncing: No working init found." > "$console"
exec sleep 600
END
fails "a kernel that panics" panics 'panicked before it could run anything: Kernel panic - not syncing: No working init'

emulator noise << 'END'
head -c 100000 /dev/urandom > "$port"
END
fails "noise alone" noise 'ended (status 0) before the command had'

# What this program itself writes as init, without the machine around it.
frame()
{
	python3 - "$@" << 'END'
import struct, sys, zlib
number = 0
out = b""
for word in sys.argv[1:]:
    kind, _, text = word.partition(":")
    body = kind[0].encode() + b"\0\0\0" + struct.pack("<II", number, len(text)) + text.encode()
    number += 1
    if kind[1:] != "lost":
        out += b"\x1eEXL" + body + struct.pack("<I", zlib.crc32(body))
sys.stdout.buffer.write(out)
END
}
frame 'F:it has no /dev/kvm' > "$work/failure"
emulator refuses << END
cat "$work/failure" > "\$port"
exec sleep 600
END
fails "init that cannot go on" refuses 'cannot be used: it has no /dev/kvm'

frame H:1.2.3-test 'O:hello' 'Olost:lost' 'X:status=0 result=0 crc=00000000' > "$work/damaged"
emulator loses << END
cat "$work/damaged" > "\$port"
END
fails "a frame that is lost" loses '1 frames lost'

frame H:1.2.3-test 'R:{"type":"run"' 'X:status=0 result=99 crc=00000000' > "$work/short"
emulator cuts << END
cat "$work/short" > "\$port"
END
fails "a result that is cut" cuts '13 of 99 bytes'

frame H:1.2.3-test 'O:exit/cpuid' 'E:a remark' 'X:status=512 result=0 crc=00000000' > "$work/good"
emulator works << END
{ head -c 333 /dev/urandom; cat "$work/good"; } > "\$port"
END
try "$EXITLAB" lab --host amd --kernel "$work/bzImage" --emulator "$work/works" -- list
check "a command's exit status is lab's" [ "$status" -eq 2 ]
check "its output is lab's" [ "$(cat "$work/out")" = exit/cpuid ]
check "so is what it says on standard error" grep -q 'a remark' "$work/err"

# Ctrl-C.
"$EXITLAB" lab --host amd --kernel "$work/bzImage" --emulator "$work/hangs" 2> "$work/err" &
child=$!
for _ in $(seq 50); do
	[ -n "$(ls -A "$TMPDIR")" ] && break
	sleep 0.1
done
sleep 0.5
kill -INT $child
wait $child
check "SIGINT: exit status 130" [ $? -eq 130 ]
check "SIGINT: no file is left" nothing_left
check "SIGINT: no emulator is left" [ -z "$(pgrep -f "sleep 600" -u "$(id -u)")" ]

# Killed outright: the emulators go as well.
"$EXITLAB" lab --host amd --kernel "$work/bzImage" --emulator "$work/hangs" 2> "$work/err" &
child=$!
sleep 1.5
kill -KILL $child
wait $child 2> /dev/null
sleep 0.5
check "SIGKILL: no emulator is left" [ -z "$(pgrep -f "sleep 600" -u "$(id -u)")" ]

# A disk that is full: the initramfs does not fit.
if mkdir "$work/small" && mount -t tmpfs -o size=1m none "$work/small" 2> /dev/null; then
	TMPDIR=$work/small try "$EXITLAB" lab --host amd --kernel "$work/bzImage" --emulator "$work/works" -- list
	check "no room for the initramfs: exit status 3" [ "$status" -eq 3 ]
	check "no room for the initramfs: said" grep -q 'initramfs.*No space left' "$work/err"
	check "no room for the initramfs: nothing is left" [ -z "$(ls -A "$work/small")" ]
	umount "$work/small"
else
	skip "no room for the initramfs" "needs root, and a kernel that allows mounts"
fi
refused "lab ab without kernels" 2 'lab ab wants --host, --kernel-b, and --kernel-a or --base' "$EXITLAB" lab ab --host amd exit/hlt
refused "lab ab with both a kernel and a file as its base" 2 'lab ab wants' \
	"$EXITLAB" lab ab --host amd --kernel-a x --base y --kernel-b z exit/hlt
try "$EXITLAB" lab ab --host amd --base datasets/recorded/lab-amd-npt-stable.jsonl.gz --kernel-b "$work/nothing" exit/hlt
check "lab ab: a kernel that is not there is named" eval '[[ $status == [23] ]] && grep -q "kernel b: .*nothing" "$work/err"'
try "$EXITLAB" lab ab --host amd --base datasets/recorded/lab-amd-npt-stable.jsonl.gz --kernel-b "$work/nothing" --bisect exit/hlt
check "--bisect: what cannot be tested is to be skipped" [ "$status" -eq 125 ]
try "$EXITLAB" lab ab --host amd --bisect exit/hlt
check "--bisect: so is what cannot even be understood" [ "$status" -eq 125 ]
# apt-get takes folders that are given as relative ones for folders below /.
mkdir "$work/apt"
cat > "$work/apt/apt-get" << 'END'
#!/bin/sh
case "$*" in *indextargets*) echo http://example.invalid/debian/ ;; *) echo "$*" >> "$APT_LOG"; exit 1 ;; esac
END
chmod +x "$work/apt/apt-get"
fetch=$PWD/emulated-hosts/fetch-kernel.sh
(cd "$work" && APT_LOG=$work/apt.log PATH=$work/apt:$PATH "$fetch" backports kernels/backports) 2> "$work/err"
check "fetch-kernel into a relative folder: exit status 3 when nothing can be fetched" [ $? -eq 3 ]
check "fetch-kernel: apt-get is told of folders by their whole names" grep -qF "Dir::State::Lists=$work/kernels" "$work/apt.log"
check "fetch-kernel: nothing is left of it" [ -z "$(ls -A "$work/kernels")" ]
finish
