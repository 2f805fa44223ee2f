# SPDX-License-Identifier: MIT
#
# Distributions of single operations, one above the other, by their median.
#
#   gnuplot -c plots/ridge.gp DATA OUT.svg|OUT.png|OUT.pdf
#
# DATA  what `exitlab plot ridge` leaves beside its picture
#
# The same data give the same SVG, byte for byte, with the same gnuplot.

if (!exists("quiet")) { load system("dirname '".ARG0."'")."/style.gp" }

hz = header_number("tsc_hz")
unit = header("unit")
step = header_number("clock_step")
stats data using 2 nooutput
ridges = STATS_blocks
array name[ridges]
stats data using (name[column(-2) + 1] = strcol(1), $2) nooutput
longest = 0
do for [i = 1:ridges] { longest = strlen(name[i]) > longest ? strlen(name[i]) : longest }
xmin = floor_nice(least_positive(2))
xmax = ceil_nice(most_of(2))
eval page_commands(header("title"), step > 1 ? sprintf("the clock's step is %d ticks", step) : "", 560, 44 * ridges + 30, \
	26 + int(7.1 * longest), 40, hz > 0, 1)
eval log_axis_commands("x", xmin, xmax)
set xlabel unit." (log scale)"
if (hz > 0) {
	eval time_axis_commands("x2", xmin, xmax, hz)
	set border 7
}
set yrange [-0.15:ridges + 0.35]
set ytics () nomirror scale 0
do for [i = 1:ridges] { set ytics add (name[i] ridges - i) }
base(i) = ridges - 1 - i
# A distribution narrower than a bin is a line: bins are drawn as steps that touch the ground.
plot for [i = 0:ridges - 1] data index i using 2:(base(i)):(base(i) + 1.15 * $3) with filledcurves \
		fillcolor rgb colour[1] fillstyle transparent solid 0.45 noborder notitle, \
	for [i = 0:ridges - 1] data index i using 2:(base(i) + 1.15 * $3) with lines linecolor rgb colour[1] linewidth 1 notitle, \
	for [i = 0:ridges - 1] data index i every ::0::0 using 4:(base(i)):(0):(0.55) with vectors nohead linecolor rgb "#000000" \
		linewidth 1.6 title (i ? "" : "median"), \
	for [i = 0:ridges - 1] data index i every ::0::0 using 5:(base(i)):(0):(0.55) with vectors nohead linecolor rgb colour[2] \
		linewidth 1.6 dashtype 2 title (i ? "" : "an empty pair of clock readings")
unset output
