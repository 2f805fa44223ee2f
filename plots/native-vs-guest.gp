# SPDX-License-Identifier: MIT
#
# Cost of every operation, natively and in guests: a dot plot with intervals on a logarithmic axis.
# mem-faults.gp is another name of it, for what the first access to a page costs.
#
#   gnuplot -c plots/native-vs-guest.gp DATA OUT.svg|OUT.png|OUT.pdf
#   gnuplot -c plots/mem-faults.gp DATA OUT.svg|OUT.png|OUT.pdf
#
# DATA  what `exitlab plot native-vs-guest` or `exitlab plot mem-faults` leaves beside its picture
#
# The same data give the same SVG, byte for byte, with the same gnuplot.

if (!exists("quiet")) { call system("dirname '".ARG0."'")."/style.gp" ARG1 ARG2 }

native = header("native")
hz = header_number("tsc_hz")
unit = header("unit")

# Rows, least figure or end of an interval, largest one, figures below 0.1 ticks (an operation that costs
# nothing, or less than nothing, has no place on a logarithmic axis), length of the longest label, intervals that
# begin below 0.1.
placed(x) = x >= 0.1 ? x : NaN
summary = system("awk -F '\t' '/^#/ { next } ".\
	"{ rows++; if (length($1) > longest) longest = length($1); ".\
	"for (i = 2; i <= 8; i += 3) if ($i != \"?\") { ".\
	"if ($i < 0.1) { unplaced++; continue } ".\
	"low = $(i + 1) + 0; if (low < 0.1) { below++; low = $i + 0 } ".\
	"if (!least || low < least) least = low; ".\
	"if ($(i + 2) + 0 > most) most = $(i + 2) + 0 } } ".\
	"END { print rows + 0, least + 0, most + 0, unplaced + 0, longest + 0, below + 0 }' ".shell_quoted(data))
rows = int(word(summary, 1))
least = number_of(word(summary, 2))
most = number_of(word(summary, 3))
unplaced = int(word(summary, 4))
longest = int(word(summary, 5))
below = int(word(summary, 6))
if (most <= 0) {
	print "no figure to draw in ".data
	exit status 3
}
array name[rows]
stats data using (name[int($0) + 1] = strcol(1), $0) nooutput
xmin = floor_decade(least)
xmax = ceil_decade(most)

# A long label has its parameters on a second line, for which every row then needs the room.
long_label = 40
folded(label) = strlen(label) > long_label && words(label) > 1 \
	? word(label, 1)."\n".label[strlen(word(label, 1)) + 2:*] : label
left = 24 + int(7.6 * (longest > long_label ? long_label : longest))
row_height = longest > long_label ? 34 : 24

eval page_commands(header("title"), \
	(unplaced ? sprintf("%d below 0.1 %s (no measurable cost), not drawn", unplaced, unit) : "").\
	(unplaced && below ? "; " : "").(below ? sprintf("%d intervals go on below the axis", below) : ""), \
	660, row_height * rows, left, 40, hz > 0, 1)
eval log_axis_commands("x", xmin, xmax)
set xlabel unit." per operation (log scale), with intervals"
if (hz > 0) {
	eval time_axis_commands("x2", xmin, xmax, hz)
	set border 7
}
set yrange [rows - 0.4:-0.6]
set ytics nomirror scale 0
set grid xtics mxtics ytics linetype 1 linecolor rgb "#cccccc" linewidth 0.6, \
	linetype 1 linecolor rgb "#eeeeee" linewidth 0.4

# An interval that goes on below the axis is drawn from its edge.
low(x) = x > xmin ? x : xmin

set ytics ()
do for [i = 1:rows] { set ytics add (tic_text(folded(name[i])) i - 1) }

# The order from top to bottom within a row is that of the key. Only what there is: gnuplot warns of a
# series without a point, and goes once through an empty "for".
array place[3] = [native eq "" ? "native, ring 3" : native, "guest, ring 3", "guest, ring 0"]
commands = ""
do for [k = 0:2] { if (most_of(2 + 3 * k) >= 0.1) {
	commands = commands.(commands eq "" ? "plot" : ",").sprintf(" data using (placed($%d)):($0 + %g):(low($%d)):%d ".\
		"with xerrorbars linestyle %d title place[%d]", 2 + 3 * k, 0.22 * (k - 1), 3 + 3 * k, 4 + 3 * k, k + 1, k + 1)
} }
eval commands
unset output
