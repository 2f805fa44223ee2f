# SPDX-License-Identifier: MIT
#
# Cost of every operation, natively and in guests: a dot plot with intervals on a logarithmic axis.
#
#   gnuplot -e "data='native-vs-guest.tsv'; out='native-vs-guest.svg'" plots/native-vs-guest.gp
#
# data     what report/plot_data.c wrote
# out      file to write
# fmt      'svg' (default) or 'png'
# caption  machine and substrate; by default the "# caption:" line of the data
#
# The same data give the same SVG, byte for byte, with the same gnuplot.

if (!exists("data") || !exists("out")) {
	print "usage: gnuplot -e \"data='FILE'; out='FILE'; fmt='svg|png'; caption='...'\" "\
		."plots/native-vs-guest.gp"
	exit status 2
}
if (!exists("fmt")) fmt = 'svg'

set datafile separator "\t"
set datafile missing "?"
set datafile commentschars "#"
set encoding utf8

# One line of the data's header. The file's name reaches a shell: quotes in it are not supported.
header(name) = system("sed -n 's/^# ".name.": //p' '".data."'")
if (!exists("caption")) caption = header("caption")
method = header("method")
native = header("native")
rate = header("tsc_hz")
unit = header("unit")
hz = rate eq "" ? 0.0 : real(rate)

# Text broken into lines of at most n characters.
wrapped(text, n) = (lines = "", line = "", \
	sum [i = 1:words(text)] (strlen(line) + strlen(word(text, i)) < n \
		? (line = line.(line eq "" ? "" : " ").word(text, i), 0) \
		: (lines = lines.line."\n", line = word(text, i), 0)), lines.line)

# Rows, least and largest figure, figures below 0.1 ticks (an operation that costs nothing, or less
# than nothing, has no place on a logarithmic axis), length of the longest label. By awk: gnuplot's
# own `stats` leaves out every row of which one figure is missing.
placed(x) = x >= 0.1 ? x : NaN
summary = system("awk -F '\t' '/^#/ { next } ".\
	"{ rows++; if (length($1) > longest) longest = length($1); ".\
	"for (i = 2; i <= 8; i += 3) if ($i != \"?\") { x = $i + 0; ".\
	"if (x < 0.1) unplaced++; else { if (!least || x < least) least = x; ".\
	"if (x > most) most = x } } } ".\
	"END { print rows + 0, least + 0, most + 0, unplaced + 0, longest + 0 }' '".data."'")
rows = int(word(summary, 1))
least = real(word(summary, 2))
most = real(word(summary, 3))
unplaced = int(word(summary, 4))
longest = int(word(summary, 5))
if (most <= 0) {
	print "plots/native-vs-guest.gp: no figure to draw in ".data
	exit status 3
}
xmin = 10 ** floor(log10(least) - 0.05)
xmax = 10 ** ceil(log10(most) + 0.05)

description = wrapped(caption, 112)
if (method ne "") { description = description."\n".method }
if (unplaced) {
	description = description.sprintf("%s%d below 0.1 %s (no measurable cost), not drawn", \
		method eq "" ? "\n" : "; ", unplaced, unit)
}
text_lines = 1
do for [i = 1:strlen(description)] {
	if (description[i:i] eq "\n") { text_lines = text_lines + 1 }
}

# A long label has its parameters on a second line, for which every row then needs the room.
long_label = 40
folded(label) = strlen(label) > long_label && words(label) > 1 \
	? word(label, 1)."\n".label[strlen(word(label, 1)) + 2:*] : label

# Height grows with the rows; what surrounds them takes the same room in every picture.
row_height = longest > long_label ? 34 : 24
above = 64 + 15 * text_lines + (hz > 0 ? 34 : 0)
below = 92
width = 960
height = above + below + row_height * rows

if (fmt eq 'png') {
	set terminal pngcairo size 2 * width, 2 * height font "DejaVu Sans,10" fontscale 2 \
		linewidth 2 pointscale 2 noenhanced background "white"
} else {
	set terminal svg size width, height font "DejaVu Sans,Helvetica,Arial,sans-serif,12" \
		noenhanced background "white" name "native_vs_guest"
}
set output out

set tmargin at screen 1 - real(above) / height
set bmargin at screen real(below) / height
set rmargin at screen 0.96

set label 1 "Cost of each operation: the same bytes natively and in KVM guests" \
	at screen 0.5, screen 1 - 22.0 / height center font ",15"
set label 2 description at screen 0.5, screen 1 - 44.0 / height center \
	textcolor rgb "#444444"
set key at screen 0.5, screen 20.0 / height center horizontal samplen 1.5 spacing 1.2 \
	Left reverse width 1

set logscale x 10
# A hair wider than its decades: rounding must not take away the tics at the ends.
set xrange [0.999 * xmin:1.001 * xmax]
set xlabel unit." per operation (log scale), with intervals" offset 0, 0.2
set mxtics 10

# Decades by name: 10, 1k, 1M; and 10 ns, 1 us, 1 ms.
decade(d) = d < 0 ? sprintf("%g", 10.0 ** d) \
	: sprintf("%d%s", int(10 ** (d % 3)), d < 3 ? "" : word("k M G T P E", d / 3))
duration(d) = d < 0 ? sprintf("%g ns", 10.0 ** d) \
	: d >= 9 ? sprintf("%g s", 10.0 ** (d - 9)) \
	: sprintf("%d %s", int(10 ** (d % 3)), word("ns us ms", d / 3 + 1))
set xtics () nomirror
do for [d = int(floor(log10(xmin))):int(ceil(log10(xmax)))] {
	set xtics add (decade(d) 10.0 ** d)
}
if (hz > 0) {
	set logscale x2 10
	set x2range [0.999 * xmin * 1e9 / hz:1.001 * xmax * 1e9 / hz]
	set x2tics ()
	do for [d = int(ceil(log10(xmin * 1e9 / hz))):int(floor(log10(xmax * 1e9 / hz)))] {
		set x2tics add (duration(d) 10.0 ** d)
	}
	set x2tics nomirror
	set x2label sprintf("time (TSC at %.2f GHz)", hz / 1e9) offset 0, -0.3
}

set yrange [rows - 0.4:-0.6]
set ytics nomirror scale 0
set border 3 + 4 * (hz > 0)
set grid xtics mxtics ytics linetype 1 linecolor rgb "#cccccc" linewidth 0.6, \
	linetype 1 linecolor rgb "#eeeeee" linewidth 0.4

# Okabe and Ito's palette, which also those read who tell colours apart badly; and markers that
# differ in shape. The order from top to bottom within a row is that of the legend.
set style line 1 linecolor rgb "#0072B2" pointtype 7 pointsize 0.9 linewidth 1.3
set style line 2 linecolor rgb "#D55E00" pointtype 9 pointsize 1.0 linewidth 1.3
set style line 3 linecolor rgb "#009E73" pointtype 5 pointsize 0.8 linewidth 1.3

# An interval that reaches below the axis is drawn from its edge.
low(x) = x > xmin ? x : xmin
high(x) = x < xmax ? x : xmax

plot data using (placed($2)):($0 - 0.22):(low($3)):(high($4)) \
		with xerrorbars linestyle 1 title (native eq "" ? "native, ring 3" : native), \
	data using (placed($5)):($0):(low($6)):(high($7)):ytic(folded(strcol(1))) \
		with xerrorbars linestyle 2 title "guest, ring 3", \
	data using (placed($8)):($0 + 0.22):(low($9)):(high($10)) \
		with xerrorbars linestyle 3 title "guest, ring 0"
unset output
