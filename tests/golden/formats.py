# SPDX-License-Identifier: MIT
"""Does what was written for another tool hold what the result file holds, by that tool's own rules?

usage: formats.py gobench|openmetrics|csv-long FILE RESULTS

RESULTS is the result file, packed or not, of which FILE was written. Exit status: 0 yes, 1 no, and why; 77
there is no reader of the format here.
"""
import collections
import csv
import gzip
import json
import math
import re
import statistics
import sys


def results_of(path):
    with (gzip.open if path.endswith(".gz") else open)(path, "rt") as lines:
        records = [json.loads(line) for line in lines]
    run = next(record for record in records if record["type"] == "run")
    return run, [record for record in records if record["type"] == "result"]


def usable(result):
    return ("estimate" in result and "vector" not in result.get("outcome", {})
            and result.get("proof", {}).get("verdict") != "refuted")


def instances_of(result):
    return len(result.get("instance_points_ticks", ()))


def go_name(result):
    """White space and commas would end a name, or hold two parameters together."""
    parts = [result["benchmark"][:1].upper() + result["benchmark"][1:], result["parameters"],
             "env=" + result["environment"]]
    text = "/".join(re.sub(r"[\s\x00-\x20\x7f]", "_", part).replace(",", "/") for part in parts if part)
    return "Benchmark" + text


def check_gobench(text, run, results):
    """As golang.org/x/perf/benchfmt reads it: str.split() knows the same white space as Go's unicode.IsSpace."""
    values, configuration, units, comments = collections.defaultdict(list), {}, {}, 0
    for line in text.rstrip("\n").split("\n"):
        if line.startswith("Benchmark"):
            name, iterations, *measured = line.split()
            assert not re.match("Benchmark[a-z]", name), line
            assert not re.search(r"-\d+$", name), "a number of processors: " + line
            assert 0 < int(iterations) < 2**63 and measured and len(measured) % 2 == 0, line
            for value, unit in zip(measured[::2], measured[1::2]):
                assert math.isfinite(float(value)), line
                values[name, unit].append(float(value))
        elif line.split()[:1] == ["Unit"]:
            _, unit, *metadata = line.split()
            units[unit] = dict(pair.split("=") for pair in metadata)
        elif re.match(r"[a-z][^\sA-Z]*:[ \t]+\S", line):
            key, _, value = line.partition(":")
            assert key not in configuration, line
            configuration[key] = value.strip()
        else:
            assert line.startswith("# "), "a line that says nothing: " + line
            comments += 1
    unit = "instructions/op" if run["machine"].get("emulated") else "ticks/op"
    assert units == {unit: {"better": "lower"}}, units
    assert configuration["goos"] == "linux" and configuration["goarch"] == "amd64", configuration
    assert {name for _, name in values} <= {unit, "ns/op"}, values.keys()
    # A line for each VM instance, and one for each result that has no figure.
    lines = sum(len(samples) for (_, of), samples in values.items() if of == unit)
    assert lines == sum(instances_of(result) for result in results if usable(result)), lines
    assert comments == sum(not usable(result) for result in results), comments
    # What benchstat shows is the median over them: the estimate, but for counts that have several values.
    estimates = {go_name(result): result["estimate"] for result in results if usable(result)}
    assert estimates.keys() == {name for name, of in values if of == unit}
    for name, estimate in estimates.items():
        samples, point = values[name, unit], estimate["point_ticks"]
        assert min(samples) <= point <= max(samples), (name, samples, estimate)
        assert estimate["kind"] != "exact" or set(samples) == {point}, (name, samples, estimate)
        assert len(samples) < 3 or unit != "ticks/op" or math.isclose(statistics.median(samples), point, rel_tol=1e-9)


def label_of(text):
    """What acts on a terminal is not shown, but for newlines, which are escaped."""
    return "".join("?" if c < " " and c != "\n" or c == "\x7f" else c for c in text)


def check_openmetrics(text, run, results):
    try:
        from prometheus_client.openmetrics.parser import text_string_to_metric_families
        from prometheus_client.parser import text_string_to_metric_families as older
    except ImportError:
        print("needs python3-prometheus-client")
        sys.exit(77)
    families = {family.name: family for family in text_string_to_metric_families(text)}
    # The format before OpenMetrics knows no more than these types, and no exemption from them.
    assert {family.type for family in older(text)} == {"gauge"}
    series = [(s.name, tuple(sorted(s.labels.items()))) for f in families.values() for s in f.samples]
    assert len(series) == len(set(series)), "a series stands there twice"
    described = {(s.labels["operation"], s.labels["parameters"], s.labels["environment"], s.labels["status"])
                 for s in families["exitlab_result_info"].samples}
    assert described == {(label_of(r["benchmark"]), label_of(r["parameters"]), r["environment"], r["status"])
                         for r in results}, described
    counts = {s.labels["status"]: s.value for s in families["exitlab_results"].samples}
    assert len(counts) == 6 and sum(counts.values()) == len(results), counts
    cost = families["exitlab_cost_" + ("instructions" if run["machine"].get("emulated") else "ticks")]
    assert cost.unit and cost.name.endswith("_" + cost.unit)
    assert ("exitlab_cost_seconds" in families) == (not run["machine"].get("emulated"))
    points = sorted(s.value for s in cost.samples if s.labels["bound"] == "point")
    assert points == sorted(r["estimate"]["point_ticks"] for r in results if usable(r))
    machine, = families["exitlab_run_info"].samples
    assert machine.labels["cpu"] == label_of(run["machine"]["cpu_model"]), machine
    started, = families["exitlab_run_start_timestamp_seconds"].samples
    assert started.value > 1.7e9, started


def check_csv_long(text, run, results):
    rows = list(csv.DictReader(text.splitlines(keepends=True), strict=True))
    assert all(len(row) == 11 and None not in row.values() for row in rows)
    unit = "instructions" if run["machine"].get("emulated") else "ticks"
    values = collections.defaultdict(dict)
    for row in rows:
        key = row["benchmark"], row["parameters"], row["environment"]
        if row["statistic"] == "none":
            assert not (row["value"] or row["unit"] or row["instance"]), row
            values[key]["none"] = True
        elif row["unit"] == unit:
            assert (row["instance"] != "") == (row["statistic"] == "instance"), row
            values[key][row["statistic"], row["instance"]] = float(row["value"])
        else:
            assert row["unit"] == "ns" and not run["machine"].get("emulated"), row
    assert len(values) == len(results), (len(values), len(results))
    seen = collections.Counter("none" if "none" in of else of["point", ""] for of in values.values())
    assert seen == collections.Counter(r["estimate"]["point_ticks"] if usable(r) else "none" for r in results)
    instances = sum(key[0] == "instance" for of in values.values() for key in of if key != "none")
    assert instances == sum(instances_of(r) for r in results if usable(r)), instances
    for of in values.values():
        assert "none" in of or of["lo", ""] <= of["point", ""] <= of["hi", ""], of


checks = {"gobench": check_gobench, "openmetrics": check_openmetrics, "csv-long": check_csv_long}
with open(sys.argv[2], encoding="utf-8", newline="") as written:
    checks[sys.argv[1]](written.read(), *results_of(sys.argv[3]))
