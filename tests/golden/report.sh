#!/bin/bash
# SPDX-License-Identifier: MIT
# TIMEOUT=300
# exitlab plot and exitlab report: every kind of picture from recorded data, looked into; documents, the same
# bytes whatever the locale and the zone, and what they do with files that hold little or harm.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib.sh
. tests/lib.sh
# shellcheck source=tests/pictures.sh
. tests/pictures.sh

EXITLAB=$(realpath "${EXITLAB:-build/exitlab}")
recorded=datasets/recorded
run=$(ls $recorded/kvm_pvm-*[0-9].jsonl.gz | grep -v anatomy | head -n 1)
anatomy=$(ls $recorded/kvm_pvm-*anatomy*.jsonl.gz)
trace=$(ls $recorded/trace-pvm-*.jsonl*)

# ---- what is typed
refused "plot: no kind" 2 'wants a kind of picture' "$EXITLAB" plot
refused "plot: a kind that there is not" 2 "no kind of picture 'ladde'; the nearest is 'ladder'" "$EXITLAB" plot ladde "$run" -o "$work/x.svg"
refused "plot: no picture" 2 'wants --output' "$EXITLAB" plot cdf "$run"
refused "plot: another ending" 2 "ends in none of" "$EXITLAB" plot cdf "$run" -o "$work/x.gif"
refused "plot: too many files" 2 'plot cdf takes RUN, not 2 files' "$EXITLAB" plot cdf "$run" "$run" -o "$work/x.svg"
refused "plot: too few" 2 'plot forest takes OLD NEW, not 1 file' "$EXITLAB" plot forest "$run" -o "$work/x.svg"
refused "plot: no such file" 3 'nowhere' "$EXITLAB" plot cdf nowhere -o "$work/x.svg"
refused "plot: no such operation" 3 'nothing to draw: ' "$EXITLAB" plot cdf "$run" --operation no/such -o "$work/x.svg"
refused "plot: different substrates beside each other" 3 'substrate' "$EXITLAB" plot forest $recorded/lab-intel-ept-stable.jsonl.gz $recorded/lab-amd-npt-stable.jsonl.gz -o "$work/x.svg"
refused "plot: and in a row" 3 'different substrates' "$EXITLAB" plot generations $recorded/lab-intel-ept-stable.jsonl.gz $recorded/lab-amd-npt-stable.jsonl.gz -o "$work/x.svg"
refused "plot: a real machine among emulated ones" 3 'of no emulated host' "$EXITLAB" plot generations "$run" $recorded/lab-amd-npt-stable.jsonl.gz -o "$work/x.svg"
check "plot: nothing stays behind then" [ ! -e "$work/x.tsv" ]
refused "plot: a folder that is not there" 3 'nowhere/x.tsv' "$EXITLAB" plot cdf "$run" -o "$work/nowhere/x.svg"
check "plot --help names all kinds" eval '[ $("$EXITLAB" plot --help | sed -n "/^kinds of/,\$p" | grep -c "^  [a-z]") -ge 20 ]'
refused "report: no files" 2 'wants result files' "$EXITLAB" report
refused "report: a template that there is not" 2 "no template 'long'" "$EXITLAB" report --template long "$run"
refused "report: a format that there is not" 2 "'pdf' is neither md nor html" "$EXITLAB" report --format md,pdf "$run"
refused "report: a name with a folder" 2 'output is the folder' "$EXITLAB" report --name a/b "$run"
refused "report: pictures elsewhere" 2 'not a folder below' "$EXITLAB" report --pictures ../x "$run"
echo '{"hello": 1}' > "$work/other.json"
refused "report: a file of another kind" 3 'other.json: neither a result file nor' "$EXITLAB" report --output "$work/r" "$work/other.json"
refused "report: a folder that cannot be" 3 'cannot make the folder /proc/nowhere' "$EXITLAB" report --output /proc/nowhere "$run"

# ---- every kind
if ! command -v gnuplot > /dev/null; then
	skip "pictures" "gnuplot is not installed"
	finish
	exit
fi

# texts FILE: what a reader of the SVG sees, a line each.
texts()
{
	python3 - "$1" << 'END'
import sys, xml.etree.ElementTree as tree
for text in tree.parse(sys.argv[1]).iter("{http://www.w3.org/2000/svg}text"):
    print("".join(text.itertext()).strip())
END
}

# marks FILE: how many marks, lines and filled areas it has.
marks()
{
	grep -cE "<use |<path |<polygon |<polyline |<rect " "$1"
}

# picture KIND MARKS TEXTS... -- FILES...: drawn without a word of gnuplot's, with its title, these texts and at
# least so many marks.
picture()
{
	local kind=$1 least=$2 wanted=()

	shift 2
	while [ "$1" != -- ]; do
		wanted+=("$1")
		shift
	done
	shift
	try "$EXITLAB" plot "$kind" "$@" -o "$work/$kind.svg"
	check "plot $kind: drawn, without a warning" eval '[ $status -eq 0 ] && [ ! -s "$work/err" ]'
	texts "$work/$kind.svg" > "$work/texts" 2>&1
	wanted+=("$(sed -n 's/^# title: //p' "$work/$kind.tsv")")
	for text in "${wanted[@]}"; do
		check "plot $kind: says '$text'" grep -qF -e "$text" "$work/texts"
	done
	check "plot $kind: $least marks or more" [ "$(marks "$work/$kind.svg")" -ge "$least" ]
	case $kind in
	matrix | walk) ;; # names alone at their axes
	*) check "plot $kind: each number at an axis is where it stands" tics "$work/$kind.svg" ;;
	esac
	apart "$kind"
	check "plot $kind: the script draws the same alone" eval '
		gnuplot -c "plots/$kind.gp" "$work/$kind.tsv" "$work/alone.svg" && cmp "$work/$kind.svg" "$work/alone.svg"'
}

rows() { grep -c '^[^#]' "$work/$1.tsv"; }

picture native-vs-guest 100 "time (TSC at" "guest, ring 3" "1 us" -- "$run"
picture ladder 12 "TSC ticks (log scale), with intervals" "user space: a port" "the kernel: a system call" -- "$run"
picture matrix 90 popf "silently ignored" "real mode" -- "$run"
check "plot matrix: a row for each of 18 instructions" [ "$(cut -f 1 "$work/matrix.tsv" | grep -v '^#' | sort -u | wc -l)" -eq 18 ]
picture instances 300 "percent from the operation's median over instances" "a VM instance" -- "$run"
picture ridge 20 "median" "TSC ticks per operation (log scale)" -- "$run"
picture cdf 8 "share that took at most so long" "10 us" -- "$run"
picture ccdf 8 "1 of 100 (p99)" "share that took so long or longer (log scale)" -- "$run"
picture mem-faults 30 "mem/first-touch backing=4k" "10 us" -- "$run"
picture walk 4 "the guest's page" "the host's page" "4 KiB" -- "$run"
picture footprint 6 "32 MiB" "memory that the loads are spread over (log scale)" -- "$run"
picture scaling 6 "linear" "vCPUs or VMs at once (log scale)" -- "$run"
picture aa 10 "p-value" "expected" -- "$run"
picture gate 10 "percent of results" "within the margin, 3%" -- datasets/selftest/gate-kvm_pvm-2026-11.jsonl
picture anatomy 10 "TSC ticks per operation" "io/port-out width=8, guest" "user space to the guest" -- "$anatomy"
cp "$work/anatomy.svg" "$work/anatomy-timed.svg"
picture anatomy 20 "instructions per operation" "KVM's handler" -- $recorded/lab-amd-profile-stable.jsonl.gz $recorded/lab-amd-profile-backports.jsonl.gz
picture flame 15 "kvm_arch_vcpu_ioctl_run" "KVM's modules" -- $recorded/lab-intel-profile-stable.jsonl.gz
picture generations 20 "instructions per operation (log scale)" "Linux 6.12" "exit/cpuid leaf=0x0" -- $recorded/lab-intel-ept-stable.jsonl.gz $recorded/lab-intel-ept-backports.jsonl.gz
picture forest 40 "exit/hypercall, guest, ring 0" "new over old (log scale); right of 1: the new one costs more" -- $recorded/lab-intel-ept-stable.jsonl.gz $recorded/lab-intel-ept-backports.jsonl.gz
picture pareto 4 "so far" "share of the time outside of KVM" "IO" -- "$trace"
picture literature 40 "hardware: exit by VMCALL" "cycles (log scale)" "light, small: not verified here" -- datasets/literature.json "$run"

# Another language, if the system has one beside C: a comma in numbers would show.
other=$(locale -a 2> /dev/null | grep -iE '^(de|fr|tr|pl)_.*utf-?8' | head -n 1)
other=${other:-C.UTF-8}
for kind in cdf native-vs-guest; do
	for ending in png pdf; do
		"$EXITLAB" plot $kind "$run" -o "$work/a.$ending" > /dev/null 2>&1
		sleep 1.1
		(export LC_ALL="$other" TZ=Asia/Kolkata; "$EXITLAB" plot $kind "$run" -o "$work/b.$ending" > /dev/null 2>&1)
		check "plot $kind: the same .$ending later, elsewhere, in another language" cmp "$work/a.$ending" "$work/b.$ending"
	done
done
"$EXITLAB" plot native-vs-guest $recorded/lab-amd-npt-stable.jsonl.gz -o "$work/x.svg" > /dev/null
check "a picture of an emulated host counts instructions" grep -q '^# unit: instructions$' "$work/x.tsv"
check "and has no axis of time" eval '! texts "$work/x.svg" | grep -q "time (TSC"'

# ---- documents
all=("$run" "$anatomy" $recorded/lab-amd-npt-*.jsonl.gz $recorded/lab-amd-profile-*.jsonl.gz $recorded/check-pvm.jsonl.gz "$trace" datasets/literature.json
	datasets/selftest/gate-kvm_pvm-2026-11.jsonl)
for template in results lab short; do
	try "$EXITLAB" report --template $template --author "N. <b>N.</b>" --output "$work/$template" "${all[@]}"
	check "report --template $template" eval '[ $status -eq 0 ] && [ ! -s "$work/err" ] && [ -s "$work/$template/report.md" ] && [ -s "$work/$template/report.html" ]'
	(export LC_ALL="$other" TZ=Asia/Kolkata; "$EXITLAB" report --template $template --author "N. <b>N.</b>" --output "$work/again" "${all[@]}" > /dev/null)
	check "report --template $template: the same bytes in another language and zone" diff -r "$work/$template" "$work/again"
	rm -rf "$work/again"
	check "report --template $template: every picture and its data are there" python3 - "$work/$template" << 'END'
import os, re, sys
folder = sys.argv[1]
links = re.findall(r"\]\((pictures/[^)]*)\)", open(folder + "/report.md").read())
assert links and all(os.path.getsize(os.path.join(folder, link)) for link in links)
there = {os.path.join("pictures", name) for name in os.listdir(folder + "/pictures")}
assert there == set(links), there ^ set(links)
END
	check "report --template $template: a table ends before what is said behind it" awk '
		table && $0 != "" && !/^\|/ { print NR ": " $0; bad = 1 } { table = /^\|/ } END { exit bad }' "$work/$template/report.md"
	check "report --template $template: the page needs nothing beside it, and is well formed" python3 - "$work/$template/report.html" << 'END'
import html.parser, re, sys
text = open(sys.argv[1]).read()
void = {"meta", "img", "br", "input", "hr", "link"}
class Page(html.parser.HTMLParser):
    open_tags, bad = [], []
    def handle_starttag(self, tag, attributes):
        if tag not in void:
            self.open_tags.append(tag)
        for name, value in attributes:
            if name in ("src", "href") and not re.match(r"data:|#|https?:|[\w./-]+$", value or ""):
                self.bad.append(value)
            if name == "src" and not value.startswith("data:"):
                self.bad.append(value)
            if name.startswith("on"):
                self.bad.append(name)
    def handle_endtag(self, tag):
        assert self.open_tags and self.open_tags.pop() == tag, (tag, self.getpos())
page = Page()
page.feed(text)
assert not page.open_tags and not page.bad, (page.open_tags, page.bad[:5])
assert len(text) < 5 << 20, len(text)
assert "<b>N." not in text
END
done
check "report: machine, method, threats and what is missing" eval '
	for part in "### Machine and method" "### Threats to validity" "### What was not measured" "## Does the hypervisor behave" "## Published figures" "## What it was made from"; do
		grep -q "^$part" "$work/results/report.md" || exit 1; done'
check "report: the lab's questions" eval '[ $(grep -c "^\*\*Question" "$work/lab/report.md") -ge 12 ]'

# ---- little, nothing, and harm
one="$work/one.jsonl"
zcat "$run" | grep -E '"type":"(run|environment|end)"|"benchmark":"exit/cpuid","parameters":"leaf=0x0","environment":"guest"' > "$one"
try "$EXITLAB" report --output "$work/one" "$one"
check "report: one operation" eval '[ $status -eq 0 ] && grep -q "^| exit/cpuid leaf=0x0 |" "$work/one/report.md"'
head -n 1 "$one" > "$work/none.jsonl"
try "$EXITLAB" report --output "$work/none" "$work/none.jsonl"
check "report: none measured" eval '[ $status -eq 0 ] && [ -s "$work/none/report.html" ]'
python3 - "$one" "$work/evil.jsonl" << 'END'
import json, sys
evil = "<script>alert(1)</script>|`x`\n# \"q\"\t'$(touch " + sys.argv[2] + ".done)' %s \\"
with open(sys.argv[2], "w") as out:
    for line in open(sys.argv[1]):
        record = json.loads(line)
        if record["type"] == "run":
            record["machine"]["id"] = evil[:60]
            record["machine"]["cpu_model"] = evil[:60]
        if "benchmark" in record:
            record["benchmark"] = "sensitive/" + evil[:50]
        if record["type"] == "result":
            record["reason"], record["status"] = evil, "KNOWN"
            record.setdefault("outcome", {})["verdict"] = "<i>x</i>"
            record["outcome"]["note"] = evil[:100]
        out.write(json.dumps(record) + "\n")
END
try "$EXITLAB" report --output "$work/evil's \$(x) \"f\"" "$work/evil.jsonl"
check "report: hostile names" eval '[ $status -eq 0 ] && [ ! -s "$work/err" ]'
check "report: they run nothing" [ ! -e "$work/evil.jsonl.done" ]
check "report: and are no markup" eval '! grep -qE "<script>alert|<i>x" "$work/evil'"'"'s \$(x) \"f\"/report.html"'
(mkdir "$work/bin" && cd "$work/bin" && ln -s "$EXITLAB" exitlab)
try env PATH="$work/bin" "$EXITLAB" report --output "$work/without" "$run"
check "report without gnuplot: a document, with what installs it" eval '
	[ $status -eq 0 ] && grep -q "apt-get install gnuplot" "$work/err" && grep -q "Not drawn: gnuplot is not installed" "$work/without/report.md" &&
	[ -s "$work/without/pictures/cdf.tsv" ] && ! ls "$work/without/pictures" | grep -q svg'
try env PATH="$work/bin" "$EXITLAB" plot cdf "$run" -o "$work/no.svg"
check "plot without gnuplot: what installs it, and where the data are" eval '[ $status -eq 3 ] && grep -q "apt-get install gnuplot.*data are in .*no.tsv" "$work/err"'
mkdir "$work/fonts"
cat > "$work/fonts/fonts.conf" << END
<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><dir>$work/fonts</dir><cachedir>$work/fonts</cachedir></fontconfig>
END
if command -v fc-list > /dev/null; then
	try env FONTCONFIG_FILE="$work/fonts/fonts.conf" "$EXITLAB" plot cdf "$run" -o "$work/no.png"
	check "plot without a font: a .png would have no text: what installs one, and where the data are" eval '
		[ $status -eq 3 ] && [ ! -e "$work/no.png" ] && grep -q "apt-get install fonts-dejavu-core.*data are in .*no.tsv" "$work/err"'
else
	skip "plot without a font" "fc-list of fontconfig is not installed"
fi
try env FONTCONFIG_FILE="$work/fonts/fonts.conf" "$EXITLAB" plot cdf "$run" -o "$work/no.svg"
check "plot without a font: an .svg is the same" eval '[ $status -eq 0 ] && cmp "$work/no.svg" "$work/cdf.svg"'
finish
