#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: plots/draw.sh PROGRAM RESULT-FILE OUT
# Draws native against guest from a result file: OUT.tsv (the data), OUT.svg and OUT.png.
set -eu

program=$1 file=$2 out=$3
here=$(dirname "$0")

"$program" show --format plot "$file" > "$out.tsv"
for format in svg png; do
	gnuplot -e "data='$out.tsv'; out='$out.$format'; fmt='$format'" "$here/native-vs-guest.gp"
done
