# SPDX-License-Identifier: MIT
#
# What sensitive instructions do, natively and in guests: a table in colours and words.
#
#   gnuplot -c plots/matrix.gp DATA OUT.svg|OUT.png|OUT.pdf
#
# DATA  what `exitlab plot matrix` leaves beside its picture
#
# The same data give the same SVG, byte for byte, with the same gnuplot.

if (!exists("quiet")) { call system("dirname '".ARG0."'")."/style.gp" ARG1 ARG2 }

rows = int(most_of(2)) + 1
array place[5] = ["native, ring 3", "guest, ring 3", "guest, ring 0", "32-bit guest", "real mode"]
# What it means, and its colour: words stand in each cell, so nothing hangs on the colour.
array meaning[7] = ["as it should", "traps", "a dummy", "silently", "the host's", "other", "not known"]
array paint[7] = [0xb7e1cd, 0xa9cfea, 0xe7d8f0, 0xf6c89f, 0xf2a7a0, 0xe6e6e6, 0xf7f7f7]
array explained[7] = ["does as it should, on the guest's state", "traps", "a dummy value, by the kernel", \
	"silently does something else", "shows the host's state", "other", "not measured, or not known"]
paint_of(text) = (found_ = 7, sum [k_ = 1:7] (meaning[k_] eq text ? (found_ = k_, 0) : 0), paint[found_])
eval page_commands(header("title"), "", 800, 34 * rows + 24, 110, 20, 0, 3)
set xrange [-0.5:4.5]
set yrange [rows - 0.5:-1.0]
unset xtics
set ytics () scale 0
unset grid
set border 0
do for [i = 1:5] { set label i place[i] at i - 1, -0.72 center }
# Text that does not fit into its cell is cut; the table beside the picture has all of it.
plot data using 4:2:(0.49):(0.47):(paint_of(strcol(5))) with boxxyerror fillstyle solid noborder linecolor rgb variable notitle, \
	data using 4:2:(cut(strcol(6), 24)) with labels center offset 0, 0.42 font ",10" textcolor rgb "#111111" notitle, \
	data using 4:2:(cut(strcol(7), 27)) with labels center offset 0, -0.5 font ",8" textcolor rgb "#333333" notitle, \
	data using (0):2:ytic(strcol(1)) with points pointsize 0 linecolor rgb "#ffffff" notitle, \
	for [k = 1:7] NaN with boxes fillstyle solid border linecolor rgb "#888888" fillcolor rgb paint[k] title explained[k]
unset output
