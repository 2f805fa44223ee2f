#!/bin/bash
# SPDX-License-Identifier: MIT
# Published figures: each has a source, and what has none is refused.
set -u
cd "$(dirname "$0")/../.." || exit 1

exec python3 tests/golden/literature.py "${EXITLAB:-build/exitlab}" datasets/literature.json
