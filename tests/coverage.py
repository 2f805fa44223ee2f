#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: coverage.py BUILD: lines and branches of each folder that tests have executed, from gcov."""
import collections
import glob
import gzip
import json
import os
import subprocess
import sys
import tempfile


def records(build):
    """What gcov says of each object of the program."""
    objects = glob.glob(build + "/host/**/*.gcda", recursive=True)
    with tempfile.TemporaryDirectory() as folder:
        for path in objects:
            subprocess.run(["gcov", "--json-format", "--branch-probabilities", os.path.abspath(path)],
                           cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
            for name in glob.glob(folder + "/*.gcov.json.gz"):
                with gzip.open(name, "rt", encoding="utf-8") as report:
                    yield from json.load(report)["files"]
                os.remove(name)


def main(build):
    lines = collections.defaultdict(dict)
    branches = collections.defaultdict(dict)
    for record in records(build):
        name = os.path.relpath(record["file"])
        if name.startswith(".."):
            continue
        for line in record["lines"]:
            key = (name, line["line_number"])
            lines[name][key] = max(lines[name].get(key, 0), line["count"])
            for i, branch in enumerate(line["branches"]):
                at = key + (i,)
                branches[name][at] = max(branches[name].get(at, 0), branch["count"])
    folders = collections.defaultdict(lambda: [0, 0, 0, 0])
    for name in lines:
        for folder in (os.path.dirname(name).split("/")[0], "all"):
            total = folders[folder]
            total[0] += len(lines[name])
            total[1] += sum(count > 0 for count in lines[name].values())
            total[2] += len(branches[name])
            total[3] += sum(count > 0 for count in branches[name].values())
    print("%-16s %8s %8s %10s %8s" % ("folder", "lines", "executed", "branches", "taken"))
    for folder in sorted(folders, key=lambda name: (name == "all", name)):
        n, hit, m, taken = folders[folder]
        print("%-16s %8d %7.1f%% %10d %7.1f%%" % (folder, n, 100 * hit / n, m, 100 * taken / m if m else 100))


if len(sys.argv) != 2:
    sys.exit(__doc__)
main(sys.argv[1])
