# SPDX-License-Identifier: MIT
#
# Exits taken apart into the legs of their way: bars that add up.
#
#   gnuplot -c plots/anatomy.gp DATA OUT.svg|OUT.png|OUT.pdf
#
# DATA  what `exitlab plot anatomy` leaves beside its picture
#
# The same data give the same SVG, byte for byte, with the same gnuplot.

if (!exists("quiet")) { call system("dirname '".ARG0."'")."/style.gp" ARG1 ARG2 }

hz = header_number("tsc_hz")
unit = header("unit")
bars = int(most_of(2)) + 1
array name[bars]
array total[bars]
# The legs that there are, by their number.
array leg[16]
do for [i = 1:16] { leg[i] = "" }
stats data using (name[int($2) + 1] = strcol(1), total[int($2) + 1] = $6, leg[int($4) + 1] = strcol(3), $4) nooutput
longest = 0
do for [i = 1:bars] {
	name[i] = cut(name[i], 52)
	longest = strlen(name[i]) > longest ? strlen(name[i]) : longest
}
legs = sum [i = 1:16] (leg[i] ne "")
array number[legs]
longest_leg = 0
do for [i = 1:16] {
	if (leg[i] ne "") { number[sum [j = 1:i] (leg[j] ne "")] = i }
	longest_leg = strlen(leg[i]) > longest_leg ? strlen(leg[i]) : longest_leg
}
array fill[16] = [0x56B4E9, 0x0072B2, 0x117733, 0x009E73, 0xCC79A7, 0xE69F00, 0xD55E00, 0xF0C987, 0x9AA6B2, 0x444444, \
	0x88CCEE, 0x999933, 0x882255, 0x44AA99, 0xDDCC77, 0xAA4499]
width = 560
left = 28 + int(7.1 * longest)
most = 1.02 * most_of(6)
eval page_commands(header("title"), "", width, 28 * bars + 10, left, hz > 0 ? 130 : 70, hz > 0, \
	key_lines_of(legs, longest_leg, left + width))
eval linear_axis_commands("x", most)
set xlabel unit." per operation"
if (hz > 0) {
	eval linear_time_axis_commands("x2", most, hz)
	set border 7
}
set yrange [bars - 0.4:-0.6]
set ytics () nomirror scale 0
set grid noytics
# At a bar's end what it adds up to.
said(x) = sprintf("%.0f", x).(hz > 0 ? ", ".time_name(three_digits(x * 1e9 / hz)) : "")
do for [i = 1:bars] {
	set ytics add (tic_text(name[i]) i - 1)
	set label i said(total[i]) at total[i], i - 1 left offset 0.6, 0 font font_of(10.8) textcolor rgb quiet
}
# The number inside, where it fits.
inside(a, b) = strlen(sprintf("%.0f", b - a)) * 6.6 + 8 < (b - a) * width / most ? sprintf("%.0f", b - a) : "\302\240"
dark(k) = k == 1 || k == 2 || k == 6 || k == 9 || k == 3 ? 0xffffff : 0x111111
plot for [i = 1:legs] data using (int($4) == number[i] - 1 ? 0.5 * ($5 + $6) : NaN):2:(0.5 * ($6 - $5)):(0.38) \
		with boxxyerror fillstyle solid border linecolor rgb "#ffffff" fillcolor rgb fill[number[i]] title leg[number[i]], \
	data using (0.5 * ($5 + $6)):2:(inside($5, $6)):(dark(int($4))) with labels center font font_of(10.8) textcolor rgb variable notitle
unset output
