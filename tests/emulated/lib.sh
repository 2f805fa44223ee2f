# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What scripts that boot emulated hosts share, beside tests/lib.sh.

O=${O:-build}
EXITLAB=${EXITLAB:-build/exitlab}
# A boot takes 15 s with QEMU and 40 s with Bochs on an idle core; several run at once.
lab=("$EXITLAB" lab --time-limit 300)

# can_boot HOST [KERNEL]: otherwise says in $why what is missing.
can_boot()
{
	local host=$1 kernel=${2:-stable} program=qemu-system-x86_64

	[ "$host" = amd ] || program=bochs
	if [ ! -e "$O/exitlab.static" ]; then
		why="the build has no static program"
	elif ! command -v $program > /dev/null; then
		why="$program is not installed"
	elif [ ! -d "$O/kernels/$kernel" ]; then
		why="there is no kernel $O/kernels/$kernel (make lab-kernel)"
	else
		return 0
	fi
	return 1
}

# long COMMAND...: as try(), for as long as it takes; its exit status is in $status.
long()
{
	"$@" > "$work/out" 2> "$work/err" < /dev/null
	# shellcheck disable=SC2034 # for the script that sources this
	status=$?
}

# start NAME COMMAND...: as long(), but meanwhile others go on; with a TMPDIR of its own.
# ended NAME: waits for it; $status, $work/out and $work/err are then its.
declare -A started
start()
{
	local name=$1

	shift
	mkdir -p "$work/tmp/$name"
	TMPDIR=$work/tmp/$name "$@" > "$work/$name.out" 2> "$work/$name.err" < /dev/null &
	started[$name]=$!
}
ended()
{
	wait "${started[$1]}"
	status=$?
	cp "$work/$1.out" "$work/out"
	cp "$work/$1.err" "$work/err"
}

# nothing_left NAME: no file of it is.
nothing_left()
{
	ls -A "$work/tmp/$1"
	[ -z "$(ls -A "$work/tmp/$1")" ]
}

# What went wrong, for a reader of the log.
show()
{
	echo "exit status $status"
	tail -n 20 "$work/err"
	"$@"
}
