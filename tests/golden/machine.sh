#!/bin/bash
# SPDX-License-Identifier: MIT
# TIMEOUT=240
# What a machine does to a run that goes on: takes its CPU, memory, device or clock away.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib.sh
. tests/lib.sh

EXITLAB=${EXITLAB:-build/exitlab}
native=("$EXITLAB" run 'sensitive/*' --env native --instances 10000)
guests=0
"$EXITLAB" doctor > /dev/null
case $? in 0 | 4) guests=1 ;; esac

# begun NAME COMMAND...: it runs in the background, as $child, and has measured something.
begun()
{
	local name=$1

	shift
	"${around[@]}" "$@" --output "$work/$name.jsonl" > "$work/$name.out" 2> "$work/$name.err" < /dev/null &
	child=$!
	wait_for "$work/$name.jsonl" '"instance"'
}

# ends NAME STATUS...: the child ends by itself with one of these, within a minute.
ends()
{
	local name=$1 i status

	shift
	for ((i = 0; i < 600; i++)); do
		kill -0 $child 2> /dev/null || break
		sleep 0.1
	done
	kill -KILL $child 2> /dev/null
	wait $child 2> /dev/null
	status=$?
	if [ $i -lt 600 ] && [[ " $* " == *" $status "* ]]; then
		ok "$name"
	else
		not_ok "$name" "exit status $status after $((i / 10)) s"
	fi
}

# ---- the clock of the wall ----
cat > "$work/clock.c" << 'END'
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
/* A year on, a year back, at each call. */
int clock_gettime(clockid_t clock, struct timespec *to)
{
	static int calls;
	int rc = (int)syscall(SYS_clock_gettime, clock, to);
	if (clock == CLOCK_REALTIME)
		to->tv_sec += ++calls & 1 ? 31536000 : -31536000;
	return rc;
}
time_t time(time_t *to)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	if (to)
		*to = now.tv_sec;
	return now.tv_sec;
}
END
if ! ldd "$EXITLAB" 2> /dev/null | grep -q asan && cc -shared -fPIC -o "$work/clock.so" "$work/clock.c" 2> /dev/null; then
	LD_PRELOAD=$work/clock.so begun clock "${native[@]}" --max-time 3
	ends "the clock is stepped by a year: the run takes what it was given" 0 4
	check "and its file is whole" grep -q '"type":"end"' "$work/clock.jsonl"
else
	skip "the clock is stepped" "this build does not take another clock"
fi

# ---- signals ----
begun storm "${native[@]}" --max-time 6
for ((i = 0; i < 500; i++)); do
	kill -STOP $child
	kill -CONT $child
	kill -WINCH $child
done
ends "stopped and continued 500 times: it goes on to its end" 0 4
check "and its file is whole" grep -q '"type":"end"' "$work/storm.jsonl"
if [ $guests -eq 1 ]; then
	begun guests "$EXITLAB" run 'base/*' 'io/port-*' --env guest --instances 10000 --max-time 6
	for ((i = 0; i < 500; i++)); do
		kill -STOP $child
		kill -CONT $child
	done
	ends "the same with guests" 0 4
	check "interrupts are nobody's failure" eval '! grep -E "ERROR|FAIL" "$work/guests.out"'
else
	skip "the same with guests" "no guests here: exitlab doctor says why"
fi

# ---- a terminal that changes its size ----
cat > "$work/terminal.py" << 'END'
import fcntl, os, pty, signal, struct, sys, termios, threading, time
pid, terminal = pty.fork()
if not pid:
    os.execv(sys.argv[1], [sys.argv[1], "run", "sensitive/*", "--env", "native", "--max-time", "3", "--instances", "1000"])
def resize():
    for i in range(40):
        time.sleep(0.05)
        try:
            fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 1 + i % 3, i * 7 % 90, 0, 0))
            os.kill(pid, signal.SIGWINCH)
        except OSError:
            return
threading.Thread(target=resize, daemon=True).start()
text = b""
while True:
    try:
        piece = os.read(terminal, 65536)
    except OSError:
        break
    if not piece:
        break
    text += piece
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
assert status in (0, 4), status
assert b"\nsensitive/" in text, text[-2000:]
END
check "a terminal whose size changes, to nothing and back" timeout 60 python3 "$work/terminal.py" "$EXITLAB"

# ---- limits of memory ----
# AddressSanitizer reserves more than there is.
if ldd "$EXITLAB" 2> /dev/null | grep -q asan; then
	skip "an address space that is too small" "this build has a sanitizer in it"
else
	# What it takes to be loaded, libraries and all, and a little more.
	for ((room = 10000; room < 200000; room += 2000)); do
		(ulimit -v $room; exec "$EXITLAB" --version) > /dev/null 2>&1 && break
	done
	limited() { (ulimit -v $((room + 2000)); exec "$@"); }
	around=(limited)
	try "$EXITLAB" run base/empty vm/create --instances 2 --quick --max-time 5
	around=()
	check "an address space that is too small: no crash" eval '[[ $status == [034] || $status == 77 ]]'
	check "and it is said what could not be had" \
		eval '[ $status -ne 3 ] || grep -qE "Cannot allocate memory|no memory" "$work/out" "$work/err"'
fi

# cgroup CONTROLLER: a group of this name below the controller, in $group; v1 and v2.
cgroup()
{
	local root

	group=
	for root in "/sys/fs/cgroup/$1" /sys/fs/cgroup; do
		[ -e "$root/cgroup.procs" ] || continue
		[ "$root" != /sys/fs/cgroup ] || grep -qw "$1" "$root/cgroup.subtree_control" || continue
		mkdir "$root/exitlab-test-$$" 2> /dev/null && group=$root/exitlab-test-$$ && groups+=("$group")
		return
	done
}
groups=()
trap 'sleep 0.2; rmdir "${groups[@]}" 2> /dev/null; rm -rf "$work"' EXIT

# inside GROUP COMMAND...: it is a member from the beginning. (Called through `around`.)
# shellcheck disable=SC2317
inside()
{
	local where=$1

	shift
	exec bash -c 'echo $$ > "$1/cgroup.procs"; shift; exec "$@"' - "$where" "$@"
}

cgroup memory
if [ -n "$group" ]; then
	limit=$group/memory.limit_in_bytes
	[ -e "$limit" ] || limit=$group/memory.max
	around=(inside "$group")
	begun memory "${native[@]}" --max-time 6
	around=()
	echo 1M > "$limit" 2> /dev/null
	echo 0 > "${limit%/*}/memory.force_empty" 2> /dev/null
	ends "out of memory: killed, or not" 0 4 137
	check "out of memory: the file is valid up to there" "$EXITLAB" show "$work/memory.jsonl"
else
	skip "out of memory" "no group with a limit can be made here"
fi

cgroup cpu
if [ -n "$group" ]; then
	if [ -e "$group/cpu.cfs_quota_us" ]; then
		echo 10000 > "$group/cpu.cfs_quota_us"
	else
		echo '10000 100000' > "$group/cpu.max"
	fi
	around=(inside "$group")
	begun quota "${native[@]}" --max-time 4
	around=()
	ends "a tenth of a CPU: the run ends in its time" 0 4
else
	skip "a tenth of a CPU" "no group with a limit can be made here"
fi

cgroup pids
if [ -n "$group" ] && [ $guests -eq 1 ]; then
	within=(bash -c 'echo $$ > "$1/cgroup.procs"; shift; exec "$@"' - "$group" "$EXITLAB" run base/empty smp/store-wait
		--quick --max-time 5 --env guest)
	echo 2 > "$group/pids.max"
	try "${within[@]}"
	check "no more threads: what needs none is measured" grep -qE '^base/empty .*(OK|UNSTABLE)' "$work/out"
	check "and what does is an error with its reason" grep -q 'pthread_create.*Resource temporarily unavailable' "$work/out"
	# Newer kernels start a thread of their own for each VM.
	echo 1 > "$group/pids.max"
	try "${within[@]}"
	check "no room for KVM's own: no guest is blamed" eval '! grep -q "hung: no progress" "$work/out"'
else
	skip "no more threads" "no group with a limit, or no guests, can be had here"
fi

cgroup cpuset
if [ -n "$group" ] && [ "$(nproc)" -gt 1 ]; then
	cat "${group%/*}/cpuset.mems" > "$group/cpuset.mems"
	cat "${group%/*}/cpuset.cpus" > "$group/cpuset.cpus"
	around=(inside "$group")
	begun moved "${native[@]}" --max-time 4
	around=()
	echo 0 > "$group/cpuset.cpus"
	ends "its CPU is taken away: it goes on elsewhere" 0 4
	check "and says how often it was moved" eval \
		'"$EXITLAB" show --format markdown "$work/moved.jsonl" | tr "\n" " " | grep -qE "[1-9][0-9]* *migrations"'
else
	skip "its CPU is taken away" "no group of CPUs can be made here, or there is one CPU"
fi

# ---- /dev/kvm ----
if [ $guests -eq 1 ] && unshare -m true 2> /dev/null; then
	cat > "$work/taken" << 'END'
"$1" run 'base/*' 'io/*' --instances 10000 --max-time 8 --output "$2/taken.jsonl" > "$2/taken.out" 2> "$2/taken.err" &
for ((i = 0; i < 100; i++)); do
	grep -q '"environment":"guest".*' "$2/taken.jsonl" 2> /dev/null && break
	sleep 0.1
done
mount --bind /dev/null /dev/kvm
wait $!
END
	unshare -m bash "$work/taken" "$EXITLAB" "$work"
	status=$?
	check "/dev/kvm is taken away: the run ends in good order" eval '[[ $status == [034] ]] && grep -q "^base/empty" "$work/taken.out"'
	check "and its file is whole" grep -q '"type":"end"' "$work/taken.jsonl"
else
	skip "/dev/kvm is taken away" "no guests, or no mounts of one's own, can be had here"
fi
finish
