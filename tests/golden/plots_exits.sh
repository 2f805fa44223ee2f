#!/bin/bash
# SPDX-License-Identifier: MIT
# TIMEOUT=300
# exitlab plot of exits and of what is in them: what is drawn of recorded runs, and of little, nothing and hostile names.
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
literature=datasets/literature.json
run=$(ls $recorded/kvm_pvm-*[0-9].jsonl* | head -n 1)
timed=$(ls $recorded/kvm_pvm-*-anatomy.jsonl*)
traced=$(ls $recorded/trace-pvm-*.jsonl*)
lab() { ls "$recorded/$1".jsonl*; }

# columns NAME N: the values of a column, each once.
column() { grep '^[^#]' "$work/$1.tsv" | cut -f "$2" | sort -u; }

# ---- matrix
draws matrix matrix "$run"
says matrix popf "silently ignored" "silently does something else" "a known fault of this hypervisor" "32-bit protected mode" "CR0 0x10"
check "matrix: 18 instructions in five environments" eval '[ "$(column matrix 1 | wc -l)" -eq 18 ] && [ "$(rows matrix)" -eq 90 ]'
check "matrix: a cell for each, and a swatch for each of seven meanings" [ "$(grep -c '<polygon' "$work/matrix.svg")" -eq 97 ]
within matrix
apart matrix
draws matrix-lab matrix "$(lab proof-intel-ept-stable)"
says matrix-lab "base 0xfffffe0000001000" "limit 0x7f"
apart matrix-lab
draws matrix-one matrix "$run" --operation 'sensitive/sgdt' --env native
says matrix-one "dummy value" "a dummy value, by the kernel"
within matrix-one

# ---- anatomy
draws anatomy anatomy "$timed"
says anatomy "TSC ticks per operation" "time (TSC at 2.60 GHz)" "user space to the guest" "exit/hlt, guest"
check "anatomy: legs lie end to end, and each bar begins at 0" awk -F '\t' '
	/^#/ { next }
	{ if ($2 != bar) { if ($5 != 0) exit 1 } else if ($5 != end) exit 1; bar = $2; end = $6; n++ }
	END { exit n < 20 }' "$work/anatomy.tsv"
within anatomy
apart anatomy
# By the records: of how many bars what observing costs is off, in how many it was more than a leg, what was refused.
check "anatomy: what is corrected, what is swallowed and what is refused is counted" python3 - "$timed" "$work/anatomy.tsv" << 'END'
import gzip, json, sys
records = [json.loads(line) for line in gzip.open(sys.argv[1], "rt")]
drawn = [r for r in records if r["type"] == "anatomy" and r.get("legs") and not r.get("refused")]
off = [r for r in drawn if r.get("corrected")]
none = [r for r in off if any(leg["mean_ticks"] <= 0 for leg in r["legs"])]
refused = [r for r in records if r.get("refused")]
method = next(line for line in open(sys.argv[2]) if line.startswith("# method:"))
assert off and none and refused and len(off) < len(drawn)
for said in f"is taken off {len(off)} of {len(drawn)} bars", f"a leg of {len(none)} bars", f"{len(refused)} more refused":
    assert said in method, (said, method)
END
draws counted anatomy "$(lab lab-intel-profile-stable)" "$(lab lab-amd-profile-stable)"
says counted "instructions per operation" "KVM's handler" "exit/cpuid leaf=0x0, guest (vmx, Linux 6.1.0)" "exit/cpuid leaf=0x0, guest (svm, Linux 6.1.0)"
check "anatomy: both hosts' bars of an operation stand together" eval '
	[ "$(grep "^[^#]" "$work/counted.tsv" | cut -f 1,2 | sort -u | sort -t "	" -k 2n | head -n 2 | grep -c "^exit/cpuid leaf=0x0, guest")" -eq 2 ]'
check "anatomy: a bar is as long as the profile has instructions" eval '
	total=$(gzip -dc $recorded/lab-intel-profile-stable.jsonl.gz | python3 -c "
import json, sys
for line in sys.stdin:
    r = json.loads(line)
    if r[\"type\"] == \"profile\" and r[\"benchmark\"] == \"exit/hlt\" and r[\"environment\"] == \"guest\": print(r[\"total_insns\"])") &&
	[ "$(grep "^exit/hlt, guest (vmx" "$work/counted.tsv" | tail -n 1 | cut -f 6)" = "$total" ]'
check "anatomy: counts have no axis of time" eval '! grep -q "time (TSC" "$work/counted.svg"'
within counted
apart counted
draws one-bar anatomy "$(lab lab-intel-profile-stable)" --operation exit/hlt --env guest
apart one-bar
# Axes were once named 1k, 2k, 2k.
check "anatomy: no two tics have one name" eval '! sed -n "s/.*<text[^>]*>\([0-9.]*k\)<.*/\1/p" "$work/one-bar.svg" | sort | uniq -d | grep .'
says one-bar 1k 2k 3k "3213"
refused "anatomy: ticks and instructions have no axis in common" 3 'draw them apart' \
	"$EXITLAB" plot anatomy "$timed" "$(lab lab-amd-profile-stable)" -o "$work/x.svg"
refused "anatomy: a run without" 3 'exitlab anatomy, or lab --profile' "$EXITLAB" plot anatomy "$run" -o "$work/x.svg"

# ---- generations
draws generations generations "$(lab lab-intel-ept-stable)" "$(lab lab-intel-ept-backports)" "$(lab lab-intel-shadow-stable)" \
	"$(lab proof-intel-broadwell)" "$(lab proof-intel-skylake)"
says generations "instructions per operation (log scale)" "haswell_4770, Linux 6.12" "mem/page-table-write  2 → 12,749"
check "generations: twelve lines" [ "$(column generations 1 | wc -l)" -eq 12 ]
check "generations: a mark for each count" [ "$(uses generations)" -eq "$(rows generations)" ]
check "generations: others are counted" eval 'headed generations method | grep -q "; [0-9]* operations that change less are left out"'
within generations
apart generations
draws two-hosts generations "$(lab lab-amd-npt-stable)" "$(lab lab-amd-npt-backports)"
says two-hosts "Linux 6.1" "Linux 6.12"
within two-hosts
apart two-hosts
draws one-line generations "$(lab lab-amd-npt-stable)" "$(lab lab-amd-npt-backports)" --operation 'exit/cpuid leaf=0x0'
check "generations: one line, of two marks" [ "$(uses one-line)" -eq 2 ]

# ---- flame
draws flame flame "$(lab lab-intel-profile-stable)"
says flame "Where the instructions go: exit/cpuid leaf=0x0, guest, ring 3" "vmx_handle_exit" "KVM's modules" "the rest of the kernel"
check "flame: the bottom is as wide as all" awk -F '\t' '/^# total/ { split($0, w, " "); total = w[3] } /^[^#]/ && $3 == 0 { sum += $5 } END { exit sum != total }' "$work/flame.tsv"
check "flame: no function is wider than what it is called from" python3 - "$work/flame.tsv" << 'END'
import sys
rows = [line.rstrip("\n").split("\t") for line in open(sys.argv[1]) if not line.startswith("#")]
boxes = [(int(r[2]), float(r[3]), float(r[3]) + float(r[4])) for r in rows]
for depth, a, b in boxes:
    assert depth == 0 or any(d == depth - 1 and x <= a and b <= y for d, x, y in boxes), (depth, a, b)
END
check "flame: a box for each function, and four swatches" [ "$(grep -c '<polygon' "$work/flame.svg")" -eq $(($(rows flame) + 4)) ]
within flame
draws flame-out flame "$(lab lab-amd-profile-stable)" --operation 'io/port-out*' --env guest
apart flame-out
refused "flame: what is not there, and what is" 3 'not profiled; of this file were exit/cpuid' \
	"$EXITLAB" plot flame "$(lab lab-amd-profile-stable)" --operation no/such -o "$work/x.svg"
refused "flame: a run without" 3 'lab --profile' "$EXITLAB" plot flame "$run" -o "$work/x.svg"

# ---- pareto
draws pareto pareto "$traced"
says pareto "share of the time outside of KVM" IO MMIO "so far"
draws reasons pareto "$(lab trace-amd-npt-stable)"
says reasons "share of the exits" IOIO CPUID "125k exits" VMMCALL
check "pareto: shares fall, and add up" awk -F '\t' '
	/^#/ { next }
	{ if (n++ && $4 > last) exit 1; last = $4; sum += $4; if (sum - $5 > 1e-6 || $5 - sum > 1e-6) exit 1 }
	END { exit n != 18 || sum > 100 }' "$work/reasons.tsv"
check "pareto: no time of an emulated host" eval '[ "$(column reasons 3)" = "?" ] && headed reasons method | grep -q "time means nothing"'
check "pareto: a bar for each reason, and a swatch" [ "$(grep -c '<polygon' "$work/reasons.svg")" -eq 19 ]
within reasons
apart reasons
head -c 1000 "$(lab trace-amd-npt-stable)" > "$work/torn.jsonl.gz"
refused "pareto: half a file" 3 'torn' "$EXITLAB" plot pareto "$work/torn.jsonl.gz" -o "$work/x.svg"
refused "pareto: another kind of file" 3 'begins with a record of type "run"' "$EXITLAB" plot pareto "$run" -o "$work/x.svg"

# ---- literature
draws literature literature $literature "$run" "$(lab lab-amd-npt-stable)"
says literature "cycles (log scale)" "hardware: exit by VMCALL" "light, small: not verified here" "[1]" "year in which the processor's generation came out"
check "literature: each source is listed, in the picture as well" eval '
	[ "$(headed literature sources)" -ge 5 ] && [ "$(grep -c "^# source [0-9]*: " "$work/literature.tsv")" -eq "$(headed literature sources)" ] &&
	grep -q ">\[1\] Ole Agesen" "$work/literature.svg" && grep -q ">\[$(headed literature sources)\] " "$work/literature.svg"'
check "literature: why this report has no mark" eval 'headed literature method | grep -q "instructions are not cycles; .*without VT-x or SVM (kvm_pvm)"'
check "literature: a mark for each figure, one for each series and two for how sure they are" \
	[ "$(uses literature)" -eq $(($(rows literature) + $(column literature 1 | wc -l) + 2)) ]
within literature
apart literature
refused "literature: a file of another kind" 3 'literature\|schema' "$EXITLAB" plot literature datasets/schema.json -o "$work/x.svg"

# ---- ladder
draws ladder ladder "$run"
says ladder "TSC ticks (log scale), with intervals" "user space: a port" "io/port-out width=8, guest" "the kernel: a system call" "1 us"
check "ladder: rungs rise" awk -F '\t' '!/^#/ { if ($4 < last) exit 1; last = $4; n++ } END { exit n < 10 }' "$work/ladder.tsv"
check "ladder: function, system call, exit, user space, VM" eval '
	grep "^[^#]" "$work/ladder.tsv" | cut -f 2 | grep -nE "^(base/call|base/syscall|exit/cpuid leaf=0x0|io/port-out width=8|vm/create what=vm)$" | cut -d : -f 2 | tr "\n" " " |
	grep -qx "base/call base/syscall exit/cpuid leaf=0x0 io/port-out width=8 vm/create what=vm "'
check "ladder: faults, whose price no table shows, natively and in the guest" [ "$(grep -c "	exc/de	" "$work/ladder.tsv")" -eq 2 ]
within ladder
apart ladder
draws others ladder $literature "$run"
says others "published, natively" "138 cycles, not verified" "576 cycles"
check "ladder: published rungs name their source" eval 'grep -q "2012 \[1\]" "$work/others.svg" && grep -q ">\[1\] Adam Belay" "$work/others.svg"'
check "ladder: twelve of these" [ "$(column others 7 | tr '\n' ' ')" = "measured not verified verified " ] && [ $(($(rows others) - $(rows ladder))) -eq 12 ]
within others
apart others
# gnuplot reads no "6e+03": an exact count of 6,000 was refused once.
draws rungs ladder $literature "$(lab lab-intel-ept-stable)"
says rungs "instructions (log scale), with intervals" "6k"
check "ladder: no cycles among instructions" eval '! grep -q "	vmx	" "$work/rungs.tsv"'
refused "ladder: literature alone" 2 'takes \[JSON\] RUN, not 1 file' "$EXITLAB" plot ladder $literature -o "$work/x.svg"
refused "ladder: two runs" 2 'takes \[JSON\] RUN, not 2 files' "$EXITLAB" plot ladder "$run" "$run" -o "$work/x.svg"

# ---- history
mkdir "$work/runs"
python3 tests/golden/history_runs.py "$work/runs" 30 operations=5 at=21 size=6
"$EXITLAB" history add "$work/history" "$work/runs"/*.jsonl > /dev/null
draws history history "$work/history"
check "history: six percent more, found and named" grep -q '+[56].[0-9]%' "$work/history.svg"
check "history: a mark for each run of each series" [ "$(uses history)" -eq 150 ]
"$EXITLAB" history plot "$work/history" -o "$work/also.svg" > /dev/null
check "history: what history plot draws" eval 'cmp "$work/history.svg" "$work/also.svg" && cmp "$work/history.tsv" "$work/also.tsv"'
draws one-series history "$work/history" --operation '*-00' --env guest
check "history: of one operation" [ "$(column one-series 1 | wc -l)" -eq 1 ]
"$EXITLAB" history plot "$work/history" -o "$work/also.pdf" > /dev/null
check "history: a PDF is one" [ "$(head -c 4 "$work/also.pdf")" = %PDF ]
refused "history: an environment that nothing ran in" 3 'no series that is asked for' "$EXITLAB" plot history "$work/history" --env no -o "$work/x.svg"
refused "history: no folder" 3 'there is no history in' "$EXITLAB" plot history "$work/nowhere" -o "$work/x.svg"
check "nothing stays behind of what was refused" eval '! ls "$work" | grep -q "^x\."'

# ---- the same bytes
# again NAME KIND ARGUMENTS...: later, in another language and zone; and by the script alone.
again()
{
	local was=$1 kind=$2

	shift 2
	LC_ALL=tr_TR.UTF-8 LANG=de_DE.UTF-8 TZ=Asia/Kolkata "$EXITLAB" plot "$kind" "$@" -o "$work/again.svg" > /dev/null 2>&1
	check "$was: the same later, in another language and zone" eval 'cmp "$work/$was.svg" "$work/again.svg" && cmp "$work/$was.tsv" "$work/again.tsv"'
	check "$was: the script draws the same alone" eval '
		gnuplot -c "plots/$kind.gp" "$work/$was.tsv" "$work/alone.svg" > "$work/said" 2>&1 && [ ! -s "$work/said" ] && cmp "$work/$was.svg" "$work/alone.svg"'
}
sleep 1.1
again matrix matrix "$run"
again anatomy anatomy "$timed"
again two-hosts generations "$(lab lab-amd-npt-stable)" "$(lab lab-amd-npt-backports)"
again flame flame "$(lab lab-intel-profile-stable)"
again reasons pareto "$(lab trace-amd-npt-stable)"
again literature literature $literature "$run" "$(lab lab-amd-npt-stable)"
again others ladder $literature "$run"
again history history "$work/history"

# ---- harm: names of all that a shell and gnuplot read, in recorded files
python3 - "$work" $recorded $literature << 'END'
import gzip, json, sys
work, recorded, literature = sys.argv[1:]
name = "e\"v'i$l`x`\\%s\u00e4\u2192\t{/b}@^_|#" + " $(touch " + work + "/done)"
def first(text, n):
    return text.encode()[:n].decode(errors="ignore")
def change(source, target, give):
    with open(work + "/" + target, "w") as out:
        for line in gzip.open(recorded + "/" + source, "rt"):
            record = json.loads(line)
            give(record)
            out.write(json.dumps(record) + "\n")
def run(record):
    if record["type"] == "run":
        record["machine"]["id"] = first(name, 60)
        if record.get("emulated_host"):
            record["emulated_host"]["emulated_cpu"] = first(name, 60)
    if "benchmark" in record:
        record["benchmark"] = first(record["benchmark"] + name, 60)
        record["parameters"] = first(record["parameters"] + name, 47) if record.get("parameters") else ""
    if record["type"] == "result" and "outcome" in record:
        record["outcome"]["verdict"], record["outcome"]["note"] = first(name, 20), first(name, 110)
    for stack in record.get("stacks", []):
        stack[0] = stack[0].replace("vmx_handle_exit", first(name, 30))
def trace(record):
    if record["type"] == "trace_row":
        record["name"] = first(record["name"] + name, 50)
change("kvm_pvm-2026-11.jsonl.gz", "evil.jsonl", run)
change("trace-amd-npt-stable.jsonl.gz", "evil-trace.jsonl", trace)
# Profiles have no control characters in them: such a file is refused.
name = name.replace("\t", " ")
change("lab-intel-profile-stable.jsonl.gz", "evil-lab.jsonl", run)
text = json.load(open(literature))
for source in text["sources"].values():
    source["title"] = name
for figure in text["figures"]:
    figure["machine"] = first(name, 90)
json.dump(text, open(work + "/evil.json", "w"))
END
draws evil-matrix matrix "$work/evil.jsonl"
draws evil-anatomy anatomy "$work/evil-lab.jsonl" "$work/evil-lab.jsonl"
draws evil-flame flame "$work/evil-lab.jsonl"
draws evil-generations generations "$work/evil-lab.jsonl" "$work/evil-lab.jsonl"
draws evil-pareto pareto "$work/evil-trace.jsonl"
draws evil-literature literature "$work/evil.json"
draws evil-ladder ladder "$work/evil.json" "$run"
for kind in matrix anatomy flame generations pareto literature ladder; do
	within evil-$kind
	check "evil-$kind: names are text" grep -q "v.i\$l\`x\`" "$work/evil-$kind.svg"
done
check "nothing was run" [ ! -e "$work/done" ]
finish
