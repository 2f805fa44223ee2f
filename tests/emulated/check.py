#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: check.py FILE SUBSTRATE [all|most|proven]: what a lab's result file must show. Prints faults.

Every guest operation with one vCPU that is measured is proven. Of those with neither HLT nor a
timer at least 95 % are exact, over 10 instances of 3 boots or more; with "most" 98 % of those
that do not depend on what the kernel's allocators do; "proven": one boot, where nothing is
exact. The empty operation costs nothing.
"""
import json
import sys

# HLT waits for user space, an injected interrupt brings timers with it, a page that user space provides
# a thread; two CPUs are never exact.
WAITING = ("exit/hlt", "irq/", "smp/", "vm/", "mem/userfault", "io/virtqueue")


def foreseen(result):
    """A fault of the emulator's that the operation declares."""
    return result["status"] == "KNOWN" or result.get("proof", {}).get("why", "").startswith("a known fault")


def allocates(result):
    """Huge pages come from here or there; with shadow paging an MMIO page has two paths to it."""
    return result["parameters"] == "backing=thp" or result["benchmark"] == "io/mmio-write"


def main(path, substrate, which="all"):
    records = [json.loads(line) for line in open(path, encoding="utf-8")]
    run, end = records[0], records[-1]
    results = [r for r in records if r["type"] == "result"]
    faults = []

    def fault(text):
        faults.append(text)

    host = run.get("emulated_host", {})
    if run["machine"]["substrate"] != substrate or not run["machine"]["emulated"]:
        fault("the run is not of an emulated %s host" % substrate)
    for key in ("emulator", "emulated_cpu", "kernel_sha256", "modules_sha256", "command_line"):
        if not host.get(key):
            fault("emulated_host has no %s" % key)
    if end["type"] != "end":
        fault("the file has no end")
    if host.get("boots", 0) < 3 and which != "proven":
        fault("fewer than 3 boots")

    guests = [r for r in results if r["environment"] not in ("native", "host")]
    measured = [r for r in guests if r["status"] != "SKIP"]
    if len(measured) < 100:
        fault("only %d results in guests" % len(measured))
    for r in measured:
        name = "%s %s in %s" % (r["benchmark"], r["parameters"], r["environment"])
        if r["status"] not in ("OK", "KNOWN"):
            fault("%s: %s: %s" % (name, r["status"], r.get("reason", "")))
        if not r["emulated"] or r["substrate"] != substrate:
            fault("%s: not flagged as emulated %s" % (name, substrate))
        # A trap has no declared exit: its verdict is the finding.
        if foreseen(r):
            continue
        if not r.get("outcome", {}).get("faulted") and r["proof"]["verdict"] != "proven":
            fault("%s: %s" % (name, r["proof"]["verdict"]))

    if sum(map(foreseen, measured)) > 0.03 * len(measured):
        fault("too many faults are foreseen")
    countable = [r for r in measured if not r["benchmark"].startswith(WAITING) and "estimate" in r]
    exact = [r for r in countable if r["estimate"]["kind"] == "exact"]
    for r in exact:
        e = r["exactness"]
        if e["instances"] < 10 or e["boots"] < 3 or len(e["values"]) != 1:
            fault("%s in %s is called exact and is not" % (r["benchmark"], r["environment"]))
    judged, share = countable, 0.95
    if which == "most":
        judged, share = [r for r in countable if not allocates(r)], 0.98
    if which == "proven":
        share = 0
    steady = [r for r in judged if r["estimate"]["kind"] == "exact"]
    if len(steady) < share * len(judged):
        fault("only %d of %d are exact" % (len(steady), len(judged)))
    for r in countable:
        if r["benchmark"] == "base/empty" and r["estimate"]["point_ticks"] != 0:
            fault("the empty operation costs %s in %s" % (r["estimate"]["point_ticks"], r["environment"]))
        if r["benchmark"] == "exit/cpuid" and not 500 < r["estimate"]["point_ticks"] < 50000:
            fault("CPUID costs %s" % r["estimate"]["point_ticks"])

    inexact = sorted({r["benchmark"] for r in measured if r.get("estimate", {}).get("kind") != "exact"})
    print("%d proven in guests, %d of %d exact; not exact: %s" % (
        sum(r["proof"]["verdict"] == "proven" for r in measured if "proof" in r),
        len(exact), len(countable), ", ".join(inexact) or "none"))
    for text in faults:
        print("fault: " + text)
    return 1 if faults else 0


sys.exit(main(*sys.argv[1:]))
