# SPDX-License-Identifier: MIT
#
# Loads that miss the TLB, by how much memory they are spread over.
#
#   gnuplot -c plots/footprint.gp DATA OUT.svg|OUT.png|OUT.pdf
#
# DATA  what `exitlab plot footprint` leaves beside its picture
#
# The same data give the same SVG, byte for byte, with the same gnuplot.

if (!exists("quiet")) { load system("dirname '".ARG0."'")."/style.gp" }

hz = header_number("tsc_hz")
unit = header("unit")
stats data using 2 nooutput
curves = STATS_blocks
array name[curves]
stats data using (name[column(-2) + 1] = strcol(1), $2) nooutput
xmin = least_positive(2)
xmax = most_of(2)
ymin = floor_nice(least_positive(3))
ymax = ceil_nice(most_of(3))
eval page_commands(header("title"), "", 640, 360, 90, hz > 0 ? 96 : 40, 0, (curves + 1) / 2)
set logscale x 2
set xrange [0.8 * xmin:1.25 * xmax]
size_name(x) = x >= 1073741824 ? sprintf("%g GiB", x / 1073741824.0) : x >= 1048576 ? sprintf("%g MiB", x / 1048576.0) : sprintf("%g KiB", x / 1024.0)
set xtics () nomirror
do for [p = int(log(xmin) / log(2) + 0.5):int(log(xmax) / log(2) + 0.5)] { set xtics add (size_name(2.0 ** p) 2.0 ** p) }
set xlabel "memory that the loads are spread over (log scale)"
eval log_axis_commands("y", ymin, ymax)
set ylabel unit." a load (log scale)"
if (hz > 0) {
	eval time_axis_commands("y2", ymin, ymax, hz)
	set border 11
}
array dash[8] = [1, 1, 1, 1, 2, 2, 2, 2]
plot for [i = 0:curves - 1] data index i using 2:3:4:5 with yerrorlines linecolor rgb colour[i % 8 + 1] pointtype mark[i % 8 + 1] \
	pointsize 0.8 linewidth 1.5 dashtype dash[i % 8 + 1] title name[i + 1]
unset output
