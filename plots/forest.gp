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
reach = high > 1 / low ? high : 1 / low
reach = reach < 1.06 ? 1.06 : reach > 8 ? 8 : 1.05 * reach
eval page_commands(header("title"), "", 480, 22 * rows + 10, 24 + int(7.6 * longest), 96, 0, 2)
set logscale x
set xrange [1 / reach:reach]
set xtics () nomirror
steps = reach < 1.2 ? "0.85 0.9 0.95 1 1.05 1.1 1.15" : reach < 2.2 ? "0.5 0.7 0.8 0.9 1 1.1 1.25 1.5 2" : "0.125 0.25 0.5 0.75 1 1.5 2 4 8"
do for [i = 1:words(steps)] { set xtics add (word(steps, i) real(word(steps, i))) }
set xlabel "new over old (log scale); right of 1: the new one costs more"
set yrange [rows - 0.4:-0.6]
set ytics nomirror scale 0
set object 1 rectangle from 1 - delta, graph 0 to 1 + delta, graph 1 behind fillstyle solid noborder fillcolor rgb "#e9eef2"
set arrow 1 from 1, graph 0 to 1, graph 1 nohead linecolor rgb "#666666"
inside(x) = x < 1 / reach ? 1 / reach : x > reach ? reach : x
low_of(a, b) = inside(valid(3) ? a : b)
is(word_, text_) = word_ eq text_
change(x) = abs(x - 1) < 0.0005 ? "0%" : x >= 2 ? sprintf("%.3gx", x) : sprintf("%+.1f%%", 100 * (x - 1))
plot data using (is(strcol(5), "dearer") ? inside($2) : NaN):0:(inside($3)):(inside($4)) with xerrorbars linestyle 2 title "dearer, beyond the band", \
	data using (is(strcol(5), "cheaper") ? inside($2) : NaN):0:(inside($3)):(inside($4)) with xerrorbars linestyle 3 title "cheaper, beyond the band", \
	data using (is(strcol(5), "same") ? inside($2) : NaN):0:(inside($3)):(inside($4)) with xerrorbars linestyle 1 title "within the band", \
	data using (is(strcol(5), "open") ? inside($2) : NaN):0:(inside($3)):(inside($4)) with xerrorbars linestyle 8 title "the interval leaves it open", \
	data using (1 / reach):0:ytic(strcol(1)) with points pointsize 0 linecolor rgb "#ffffff" notitle, \
	data using (reach):0:(change($2)) with labels left offset 1, 0 textcolor rgb quiet notitle
unset output
