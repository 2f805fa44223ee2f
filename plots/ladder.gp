# SPDX-License-Identifier: MIT
#
# What it costs to cross from one execution environment into another, the cheapest first.
#
#   gnuplot -c plots/ladder.gp DATA OUT.svg|OUT.png|OUT.pdf
#
# DATA  what `exitlab plot ladder` leaves beside its picture
#
# The same data give the same SVG, byte for byte, with the same gnuplot.

if (!exists("quiet")) { call system("dirname '".ARG0."'")."/style.gp" ARG1 ARG2 }

hz = header_number("tsc_hz")
unit = header("unit")
rows = data_rows
# Where each is: natively, guest ring 3, guest ring 0; published figures natively, and in or below VMs.
kind(place, sure) = sure ne "measured" ? (place eq "native" ? 4 : 5) : place eq "native" || place eq "host" ? 1 : place eq "guest-user" ? 2 : 3
array said[5] = ["natively, or from the host", "guest, ring 3", "guest, ring 0", "published, natively", "published, with VT-x or SVM"]
array there[5] = [0, 0, 0, 0, 0]
array crossing[rows]
array below[rows]
longest = 0
stats data using (crossing[int($0) + 1] = cut(strcol(1), 56), below[int($0) + 1] = cut(strcol(2).", ".strcol(3), 56), \
	longest = strlen(crossing[int($0) + 1]) > longest ? strlen(crossing[int($0) + 1]) : longest, \
	longest = strlen(below[int($0) + 1]) > longest ? strlen(below[int($0) + 1]) : longest, \
	there[kind(strcol(3), strcol(7))] = 1, $4) nooutput
kinds = sum [k = 1:5] there[k]
hollow = there[4] + there[5]
# One more than there can be: gnuplot looks into it for a loop that has no turn, too.
array in_key[6] = [1, 1, 1, 1, 1, 1]
do for [k = 1:5] { if (there[k]) { in_key[sum [j = 1:k] there[j]] = k } }
low = least_positive(5)
xmin = floor_decade(low > 0 && low < least_positive(4) ? low : least_positive(4))
xmax = ceil_nice(most_of(6))
left = 30 + int(6.9 * longest)
if (header_number("sources") > 0) { eval page_sources(int((left + 610) / 6.6)) }
eval page_commands(header("title"), "", 520, 42 * rows + 10, left, 90, hz > 0, key_lines_of(kinds, 27, left + 520))
if (page_foot > 0) {
	set label 1003 page_sources_text at screen 0.02, screen (page_foot - 4) / page_height left font font_of(10.8) textcolor rgb quiet
}
eval log_axis_commands("x", xmin, xmax)
set xlabel unit." (log scale), with intervals"
if (hz > 0) {
	eval time_axis_commands("x2", xmin, xmax, hz)
	set border 7
}
set yrange [rows - 0.4:-0.6]
set ytics () nomirror scale 0
do for [i = 1:rows] { set ytics add (tic_text(crossing[i]."\n".below[i]) i - 1) }
set grid noytics
figure(x) = x >= 999.5 ? number_name(three_digits(x)) : sprintf("%.3g", x)
lasts(x) = hz > 0 ? ", ".time_name(three_digits(x * 1e9 / hz)) : ""
is(k) = kind(strcol(3), strcol(7)) == k
array form[5] = [7, 9, 5, 6, 4]
array paint[5] = [colour[1], colour[2], colour[3], "#555555", colour[4]]
# Published cycles are not ticks of this clock: they have no time here.
plot data using (xmin):0:($4 - xmin):(0) with vectors nohead linecolor rgb faint linewidth 5 notitle, \
	for [i = 1:kinds - hollow] data using (is(in_key[i]) ? $4 : NaN):0:5:6 with xerrorbars pointtype form[in_key[i]] pointsize 0.9 \
		linewidth 1.5 linecolor rgb paint[in_key[i]] title said[in_key[i]], \
	for [i = kinds - hollow + 1:kinds] data using 4:0:(is(in_key[i]) ? $6 - $4 : NaN):(0) with vectors nohead linewidth 1.5 \
		linecolor rgb paint[in_key[i]] notitle, \
	for [i = kinds - hollow + 1:kinds] data using (is(in_key[i]) ? $4 : NaN):0 with points pointtype form[in_key[i]] pointsize 1.1 \
		linewidth 1.5 linecolor rgb paint[in_key[i]] title said[in_key[i]], \
	data using 6:0:(figure($4).(strcol(7) eq "measured" ? lasts($4) : strcol(7) eq "not verified" ? " cycles, not verified" : " cycles")) with labels left \
		offset 0.8, 0 textcolor rgb quiet notitle
unset output
