# SPDX-License-Identifier: MIT
#
# Distributions of single operations, one above the other, by their median.
#
#   gnuplot -c plots/ridge.gp DATA OUT.svg|OUT.png|OUT.pdf
#
# DATA  what `exitlab plot ridge` leaves beside its picture
#
# The same data give the same SVG, byte for byte, with the same gnuplot.

if (!exists("quiet")) { call system("dirname '".ARG0."'")."/style.gp" ARG1 ARG2 }

hz = header_number("tsc_hz")
unit = header("unit")
stats data using 2 nooutput
ridges = STATS_blocks
array name[ridges]
stats data using (name[column(-2) + 1] = strcol(1), $2) nooutput
longest = 0
do for [i = 1:ridges] { longest = strlen(name[i]) > longest ? strlen(name[i]) : longest }
pair = least_positive(5)
stepped = most_of(6) > 0
xmin = floor_nice(pair > 0 && pair < least_positive(2) ? pair : least_positive(2))
xmax = ceil_nice(most_of(2))
eval page_commands(header("title"), "density over the logarithm of the duration, normal kernels of 2.9 %, each to its own height", \
	560, 44 * ridges + 30, 26 + int(7.6 * longest), 40, hz > 0, stepped ? 3 : 2)
eval log_axis_commands("x", xmin, xmax)
set xlabel unit." per operation (log scale)"
if (hz > 0) {
	eval time_axis_commands("x2", xmin, xmax, hz)
	set border 7
}
set yrange [-0.25:ridges + 0.1]
set ytics () nomirror scale 0
do for [i = 1:ridges] { set ytics add (tic_text(name[i]) ridges - i) }
base(i) = ridges - 1 - i
# What is said of a whole ridge, once: at its first point.
array said[3] = [-1, -1, -1]
once(k, x) = said[k] == column(-2) ? NaN : (said[k] = column(-2), x)
# A plot without a single point is a warning of gnuplot's: what is not there is left out.
of_pairs = pair > 0 ? "data using (once(2, $5)):(base(column(-2)) + 0.12) with points linestyle 2 pointsize 0.9 notitle, " : ""
of_steps = stepped ? "data using (once(3, $6 > 0 ? $4 : NaN)):(base(column(-2)) - 0.1):4:($4 + $6) with xerrorbars ".\
	"pointtype 7 pointsize 0 linecolor rgb colour[8] linewidth 1.6 notitle, " : ""
eval "plot for [i = 0:ridges - 1] data index i using 2:(base(i)):(base(i) + 0.86 * $3) with filledcurves ".\
		"fillcolor rgb colour[1] fillstyle transparent solid 0.35 noborder notitle, ".\
	"for [i = 0:ridges - 1] data index i using 2:(base(i) + 0.86 * $3) with lines linecolor rgb colour[1] linewidth 1 notitle, ".\
	"data using (once(1, $4)):(base(column(-2))):(0):(0.55) with vectors nohead linecolor rgb '#000000' linewidth 1.4 notitle, ".\
	of_pairs.of_steps.\
	"keyentry with lines linecolor rgb '#000000' linewidth 1.4 title 'median', ".\
	"keyentry with points linestyle 2 pointsize 0.9 title 'the same without the operation (median)'".\
	(stepped ? ", keyentry with lines linecolor rgb colour[8] linewidth 1.6 title 'a step of the clock, beside the median'" : "")
unset output
