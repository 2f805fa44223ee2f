# SPDX-License-Identifier: MIT
#
# The tail: the share of single operations that took longer than so long.
#
#   gnuplot -c plots/ccdf.gp DATA OUT.svg|OUT.png|OUT.pdf
#
# DATA  what `exitlab plot ccdf` leaves beside its picture
#
# The same data give the same SVG, byte for byte, with the same gnuplot.

if (!exists("quiet")) { load system("dirname '".ARG0."'")."/style.gp" }

hz = header_number("tsc_hz")
unit = header("unit")
stats data using 2 nooutput
curves = STATS_blocks

# The name of each curve, which is the first column of its block.
array name[curves]
stats data using (name[column(-2) + 1] = strcol(1), $2) nooutput
columnheader_of(i) = name[i + 1]
xmin = floor_nice(least_positive(2))
xmax = ceil_nice(most_of(2))
least_share = least_positive(4)
key_rows = (curves + 1) / 2
eval page_commands(header("title"), "", 720, 380, 96, 30, hz > 0, key_rows)
eval log_axis_commands("x", xmin, xmax)
set xlabel unit." (log scale)"
if (hz > 0) {
	eval time_axis_commands("x2", xmin, xmax, hz)
	set border 7
}
ymin = 10.0 ** floor(log10(least_share > 0 ? least_share : 0.1) - 0.05)
set logscale y 10
set yrange [ymin:1.2]
set ytics ("all" 1, "1 of 10" 0.1, "1 of 100 (p99)" 0.01, "1 of 1,000 (p99.9)" 1e-3, "1 of 10,000" 1e-4, "1 of 100,000" 1e-5, "1 of a million" 1e-6)
set mytics 10
set lmargin at screen 150.0 / page_width
set ylabel "share that took longer (log scale)"
array dash[8] = [1, 1, 1, 1, 2, 2, 2, 2]
plot for [i = 0:curves - 1] data index i using 2:($4 > 0 ? $4 : NaN) with steps linecolor rgb colour[i + 1] linewidth 1.8 \
	dashtype dash[i + 1] title columnheader_of(i)
unset output
