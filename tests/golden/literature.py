#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks published figures against datasets/literature.schema.json and the program's operations, and
that broken copies of them are refused.

usage: literature.py PROGRAM FILE

Prints TAP. Exit status: 0 all tests pass, 1 one does not, 2 usage, 77 python3-jsonschema is not
installed.
"""

import copy
import datetime
import json
import os
import subprocess
import sys

SCHEMA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../datasets/literature.schema.json")


def operations(program):
    """The names that `exitlab list` has: one begins each line."""
    lines = subprocess.run([program, "list"], check=True, capture_output=True, text=True).stdout
    return {line.split()[0] for line in lines.splitlines() if line.strip()}


def place(document, path):
    """Names what a path of a schema's error leads to: a figure by its id, and the member."""
    parts = list(path)
    if parts[:1] == ["figures"] and len(parts) > 1:
        parts[:2] = [document["figures"][parts[1]].get("id", "figure %d" % parts[1])]
    return ": ".join(str(part) for part in parts) or "file"


def schema_faults(document, validator):
    found = []
    for error in validator.iter_errors(document):
        # Of several ways to say how a figure was seen none fits: the members in question are these.
        message = "seen, quoted_in and verified contradict each other" if error.validator == "oneOf" else error.message
        found.append("%s: %s" % (place(document, error.absolute_path), message))
    return found


def figure_faults(figure, document, names, this_year):
    """What no schema says of one figure, which fits the schema."""
    sources = document["sources"]
    for key in ("source", "quoted_in"):
        if key in figure and figure[key] not in sources:
            yield "%s: there is no source %r" % (key, figure[key])
    if figure.get("quoted_in") == figure["source"]:
        yield "quoted_in: it is the source itself"
    if figure["source"] in sources and sources[figure["source"]]["year"] != figure["year"]:
        yield "year: it is not that of its source"
    if figure["year"] > this_year:
        yield "year: it is in the future"
    if figure.get("processor_year", 0) > figure["year"]:
        yield "processor_year: the processor came out after the publication"
    if figure.get("exitlab") not in names | {None}:
        yield "exitlab: there is no operation %r" % figure["exitlab"]
    if figure.get("value_hi", figure["value"] + 1) <= figure["value"]:
        yield "value_hi: it is not above value"


def faults(document, validator, names, this_year):
    """Everything that is wrong with the figures, in sentences."""
    found = schema_faults(document, validator)
    if found:
        return found
    ids = [figure["id"] for figure in document["figures"]]
    found = ["%s: is there twice" % name for name in sorted(set(ids)) if ids.count(name) > 1]
    for figure in document["figures"]:
        found += ["%s: %s" % (figure["id"], fault) for fault in figure_faults(figure, document, names, this_year)]
    used = {figure.get(key) for figure in document["figures"] for key in ("source", "quoted_in")}
    found += ["%s: no figure is from this source" % name for name in document["sources"] if name not in used]
    return found


def written(document):
    """The text of the file: a source and a figure a line, sources by id, figures by their source."""
    def line(value):
        return json.dumps(value, ensure_ascii=False)
    sources = ["%s: %s" % (line(name), line(document["sources"][name])) for name in sorted(document["sources"])]
    figures = [line(figure) for figure in sorted(document["figures"], key=lambda figure: figure["source"])]
    return '{\n"schema_version": 1,\n"sources": {\n%s\n},\n"figures": [\n%s\n]\n}\n' % (
        ",\n".join(sources), ",\n".join(figures))


def part_of(document, names):
    """The figures of some sources alone: enough for copies, and checked sooner than all."""
    figures = [figure for figure in document["figures"] if figure["source"] in names]
    used = {figure.get(key) for figure in figures for key in ("source", "quoted_in")}
    return {"schema_version": 1, "figures": figures,
            "sources": {name: source for name, source in document["sources"].items() if name in used}}


def find(document, **wanted):
    """The first figure that has these members."""
    return next(figure for figure in document["figures"]
                if all(figure.get(key) == value for key, value in wanted.items()))


def broken(document, this_year):
    """Broken copies: what is wrong, the copy, and what the fault must say."""
    def copies(name, change, message, **wanted):
        changed = copy.deepcopy(document)
        figure = find(changed, **wanted)
        change(changed, figure)
        return name, changed, (message.replace("ID", figure.get("id", "")))

    def without(key):
        return lambda whole, figure: figure.pop(key)

    def with_value(key, value):
        return lambda whole, figure: figure.__setitem__(key, value)

    def in_the_future(whole, figure):
        whole["sources"][figure["source"]]["year"] = this_year + 1
        for other in whole["figures"]:
            if other["source"] == figure["source"]:
                other["year"] = this_year + 1

    for key in ("source", "unit", "machine", "year", "verified", "seen", "value", "operation"):
        yield copies("without " + key, without(key), "ID: '%s' is a required property" % key)
    yield copies("with an empty source", with_value("source", ""), "ID: source: ")
    yield copies("from a source that is not there", with_value("source", "nobody2000"), "ID: source: there is no source")
    yield copies("with a year in the future", in_the_future, "ID: year: it is in the future")
    yield copies("with another year than its source", with_value("year", 1999), "ID: year: it is not that of its source")
    yield copies("with a unit that nobody knows", with_value("unit", "jiffies"), "ID: unit: ")
    yield copies("with a value that is text", with_value("value", "12"), "ID: value: ")
    yield copies("with an operation that exitlab has not", with_value("exitlab", "exit/nothing"),
                 "ID: exitlab: there is no operation 'exit/nothing'")
    yield copies("with a member that nobody knows", with_value("exitlb", "exit/cpuid"), "ID: Additional properties")
    yield copies("from memory, but verified", with_value("verified", True), "ID: seen, quoted_in and verified",
                 seen="memory")
    yield copies("quoted, but nowhere", without("quoted_in"), "ID: seen, quoted_in and verified", seen="quoted")
    yield copies("quoted in a text that is not there", with_value("quoted_in", "hearsay"),
                 "ID: quoted_in: there is no source", seen="quoted")
    yield copies("quoted by itself", lambda whole, figure: figure.update(quoted_in=figure["source"]),
                 "ID: quoted_in: it is the source itself", seen="quoted")
    yield copies("of a range without width", lambda whole, figure: figure.update(value_hi=figure["value"]),
                 "ID: value_hi: ")
    yield copies("of a processor to come", with_value("processor_year", this_year), "ID: processor_year: ",
                 processor="Merom")
    yield copies("that is there twice", lambda whole, figure: whole["figures"].append(copy.deepcopy(figure)),
                 "ID: is there twice")
    yield copies("in a file with a source of nothing",
                 lambda whole, figure: whole["sources"].update(nobody=whole["sources"][figure["source"]]),
                 "nobody: no figure is from this source")


class Tap:
    """Tests, numbered as they come."""

    def __init__(self):
        self.tests = self.failures = 0

    def test(self, name, passed, detail=()):
        self.tests += 1
        self.failures += not passed
        print("%s %d - %s" % ("ok" if passed else "not ok", self.tests, name))
        for line in () if passed else list(detail)[:20]:
            print("# " + line)


def main():
    if len(sys.argv) != 3:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    try:
        from jsonschema import Draft202012Validator
    except ImportError:
        print("1..0 # SKIP python3-jsonschema is not installed, or older than 4.0")
        return 77
    program, path = sys.argv[1:]
    with open(SCHEMA, encoding="utf-8") as file:
        schema = json.load(file)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    with open(path, encoding="utf-8") as file:
        text = file.read()
    document = json.loads(text)
    names = operations(program)
    this_year = datetime.date.today().year
    tap = Tap()

    found = faults(document, validator, names, this_year)
    tap.test("published figures are as their schema says, each with its source", not found, found)
    tap.test("one a line, in the order of their sources", text == written(document))
    part = part_of(document, {"adams2006", "agesen2012"})
    found = faults(part, validator, names, this_year)
    tap.test("nor is anything wrong with a part of them", not found, found)
    for name, changed, message in broken(part, this_year):
        found = faults(changed, validator, names, this_year)
        tap.test("refused: a figure " + name, any(fault.startswith(message) for fault in found),
                 ["no fault begins with '%s'" % message] + found)
    print("1..%d" % tap.tests)
    return 1 if tap.failures else 0


if __name__ == "__main__":
    sys.exit(main())
