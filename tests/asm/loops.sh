#!/bin/bash
# SPDX-License-Identifier: MIT
# What is timed, instruction by instruction: see loops.py.
set -u

command -v python3 > /dev/null || {
	echo "1..0 # SKIP python3 is not installed"
	exit 77
}
exec python3 "${BASH_SOURCE[0]%.sh}.py" "${O:-build}"
