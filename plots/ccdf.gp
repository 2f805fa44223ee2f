# SPDX-License-Identifier: MIT
#
# The tail: the share of single operations that took so long or longer, down to the slowest one.
#
#   gnuplot -c plots/ccdf.gp DATA OUT.svg|OUT.png|OUT.pdf
#
# DATA  what `exitlab plot ccdf` leaves beside its picture
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
xmax = ceil_nice(1.001 * most_of(2))
key_rows = key_lines_of(curves, longest, width + 230)
eval page_commands(header("title"), "", width, 380, 200, 30, hz > 0, key_rows)
eval log_axis_commands("x", xmin, xmax)
set xlabel unit." per operation (log scale)"
if (hz > 0) {
	eval time_axis_commands("x2", xmin, xmax, hz)
	set border 7
}
# A little below one of all.
least_share = least_positive(4)
ymin = 0.7 * (least_share < 0.1 ? least_share : 0.1)
set logscale y 10
set yrange [ymin:1.3]
set ytics ("all" 1)
shares = "1-of-10:(p90) 1-of-100:(p99) 1-of-1,000:(p99.9) 1-of-10,000:(p99.99) 1-of-100,000 1-of-a-million"
spaced(text) = (text_ = "", sum [i_ = 1:strlen(text)] (text_ = text_.(text[i_:i_] eq "-" || text[i_:i_] eq ":" ? " " : text[i_:i_]), 0), text_)
do for [i = 1:words(shares)] { if (10.0 ** -i > ymin) { set ytics add (spaced(word(shares, i)) 10.0 ** -i) } }
set mytics 10
set grid xtics ytics linetype 1 linecolor rgb "#d4d4d4" linewidth 0.6
set ylabel "share that took so long or longer (log scale)"
set key samplen 3
plot for [i = 0:curves - 1] data index i using 2:4 with fsteps linecolor rgb colour[i + 1] linewidth 1.6 notitle, \
	for [i = 0:curves - 1] data index i using 2:($3 == 1 ? $4 : NaN) with points linestyle i + 1 pointsize 1.1 notitle, \
	for [i = 0:curves - 1] keyentry with linespoints linestyle i + 1 pointsize 1.1 title name[i + 1]
unset output
