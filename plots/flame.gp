# SPDX-License-Identifier: MIT
#
# One exit's instructions by function: calls go upwards, width is instructions.
#
#   gnuplot -c plots/flame.gp DATA OUT.svg|OUT.png|OUT.pdf
#
# DATA  what `exitlab plot flame` leaves beside its picture
#
# The same data give the same SVG, byte for byte, with the same gnuplot.

if (!exists("quiet")) { call system("dirname '".ARG0."'")."/style.gp" ARG1 ARG2 }

total = header_number("total")
depth = int(header_number("depth"))
width = 880.0
eval page_commands(header("title"), "", width, 22 * depth + 6, 20, 20, 0, key_lines_of(4, 22, width))
eval linear_axis_commands("x", total)
set yrange [-0.5:depth - 0.5]
set xlabel "instructions (the order of functions of one height is by name, not by time)"
unset ytics
unset grid
set border 1
# By who executes: the guest, this program, KVM's modules, the rest of the kernel.
is_kvm(m) = m[1:3] eq "kvm"
paint(m) = m eq "guest" ? 0x56B4E9 : m eq "user" || m eq "exitlab" ? 0x009E73 : is_kvm(m) ? 0xE69F00 : 0xD9B3CC
letters(n) = int((n * width / total - 6) / 7.6)
shown(text, n) = letters(n) < 3 ? "" : strlen(text) <= letters(n) ? text : text[1:letters(n) - 1]."…"
plot data using ($4 + 0.5 * $5):3:(0.5 * $5):(0.47):(paint(strcol(2))) with boxxyerror fillstyle solid border linecolor rgb "#ffffff" fillcolor rgb variable notitle, \
	data using ($4 + 0.5 * $5):3:(shown(strcol(1), $5)) with labels center font font_of(10.8) textcolor rgb "#111111" notitle, \
	NaN with boxes fillstyle solid noborder fillcolor rgb "#56B4E9" title "guest", \
	NaN with boxes fillstyle solid noborder fillcolor rgb "#E69F00" title "KVM's modules", \
	NaN with boxes fillstyle solid noborder fillcolor rgb "#D9B3CC" title "the rest of the kernel", \
	NaN with boxes fillstyle solid noborder fillcolor rgb "#009E73" title "user space"
unset output
