# SPDX-License-Identifier: MIT
"""Prints the table of docs/vmexit.md from what vmexit.sh recorded.

usage: vmexit.py EXITLAB FOLDER
"""

import csv
import io
import statistics
import subprocess
import sys

# Row of vmexit: exitlab's operation and parameters for the same instruction.
ROWS = {
    "cpuid": ("exit/cpuid", "leaf=0x0"),
    "wbinvd": ("exit/wbinvd", ""),
    "invd": ("exit/invd", ""),
    "mov_from_cr8": ("exit/cr8", "access=read"),
    "mov_to_cr8": ("exit/cr8", "access=write"),
    "inl_from_qemu": ("io/port-in", "width=32"),
    "inl_from_kernel": ("io/port-kernel-in", "device=elcr"),
    "outl_to_kernel": ("io/port-kernel-out", "device=elcr"),
    "mov_dr": ("insn/mov-dr", "access=to-dr0"),
    "wr_kernel_gs_base": ("insn/wrmsr-passthrough", "msr=kernel-gs-base"),
    "wr_tsc_adjust_msr": ("exit/wrmsr", "msr=tsc-adjust"),
    "rd_tsc_adjust_msr": ("exit/rdmsr-kinds", "msr=tsc-adjust"),
    "toggle_cr0_wp": ("exit/cr0-wp", ""),
    "toggle_cr4_pge": ("exit/cr4", "bit=pge"),
}


def theirs(path):
    figures = {}
    for line in open(path):
        name, ticks = line.split()
        figures.setdefault(name, []).append(int(ticks))
    return figures


def ours(exitlab, path):
    text = subprocess.run([exitlab, "show", "--format", "csv", path], capture_output=True, text=True, check=True).stdout
    return {(r["benchmark"], r["parameters"]): r for r in csv.DictReader(io.StringIO(text)) if r["environment"] == "guest"}


def number(text):
    return f"{float(text):,.0f}"


def interval(result):
    return f"{number(result['point_ticks'])} [{number(result['lo_ticks'])}, {number(result['hi_ticks'])}]"


def main():
    exitlab, folder = sys.argv[1:]
    peer, figures = theirs(f"{folder}/vmexit.txt"), ours(exitlab, f"{folder}/vmexit.jsonl.gz")
    print("| vmexit | its figure: median of 20 runs (least to most) | exitlab, the instruction | exitlab, all of its loop | its figure over that |")
    print("|---|---|---|---|---|")
    for row, key in ROWS.items():
        loop = figures[("peer/vmexit", f"row={row}")]
        median = statistics.median(peer[row])
        assert len(peer[row]) == 20, row
        print(
            f"| {row} | {median:,.0f} ({min(peer[row]):,} to {max(peer[row]):,}) | {interval(figures[key])} "
            f"`{' '.join(key).strip()}` | {interval(loop)} | {median / float(loop['point_ticks']):.2f} |"
        )


main()
