# SPDX-License-Identifier: MIT
#
# A load that misses the TLB, by the guest's page and the host's.
#
#   gnuplot -c plots/walk.gp DATA OUT.svg|OUT.png|OUT.pdf
#
# DATA  what `exitlab plot walk` leaves beside its picture
#
# The same data give the same SVG, byte for byte, with the same gnuplot.

if (!exists("quiet")) { load system("dirname '".ARG0."'")."/style.gp" }

hz = header_number("tsc_hz")
unit = header("unit")
two = header("two_dimensional") eq "yes"
array guest[3] = ["4 KiB", "2 MiB", "1 GiB"]
array host[3] = ["4 KiB", "2 MiB", "1 GiB"]
column_of(text) = text eq guest[1] ? 0 : text eq guest[2] ? 1 : 2
hosts = 2
most = most_of(3)
eval page_commands(header("title"), two ? "" : "this substrate does not walk two tables: no number of references", 540, 250, 120, 40, 0, 0)
set xrange [-0.5:2.5]
set yrange [-0.5:hosts - 0.5]
set xtics ("4 KiB" 0, "2 MiB" 1, "1 GiB" 2) scale 0
set ytics ("4 KiB" 0, "2 MiB" 1) scale 0
set xlabel "the guest's page"
set ylabel "the host's page"
unset grid
set border 0
# From light to dark of one hue; the number stands in each cell, so nothing hangs on the colour.
set palette defined (0 "#f3f8fc", 1 "#2b78b0")
set cbrange [0:most]
unset colorbox
row_of(text) = text eq "4 KiB" ? 0 : text eq "2 MiB" ? 1 : 2
figure(x) = x >= 100 ? sprintf("%.0f", x) : x >= 10 ? sprintf("%.1f", x) : sprintf("%.2f", x)
short_unit = unit eq "instructions" ? "instructions" : "ticks"
cell(x, refs) = figure(x)." ".short_unit.(hz > 0 ? sprintf("\n%.1f ns", x * 1e9 / hz) : "").(refs > 0 ? sprintf("\nat most %d references", refs) : "")
dark(x) = x > 0.62 * most ? 0xffffff : 0x111111
do for [i = 0:2] { do for [j = 0:hosts - 1] {
	set object 1 + 2 * i + j rectangle from i - 0.48, j - 0.47 to i + 0.48, j + 0.47 behind fillstyle solid border linecolor rgb "#dddddd" \
		fillcolor rgb "#fafafa"
	set label 1 + 2 * i + j "not measured here" at i, j center back textcolor rgb "#777777"
} }
plot data using (column_of(strcol(1))):(row_of(strcol(2))):(0.48):(0.47):3 with boxxyerror fillstyle solid noborder palette notitle, \
	data using (column_of(strcol(1))):(row_of(strcol(2))):(cell($3, strcol(6) eq "-" ? 0 : $6)):(dark($3)) with labels center textcolor rgb variable notitle
unset output
