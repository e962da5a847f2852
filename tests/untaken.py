#!/usr/bin/env python3
"""Branches of a crate's shipped code that no test takes, from cargo-llvm-cov's JSON; fails where there is one.

untaken.py JSON CRATE, where CRATE is the crate's folder (tests/coverage.sh).
"""
import json
import pathlib
import re
import sys

report, crate = sys.argv[1], pathlib.Path(sys.argv[2]).resolve() / "src"
taken = {}
for file in json.load(open(report))["data"][0]["files"]:
    path = pathlib.Path(file["filename"])
    if crate not in path.parents or re.search(r"(^|_)tests?$", path.stem) or "tests" in path.parts:
        continue
    # A module in braces is one of tests.
    code = re.split(r"^mod \w+ \{", path.read_text(), maxsplit=1, flags=re.M)[0]
    lines = code.splitlines()
    for line, column, _, _, if_true, if_false, *_ in file["branches"]:
        if line <= len(lines):
            # Generic code is counted once for each of its types.
            for side, count in ("true", if_true), ("false", if_false):
                place = f"{path.relative_to(crate.parent)}:{line}:{column} never {side}: {lines[line - 1].strip()}"
                taken[place] = taken.get(place, 0) + count
untaken = [place for place, count in taken.items() if not count]
print(*untaken, f"{len(taken) - len(untaken)} of {len(taken)} branches taken", sep="\n")
# A report without a branch is not one of this crate.
sys.exit(bool(untaken) or not taken)
