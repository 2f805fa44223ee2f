# SPDX-License-Identifier: MIT
#
# What all pictures share: palette, page, axes, and reading the head of a data file. Each script of a
# picture calls it with its own arguments and is itself called as
#
#   gnuplot -c plots/KIND.gp DATA OUT.svg|OUT.png|OUT.pdf
#
# Functions whose name ends in _commands return commands for `eval`. Texts of the data are never in these, only
# names of variables: gnuplot gives to a shell what stands in backquotes in a command. Sizes are pixels of the SVG;
# a PNG has four for each, a PDF is as large as the SVG at 96 dots per inch.

if (ARGC != 2 || ARG1 eq "" || ARG2 eq "") {
	print "usage: gnuplot -c plots/KIND.gp DATA OUT.svg|OUT.png|OUT.pdf"
	exit status 2
}
data = ARG1
out = ARG2

set datafile separator "\t"
set datafile missing "?"
set datafile commentschars "#"
set encoding utf8

# ---- text --------------------------------------------------------------------------------------

# For a shell: in single quotes, each of them within as '\''.
shell_quoted(text) = (quoted_ = "", sum [i_ = 1:strlen(text)] (quoted_ = quoted_.\
	(text[i_:i_] eq "'" ? "'\\''" : text[i_:i_]), 0), "'".quoted_."'")

# "# name: value" in the head of the data; "" where there is none.
header(name) = system("sed -n 's/^# ".name.": //p' ".shell_quoted(data)." | head -n 1")
header_or(name, otherwise) = (value_ = header(name), value_ eq "" ? otherwise : value_)
# gnuplot's own real() does not take "6e+03", without a point before the exponent.
number_of(text) = (exponent_ = strstrt(text, "e"), exponent_ > 1 && strstrt(text, ".") == 0 \
	? real(text[1:exponent_ - 1].".0".text[exponent_:*]) : real(text))
# A number of the head; 0 where there is none.
header_number(name) = (value_ = header(name), value_ eq "" ? 0.0 : number_of(value_))

# Broken into lines of at most n characters.
wrapped(text, n) = (lines_ = "", line_ = "", \
	sum [i_ = 1:words(text)] (strlen(line_) + strlen(word(text, i_)) < n \
		? (line_ = line_.(line_ eq "" ? "" : " ").word(text, i_), 0) \
		: (lines_ = lines_.line_."\n", line_ = word(text, i_), 0)), lines_.line_)
line_count(text) = text eq "" ? 0 : 1 + sum [i_ = 1:strlen(text)] (text[i_:i_] eq "\n" ? 1 : 0)
# As the label of a tic, which gnuplot takes for a format.
tic_text(text) = (tic_text_ = "", sum [i_ = 1:strlen(text)] (tic_text_ = tic_text_.(text[i_:i_] eq "%" ? "%%" : text[i_:i_]), 0), tic_text_)
# No more than n characters.
cut(text, n) = strlen(text) > n ? text[1:n - 1]."…" : text

# ---- colours -----------------------------------------------------------------------------------

# Okabe and Ito's palette, which also those read who tell colours apart badly; marks that differ in
# shape as well. The first three are native, guest ring 3, guest ring 0 wherever these appear.
array colour[8] = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7A6C00", "#444444"]
array mark[8] = [7, 9, 5, 13, 11, 15, 6, 4]
do for [i = 1:8] {
	set style line i linecolor rgb colour[i] pointtype mark[i] pointsize 0.8 linewidth 1.4
}
quiet = "#444444"
faint = "#cccccc"

# ---- the page ----------------------------------------------------------------------------------

ending = strlen(out) > 4 ? out[strlen(out) - 3:*] : ""
if (ending ne ".svg" && ending ne ".png" && ending ne ".pdf") {
	print "plots: '".out."' ends in none of .svg, .png, .pdf"
	exit status 2
}

# Letters of `size` pixels in an SVG, and as large in the others.
terminal_of(width, height, size) = ending eq ".png" \
	? sprintf("set terminal pngcairo size %d, %d font 'DejaVu Sans,%g' fontscale 2 linewidth 2 pointscale 2 ".\
		"noenhanced background 'white'", 2 * width, 2 * height, size / 1.2) : ending eq ".pdf" \
	? sprintf("set terminal pdfcairo size %.4f, %.4f font 'DejaVu Sans,%g' noenhanced background 'white'", \
		width / 96.0, height / 96.0, 0.75 * size) \
	: sprintf("set terminal svg size %d, %d font 'DejaVu Sans,Helvetica,Arial,sans-serif,%g' ".\
		"noenhanced background 'white'", width, height, size)
terminal_commands(width, height) = terminal_of(width, height, 12)
# For texts that are smaller than the others: letters of `size` pixels in an SVG, and as large in the others.
font_of(size) = sprintf(",%g", ending eq ".png" ? size / 1.2 : ending eq ".pdf" ? 0.75 * size : size)

# A page with one plot: title, what is said below it (caption and method of the data, and `more`),
# the plot of plot_height pixels, and below it room for the key of key_lines lines. `left` and `right` are the
# pixels beside the plot; x2 is 1 where there is an axis above as well. Sets width, height, and the
# key below everything: no key ever lies over data. gnuplot gives a key no more lines than fit beside the plot, so a
# plot is at least as high as its key. page_more_below, set before, is what tics below take beyond one line,
# and page_foot what is kept free at the bottom, below the key.
page_more_below = 0
page_foot = 0
page_commands(title_, more, plot_width, plot_height, left, right, x2, key_lines) = (\
	page_width = left + plot_width + right, \
	page_title = cut(title_, int(page_width / 10.2)), \
	page_letters = int(page_width / 7.3), \
	page_said = wrapped(header("caption"), page_letters), \
	page_method = wrapped(header("method").(more eq "" ? "" : (header("method") eq "" ? "" : "; ").more), \
		page_letters), \
	page_said = page_said.(page_said eq "" || page_method eq "" ? "" : "\n").page_method, \
	page_above = 52.0 + 17 * line_count(page_said) + 44 * x2, \
	page_below = 62.0 + 22 * key_lines + page_more_below + page_foot, \
	page_plot = plot_height > 22 * key_lines ? plot_height : 22 * key_lines, \
	page_height = page_above + page_plot + page_below, \
	terminal_commands(page_width, page_height)."; set output out".\
	sprintf("; set lmargin at screen %.6f; set rmargin at screen %.6f", \
		real(left) / page_width, 1 - real(right) / page_width).\
	sprintf("; set tmargin at screen %.6f; set bmargin at screen %.6f", \
		1 - page_above / page_height, page_below / page_height).\
	sprintf("; set label 1001 page_title at screen 0.5, screen %.6f center font ',15'", \
		1 - 20.0 / page_height).\
	sprintf("; set label 1002 page_said at screen 0.5, screen %.6f center textcolor rgb '%s'", 1 - 42.0 / page_height, quiet).\
	(key_lines > 0 ? sprintf("; set key at screen 0.5, screen %.6f center bottom vertical samplen 1.5 ".\
		"spacing 1.2 Left reverse width 1 maxrows %d", (8.0 + page_foot) / page_height, key_lines) : "; unset key"))

# The sources of published figures, at the bottom in lines of n letters: sets page_sources_text, and page_foot for it.
sources_of(n) = (sources_ = "", sum [k_ = 1:int(header_number("sources"))] (sources_ = sources_.(k_ > 1 ? "\n" : "").\
	wrapped(sprintf("[%d] ", k_).header(sprintf("source %d", k_)), n), 0), sources_)
page_sources(n) = (page_sources_text = sources_of(n), page_foot = 10 + 15 * line_count(page_sources_text), "")

# Lines that a key of n names takes below a page of that width; the longest name has so many characters.
key_lines_of(n, longest_, width) = (columns_ = int(width / (7.6 * longest_ + 98)), \
	int(ceil(real(n) / (columns_ < 1 ? 1 : columns_))))

set border 3 linecolor rgb "#666666"
set tics nomirror textcolor rgb "#222222"
set grid xtics ytics linetype 1 linecolor rgb "#e4e4e4" linewidth 0.6

# ---- axes --------------------------------------------------------------------------------------

# Decades by name: 10, 1k, 1M; and 10 ns, 1 us, 1 ms.
decade(d) = d < 0 ? sprintf("%g", 10.0 ** d) \
	: sprintf("%d%s", int(10 ** (d % 3)), d < 3 ? "" : word("k M G T P E", d / 3))
duration(d) = d < 0 ? sprintf("%g ns", 10.0 ** d) \
	: d >= 9 ? sprintf("%g s", 10.0 ** (d - 9)) \
	: sprintf("%d %s", int(10 ** (d % 3)), word("ns us ms", d / 3 + 1))

# A logarithmic axis over [lo, hi], its decades named. With less than two of them 2 and 5 are named, too.
# A hair wider than asked for: rounding must not take away the tics at the ends.
number_name(x) = x >= 1e6 ? sprintf("%gM", x / 1e6) : x >= 1e3 ? sprintf("%gk", x / 1e3) : sprintf("%g", x)
time_name(x) = x >= 1e9 ? sprintf("%g s", x / 1e9) : x >= 1e6 ? sprintf("%g ms", x / 1e6) \
	: x >= 1e3 ? sprintf("%g us", x / 1e3) : sprintf("%g ns", x)
log_axis_of(axis, lo, hi, is_time) = (axis_ = sprintf("set logscale %s 10; set %srange [%.10g:%.10g]; set %stics (); ", \
	axis, axis, 0.999 * lo, 1.001 * hi, axis), \
	fine_ = log10(hi / lo) < 2.2, \
	sum [d_ = int(floor(log10(lo))):int(ceil(log10(hi)))] \
		sum [m_ = 1:(fine_ ? 3 : 1)] (tic_ = (m_ == 1 ? 1 : m_ == 2 ? 2 : 5) * 10.0 ** d_, \
		axis_ = axis_.(tic_ < 0.999 * lo || tic_ > 1.001 * hi ? "" : \
		sprintf("set %stics add ('%s' %.10g); ", axis, is_time ? time_name(tic_) : number_name(tic_), tic_)), 0), \
	axis_.sprintf("set %stics nomirror; set m%stics 10", axis, axis))
log_axis_commands(axis, lo, hi) = log_axis_of(axis, lo, hi, 0)
# The same ticks as times, on the axis across: axis is "x2" or "y2", range that of the ticks.
time_axis_commands(axis, lo, hi, hz) = \
	log_axis_of(axis, lo * 1e9 / hz, hi * 1e9 / hz, 1).sprintf("; set %slabel 'time (TSC at %.2f GHz)'", axis, hz / 1e9)

# Three digits of a number that is not below 0.
three_digits(x) = x <= 0 ? 0 : (power_ = 10.0 ** (floor(log10(x)) - 2), power_ * floor(x / power_ + 0.5))

# A linear axis over [0, most], with at most seven tics that are named as on the others.
nice_step(most) = (raw_ = most / 6.0, power_ = 10.0 ** floor(log10(raw_)), \
	power_ * (raw_ <= 1.0001 * power_ ? 1 : raw_ <= 2.0001 * power_ ? 2 : raw_ <= 5.0001 * power_ ? 5 : 10))
linear_axis_of(axis, most, is_time) = (step_ = nice_step(most), \
	axis_ = sprintf("set %srange [0:%.10g]; set %stics (); set %stics nomirror; ", axis, most, axis, axis), \
	sum [k_ = 0:int(most / step_ + 1e-9)] (axis_ = axis_.sprintf("set %stics add ('%s' %.10g); ", axis, \
		k_ == 0 ? "0" : is_time ? time_name(k_ * step_) : number_name(k_ * step_), k_ * step_), 0), axis_)
linear_axis_commands(axis, most) = linear_axis_of(axis, most, 0)
# The same ticks as times, on the axis across.
linear_time_axis_commands(axis, most, hz) = \
	linear_axis_of(axis, most * 1e9 / hz, 1).sprintf("; set %slabel 'time (TSC at %.2f GHz)'", axis, hz / 1e9)

# The decades around [lo, hi].
floor_decade(x) = 10.0 ** floor(log10(x) - 0.02)
ceil_decade(x) = 10.0 ** ceil(log10(x) + 0.02)

# The same to the next 1, 2 or 5 of a decade, for axes of a decade or two.
nice_digit(m) = m < 1.999 ? 1 : m < 4.999 ? 2 : 5
floor_nice(x) = (power_ = 10.0 ** floor(log10(x)), nice_digit(x / power_) * power_)
ceil_nice(x) = (low_ = floor_nice(x), low_ > 0.999 * x ? low_ : low_ * (nice_digit(low_ / 10.0 ** floor(log10(low_) + 1e-9)) == 2 ? 2.5 : 2))

# Least and largest value of a column of the data that is above 0, by awk: gnuplot's own `stats`
# leaves out rows of which another column is missing. "0" for none.
least_positive(column) = number_of(system("awk -F '\t' '!/^#/ && $".column." != \"?\" && $".column." > 0 { x = $".column." + 0; ".\
	"if (!n++ || x < m) m = x } END { print m + 0 }' ".shell_quoted(data)))
most_of(column) = number_of(system("awk -F '\t' '!/^#/ && $".column." != \"?\" && $".column." != \"\" { x = $".column." + 0; ".\
	"if (!n++ || x > m) m = x } END { print m + 0 }' ".shell_quoted(data)))
data_rows = int(system("grep -vc -e '^#' -e '^$' ".shell_quoted(data)))
