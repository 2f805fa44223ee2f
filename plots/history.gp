# SPDX-License-Identifier: MIT
#
# Figures over time: a small picture for each series, a point for each run, a line for each level, and
# where the level changed.
#
#   gnuplot -c plots/history.gp DATA OUT.svg|OUT.png|OUT.pdf
#
# DATA  what `exitlab plot history` or `exitlab history plot` leaves beside its picture
#
# The same data give the same SVG, byte for byte, with the same gnuplot.

if (!exists("quiet")) { call system("dirname '".ARG0."'")."/style.gp" ARG1 ARG2 }

stats data using 5 nooutput
panels = STATS_blocks
if (STATS_records == 0) {
	print "plots/history.gp: no figure to draw in ".data
	exit status 3
}
columns = panels < 3 ? panels : 3
rows = (panels + columns - 1) / columns

# Sizes in pixels of the SVG; a PNG has four for each.
panel_width = columns == 1 ? 760 : 400
panel_height = 240
above = 58
below = 30
width = columns * panel_width
height = above + below + rows * panel_height
eval terminal_of(width, height, 10.5)
set output out

value = "#56748C"
slower = colour[2]
faster = colour[3]

# What is said of each series, in one reading: column -2 is the number of the block.
array name[panels]
array place[panels]
array machine[panels]
array unit[panels]
array count[panels]
array least[panels]
array most[panels]
array ups[panels]
array downs[panels]
do for [i = 1:panels] {
	ups[i] = 0
	downs[i] = 0
}
take(i, v, d) = (least[i] = $5 == 1 || v < least[i] ? v : least[i], \
	most[i] = $5 == 1 || v > most[i] ? v : most[i], count[i] = int($5), \
	ups[i] = ups[i] + (d > 0), downs[i] = downs[i] + (d < 0), v)
stats data using (name[column(-2) + 1] = strcol(1), place[column(-2) + 1] = strcol(2), \
	machine[column(-2) + 1] = strcol(3), unit[column(-2) + 1] = strcol(4), \
	take(int(column(-2)) + 1, $9, $11)) nooutput

# At most four runs of each are named by number and day, in a second reading.
array day[4 * panels]
marks(i) = count[i] < 4 ? count[i] : 4
mark(i, k) = marks(i) == 1 ? 1 : 1 + int(k * (count[i] - 1.0) / (marks(i) - 1) + 0.5)
find(i, row, text) = (0, sum [k = 0:marks(i) - 1] \
	(mark(i, k) == row ? (day[4 * (i - 1) + k + 1] = text, 0) : 0))
stats data using (find(int(column(-2)) + 1, int($5), strcol(6)[1:10]), $5) nooutput

# A machine that all have in common stands above them once.
several = 0
do for [i = 1:panels] {
	several = several || machine[i] ne machine[1]
}

set multiplot
set border 0
unset tics
unset key
set margins 0, 0, 0, 0
set origin 0, 0
set size 1, 1
set xrange [0:1]
set yrange [0:1]
set label 1 (several ? "Figures over time" : "Figures over time: ".cut(machine[1], panels < 3 ? 60 : 110)) \
	at screen 0.5, screen 1 - 20.0 / height center font font_of(13)
set label 2 "a point: a run      a line: the level between changes" \
	at screen 0.5, screen 1 - 42.0 / height center textcolor rgb "#444444"
set label 3 "slower from this run on" at screen 0.48, screen 16.0 / height right \
	textcolor rgb slower
set label 4 "faster from this run on" at screen 0.52, screen 16.0 / height left \
	textcolor rgb faster
plot NaN notitle
unset label 1
unset label 2
unset label 3
unset label 4

set border 3 linecolor rgb "#888888"
set tics nomirror textcolor rgb "#444444"
set grid ytics linetype 1 linecolor rgb "#e6e6e6" linewidth 0.6

# Digits behind the point that tell two steps of the axis apart.
digits(step) = step >= 1 ? 0 : int(ceil(-log10(step) - 1e-9))

do for [i = 1:panels] {
	span = most[i] - least[i]
	if (span <= 0) { span = abs(most[i]) > 0 ? 0.1 * abs(most[i]) : 1 }

	# Steps of 1, 2 or 5 times a power of ten, in thousands or millions where figures are large.
	factor = abs(most[i]) >= 1e7 ? 1e6 : abs(most[i]) >= 1e5 ? 1e3 : 1
	suffix = factor == 1e6 ? "million " : factor == 1e3 ? "thousand " : ""
	raw = span / factor / 3
	power = 10.0 ** floor(log10(raw))
	step = raw / power < 1.5 ? power : raw / power < 3.5 ? 2 * power : raw / power < 7.5 ? 5 * power \
		: 10 * power
	if (unit[i] eq "instructions" && factor == 1 && step < 1) { step = 1 }

	top = rows - 1 - (i - 1) / columns
	left = ((i - 1) % columns) * panel_width
	set lmargin at screen (left + 62.0) / width
	set rmargin at screen (left + panel_width - 38.0) / width
	set bmargin at screen (below + top * panel_height + 44.0) / height
	set tmargin at screen (below + (top + 1) * panel_height - 60.0) / height

	letters = panels == 1 ? 100 : 48
	set label 1 cut(name[i], letters) at graph 0, graph 1 offset 0, 3.0 left \
		font font_of(10.5)
	set label 2 cut(place[i].", ".suffix.unit[i].(several ? "; ".machine[i] : " per operation"), \
			letters + 8) \
		at graph 0, graph 1 offset 0, 1.8 left textcolor rgb "#444444"
	set xrange [0.5 - 0.02 * count[i]:count[i] + 0.5 + 0.02 * count[i]]
	lower = (least[i] - 0.08 * span) / factor
	upper = (most[i] + 0.08 * span) / factor
	set yrange [lower:upper]
	set ytics nomirror step
	set format y sprintf("%%.%df", digits(step))

	set xtics () nomirror scale 0.5
	do for [k = 0:marks(i) - 1] {
		set xtics add (sprintf("%d\n%s", mark(i, k), day[4 * (i - 1) + k + 1]) mark(i, k))
	}

	size = count[i] > 300 ? 0.15 : count[i] > 60 ? 0.3 : 0.5
	# Lines and sizes of changes only where there are some: gnuplot warns of what is empty.
	plot data index i - 1 using 5:($9 / factor) with points pointtype 7 pointsize size \
			linecolor rgb value, \
		data index i - 1 using ($5 - 0.5):($10 / factor):(1):(0) \
			with vectors nohead linecolor rgb "#000000" linewidth 1.4, \
		for [k = 1:ups[i] > 0] data index i - 1 \
			using ($11 > 0 ? $5 - 0.5 : NaN):(lower):(0):(upper - lower) \
			with vectors nohead linecolor rgb slower linewidth 1.2 dashtype 2, \
		for [k = 1:downs[i] > 0] data index i - 1 \
			using ($11 < 0 ? $5 - 0.5 : NaN):(lower):(0):(upper - lower) \
			with vectors nohead linecolor rgb faster linewidth 1.2 dashtype 2, \
		for [k = 1:ups[i] > 0] data index i - 1 \
			using ($11 > 0 ? $5 - 0.5 : NaN):(upper):(strcol(13) eq "-" ? "" : strcol(13)) \
			with labels center offset 0, 0.5 textcolor rgb slower, \
		for [k = 1:downs[i] > 0] data index i - 1 \
			using ($11 < 0 ? $5 - 0.5 : NaN):(upper):(strcol(13) eq "-" ? "" : strcol(13)) \
			with labels center offset 0, 0.5 textcolor rgb faster
	unset label 1
	unset label 2
}
unset multiplot
unset output
