#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What the page of a report does in a browser: tables are sorted and filtered, a phone shows it without scrolling
# sideways, in the dark it is dark. Chromium is not installed for it: a report is read in any browser.
. tests/lib.sh

for browser in chromium chromium-browser google-chrome; do
	command -v "$browser" > /dev/null && break
done
command -v "$browser" > /dev/null || skip_all "no Chromium here (package chromium)"

recorded=datasets/recorded
try "$EXITLAB" report $recorded/kvm_pvm-2026-11.jsonl.gz $recorded/lab-amd-npt-stable.jsonl.gz $recorded/check-pvm.jsonl.gz \
	datasets/literature.json -o "$work/report" --format html
check "there is a page" [ -s "$work/report/report.html" ]
[ -s "$work/report/report.html" ] || finish || exit

# shows PAGE OPTIONS...: what the page is once its scripts have run.
shows()
{
	local page=$1

	shift
	timeout 120 "$browser" --headless --hide-scrollbars --no-sandbox --disable-gpu --user-data-dir="$work/profile" \
		--allow-file-access-from-files "$@" --dump-dom "file://$page" 2> "$work/err"
}

# asked NAME SCRIPT OPTIONS...: the script's own findings about the page, one a line, into $work/NAME: "ok TEXT" or
# "not ok TEXT".
asked()
{
	local name=$1 script=$2

	shift 2
	{
		sed '/<\/body>/,$d' "$work/report/report.html"
		cat << END
<script>
const found = [], say = (good, text) => found.push((good ? "ok " : "not ok ") + text);
let broken = "";
window.addEventListener("error", event => { broken += event.message + " "; });
try {
	$script
} catch (error) {
	broken += error;
}
say(!broken, broken || "no error");
document.body.textContent = "";
const list = document.createElement("pre");
list.id = "found";
list.textContent = found.join("\\n");
document.body.append(list);
</script></body></html>
END
	} > "$work/asked.html"
	shows "$work/asked.html" "$@" | sed -n '/<pre id="found">/,/<\/pre>/p' | sed 's/.*<pre id="found">//; s/<\/pre>.*//' > "$work/$name"
	if [ ! -s "$work/$name" ]; then
		not_ok "$name: the page answers" "$(head -c 1000 "$work/err")"
	fi
	while read -r line; do
		case $line in
		"ok "*) ok "$name: ${line#ok }" ;;
		"not ok "*) not_ok "$name: ${line#not ok }" ;;
		esac
	done < "$work/$name"
}

# The numbers are read here anew, in another way than the page's script does.
asked tables '
const tables = [...document.querySelectorAll("table")].filter(t => t.tBodies.length && t.tBodies[0].rows.length >= 8);
say(tables.length >= 5, "has tables: " + tables.length);
say(tables.every(t => [...t.tHead.rows[0].cells].every(h => h.tabIndex === 0)), "each head can be reached by keyboard");
const table = tables[0], heads = [...table.tHead.rows[0].cells], body = table.tBodies[0];
const before = [...body.rows].map(r => r.textContent);
const column = heads.findIndex(h => /ring 0/.test(h.textContent));
say(column > 0, "the first table has a column for ring 0");
const own = () => [...body.rows].filter(r => !/^\u2003/.test(r.cells[0].textContent));
const units = {k: 1e3, M: 1e6, G: 1e9};
const value = r => { const m = r.cells[column].textContent.trim().match(/^[~<]? ?(-?[\d.,]+)([kMG]?)/); return m ? parseFloat(m[1].split(",").join("")) * (units[m[2]] || 1) : null; };
const rises = l => l.every((v, i) => !i || v >= l[i - 1]);
const families = () => { const all = {}; let last = ""; for (const r of body.rows) if (/^\u2003/.test(r.cells[0].textContent)) all[last] = (all[last] || []).concat(r.textContent); else last = r.textContent; return all; };
const parent = families();
heads[column].click();
let values = own().map(value), numbers = values.filter(v => v !== null);
say(numbers.length > 20 && rises(numbers), "a click sorts by number, the least first: " + numbers.length + " rows");
say(values.slice(0, numbers.length).every(v => v !== null), "what has no number comes last");
say(heads[column].getAttribute("aria-sort") === "ascending", "the head says so");
heads[column].dispatchEvent(new KeyboardEvent("keydown", {key: "Enter"}));
values = own().map(value);
numbers = values.filter(v => v !== null);
say(rises([...numbers].reverse()) && values.slice(0, numbers.length).every(v => v !== null), "Enter turns it round, and what has no number stays last");
say([...body.rows].map(r => r.textContent).sort().join() === before.slice().sort().join(), "no row is lost");
const after = families();
const rates = heads.findIndex(h => /operations\/s/.test(h.textContent));
heads[rates].click();
const speed = own().map(r => r.cells[rates].textContent.trim().match(/^([\d.,]+)([kMG]?)/)).filter(Boolean).map(m => parseFloat(m[1].split(",").join("")) * (units[m[2]] || 1));
say(speed.length > 20 && rises(speed), "1.5M is more than 900k: " + speed.length + " rows");
say(Object.keys(parent).length > 5 && Object.keys(parent).every(k => String(after[k]) === String(parent[k])), "rows that belong to another move with it: " + Object.keys(parent).length);
const box = table.closest(".scroll").previousElementSibling, input = box.querySelector("input");
const type = text => { input.value = text; input.dispatchEvent(new Event("input")); return [...body.rows].filter(r => !r.hidden); };
const io = type("io/");
say(io.length > 5 && io.length < body.rows.length && io.every(r => /io\//.test(r.textContent) || /^\u2003/.test(r.cells[0].textContent)), "a filter leaves what has the word: " + io.length + " of " + body.rows.length);
say(/^\d+ of \d+$/.test(box.querySelector("span").textContent), "and says how many");
say(type("IO/ mmio").every(r => /mmio/i.test(r.textContent) || /^\u2003/.test(r.cells[0].textContent)) && type("io/ mmio").length < io.length, "two words, both wanted");
say(type("no-such-operation").length === 0, "a word that is nowhere leaves nothing");
say(type("").length === body.rows.length && !box.querySelector("span").textContent, "none brings all back");
const links = [...document.querySelectorAll("nav a")];
say(links.length > 5 && links.every(a => document.getElementById(decodeURIComponent(a.hash.slice(1)))), "each entry of the contents leads to a place: " + links.length);
const pictures = [...document.querySelectorAll("img, svg")];
say(pictures.length > 10 && pictures.every(s => s.getBoundingClientRect().width > 100), "pictures are drawn: " + pictures.length);
const ids = [...document.querySelectorAll("[id]")].map(e => e.id);
say(new Set(ids).size === ids.length, "no two places have one name");
'

looks='
const light = text => { const [r, g, b] = text.match(/[\d.]+/g).map(v => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const ground = light(getComputedStyle(document.body).backgroundColor), text = light(getComputedStyle(document.body).color);
const contrast = (Math.max(ground, text) + 0.05) / (Math.min(ground, text) + 0.05);
say(contrast >= 7, "text can be read, contrast " + contrast.toFixed(1));
'
asked light "$looks say(ground > 0.8, 'the page is light');"
asked dark "$looks say(ground < 0.1, 'the page is dark');" --blink-settings=preferredColorScheme=0

# A window cannot be as narrow as a phone; a frame can.
cat > "$work/phone.html" << END
<!doctype html><title>-</title><iframe id="phone" src="report/report.html" style="width: 390px; height: 844px; border: 0"></iframe>
<script>
window.addEventListener("load", () => {
	const page = document.getElementById("phone").contentDocument, root = page.scrollingElement;
	document.title = "wide " + root.scrollWidth + " contents " + page.querySelector("nav details").open;
});
</script>
END
# shellcheck disable=SC2016 # expanded by eval
check "phone: nothing is wider than 390 pixels, and contents are folded" eval '
	shows "$work/phone.html" --virtual-time-budget=20000 | grep -o "<title>[^<]*" | tee /dev/stderr | grep -qx "<title>wide 390 contents false"'
finish
