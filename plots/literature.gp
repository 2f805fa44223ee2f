# SPDX-License-Identifier: MIT
#
# Published costs of an exit by the processor's generation; figures of a run beside them.
#
#   gnuplot -c plots/literature.gp DATA OUT.svg|OUT.png|OUT.pdf
#
# DATA  what `exitlab plot literature` leaves beside its picture
#
# The same data give the same SVG, byte for byte, with the same gnuplot.

if (!exists("quiet")) { call system("dirname '".ARG0."'")."/style.gp" ARG1 ARG2 }

stats data using 2 nooutput
curves = STATS_blocks
array name[curves]
stats data using (name[column(-2) + 1] = strcol(1), $2) nooutput
stats data using 2 name "YEAR" nooutput
ymin = floor_nice(least_positive(3))
ymax = ceil_nice(most_of(3))
eval page_commands(header("title"), "", 700, 380, 90, 40, 0, (curves + 4) / 2)
set xrange [YEAR_min - 0.8:YEAR_max + 0.8]
set xtics 2 format "%.0f"
set xlabel "year in which the processor's generation came out"
eval log_axis_commands("y", ymin, ymax)
set ylabel header("unit")." (log scale)"
# Hollow forms, each another one for its series; what is not verified is lighter, and on no line.
array hollow[8] = [6, 8, 4, 12, 10, 14, 1, 2]
sure(text) = text eq "verified"
mine(text) = text eq "this report"
plot for [i = 0:curves - 1] data index i using 2:(mine(strcol(4)) ? NaN : $3) with lines linecolor rgb colour[i % 8 + 1] linewidth 0.6 dashtype 3 notitle, \
	for [i = 0:curves - 1] data index i using 2:(sure(strcol(4)) ? $3 : NaN) with points pointtype hollow[i % 8 + 1] pointsize 1.2 \
		linewidth 2.2 linecolor rgb colour[i % 8 + 1] notitle, \
	for [i = 0:curves - 1] data index i using 2:(sure(strcol(4)) || mine(strcol(4)) ? NaN : $3) with points pointtype hollow[i % 8 + 1] \
		pointsize 0.9 linewidth 0.8 linecolor rgb colour[i % 8 + 1] notitle, \
	for [i = 0:curves - 1] data index i using 2:(mine(strcol(4)) ? $3 : NaN) with points pointtype 7 pointsize 1.4 \
		linecolor rgb colour[i % 8 + 1] notitle, \
	for [i = 0:curves - 1] NaN with points pointtype hollow[i % 8 + 1] pointsize 1.1 linewidth 1.6 linecolor rgb colour[i % 8 + 1] title name[i + 1], \
	NaN with points pointtype 6 pointsize 1.2 linewidth 2.2 linecolor rgb "#444444" title "thick: read in the source, or quoted", \
	NaN with points pointtype 6 pointsize 0.9 linewidth 0.8 linecolor rgb "#444444" title "thin: not verified here"
unset output
