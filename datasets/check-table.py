#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: check-table.py check-*.jsonl.gz

The verdicts of recorded runs of `exitlab check`, by family and host, as a table in Markdown. A cell is how many are
OK, with those that are KNOWN, SKIP or FAIL named.
"""
import collections
import gzip
import json
import os
import sys


def heading(name, machine):
    release = machine["kernel"].split(" ")[0]
    linux = "Linux " + ".".join(release.split(".")[:2])
    setting = name.replace("check-", "").replace("-stable", "").replace("-backports", "")
    words = {"pvm": "kvm_pvm", "intel-ept": "VT-x", "intel-shadow": "VT-x, ept=0",
             "intel-vm86": "VT-x, unrestricted_guest=0", "amd-npt": "SVM", "amd-shadow": "SVM, npt=0"}
    return words.get(setting, setting) + "<br>" + linux


def cell(counts):
    parts = [str(counts["OK"])] if counts["OK"] else []
    parts += ["%d %s" % (counts[s], s) for s in ("KNOWN", "SKIP", "ERROR", "FAIL") if counts[s]]
    return ", ".join(parts) or "-"


columns, families = [], []
for path in sys.argv[1:]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    counts = collections.defaultdict(collections.Counter)
    for record in records[1:]:
        family = record["name"].split("/")[0]
        if family not in families:
            families.append(family)
        counts[family][record["status"]] += 1
        counts["all"][record["status"]] += 1
    columns.append((heading(os.path.basename(path).split(".")[0], records[0]["machine"]), counts))
print("| family | " + " | ".join(title for title, _ in columns) + " |")
print("|---|" + "---|" * len(columns))
for family in sorted(families) + ["all"]:
    print("| %s | " % family + " | ".join(cell(counts[family]) for _, counts in columns) + " |")
