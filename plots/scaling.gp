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
top = top > most ? top : most
array name[curves]
stats data using (name[column(-2) + 1] = strcol(1), $2) nooutput
eval page_commands(header("title"), cpus > 0 ? sprintf("%d CPUs are online", cpus) : "", 560, 380, 90, 60, 0, (curves + 2) / 2)
set logscale xy 2
set xrange [0.9:1.15 * most]
low = least_positive(4)
set yrange [low < 0.9 ? 0.9 * low : 0.8:1.15 * top]
set xtics (1, 2, 4, 8, 16, 32, 64)
set ytics ("1/8" 0.125, "1/4" 0.25, "1/2" 0.5, 1, 2, 4, 8, 16, 32, 64)
set xlabel "vCPUs or VMs at once"
set ylabel "as much as one does, times"
if (cpus > 0 && cpus < most) {
	set arrow 1 from cpus, graph 0 to cpus, graph 1 nohead dashtype 3 linecolor rgb "#888888"
	set label 1 "more than CPUs" at cpus, graph 0.04 offset 0.6, 0 left textcolor rgb quiet
}
plot [1:most] x with lines linecolor rgb "#888888" dashtype 2 title "linear", \
	for [i = 0:curves - 1] data index i using 2:3:4:5 with yerrorlines linecolor rgb colour[i % 8 + 1] \
		pointtype mark[i % 8 + 1] pointsize 0.9 linewidth 1.5 title name[i + 1]
unset output
