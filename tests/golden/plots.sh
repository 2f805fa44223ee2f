#!/bin/bash
# SPDX-License-Identifier: MIT
# TIMEOUT=300
# exitlab plot of distributions, instances, memory, scaling and comparisons: what is drawn of recorded runs, and
# of little, nothing and hostile names. report.sh has a picture of each kind.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib.sh
. tests/lib.sh
# shellcheck source=tests/pictures.sh
. tests/pictures.sh

EXITLAB=$(realpath "${EXITLAB:-build/exitlab}")
command -v gnuplot > /dev/null || skip_all "gnuplot is not installed: it draws"
command -v python3 > /dev/null || skip_all "python3 is not installed: it looks into pictures"

recorded=datasets/recorded
run=$(ls $recorded/kvm_pvm-*[0-9].jsonl* | head -n 1)
lab=$(ls $recorded/lab-intel-ept-stable.jsonl* | head -n 1)
lab_old=$(ls $recorded/lab-intel-ept-backports.jsonl* | head -n 1)
smp=$(ls $recorded/proof-intel-smp.jsonl* | head -n 1)
proof=$(ls $recorded/proof-intel-ept-stable.jsonl* | head -n 1)
suites=datasets/selftest/gate-kvm_pvm-2026-11.jsonl

# ---- distributions
draws cdf cdf "$run"
says cdf "How long single operations take: guest, ring 0" "share that took at most so long" "exit/cpuid leaf=0x0" "TSC ticks per operation (log scale)"
check "cdf: a curve for each of eight families, a mark at its median and one in the key" [ "$(uses cdf)" -eq 16 ]
check "cdf: shares rise to 1, and ticks with them" awk -F '\t' '
	/^#/ || !NF { next }
	$1 == name && ($2 < ticks || $3 < share) { exit 1 }
	$1 != name && name != "" && share != 1 { exit 1 }
	{ name = $1; ticks = $2; share = $3 }
	END { exit share != 1 }' "$work/cdf.tsv"
draws ccdf ccdf "$run"
says ccdf "1 of 100 (p99)" "1 of 10 (p90)" "all" "share that took so long or longer (log scale)"
check "ccdf: the largest of each is marked" [ "$(uses ccdf)" -eq 16 ]
check "ccdf: down to one of all" awk -F '\t' '!/^#/ && NF { name[$1] = $4 } END { for (n in name) if (name[n] > 0.05) exit 1 }' "$work/ccdf.tsv"
draws native cdf "$run" --env native --operation '*'
says native "How long single operations take: native (L1), ring 3"
draws counted ccdf "$lab"
says counted "instructions per operation (log scale)"
check "an emulated host has no axis of time" eval '! grep -q "time (TSC" "$work/counted.svg"'
draws ridge ridge "$run"
says ridge "median" "the same without the operation (median)" "time (TSC at $(awk -F ': ' '/tsc_hz/ { printf "%.2f", $2 / 1e9 }' "$work/ridge.tsv") GHz)"
check "ridge: every ridge is as high as any, and no step of the clock where it is less than a hundredth" awk -F '\t' '
	!/^#/ && NF { high[$1] = $3 > high[$1] ? $3 : high[$1]; bad += $6 != "?" && $6 < 0.01 * $4 }
	END { for (n in high) bad += high[n] != 1; exit bad > 0 }' "$work/ridge.tsv"
draws ridge-one ridge "$run" --operation 'exit/cpuid leaf=0x0' --env native
within ridge

# ---- instances
draws instances instances "$run"
check "instances: no more than 30 rows, of how many is said" eval '
	[ "$(grep "^[^#]" "$work/instances.tsv" | cut -f 2 | sort -nu | tail -n 1)" = 29 ] && headed instances method | grep -q "30 of [0-9]* results, evenly by spread"'
check "instances: a mark for each, but for what is in the key" [ "$(uses instances)" -ge "$(rows instances)" ]
within instances
draws instances-lab instances "$lab" --operation 'exit/cpuid' --env guest
check "instances of an exact count are all alike" eval '! grep "^[^#]" "$work/instances-lab.tsv" | cut -f 3 | grep -vqx 0'

# ---- memory
if "$EXITLAB" show --format csv "$run" | grep -q '^mem/walk,'; then
	draws walk walk "$run"
	check "walk: six cells" [ "$(rows walk)" -eq 6 ]
	check "walk: no references under kvm_pvm" eval '[ "$(headed walk two_dimensional)" = no ] && ! grep -q "references</tspan" "$work/walk.svg"'
	check "walk: each cell has a figure, or says why not" awk -F '\t' '!/^#/ && NF && ($3 == "?") != ($7 != "-") { exit 1 }' "$work/walk.tsv"
	draws smaller walk "$run" --operation '*footprint=4m'
	says smaller "A load somewhere in 4 MiB: guest, ring 3"
	draws footprint footprint "$run"
	says footprint "256 KiB" "4 MiB" "32 MiB" "native (L1), ring 3: 4 KiB pages" "guest, ring 3: 2 MiB pages on the host's 2 MiB"
	check "footprint: a mark for each figure, and one a line of the key" [ "$(uses footprint)" -eq $(($(rows footprint) + $(cut -f 1 "$work/footprint.tsv" | grep '^[^#]' | sort -u | wc -l))) ]
	within footprint
else
	skip "walk and footprint" "$run has no mem/walk"
fi
refused "walk: an emulator's load is one instruction" 3 'a load is one instruction' "$EXITLAB" plot walk "$proof" -o "$work/x.svg"
refused "footprint: the same" 3 'a load is one instruction' "$EXITLAB" plot footprint "$proof" -o "$work/x.svg"
draws faults mem-faults "$proof"
says faults "instructions per operation (log scale), with intervals" "mem/read-touch"
check "mem-faults: a mark for each figure" [ "$(uses faults)" -eq $(($(grep '^[^#]' "$work/faults.tsv" | cut -f 2,5,8 | tr '\t' '\n' | grep -c '^[^?]') + 3)) ]
within faults
for env in native guest-user guest; do
	draws faults-$env mem-faults "$run" --env $env
	draws costs-$env native-vs-guest "$run" --env $env
done
check "one environment: a mark for each figure, and one in the key" [ "$(uses faults-native)" -eq $(($(rows faults-native) + 1)) ]

# Its interval goes on beyond the decade that its median is in.
draws wide native-vs-guest "$run" --operation vm/sync-regs
check "an interval is drawn to its end" eval '
	hi=$(grep "^vm/sync-regs" "$work/wide.tsv" | cut -f 10) && [ "${hi%.*}" -gt 1000 ]'
says wide 10k
refused "no cost at all has no place on the axis" 3 'no figure is 0.1 TSC ticks or more' \
	"$EXITLAB" plot native-vs-guest "$run" --operation base/empty -o "$work/x.svg"

# ---- scaling, comparisons
refused "scaling: CPUs of an emulated host take turns" 3 'take turns' "$EXITLAB" plot scaling "$smp" -o "$work/x.svg"
# Intervals that end far from their points: the axis has them.
draws scaled scaling "$run"
draws rungs ladder "$run"
awk -F '\t' -v OFS='\t' '!/^#/ && $2 == 2 && !done { $5 = 7; done = 1 } { print }' "$work/scaled.tsv" > "$work/far.tsv"
awk -F '\t' -v OFS='\t' '/^a function/ { $5 = 0.02 } { print }' "$work/rungs.tsv" > "$work/deep.tsv"
for drawn in scaling:far ladder:deep; do
	check "${drawn%:*}: its script draws intervals of any length" gnuplot -c "plots/${drawn%:*}.gp" "$work/${drawn#*:}.tsv" "$work/${drawn#*:}.svg"
done
says far 6
says deep 0.1
draws forest forest "$lab_old" "$lab"
check "forest: 40 rows, the others counted" eval '[ "$(rows forest)" -eq 40 ] && headed forest method | grep -q "[0-9]* that changed less are left out"'
check "forest: the farthest from 1 for sure first" awk -F '\t' '
	!/^#/ { far = $3 > 1 ? $3 : $4 < 1 ? 1 / $4 : 1; if (n++ && far > last * 1.0000001) exit 1; last = far }' "$work/forest.tsv"
within forest
# Its median rose by 19 %, within what one instance differs from another by.
draws varies forest datasets/recorded/lab-amd-npt-{stable,backports}.jsonl.gz --operation 'irq/halt-wake*'
check "forest: counts that vary and overlap are left open" eval '
	[ "$(grep -c "^irq/halt-wake" "$work/varies.tsv")" -eq 2 ] && ! grep "^irq/halt-wake halt-poll=off" "$work/varies.tsv" | grep -v "open$"'
draws same forest "$lab" "$lab" --operation 'exit/cpuid' --env guest
check "forest of one file: all within the band" eval '! grep "^[^#]" "$work/same.tsv" | cut -f 2,5 | grep -vqx "1	same"'
draws aa aa "$run"
check "aa: ten bins that hold all results" awk -F '\t' '/^# method/ { split($0, w, " "); all = w[3] } !/^#/ { n++; sum += $3 } END { exit n != 10 || sum != all }' "$work/aa.tsv"
draws gate gate "$suites"
says gate "nothing was changed: 560 results" "percent of results" "within the margin, 3%"
check "gate: what selftest --from says of false alarms" eval '
	said=$("$EXITLAB" selftest gate --from "$suites" | sed -n "s/.*nothing was changed: \([0-9]* of [0-9]*\) .*/\1/p") && headed gate method | grep -q "false alarm: $said "'
check "gate: shares of each kind are 1 together" awk -F '\t' '!/^#/ { a += $4; b += $6 } END { exit a < 0.999999 || a > 1.000001 || b < 0.999999 || b > 1.000001 }' "$work/gate.tsv"
refused "gate: a file of another kind" 3 'no verdict of a gate' "$EXITLAB" plot gate datasets/schema.json -o "$work/x.svg"
refused "gate: nothing of that name" 3 'selftest gate --output' "$EXITLAB" plot gate "$suites" --operation no/such -o "$work/x.svg"
check "nothing stays behind of what was refused" eval '! ls "$work" | grep -q "^x\."'

# ---- the same bytes
for kind in cdf ccdf ridge instances aa; do
	sleep 1.1
	LC_ALL=tr_TR.UTF-8 LANG=de_DE.UTF-8 TZ=Asia/Kolkata "$EXITLAB" plot $kind "$run" -o "$work/again.svg" > /dev/null 2>&1
	check "$kind: the same later, in another language and zone" eval 'cmp "$work/$kind.svg" "$work/again.svg" && cmp "$work/$kind.tsv" "$work/again.tsv"'
	check "$kind: the script draws the same alone" eval '
		gnuplot -c "plots/$kind.gp" "$work/$kind.tsv" "$work/alone.svg" > "$work/said" 2>&1 && [ ! -s "$work/said" ] && cmp "$work/$kind.svg" "$work/alone.svg"'
done
try gnuplot -c plots/cdf.gp "$work/cdf.tsv"
check "a script without a picture's name says what it wants" eval '[ "$status" -ne 0 ] && grep -q "^usage: gnuplot" "$work/err" "$work/out"'

# ---- little, and harm: an operation of one instance; names of all that a shell and gnuplot read
python3 - "$run" "$work/little.jsonl" "$work/evil.jsonl" "$work/done" << 'END'
import gzip, json, sys
source, little, evil, done = sys.argv[1:]
text = (gzip.open if source.endswith(".gz") else open)(source, "rt").read()
name = "e\"v'i$l`x`\\%s\u00e4\u2192\t{/b}@^_|#" + " $(touch " + done + ")"
with open(little, "w") as a, open(evil, "w") as b:
    seen = 0
    for line in text.splitlines():
        record = json.loads(line)
        key = record.get("benchmark"), record.get("parameters"), record.get("environment")
        if record["type"] in ("instance", "result") and key != ("exit/cpuid", "leaf=0x0", "guest"):
            continue
        if record["type"] != "instance" or not seen:
            a.write(json.dumps(record) + "\n")
        seen += record["type"] == "instance"
        if record["type"] == "run":
            record["machine"]["id"] = name[:60]
        if "benchmark" in record:
            record["benchmark"], record["parameters"] = name[:60], ("p=" + name)[:40]
        b.write(json.dumps(record) + "\n")
END
for kind in cdf ccdf ridge; do
	draws little-$kind $kind "$work/little.jsonl"
	draws evil-$kind $kind "$work/evil.jsonl"
done
draws evil-instances instances "$work/evil.jsonl"
draws evil-aa aa "$work/evil.jsonl"
draws evil-forest forest "$work/evil.jsonl" "$work/evil.jsonl"
for kind in cdf ccdf ridge instances forest; do
	within evil-$kind
	check "evil-$kind: names are text" eval 'grep -q "v.i\$l\`x\`.*%s.*{/b}@^_|" "$work/evil-$kind.svg"'
done
refused "instances: one is none" 3 'three VM instances' "$EXITLAB" plot instances "$work/little.jsonl" -o "$work/x.svg"
refused "aa: nor are there two halves of one" 3 'ten VM instances' "$EXITLAB" plot aa "$work/little.jsonl" -o "$work/x.svg"
for kind in mem-faults walk footprint scaling; do
	refused "$kind: what it needs is said" 3 'nothing to draw: .*\(mem/\|smp/\)' "$EXITLAB" plot $kind "$work/little.jsonl" -o "$work/x.svg"
done
check "nothing was run" [ ! -e "$work/done" ]
cp "$work/cdf.tsv" "$work/a'b \$(touch done) \"c\".tsv"
check "nor by a name of a file" eval 'cd "$work" && gnuplot -c "$OLDPWD/plots/cdf.gp" "a'"'"'b \$(touch done) \"c\".tsv" "x'"'"'y.svg" && [ -s "x'"'"'y.svg" ] && [ ! -e done ]'
finish
