# SPDX-License-Identifier: MIT
#
# How much more several vCPUs or VMs do than one, beside linear scaling.
#
#   gnuplot -c plots/scaling.gp DATA OUT.svg|OUT.png|OUT.pdf
#
# DATA  what `exitlab plot scaling` leaves beside its picture
#
# The same data give the same SVG, byte for byte, with the same gnuplot.

if (!exists("quiet")) { call system("dirname '".ARG0."'")."/style.gp" ARG1 ARG2 }

cpus = int(header_number("cpus"))
stats data using 2 nooutput
curves = STATS_blocks
most = most_of(2)
top = most_of(3)
top = most_of(5) > top ? most_of(5) : top
top = top > most ? top : most
array name[curves]
stats data using (name[column(-2) + 1] = strcol(1), $2) nooutput
longest = strlen("linear")
do for [i = 1:curves] { longest = strlen(name[i]) > longest ? strlen(name[i]) : longest }
eval page_commands(header("title"), cpus > 0 ? sprintf("%d CPUs online", cpus) : "", 600, 380, 90, 60, 0, \
	key_lines_of(curves + 1, longest, 750))
set logscale xy 2
set xrange [0.9:1.11 * most]
low = least_positive(4)
low = low > 0 && low < least_positive(3) ? low : least_positive(3)
set yrange [low < 0.9 ? 0.9 * low : 0.9:1.11 * top]
set xtics (1, 2, 4, 8, 16, 32, 64)
set ytics ("1/8" 0.125, "1/4" 0.25, "1/2" 0.5, "0.75" 0.75, 1, "1.5" 1.5, 2, 3, 4, 6, 8, 16, 32, 64)
set xlabel "vCPUs or VMs at once (log scale)"
set ylabel "as much as one does, times (log scale)"
if (cpus > 0 && cpus < most) {
	set arrow 1 from cpus, graph 0 to cpus, graph 1 nohead dashtype 3 linecolor rgb "#888888"
	set label 1 "right of this: more than CPUs" at cpus, graph 0.04 offset 0.6, 0 left textcolor rgb quiet
}
# Beside each other at the same number, by a hair: intervals would hide behind each other.
aside(i) = 1 + 0.012 * (i - 0.5 * (curves - 1))
plot [0.9:1.11 * most] (x >= 1 && x <= most ? x : NaN) with lines linecolor rgb "#888888" dashtype 2 title "linear", \
	for [i = 0:curves - 1] data index i using ($2 * aside(i)):3:4:5 with yerrorlines linecolor rgb colour[i % 8 + 1] \
		pointtype mark[i % 8 + 1] pointsize 0.9 linewidth 1.5 title name[i + 1]
unset output
