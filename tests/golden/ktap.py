# SPDX-License-Identifier: MIT
"""Is a file KTAP version 1, by Documentation/dev-tools/ktap.rst of Linux? One level of tests."""
import re
import sys

lines = open(sys.argv[1]).read().splitlines()
assert lines[0] == "KTAP version 1", lines[0]
plan = re.fullmatch(r"1\.\.(\d+)", lines[1])
assert plan, lines[1]
result = re.compile(r"(?:not )?ok (\d+)(?: -)? ?[^#]*(?: # (?:SKIP|TODO|XFAIL|TIMEOUT|ERROR)(?: [^#]*)?)?")
number = 0
for line in lines[2:]:
    if line.startswith("# "):
        continue
    found = result.fullmatch(line)
    number += 1
    assert found and int(found[1]) == number, line
assert number == int(plan[1]) > 0, number
