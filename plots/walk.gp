# SPDX-License-Identifier: MIT
#
# A load somewhere in memory, by the guest's page and the host's.
#
#   gnuplot -c plots/walk.gp DATA OUT.svg|OUT.png|OUT.pdf
#
# DATA  what `exitlab plot walk` leaves beside its picture
#
# The same data give the same SVG, byte for byte, with the same gnuplot.

if (!exists("quiet")) { call system("dirname '".ARG0."'")."/style.gp" ARG1 ARG2 }

hz = header_number("tsc_hz")
unit = header("unit")
two = header("two_dimensional") eq "yes"
array page[3] = ["4 KiB", "2 MiB", "1 GiB"]
place_of(text) = text eq page[1] ? 0 : text eq page[2] ? 1 : 2
most = most_of(3)
eval page_commands(header("title"), two ? "at most so many references, without what the processor remembers of a walk; tables of four levels" \
	: "this substrate does not walk two tables: no number of references", 660, 260, 100, 40, 0, 0)
set xrange [-0.5:2.5]
set yrange [-0.5:1.5]
set xtics ("4 KiB" 0, "2 MiB" 1, "1 GiB" 2) scale 0
set ytics ("4 KiB" 0, "2 MiB\n(thp)" 1) scale 0
set xlabel "the guest's page"
set ylabel "the host's page"
unset grid
set border 0
# From light to dark of one hue; the number stands in each cell, so nothing hangs on the colour.
set palette defined (0 "#f3f8fc", 1 "#2b78b0")
set cbrange [0:most > 0 ? most : 1]
unset colorbox
figure(x) = x >= 100 ? sprintf("%.0f", x) : x >= 10 ? sprintf("%.1f", x) : sprintf("%.2f", x)
range(point, lo, hi) = valid(4) ? sprintf("%s (%s to %s) ticks", figure(point), figure(lo), figure(hi)) : figure(point)." ticks"
cell(x, lo, hi, refs) = range(x, lo, hi).(hz > 0 ? sprintf("\n%.1f ns", x * 1e9 / hz) : "").\
	(refs > 0 ? sprintf("\nat most %d references", refs) : "")
dark(x) = x > 0.62 * most ? 0xffffff : 0x111111
do for [i = 0:2] { do for [j = 0:1] {
	set object 1 + 2 * i + j rectangle from i - 0.48, j - 0.47 to i + 0.48, j + 0.47 behind fillstyle solid border linecolor rgb "#dddddd" \
		fillcolor rgb "#fafafa"
} }
# Where a cell has no figure: why.
missing = int(system("awk -F '\t' '!/^#/ && $3 == \"?\" { n++ } END { print n + 0 }' ".shell_quoted(data)))
of_missing = missing ? ", data using (strcol(7) eq '-' ? NaN : place_of(strcol(1))):(place_of(strcol(2))):(wrapped(cut(strcol(7), 110), 26)) ".\
	"with labels center textcolor rgb '#666666' font ',9' notitle" : ""
eval "plot data using (place_of(strcol(1))):(place_of(strcol(2))):(0.48):(0.47):3 with boxxyerror fillstyle solid noborder palette notitle, ".\
	"data using (place_of(strcol(1))):(place_of(strcol(2))):(cell($3, $4, $5, strcol(6) eq '-' ? 0 : $6)):(dark($3)) ".\
	"with labels center textcolor rgb variable notitle".of_missing
unset output
