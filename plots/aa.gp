# SPDX-License-Identifier: MIT
#
# p-values where nothing was changed: if the test is honest, no bin stands out.
#
#   gnuplot -c plots/aa.gp DATA OUT.svg|OUT.png|OUT.pdf
#
# DATA  what `exitlab plot aa` leaves beside its picture
#
# The same data give the same SVG, byte for byte, with the same gnuplot.

if (!exists("quiet")) { call system("dirname '".ARG0."'")."/style.gp" ARG1 ARG2 }

high = most_of(3)
high = high > most_of(6) ? high : most_of(6)
eval page_commands(header("title"), "", 560, 300, 80, 40, 0, 3)
set xrange [0:1]
set xtics 0, 0.1, 1
set yrange [0:1.15 * high]
set xlabel "p-value"
set ylabel "results"
plot data using (0.5 * ($1 + $2)):(0.5 * ($5 + $6)):(0.5 * ($2 - $1)):(0.5 * ($6 - $5)) with boxxyerror fillstyle solid 0.5 noborder fillcolor rgb "#cfd8df" \
		title "19 of 20 bins lie here, if all p-values are equally likely", \
	data using (0.5 * ($1 + $2)):3:(0.88 * ($2 - $1)) with boxes fillstyle solid 0.75 noborder fillcolor rgb colour[1] title "results", \
	data using 1:4:(1):(0) every ::0::0 with vectors nohead linecolor rgb "#000000" dashtype 2 title "expected"
unset output
