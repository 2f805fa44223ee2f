# SPDX-License-Identifier: MIT
#
# VM instances of one operation beside each other, in percent of their median.
#
#   gnuplot -c plots/instances.gp DATA OUT.svg|OUT.png|OUT.pdf
#
# DATA  what `exitlab plot instances` leaves beside its picture
#
# The same data give the same SVG, byte for byte, with the same gnuplot.

if (!exists("quiet")) { call system("dirname '".ARG0."'")."/style.gp" ARG1 ARG2 }

rows = int(most_of(2)) + 1
array name[rows]
stats data using (name[int($2) + 1] = strcol(1), $3) nooutput
longest = 0
do for [i = 1:rows] { longest = strlen(name[i]) > longest ? strlen(name[i]) : longest }
# Most instances in sight: single ones further out are drawn at the edge, as triangles.
edge = number_of(system("awk -F '\t' '!/^#/ { x = $3 < 0 ? -$3 : $3; print x }' ".shell_quoted(data)." | sort -g | awk '{ a[NR] = $1 } END { print a[int(NR * 0.97)] + 0 }'"))
edge = edge < 1 ? 1 : 1.15 * edge
eval page_commands(header("title"), "", 560, 22 * rows + 10, 26 + int(7.6 * longest), 40, 0, 1)
set xrange [-1.04 * edge:1.04 * edge]
set xlabel "percent from the operation's median over instances"
set yrange [rows - 0.4:-0.6]
set ytics () nomirror scale 0
do for [i = 1:rows] { set ytics add (tic_text(name[i]) i - 1) }
# Beside each other within a row, by the golden ratio: no chance in it.
aside(i) = 0.5 * (0.618034 * i - floor(0.618034 * i) - 0.5)
set arrow 1 from 0, graph 0 to 0, graph 1 nohead linecolor rgb "#888888"
within(x) = abs(x) <= edge
outside = int(system("awk -F '\t' -v edge=".sprintf("%.17g", edge)." '!/^#/ && ($3 > edge || -$3 > edge) { n++ } END { print n + 0 }' ".shell_quoted(data)))
of_outside = outside ? "data using (within($3) ? NaN : $3 < 0 ? -edge : edge):2 with points pointtype 9 pointsize 0.6 linecolor rgb colour[2] ".\
	"title sprintf('further out: %d', outside), " : ""
eval "plot data using (within($3) ? $3 : NaN):($2 + aside($0)) with points pointtype 7 pointsize 0.35 linecolor rgb colour[1] ".\
		"title 'a VM instance', ".of_outside.\
	"data using (0):2:($4 < -edge ? -edge : $4):($5 > edge ? edge : $5) with xerrorbars pointtype 1 pointsize 0 linecolor rgb '#000000' ".\
		"linewidth 1.4 title 'interval of the median'"
unset output
