#!/usr/bin/env python3
"""Branches that no test takes, from cargo-llvm-cov's JSON; fails where there is one (tests/kernel.sh)."""
import json
import pathlib
import re
import sys

taken = {}
for file in json.load(open(sys.argv[1]))["data"][0]["files"]:
    path = pathlib.Path(file["filename"])
    # A module in braces is one of tests.
    code = re.split(r"^mod \w+ \{", path.read_text(), maxsplit=1, flags=re.M)[0]
    lines = code.splitlines()
    for line, column, _, _, if_true, if_false, *_ in file["branches"]:
        if line <= len(lines):
            # Generic code is counted once for each of its types.
            for side, count in ("true", if_true), ("false", if_false):
                place = f"{path}:{line}:{column} never {side}: {lines[line - 1].strip()}"
                taken[place] = taken.get(place, 0) + count
untaken = [place for place, count in taken.items() if not count]
print(*untaken, f"{len(taken) - len(untaken)} of {len(taken)} branches taken", sep="\n")
sys.exit(bool(untaken))
