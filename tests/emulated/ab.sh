#!/bin/bash
# SPDX-License-Identifier: MIT
# TIMEOUT=1800
# lab ab: two kernels judged by instructions; and a bisection over a series of commits, each of which
# names one of the distribution's kernels. Only test-lab runs this.
set -u

cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib.sh disable=SC1091
. tests/lib.sh
# shellcheck source=tests/emulated/lib.sh disable=SC1091
. tests/emulated/lib.sh

can_boot amd || skip_all "$why"
[ -d "$O/kernels/backports" ] || skip_all "a second kernel is not here: make test-lab fetches it"
EXITLAB=$(realpath "$EXITLAB")
ab=("$EXITLAB" lab ab --host amd)

long "${ab[@]}" --kernel-a stable --kernel-b backports --output "$work/ab" exit/hlt
check "a kernel whose HLT takes longer: exit status 1" [ "$status" -eq 1 ]
check "it is named, with its growth" grep -qE '^exit/hlt +guest +[0-9,]+ +[0-9,]+ +\+[0-9]+ +regression' "$work/out"
check "and by which functions" grep -qE '[a-z_]{8,} \+[0-9]+' "$work/out"
check "both result files are kept" [ -s "$work/ab/a.jsonl" ] && [ -s "$work/ab/b.jsonl" ]

long "${ab[@]}" --base "$work/ab/a.jsonl" --kernel-b stable exit/hlt
check "the base again, in boots of other seeds: exit status 0" [ "$status" -eq 0 ]
check "no regression" grep -q '^No regression' "$work/out"

# good, good, not bootable, bad, bad
mkdir "$work/series"
bisect() { git -C "$work/series" -c user.name=x -c user.email=x@y -c init.defaultBranch=main "$@"; }
bisect init -q
for kernel in stable stable "$work/nothing" backports backports; do
	echo "$kernel" > "$work/series/kernel"
	date +%N >> "$work/series/log"
	bisect add . && bisect commit -qm "$kernel"
done
bisect tag last && bisect tag first "$(bisect rev-list --max-parents=0 HEAD)"
cat > "$work/step" << END
cd "$work/series" && exec "$EXITLAB" lab ab --host amd --base "$work/ab/a.jsonl" --kernel-b "\$(head -n 1 kernel)" --bisect exit/hlt
END
bisect bisect start last first > /dev/null
(cd "$work/series" && timeout 1200 git -c user.name=x -c user.email=x@y bisect run bash "$work/step") > "$work/bisect" 2>&1
check "a bisection ends between the last good and the first bad kernel" eval \
	'grep -qE "is the first bad commit|There are only .skip.ped commits left" "$work/bisect" || { cat "$work/bisect"; false; }'
check "and a commit that does not boot is skipped, not blamed" eval \
	'[ "$(bisect show -s --format=%s bisect/bad)" = backports ]'
finish
