# SPDX-License-Identifier: MIT
#
# What sensitive instructions do, natively and in guests: a table in colours and words.
#
#   gnuplot -c plots/matrix.gp DATA OUT.svg|OUT.png|OUT.pdf
#
# DATA  what `exitlab plot matrix` leaves beside its picture
#
# The same data give the same SVG, byte for byte, with the same gnuplot.

if (!exists("quiet")) { call system("dirname '".ARG0."'")."/style.gp" ARG1 ARG2 }

rows = int(most_of(2)) + 1
columns = int(header_number("columns"))
# What it means, and its colour: words stand in each cell, so nothing hangs on the colour.
array meaning[8] = ["as it should", "traps", "a dummy", "silently", "the host's", "known fault", "other", "not measured"]
array paint[8] = [0xb7e1cd, 0xa9cfea, 0xe7d8f0, 0xf6c89f, 0xf2a7a0, 0xf5e9a0, 0xd9d9d9, 0xf7f7f7]
array explained[8] = ["does as it should, on the guest's state", "traps", "a dummy value, by the kernel", \
	"silently does something else", "shows another's state", "a known fault of this hypervisor", "other", "not measured"]
array used[8]
do for [k = 1:8] { used[k] = 0 }
array place[columns]
array name[rows]
which(text) = (found_ = 7, sum [k_ = 1:8] (meaning[k_] eq text ? (found_ = k_, 0) : 0), found_)
longest = 0
longest_name = 0
stats data using (place[int($4) + 1] = strcol(8), name[int($2) + 1] = strcol(1), used[which(strcol(5))] = 1, \
	longest = strlen(strcol(7)) > longest ? strlen(strcol(7)) : longest, \
	longest_name = strlen(strcol(1)) > longest_name ? strlen(strcol(1)) : longest_name, $4) nooutput
shown = sum [k = 1:8] used[k]
array in_key[shown]
do for [k = 1:8] { if (used[k]) { in_key[sum [j = 1:k] used[j]] = k } }

# Letters of the small kind that a cell is wide; a value that is longer takes two lines.
cell = columns < 4 ? 560 / columns : columns < 6 ? 160 : 800 / columns
letters = int(cell / 6.2)
tall = longest > letters ? 44 : 36
first_line(text) = (lines_ = wrapped(text, letters), end_ = strstrt(lines_, "\n"), cut(end_ ? lines_[1:end_ - 1] : text, letters))
second_line(text) = (lines_ = wrapped(text, letters), end_ = strstrt(lines_, "\n"), end_ ? cut(text[end_ + 1:*], letters) : "")
left = 24 + 7.2 * (longest_name > 30 ? 30 : longest_name)
in_lines(text) = (comma_ = strstrt(text, ", "), comma_ ? text[1:comma_]."\n".text[comma_ + 2:*] : text)

eval page_commands(header("title"), "", columns * cell, tall * rows + 40, left, left > 120 ? 20 : 30, 0, \
	key_lines_of(shown, 40, left + columns * cell))
set xrange [-0.5:columns - 0.5]
set yrange [rows - 0.5:-0.5 - 40.0 / tall]
unset xtics
set ytics () scale 0
unset grid
set border 0
do for [i = 1:columns] { set label i in_lines(place[i]) at i - 1, -0.5 - 25.0 / tall center }
do for [i = 1:rows] { set ytics add (tic_text(cut(name[i], 30)) i - 1) }
# Text that does not fit into its cell is cut; the data beside the picture have all of it.
is_blank(text) = text eq "\302\240"
# Pixels above the middle, by the number of lines in the cell.
raised(text) = is_blank(text) ? 0 : strlen(second_line(text)) ? 13 : 8
plot data using 4:2:(0.49):(0.47):(paint[which(strcol(5))]) with boxxyerror fillstyle solid noborder linecolor rgb variable notitle, \
	data using 4:($2 - raised(strcol(7)) / real(tall)):(cut(strcol(6), int(cell / 7))) with labels center font font_of(12) textcolor rgb "#111111" notitle, \
	data using 4:($2 + (strlen(second_line(strcol(7))) ? 2.0 : 9.0) / tall):(first_line(strcol(7))) with labels center font font_of(9.6) textcolor rgb "#333333" notitle, \
	data using 4:($2 + 14.0 / tall):(strlen(second_line(strcol(7))) ? second_line(strcol(7)) : "\302\240") with labels center font font_of(9.6) textcolor rgb "#333333" notitle, \
	for [i = 1:shown] NaN with boxes fillstyle solid border linecolor rgb "#888888" fillcolor rgb paint[in_key[i]] title explained[in_key[i]]
unset output
