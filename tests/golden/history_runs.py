#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: history_runs.py FOLDER RUNS [NAME=VALUE]...

Writes result files of made-up runs, run-0001.jsonl and on, one an hour:
  operations=N  how many (default 3); the first one becomes dearer
  at=N size=P   by P percent from run N on (default: not)
  noise=P       standard deviation of a figure, in percent (default 1)
  exact=1       an emulated host: whole counts, no noise, a clock that always starts anew
  machine=ID    its name (default: test machine); hash=TEXT  of the payload; seed=N  of the noise
"""
import json
import math
import random
import sys

folder, runs = sys.argv[1], int(sys.argv[2])
given = dict(word.split("=", 1) for word in sys.argv[3:])
operations = int(given.get("operations", 3))
at, size = int(given.get("at", 0)), float(given.get("size", 0)) / 100
noise, exact = float(given.get("noise", 1)) / 100, "exact" in given
dice = random.Random(int(given.get("seed", 1)))


def run_record(i):
    machine = {
        "arch": "x86_64", "cpu_vendor": "GenuineIntel", "cpu_model": "Made-up CPU",
        "kernel": f"6.{i}.0 #1 SMP", "substrate": "vmx", "emulated": exact, "nested": False,
        "kvm_module": "kvm_intel", "tsc_hz": 2000000000,
    }
    if given.get("machine", "test machine"):
        machine["id"] = given.get("machine", "test machine")
    day, hour = divmod(i, 24)
    record = {
        "type": "run", "schema_version": 1, "program_version": "0.1.0",
        "started": f"{2026 + day // 336:04}-{day // 28 % 12 + 1:02}-{day % 28 + 1:02}T{hour:02}:00:00Z",
        "arguments": "", "seed": hex(i), "instances": 14, "machine": machine,
    }
    if exact:
        record["started"], record["seed"] = "2026-01-01T00:00:00Z", "0x1"
        record["emulated_host"] = {"boots": 3, "cpus": 1, "emulator": "none", "emulated_cpu": "Tiny",
                                   "kernel_sha256": f"{i:064x}"}
    return record


def result_record(i, operation):
    cost = 1000.0 * (1 + operation % 50)
    if operation == 0 and at and i >= at:
        cost *= 1 + size
    point = round(cost) if exact else cost * math.exp(noise * dice.gauss(0, 1))
    return {
        "type": "result", "schema_version": 1, "benchmark": f"exit/made-up-{operation:02}",
        "parameters": "", "environment": "guest", "substrate": "vmx",
        "payload_hash": given.get("hash", "00000000000000aa"), "method": "batch", "emulated": exact,
        "nested": False, "status": "OK",
        "estimate": {"kind": "exact" if exact else "timed", "point_ticks": float(point),
                     "lo_ticks": point * 0.99, "hi_ticks": point * 1.01, "confidence": 0.95,
                     "instances": 14},
        "proof": {"verdict": "proven", "exits": "1 CPUID", "iterations": 256, "lines": []},
    }


for i in range(1, runs + 1):
    with open(f"{folder}/run-{i:04}.jsonl", "w", encoding="utf-8") as out:
        records = [run_record(i)] + [result_record(i, k) for k in range(operations)]
        records.append({"type": "end", "schema_version": 1, "complete": True,
                        "elapsed_seconds": 1.0})
        for record in records:
            out.write(json.dumps(record) + "\n")
