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
stats data using (name[int($2) + 1] = strcol(1), $4) nooutput
longest = 0
do for [i = 1:bars] { longest = strlen(name[i]) > longest ? strlen(name[i]) : longest }
# The legs that there are, by their number.
array leg[16]
do for [i = 1:16] { leg[i] = "" }
stats data using (leg[int($4) + 1] = strcol(3), $4) nooutput
legs = sum [i = 1:16] (leg[i] ne "")
array fill[16] = [0x56B4E9, 0x0072B2, 0x117733, 0x009E73, 0xCC79A7, 0xE69F00, 0xD55E00, 0xF0C987, 0x9AA6B2, 0x444444, \
	0x88CCEE, 0x999933, 0x882255, 0x44AA99, 0xDDCC77, 0xAA4499]
most = most_of(6)
eval page_commands(header("title"), "", 600, 30 * bars + 10, 26 + int(7.1 * longest), 40, hz > 0, (legs + 2) / 3)
set xrange [0:1.03 * most]
set xlabel unit." per operation"
set format x "%.0s%c"
if (hz > 0) {
	set x2range [0:1.03 * most * 1e6 / hz]
	set x2tics nomirror
	set x2label sprintf("microseconds (TSC at %.2f GHz)", hz / 1e9)
	set border 7
}
set yrange [bars - 0.4:-0.6]
set ytics () nomirror scale 0
do for [i = 1:bars] { set ytics add (tic_text(name[i]) i - 1) }
# The number inside, where it fits.
inside(a, b) = b - a > 0.055 * most ? sprintf("%.0f", b - a) : ""
dark(k) = k == 1 || k == 2 || k == 6 || k == 9 || k == 3 ? 0xffffff : 0x111111
plot for [k = 0:15] data using (leg[k + 1] ne "" && int($4) == k ? 0.5 * ($5 + $6) : NaN):2:(0.5 * ($6 - $5)):(0.38) \
		with boxxyerror fillstyle solid border linecolor rgb "#ffffff" fillcolor rgb fill[k + 1] title leg[k + 1], \
	data using (0.5 * ($5 + $6)):2:(inside($5, $6)):(dark(int($4))) with labels center font ",9" textcolor rgb variable notitle
unset output
