# SPDX-License-Identifier: MIT
#
# Two runs, operation by operation: ratios with their intervals beside what counts as no change.
#
#   gnuplot -c plots/forest.gp DATA OUT.svg|OUT.png|OUT.pdf
#
# DATA  what `exitlab plot forest` leaves beside its picture
#
# The same data give the same SVG, byte for byte, with the same gnuplot.

if (!exists("quiet")) { call system("dirname '".ARG0."'")."/style.gp" ARG1 ARG2 }

delta = header_number("delta")
rows = data_rows
longest = int(system("awk -F '\t' '!/^#/ { if (length($1) > n) n = length($1) } END { print n + 0 }' ".shell_quoted(data)))
low = least_positive(3)
low = low < least_positive(2) ? low : least_positive(2)
high = most_of(4)
high = high > most_of(2) ? high : most_of(2)
left_end = low / 1.03 < 0.94 ? low / 1.03 : 0.94
left_end = left_end > 0.125 ? left_end : 0.125
right_end = 1.03 * high > 1.06 ? 1.03 * high : 1.06
right_end = right_end < 8 ? right_end : 8
beyond = int(system("awk -F '\t' -v lo=".sprintf("%.17g", left_end)." -v hi=".sprintf("%.17g", right_end)." '!/^#/ && ($2 < lo || $2 > hi) { n++ } END { print n + 0 }' ".shell_quoted(data)))
eval page_commands(header("title"), beyond ? sprintf("drawn at the edge, being further away: %d", beyond) : "", 480, 22 * rows + 10, 24 + int(7.6 * longest), 96, 0, 2)
set logscale x
set xrange [left_end:right_end]
set xtics () nomirror
wide = right_end / left_end
steps = wide < 1.45 ? "0.7 0.75 0.8 0.85 0.9 0.95 1 1.05 1.1 1.15 1.2 1.3 1.4" : wide < 5 ? "0.25 0.3 0.4 0.5 0.6 0.7 0.8 0.9 1 1.1 1.25 1.5 2 2.5 3 4 5" \
	: "0.125 0.25 0.5 0.75 1 1.5 2 3 4 6 8"
do for [i = 1:words(steps)] { x = real(word(steps, i)); if (x >= left_end && x <= right_end) { set xtics add (word(steps, i) x) } }
set xlabel "new over old (log scale); right of 1: the new one costs more"
set yrange [rows - 0.4:-0.6]
set ytics nomirror scale 0
set object 1 rectangle from 1 - delta, graph 0 to 1 + delta, graph 1 behind fillstyle solid noborder fillcolor rgb "#e9eef2"
set arrow 1 from 1, graph 0 to 1, graph 1 nohead linecolor rgb "#666666"
inside(x) = x < left_end ? left_end : x > right_end ? right_end : x
change(x) = x == 1 ? "0%" : abs(x - 1) < 0.0005 ? sprintf("%+.1g%%", 100 * (x - 1)) : x >= 2 ? sprintf("%.3gx", x) : sprintf("%+.1f%%", 100 * (x - 1))
# Only verdicts that there are: a plot without points is a warning of gnuplot's. All have a line in the key.
verdicts = "dearer cheaper same open"
array said[4] = ["dearer, beyond the band", "cheaper, beyond the band", "within the band", "the interval leaves it open"]
array style[4] = [2, 3, 1, 8]
commands = "plot"
do for [i = 1:4] {
	there = system("awk -F '\t' -v v=".word(verdicts, i)." '!/^#/ && $5 == v { print 1; exit }' ".shell_quoted(data)) eq "1"
	if (there) { commands = commands.sprintf(" data using (strcol(5) eq '%s' ? inside($2) : NaN):0:(inside($3)):(inside($4)) with xerrorbars ".\
		"linestyle %d notitle,", word(verdicts, i), style[i]) }
}
commands = commands." data using (left_end):0:ytic(strcol(1)) with points pointsize 0 linecolor rgb '#ffffff' notitle,".\
	" data using (right_end):0:(change($2)) with labels left offset 1, 0 textcolor rgb quiet notitle"
do for [i = 1:4] { commands = commands.sprintf(", keyentry with points linestyle %d title '%s'", style[i], said[i]) }
eval commands
unset output
