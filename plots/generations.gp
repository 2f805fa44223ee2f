# SPDX-License-Identifier: MIT
#
# Instructions of the same exits on several emulated hosts: a line that rises is an exit that got longer.
#
#   gnuplot -c plots/generations.gp DATA OUT.svg|OUT.png|OUT.pdf
#
# DATA  what `exitlab plot generations` leaves beside its picture
#
# The same data give the same SVG, byte for byte, with the same gnuplot.

if (!exists("quiet")) { call system("dirname '".ARG0."'")."/style.gp" ARG1 ARG2 }

hosts = int(header_number("hosts"))
stats data using 2 nooutput
lines = STATS_blocks
array name[lines]
array last[lines]
array text[lines]
array host[hosts]
do for [i = 1:hosts] { host[i] = "" }
with_lines(t) = (broken_ = "", sum [i_ = 1:strlen(t)] (broken_ = broken_.(t[i_:i_] eq "|" ? "\n" : t[i_:i_]), 0), broken_)
stats data using (name[column(-2) + 1] = strcol(1), last[column(-2) + 1] = $4, text[column(-2) + 1] = strcol(5), \
	host[int($2) + 1] = with_lines(strcol(3)), $4) nooutput
ymin = 0.85 * least_positive(4)
ymax = 1.2 * most_of(4)
height = 460
eval page_commands(header("title"), "", 130 * hosts + 40, height, 80, 330, 0, 0)
set bmargin at screen 76.0 / page_height
set xrange [-0.3:hosts - 0.7]
set xtics () scale 0
do for [i = 1:hosts] { set xtics add (host[i] i - 1) }
eval log_axis_commands("y", ymin, ymax)
set ylabel "instructions per operation (log scale)"
# Names at the right end, moved apart from below so that none lies upon another: in pixels.
pixel(v) = height * log(v / ymin) / log(ymax / ymin)
array order[lines]
do for [i = 1:lines] { order[i] = i }
do for [i = 1:lines] { do for [j = 1:lines - 1] {
	if (last[order[j]] > last[order[j + 1]]) { swap = order[j]; order[j] = order[j + 1]; order[j + 1] = swap }
} }
array at_pixel[lines]
do for [i = 1:lines] {
	at_pixel[i] = pixel(last[order[i]])
	if (i > 1 && at_pixel[i] < at_pixel[i - 1] + 17) { at_pixel[i] = at_pixel[i - 1] + 17 }
}
over = lines > 0 ? at_pixel[lines] - (height - 2) : 0
if (over > 0) { do for [i = lines:1:-1] {
	limit = i == lines ? height - 2 : at_pixel[i + 1] - 17
	if (at_pixel[i] > limit) { at_pixel[i] = limit }
} }
do for [i = 1:lines] {
	k = order[i]
	set label 10 + i name[k]."  ".text[k] at graph 1, graph at_pixel[i] / height offset 1.2, 0 left textcolor rgb colour[(k - 1) % 8 + 1]
}
array dash[12] = [1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2]
plot for [i = 0:lines - 1] data index i using 2:4 with linespoints linecolor rgb colour[i % 8 + 1] pointtype mark[i % 8 + 1] \
	pointsize 0.8 linewidth 1.5 dashtype dash[i % 12 + 1] notitle
unset output
