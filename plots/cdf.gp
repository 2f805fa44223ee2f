# SPDX-License-Identifier: MIT
#
# How long single operations take: the share that took at most so long.
#
#   gnuplot -c plots/cdf.gp DATA OUT.svg|OUT.png|OUT.pdf
#
# DATA  what `exitlab plot cdf` leaves beside its picture
#
# The same data give the same SVG, byte for byte, with the same gnuplot.

if (!exists("quiet")) { call system("dirname '".ARG0."'")."/style.gp" ARG1 ARG2 }

hz = header_number("tsc_hz")
unit = header("unit")
stats data using 2 nooutput
curves = STATS_blocks

# The name of each curve, which is the first column of its block.
array name[curves]
stats data using (name[column(-2) + 1] = strcol(1), $2) nooutput
longest = 0
do for [i = 1:curves] { longest = strlen(name[i]) > longest ? strlen(name[i]) : longest }
width = 700 > 7.4 * longest + 100 ? 700 : int(7.4 * longest + 100)
xmin = floor_nice(0.999 * least_positive(2))
# To where all but one of a thousand are: the tail has a picture of its own.
far = number_of(system("awk -F '\t' '!/^#/ && NF > 3 && $3 <= 0.999 && $2 > m { m = $2 } END { print m + 0 }' ".shell_quoted(data)))
xmax = ceil_nice(1.001 * (far > xmin ? far : most_of(2)))
key_rows = key_lines_of(curves, longest, width + 126)
eval page_commands(header("title"), far > 0 && far < most_of(2) ? "drawn as far as 999 of 1,000" : "", width, 380, 96, 30, hz > 0, key_rows)
eval log_axis_commands("x", xmin, xmax)
set xlabel unit." per operation (log scale)"
if (hz > 0) {
	eval time_axis_commands("x2", xmin, xmax, hz)
	set border 7
}
set yrange [0:1.02]
set ytics 0, 0.25, 1
set ylabel "share that took at most so long"
set key samplen 3
plot for [i = 0:curves - 1] data index i using 2:3 with steps linecolor rgb colour[i + 1] linewidth 1.6 notitle, \
	for [i = 0:curves - 1] data index i using 2:5 with points linestyle i + 1 pointsize 1.1 notitle, \
	for [i = 0:curves - 1] keyentry with linespoints linestyle i + 1 pointsize 1.1 title name[i + 1]
unset output
