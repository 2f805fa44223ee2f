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
# Which of the three kinds of mark there are: verified, not verified, of this report.
array kinds[3] = [0, 0, 0]
kind(text) = text eq "verified" ? 1 : text eq "not verified" ? 2 : 3
stats data using (name[column(-2) + 1] = strcol(1), kinds[kind(strcol(6))] = 1, $2) nooutput
stats data using 2 name "YEAR" nooutput
longest = 0
do for [i = 1:curves] { longest = strlen(name[i]) > longest ? strlen(name[i]) : longest }
ymin = floor_nice(0.93 * least_positive(3))
ymax = ceil_nice(1.1 * most_of(4))
width = 760
# Hollow forms, each another one for its series; what is not verified is lighter and smaller.
array hollow[8] = [6, 8, 4, 12, 10, 14, 1, 2]
array said[3] = ["dark, large: read in the source, or quoted", "light, small: not verified here", "filled: measured"]
named_kinds = sum [k = 1:3] kinds[k]
array in_key[named_kinds]
do for [k = 1:3] { if (kinds[k]) { in_key[sum [j = 1:k] kinds[j]] = k } }
eval page_sources(int((width + 130) / 6.6))
eval page_commands(header("title"), "", width, 400, 90, 40, 0, key_lines_of(curves + named_kinds, longest > 42 ? longest : 42, width + 130))
set label 1003 page_sources_text at screen 0.02, screen (page_foot - 4) / page_height left font font_of(10.8) textcolor rgb quiet
set xrange [YEAR_min - 0.8:YEAR_max + 0.8]
set xtics YEAR_max - YEAR_min > 12 ? 2 : 1 format "%.0f"
set xlabel "year in which the processor's generation came out"
eval log_axis_commands("y", ymin, ymax)
set ylabel header("unit")." (log scale)"
of_kind(k) = kind(strcol(6)) == k
# The palette, two fifths of the way to white.
array light[8] = ["#66AAD1", "#E69E66", "#66C5AB", "#E0AFCA", "#F0C566", "#9AD2F2", "#AFA766", "#8F8F8F"]
plot for [i = 0:curves - 1] data index i using 2:5 with lines linecolor rgb colour[i % 8 + 1] linewidth 0.7 dashtype 3 notitle, \
	for [i = 0:curves - 1] data index i using 2:3:(0):($4 - $3) with vectors nohead linecolor rgb colour[i % 8 + 1] linewidth 1 notitle, \
	for [i = 0:curves - 1] data index i using 2:(of_kind(1) ? $3 : NaN) with points pointtype hollow[i % 8 + 1] pointsize 1.2 \
		linewidth 2.2 linecolor rgb colour[i % 8 + 1] notitle, \
	for [i = 0:curves - 1] data index i using 2:(of_kind(2) ? $3 : NaN) with points pointtype hollow[i % 8 + 1] \
		pointsize 0.9 linewidth 0.8 linecolor rgb light[i % 8 + 1] notitle, \
	for [i = 0:curves - 1] data index i using 2:(of_kind(3) ? $3 : NaN) with points pointtype 7 pointsize 1.4 \
		linecolor rgb colour[i % 8 + 1] notitle, \
	data using 2:5:(strcol(9)) with labels left offset 0.8, 0.1 font font_of(9.6) textcolor rgb quiet notitle, \
	for [i = 0:curves - 1] NaN with points pointtype hollow[i % 8 + 1] pointsize 1.1 linewidth 1.6 linecolor rgb colour[i % 8 + 1] title name[i + 1], \
	for [i = 1:named_kinds] NaN with points pointtype (in_key[i] == 3 ? 7 : 6) pointsize (in_key[i] == 2 ? 0.9 : 1.2) \
		linewidth (in_key[i] == 2 ? 0.8 : 2.2) linecolor rgb (in_key[i] == 2 ? "#999999" : "#444444") title said[in_key[i]]
unset output
