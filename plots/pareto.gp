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

unit = header("unit")
rows = data_rows
longest = int(system("awk -F '\t' '!/^#/ { if (length($1) > n) n = length($1) } END { print n + 0 }' ".shell_quoted(data)))
eval page_commands(header("title"), "", 540, 26 * rows + 14, 26 + int(8.8 * longest), 190, 0, 1)
set xrange [0:104]
set xtics 0, 20, 100
set format x "%g%%"
set xlabel unit eq "time" ? "share of the time from exit to entry" : "share of the exits"
set yrange [rows - 0.4:-0.6]
set ytics nomirror scale 0
figure(x) = x >= 1e6 ? sprintf("%.3gM", x / 1e6) : x >= 1e4 ? sprintf("%.3gk", x / 1e3) : sprintf("%d", x)
tail = "  "
said(n, ms) = figure(n)." exits".(valid(3) ? ", ".time_name(three_digits(ms * 1e6)) : "")
plot data using (0.5 * $4):0:(0.5 * $4):(0.36):ytic(strcol(1)) with boxxyerror fillstyle solid 0.8 noborder fillcolor rgb colour[1] title "of this kind", \
	data using 5:0 with linespoints linecolor rgb colour[2] pointtype 7 pointsize 0.5 linewidth 1.4 title "so far", \
	data using (104):0:(said($2, $3)) with labels left offset 0.6, 0 textcolor rgb quiet notitle
unset output
