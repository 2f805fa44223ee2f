# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# shellcheck disable=SC2154 # work, status: tests/lib.sh has them, which a script sources before this file
# What scripts share that look into pictures of `exitlab plot`: $work/NAME.svg and its data, $work/NAME.tsv.

# draws NAME KIND FILES AND OPTIONS...: into $work/NAME.svg, without a word of gnuplot's.
draws()
{
	local name=$1 kind=$2

	shift 2
	try "$EXITLAB" plot "$kind" "$@" -o "$work/$name.svg"
	if [ "$status" -eq 0 ] && [ ! -s "$work/err" ] && [ -s "$work/$name.svg" ]; then
		ok "plot $kind: $name"
	else
		not_ok "plot $kind: $name" "exit status $status: $(head -c 2000 "$work/err")"
	fi
}

# says NAME TEXT...: these are among the texts of the picture, whole.
says()
{
	local name=$1

	shift
	check "$name says: $*" python3 - "$work/$name.svg" "$@" << 'END'
import sys, xml.etree.ElementTree as tree
texts = {"".join(t.itertext()).strip() for t in tree.parse(sys.argv[1]).iter("{http://www.w3.org/2000/svg}text")}
missing = [wanted for wanted in sys.argv[2:] if wanted not in texts]
assert not missing, (missing, sorted(texts))
END
}

# within NAME: no text reaches over the picture's edge, as far as its letters can be guessed.
within()
{
	check "$1: no text is cut off" python3 - "$work/$1.svg" << 'END'
import re, sys, xml.etree.ElementTree as tree
svg = "{http://www.w3.org/2000/svg}"
root = tree.parse(sys.argv[1]).getroot()
width = float(root.get("viewBox").split()[2])
bad = []
def walk(node, x0, y0, turned, anchor):
    m = re.match(r"translate\(([-\d.]+),([-\d.]+)\)( rotate)?", node.get("transform", ""))
    if m:
        x0, y0, turned = float(m[1]), float(m[2]), bool(m[3])
    anchor = node.get("text-anchor", anchor)
    if node.tag == svg + "text" and not turned:
        text = "".join(node.itertext()).strip()
        size = float(node.get("font-size", 0) or re.search(r"[\d.]+", root.find(f".//{svg}g[@font-size]").get("font-size"))[0])
        length = 0.5 * 12 * len(text)
        left = x0 - {"start": 0, "middle": 0.5, "end": 1}.get(anchor, 0) * length
        if left < -2 or left + length > width + 2:
            bad.append((text, left, left + length, width))
    for child in node:
        walk(child, x0, y0, turned, anchor)
walk(root, 0, 0, False, "start")
assert not bad, bad
END
}

# uses NAME: how many marks are in it; each is a <use>, as are a few of the shapes that it has in stock.
uses() { grep -o '<use [^>]*' "$work/$1.svg" | grep -vc "id='"; }
rows() { grep -c '^[^#]' "$work/$1.tsv"; }
headed() { sed -n "s/^# $2: //p" "$work/$1.tsv"; }

# apart NAME: no two texts lie upon each other; no mark or swatch, and nothing that is written upwards, lies beyond the edge.
apart()
{
	check "$1: no text lies upon another, nothing beyond the edge" python3 - "$work/$1.svg" << 'END'
import re, sys, xml.etree.ElementTree as tree
svg = "{http://www.w3.org/2000/svg}"
root = tree.parse(sys.argv[1]).getroot()
width, height = map(float, root.get("viewBox").split()[2:])
boxes, bad = [], []
def walk(node, x0, y0, turned, anchor, size):
    m = re.match(r"translate\(([-\d.]+),([-\d.]+)\)(?: rotate\(([-\d.]+))?", node.get("transform", ""))
    if m:
        x0, y0, turned = float(m[1]), float(m[2]), float(m[3] or 0)
    anchor = node.get("text-anchor", anchor)
    size = float(node.get("font-size", size))
    if node.tag == svg + "text" and not turned:
        text = "".join(node.itertext()).strip("\u00a0 \n\t")
        span = node.find(svg + "tspan")
        size = float(span.get("font-size", size)) if span is not None else size
        length = 0.5 * size * len(text)
        left = x0 - {"start": 0, "middle": 0.5, "end": 1}.get(anchor, 0) * length
        if text:
            boxes.append((left, left + length, y0 - 0.7 * size, y0, text))
    if node.tag == svg + "text" and turned == 270:
        half = 0.25 * size * len("".join(node.itertext()).strip())
        if x0 - 0.8 * size < 1 or x0 > width or y0 - half < 0 or y0 + half > height:
            bad.append(("upwards", "".join(node.itertext()), x0, y0))
    for child in node:
        walk(child, x0, y0, turned, anchor, size)
walk(root, 0, 0, 0, "start", 12)
boxes.sort()
for i, a in enumerate(boxes):
    for b in boxes[i + 1:]:
        if b[0] >= a[1]:
            break
        if a[2] < b[3] - 1 and b[2] < a[3] - 1:
            bad.append((a, b))
for node in root.iter(svg + "polygon"):
    xs = [float(p.split(",")[0]) for p in node.get("points").split()]
    if min(xs) < -1 or max(xs) > width + 1:
        bad.append(("polygon", min(xs), max(xs)))
assert not bad, bad[:6]
END
}

# tics PICTURE.svg: each number at an axis is the one that it stands at: of every axis with three numbers or more the
# tics are where a linear or a logarithmic scale through the first and the last has them. At least one axis has.
tics()
{
	python3 - "$1" << 'END'
import math, re, sys
mark = re.compile(r"d='M([\d.]+),([\d.]+) L([\d.]+),([\d.]+)[^']*'/>\s*<g transform=\"translate[^>]*>\s*<text>(?:<tspan[^>]*>)?([^<]*)<")
unit = {"": 1, "k": 1e3, "M": 1e6, "G": 1e9, "%": 1, "ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}
axes = {}
for x1, y1, x2, y2, text in mark.findall(open(sys.argv[1], encoding="utf-8").read()):
    number = re.fullmatch(r"([-+\u2212]?[\d.]+) ?(k|M|G|%|ns|us|ms|s)?", text.strip())
    if number and (x1 == x2) != (y1 == y2):
        along = ("x", y1, y2) if x1 == x2 else ("y", x1, x2)
        axes.setdefault(along, []).append((float(x1 if x1 == x2 else y1), float(number[1].replace("\u2212", "-")) * unit[number[2] or ""], text))
def stands(tics, scale):
    (first, low, _), (last, high, _) = tics[0], tics[-1]
    if scale(low) == scale(high):
        return False
    return all(abs(first + (last - first) * (scale(value) - scale(low)) / (scale(high) - scale(low)) - at) < 1 for at, value, _ in tics)
read = 0
for along, found in axes.items():
    # Panels beside each other have an axis each, at the same height: values begin anew.
    runs = [[]]
    for tic in found:
        if len(runs[-1]) > 1 and tic[1] < runs[-1][-1][1]:
            runs.append([])
        runs[-1].append(tic)
    for tics in runs:
        if len(tics) > 2:
            read += 1
            log = all(value > 0 for _, value, _ in tics) and stands(tics, math.log)
            assert log or stands(tics, float), (along, [text for _, _, text in tics])
assert read, "no axis with three numbers"
END
}
