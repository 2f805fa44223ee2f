#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks result files, line by line, against datasets/schema.json.

usage: schema.py FILE...

Exit status: 0 all lines fit, 1 some do not (each is named), 2 usage, 77 python3-jsonschema is
not installed.
"""

import json
import os
import sys

SCHEMA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../datasets/schema.json")


def refuse_constant(name):
    """NaN and the infinities are no JSON, though Python reads them."""
    raise ValueError(name + " is not JSON")


def validators(schema, validator_class):
    """One validator a record type: their messages name the member, those of oneOf do not."""
    defs = schema["$defs"]
    types = [entry["$ref"].rsplit("/", 1)[1] for entry in schema["oneOf"]]
    return {name: validator_class({"$defs": defs, "$ref": "#/$defs/" + name}) for name in types}


def errors_of_line(line, by_type, whole):
    try:
        record = json.loads(line, parse_constant=refuse_constant)
    except ValueError as error:
        return ["not JSON: %s" % error]
    kind = record.get("type") if isinstance(record, dict) else None
    if kind not in by_type:
        return ["unknown record type %r" % (kind,)]
    found = [
        "%s: %s" % ("/".join(str(part) for part in error.absolute_path) or kind, error.message)
        for error in by_type[kind].iter_errors(record)
    ]
    if not found and not whole.is_valid(record):
        found = ["fits its own type, but not exactly one of all types"]
    return found


def check(path, by_type, whole):
    """Prints what is wrong with a file. Returns the number of faults."""
    faults = 0
    types = []
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.endswith("\n"):
                print("%s:%d: the last line has no newline" % (path, number))
                faults += 1
            for message in errors_of_line(line, by_type, whole):
                print("%s:%d: %s" % (path, number, message))
                faults += 1
            types.append(line.split('"type":"', 1)[-1].split('"', 1)[0])
    # What the doctor found stands alone, or second in a bundle; verdicts are among themselves, and
    # so are a trace and checks.
    alone = (types == ["doctor"] or set(types) == {"comparison"} or
             types[:1] == ["trace"] and set(types[1:]) <= {"trace_row", "trace_price"} or
             types[:1] == ["checks"] and set(types[1:]) <= {"check"})
    if not alone and (types[:1] != ["run"] or types.count("run") != 1 or
                      "doctor" in types[:1] + types[2:]):
        print("%s: a file has one run record, and it is the first" % path)
        faults += 1
    print("%s: %d records, %d faults" % (path, len(types), faults))
    return faults


def main():
    if len(sys.argv) < 2:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    try:
        from jsonschema import Draft202012Validator
    except ImportError:
        print("SKIP: python3-jsonschema is not installed, or older than 4.0")
        return 77
    with open(SCHEMA, encoding="utf-8") as file:
        schema = json.load(file)
    Draft202012Validator.check_schema(schema)
    by_type = validators(schema, Draft202012Validator)
    whole = Draft202012Validator(schema)
    return 1 if sum(check(path, by_type, whole) for path in sys.argv[1:]) else 0


if __name__ == "__main__":
    sys.exit(main())
