# SPDX-License-Identifier: MIT
#
# What a gate saw where nothing was changed, and where exits were held up: ratios in bins, beside the margin.
#
#   gnuplot -c plots/gate.gp DATA OUT.svg|OUT.png|OUT.pdf
#
# DATA  what `exitlab plot gate` leaves beside its picture
#
# The same data give the same SVG, byte for byte, with the same gnuplot.

if (!exists("quiet")) { call system("dirname '".ARG0."'")."/style.gp" ARG1 ARG2 }

delta = 100 * header_number("delta")
handicap = 100 * header_number("handicap")
unchanged = int(header_number("unchanged"))
held_up = int(header_number("held_up"))
right_end = most_of(2)
left_end = number_of(system("awk -F '\t' '!/^#/ && NF { print $1; exit }' ".shell_quoted(data)))
left_end = left_end < -delta - 1 ? left_end : -delta - 1
right_end = right_end > delta + 1 ? right_end : delta + 1
high = most_of(4)
high = high > most_of(6) ? high : most_of(6)
eval page_commands(header("title"), "", 640, 300, 90, 40, 0, 3)
set xrange [left_end - 0.5:right_end + 0.5]
set xtics 2
set mxtics 2
set yrange [0:112 * high]
set xlabel "new over old, percent; right of 0: the new one seems slower"
set ylabel "percent of results"
set object 1 rectangle from -delta, graph 0 to delta, graph 1 behind fillstyle solid noborder fillcolor rgb "#e9eef2"
set arrow 1 from 0, graph 0 to 0, graph 1 nohead linecolor rgb "#666666"
commands = "plot"
if (unchanged) {
	commands = commands." data using (0.5 * ($1 + $2)):(100 * $4):(0.92 * ($2 - $1)) with boxes fillstyle solid 0.75 noborder ".\
		"fillcolor rgb colour[1] title sprintf('nothing was changed: %d results', unchanged),"
}
if (held_up) {
	commands = commands." data using (0.5 * ($1 + $2)):(100 * $6):(0.92 * ($2 - $1)) with boxes fillstyle pattern 4 ".\
		"linecolor rgb colour[2] title sprintf('exits held up by %g%% of a timed iteration: %d results', handicap, held_up),"
}
eval commands." keyentry with boxes fillstyle solid noborder fillcolor rgb '#e9eef2' title sprintf('within the margin, %g%%', delta)"
unset output
