# SPDX-License-Identifier: MIT
#
# Loads, by how much memory they are spread over.
#
#   gnuplot -c plots/footprint.gp DATA OUT.svg|OUT.png|OUT.pdf
#
# DATA  what `exitlab plot footprint` leaves beside its picture
#
# The same data give the same SVG, byte for byte, with the same gnuplot.

if (!exists("quiet")) { call system("dirname '".ARG0."'")."/style.gp" ARG1 ARG2 }

hz = header_number("tsc_hz")
unit = header("unit")
stats data using 2 nooutput
curves = STATS_blocks
array name[curves]
stats data using (name[column(-2) + 1] = strcol(1), $2) nooutput
array style[curves]
stats data using (style[column(-2) + 1] = $6, $2) nooutput
longest = 0
do for [i = 1:curves] { longest = strlen(name[i]) > longest ? strlen(name[i]) : longest }
xmin = least_positive(2)
xmax = most_of(2)
lowest = least_positive(4)
lowest = lowest > 0 && lowest < least_positive(3) ? lowest : least_positive(3)
highest = most_of(5)
ymin = floor_nice(lowest)
ymax = ceil_nice(highest > most_of(3) ? highest : most_of(3))
ymax = ymax > ymin ? ymax : 2 * ymin
left = 90
right = hz > 0 ? 96 : 40
eval page_commands(header("title"), "", 640, 360, left, right, 0, key_lines_of(curves, longest, left + 640 + right))
set logscale x 2
set xrange [0.8 * xmin:1.25 * xmax]
size_name(x) = x >= 1073741824 ? sprintf("%g GiB", x / 1073741824.0) : x >= 1048576 ? sprintf("%g MiB", x / 1048576.0) : sprintf("%g KiB", x / 1024.0)
set xtics () nomirror
# Of many powers of two every second or third.
doublings = int(log(xmax / xmin) / log(2) + 0.5)
do for [p = 0:doublings:1 + doublings / 9] { set xtics add (size_name(xmin * 2.0 ** p) xmin * 2.0 ** p) }
set xlabel "memory that the loads are spread over (log scale)"
eval log_axis_commands("y", ymin, ymax)
set ylabel unit." a load (log scale)"
if (hz > 0) {
	eval time_axis_commands("y2", ymin, ymax, hz)
	set border 11
}
# Colour for the page of the guest, or natively; dashes and an open mark for the host's large one.
set key samplen 3
shape(s) = word("7 6 5 4 9 8 13 12", s + 1) + 0
low(x) = x > ymin ? x : ymin
plot for [i = 1:curves] data index i - 1 using 2:($3 > 0 ? $3 : NaN):(low($4)):5 with yerrorlines linecolor rgb colour[int(style[i]) / 2 + 1] \
	pointtype shape(int(style[i])) pointsize 0.9 linewidth 1.5 dashtype 1 + int(style[i]) % 2 title name[i]
unset output
