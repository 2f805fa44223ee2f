# SPDX-License-Identifier: MIT
#
# Instructions of the same operations on several emulated hosts: a line that rises is an exit that got longer, or one
# that was none before.
#
#   gnuplot -c plots/generations.gp DATA OUT.svg|OUT.png|OUT.pdf
#
# DATA  what `exitlab plot generations` leaves beside its picture
#
# The same data give the same SVG, byte for byte, with the same gnuplot.

if (!exists("quiet")) { call system("dirname '".ARG0."'")."/style.gp" ARG1 ARG2 }

hosts = int(header_number("hosts"))
stats data using 2 nooutput
lines = STATS_blocks
array name[lines]
array first[lines]
array last[lines]
# (No array may be named text: set label takes it for textcolor.)
array named[lines]
array host[hosts]
array end[lines]
array begun[lines]
array most[lines]
array peak[lines]
do for [i = 1:lines] { first[i] = ""; most[i] = -1; peak[i] = "" }
stats data using (line_ = column(-2) + 1, name[line_] = strcol(1), end[line_] = $2, last[line_] = $4, named[line_] = strcol(5), \
	begun[line_] = first[line_] eq "" ? $4 : begun[line_], first[line_] = first[line_] eq "" ? strcol(5) : first[line_], \
	peak[line_] = $4 > most[line_] ? strcol(5) : peak[line_], most[line_] = $4 > most[line_] ? $4 : most[line_], $2) nooutput
do for [i = 1:hosts] { host[i] = header(sprintf("host %d", i - 1)) }
# A line's name, what it comes from and goes to, and what it rises to between.
longest = 0
do for [i = 1:lines] {
	named[i] = cut(name[i], 40)."  ".(first[i] eq named[i] || first[i] eq "~".named[i] || "~".first[i] eq named[i] ? named[i] : first[i]." \342\206\222 ".named[i]).\
		(most[i] > 1.1 * begun[i] && most[i] > 1.1 * last[i] ? ", at most ".peak[i] : "")
	longest = strlen(named[i]) > longest ? strlen(named[i]) : longest
}
# Long names, and those of many hosts, stand aslant, each in one line.
step = hosts < 5 ? 130 : hosts < 11 ? 370 / (hosts - 1) : 37
longest_part = 0
do for [i = 1:hosts] {
	part_ = 0
	do for [j = 1:strlen(host[i])] {
		part_ = host[i][j:j] eq "|" ? 0 : part_ + 1
		longest_part = part_ > longest_part ? part_ : longest_part
	}
}
aslant = step < 125 || longest_part > 18
in_lines(t) = (broken_ = "", sum [i_ = 1:strlen(t)] (broken_ = broken_.(t[i_:i_] ne "|" ? t[i_:i_] : aslant ? ", " : "\n"), 0), broken_)
longest_host = 0
lines_of_host = 0
do for [i = 1:hosts] {
	host[i] = in_lines(host[i])
	longest_host = strlen(host[i]) > longest_host ? strlen(host[i]) : longest_host
	lines_of_host = line_count(host[i]) > lines_of_host ? line_count(host[i]) : lines_of_host
}
# Where less than a decade is spanned, the ends are round: without them no tic may have a name.
ymin = least_positive(4)
ymax = most_of(4)
flat = ymax < 10 * ymin
ymin = flat ? floor_nice(0.95 * ymin) : 0.85 * ymin
ymax = flat ? ceil_nice(1.05 * ymax) : 1.2 * ymax
height = 460.0
plot_width = step * (hosts - 1) + (hosts < 5 ? 110 : 70)
left = aslant && 5.8 * strlen(host[1]) > 70 ? 20 + 5.8 * strlen(host[1]) : 90
page_more_below = aslant ? 3.4 * longest_host - 30 : 18 * lines_of_host - 40
eval page_commands(header("title"), "", plot_width, height, left, 60 + 6.4 * longest, 0, 0)
margin = (hosts < 5 ? 55.0 : 35.0) / step
set xrange [-margin:hosts - 1 + margin]
# Hosts are named by labels: gnuplot takes "{/" in the name of a tic below for a font.
set xtics 1 format "" scale 0
do for [i = 1:hosts] {
	if (aslant) { set label 100 + i host[i] at i - 1, graph 0 rotate by 30 right offset 0.6, -0.7
	} else { set label 100 + i host[i] at i - 1, graph 0 center offset 0, -1 }
}
eval log_axis_commands("y", ymin, ymax)
set ylabel "instructions per operation (log scale)"
# Names at the right end, moved apart from below so that none lies upon another: in pixels.
pixel(v) = height * log(v / ymin) / log(ymax / ymin)
array order[lines]
do for [i = 1:lines] { order[i] = i }
do for [i = 1:lines] { do for [j = 1:lines - 1] {
	if (last[order[j]] > last[order[j + 1]]) { swap = order[j]; order[j] = order[j + 1]; order[j + 1] = swap }
} }
array at_pixel[lines]
do for [i = 1:lines] {
	at_pixel[i] = pixel(last[order[i]])
	if (i > 1 && at_pixel[i] < at_pixel[i - 1] + 17) { at_pixel[i] = at_pixel[i - 1] + 17 }
}
over = lines > 0 ? at_pixel[lines] - (height - 2) : 0
if (over > 0) { do for [i = lines:1:-1] {
	limit = i == lines ? height - 2 : at_pixel[i + 1] - 17
	if (at_pixel[i] > limit) { at_pixel[i] = limit }
} }
# From the last point of each a thin line leads to its name.
do for [i = 1:lines] {
	k = order[i]
	set arrow 10 + i from end[k], last[k] to graph 1 + 14.0 / plot_width, graph at_pixel[i] / height nohead back \
		linewidth 0.5 dashtype 3 linecolor rgb colour[(k - 1) % 8 + 1]
	set label 10 + i named[k] at graph 1, graph at_pixel[i] / height offset 2.4, 0 left font font_of(11) textcolor rgb colour[(k - 1) % 8 + 1]
}
plot for [i = 0:lines - 1] data index i using 2:4 with linespoints linecolor rgb colour[i % 8 + 1] pointtype mark[i % 8 + 1] \
	pointsize 0.8 linewidth 1.5 dashtype 1 + i / 8 notitle
unset output
