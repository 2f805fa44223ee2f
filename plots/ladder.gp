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
longest = int(system("awk -F '\t' '!/^#/ { if (length($1) > n) n = length($1); if (length($2 $3) + 5 > n) n = length($2 $3) + 5 } END { print n + 0 }' ".shell_quoted(data)))
xmin = floor_decade(least_positive(4))
xmax = ceil_nice(most_of(4))
eval page_commands(header("title"), "", 520, 38 * rows + 10, 30 + int(6.9 * longest), 90, hz > 0, 1)
eval log_axis_commands("x", xmin, xmax)
set xlabel unit." (log scale), with intervals"
if (hz > 0) {
	eval time_axis_commands("x2", xmin, xmax, hz)
	set border 7
}
set yrange [rows - 0.4:-0.6]
set ytics nomirror scale 0
is_native(place) = place eq "native" || place eq "host"
is_user(place) = place eq "guest-user"
figure(x) = x >= 999.5 ? number_name(three_digits(x)) : sprintf("%.3g", x)
lasts(x) = hz > 0 ? "  ".time_name(three_digits(x * 1e9 / hz)) : ""
plot data using (xmin):0:($4 - xmin):(0):ytic(strcol(1)."\n".strcol(2).", ".strcol(3)) with vectors nohead linecolor rgb faint linewidth 5 notitle, \
	data using (is_native(strcol(3)) ? $4 : NaN):0:5:6 with xerrorbars linestyle 1 title "natively, or from the host", \
	data using (is_user(strcol(3)) ? $4 : NaN):0:5:6 with xerrorbars linestyle 2 title "guest, ring 3", \
	data using (is_native(strcol(3)) || is_user(strcol(3)) ? NaN : $4):0:5:6 with xerrorbars linestyle 3 title "guest, ring 0", \
	data using 6:0:(figure($4).lasts($4)) with labels left offset 0.8, 0 textcolor rgb quiet notitle
unset output
