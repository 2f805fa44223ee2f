# SPDX-License-Identifier: MIT
#
# What a VM exited for: the dearest kind first, and the sum so far.
#
#   gnuplot -c plots/pareto.gp DATA OUT.svg|OUT.png|OUT.pdf
#
# DATA  what `exitlab plot pareto` leaves beside its picture
#
# The same data give the same SVG, byte for byte, with the same gnuplot.

if (!exists("quiet")) { call system("dirname '".ARG0."'")."/style.gp" ARG1 ARG2 }

# A row without a time has a count all the same: gnuplot would leave out what it takes for missing.
set datafile missing "none"
unit = header("unit")
rows = data_rows
array name[rows]
longest = 0
stats data using (name[int($0) + 1] = cut(strcol(1), 40), longest = strlen(name[int($0) + 1]) > longest ? strlen(name[int($0) + 1]) : longest, $4) nooutput
left = 26 + int(8.2 * longest)
eval page_commands(header("title"), "", 540, 26 * rows + 14, left < 90 ? 90 : left, 190, 0, 1)
set xrange [0:104]
set xtics 0, 20, 100
set format x "%g%%"
set xlabel "share of the ".(unit eq "time" ? header("spans") : unit)
set yrange [rows - 0.4:-0.6]
set ytics () nomirror scale 0
do for [i = 1:rows] { set ytics add (tic_text(name[i]) i - 1) }
set grid noytics
figure(x) = x >= 1e4 ? number_name(three_digits(x)) : sprintf("%d", x)
said(n, ms) = figure(n)." ".(unit eq "time" ? "exits" : unit).(ms eq "?" ? "" : ", ".time_name(three_digits(number_of(ms) * 1e6)))
plot data using (0.5 * $4):0:(0.5 * $4):(0.36) with boxxyerror fillstyle solid 0.8 noborder fillcolor rgb colour[1] title "of this kind", \
	data using 5:0 with linespoints linecolor rgb colour[2] pointtype 7 pointsize 0.5 linewidth 1.4 title "so far", \
	data using (104):0:(said($2, strcol(3))) with labels left offset 0.6, 0 textcolor rgb quiet notitle
unset output
