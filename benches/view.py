#!/usr/bin/env python3
"""The viewer on a record of a million trials, and the report of 5,000 cases: `python3 benches/view.py`.

Takes the release binary (or the one named as argument), grows a small imported record to 200,000 cases of 5 attempts
with the standard library's sqlite3, and measures pages over HTTP. Prints a Markdown table with the bars.
"""

import json
import os
import pathlib
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request

HOME = pathlib.Path(__file__).resolve().parent.parent
BINARY = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else HOME / "target/release/groundgate").resolve()
CASES, ATTEMPTS = 200_000, 5
REPORT_CASES = 5_000
POLICY = """schema = "groundgate.policy/1"
name = "bench"
[[rule]]
id = "floor"
kind = "floor"
metric = "groundedness"
min = 0.5
[[rule]]
id = "not-worse"
kind = "non-inferior"
metric = "groundedness"
margin = 0.05
"""
CONFIG = """schema = "groundgate.config/1"
eval-set = "set.jsonl"
policy = "gate.toml"
[[judge]]
name = "embedded"
spec = "embedded"
[[copilot]]
name = "a"
kind = "recorded"
file = "answers.jsonl"
"""
WORDS = (HOME / "eval_sets/support.kb.jsonl").read_text().replace('"', " ").replace("\\n", " ").split()


def prose(draw, n):
    start = draw.randrange(len(WORDS) - n)
    return " ".join(WORDS[start : start + n])


def line(draw, number, attempt, score):
    return {
        "case": {"id": f"case-{number:06}", "question": prose(draw, 15),
                 "tags": {"product": f"p{number % 50}", "language": ("en", "pt", "de")[number % 3]}},
        "attempt": attempt, "answer": prose(draw, 60),
        "passages": [{"id": f"d{rank}", "text": prose(draw, 90), "source": None} for rank in range(4)],
        "scores": {"groundedness": score}, "latency_ms": 700 + number % 300,
    }


def groundgate(*arguments, cwd):
    return subprocess.run([BINARY, *arguments], cwd=cwd, check=True, capture_output=True, text=True)


def imported(folder, name, lines):
    with open(folder / "answers.jsonl", "w") as file:
        file.writelines(json.dumps(one) + "\n" for one in lines)
    groundgate("runs", "import", "answers.jsonl", "--name", name, "--metric", "groundedness=binary", cwd=folder)
    return sorted((folder / "runs").glob("*.sqlite"))[-1]


def grow(path):
    """A small record becomes one of a million trials; its own first case is the pattern of all others."""
    db = sqlite3.connect(path)
    header = json.loads(db.execute("SELECT value FROM header WHERE key = 'header'").fetchone()[0])
    case = json.loads(db.execute("SELECT json FROM cases WHERE case_index = 0").fetchone()[0])
    calls = db.execute("SELECT * FROM calls WHERE trial = 0").fetchall()
    scores = db.execute("SELECT metric, value, reason FROM scores WHERE trial = 0").fetchall()
    details = db.execute("SELECT metric, explanation, claims FROM details WHERE trial = 0").fetchall()
    header["attempts"] = ATTEMPTS
    db.execute("PRAGMA journal_mode=OFF")
    db.execute("PRAGMA synchronous=OFF")
    for table in ("cases", "calls", "scores", "details", "trials"):
        db.execute(f"DELETE FROM {table}")
    db.execute("UPDATE header SET value = ? WHERE key = 'header'", [json.dumps(header)])

    def cases():
        for number in range(CASES):
            case["id"] = f"case-{number:06}"
            case["tags"] = {"product": f"p{number % 50}", "language": ("en", "pt", "de")[number % 3]}
            yield number, case["id"], json.dumps(case)

    trials = range(CASES * ATTEMPTS)
    binary = next(i for i, metric in enumerate(header["metrics"]) if metric["metric"]["name"] == "groundedness")
    db.executemany("INSERT INTO cases VALUES (?, ?, ?)", cases())
    db.executemany("INSERT INTO trials VALUES (?)", ([trial] for trial in trials))
    for row in calls:
        db.executemany(f"INSERT INTO calls VALUES ({','.join('?' * len(row))})", ([t, *row[1:]] for t in trials))
    for metric, value, reason in scores:
        def scored(trial):
            return (0.0 if trial % 11 == 0 else 1.0) if metric == binary else value
        db.executemany("INSERT INTO scores VALUES (?, ?, ?, ?)", ((metric, t, scored(t), reason) for t in trials))
    for metric, explanation, claims in details:
        db.executemany("INSERT INTO details VALUES (?, ?, ?, ?)", ((t, metric, explanation, claims) for t in trials))
    db.commit()
    db.close()


def peak_mb(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", text).group(1)) / 1024


def get(url):
    start = time.perf_counter()
    body = urllib.request.urlopen(url).read()
    return 1000 * (time.perf_counter() - start), body.decode()


def viewer(folder):
    draw = random.Random(1)
    path = imported(folder, "million", [line(draw, n, a, 1) for n in range(1) for a in range(1)])
    grow(path)
    run = path.stem
    server = subprocess.Popen([BINARY, "view", "--json"], cwd=folder, stdout=subprocess.PIPE, text=True)
    url = json.loads(server.stdout.readline())["url"]
    rows = []
    first, page = get(url)
    assert f"{CASES * ATTEMPTS:,}" in page, page
    rows.append(("runs list, first time", f"{first:.0f} ms", "1,000 ms"))
    times = []
    for _ in range(200):
        number = draw.randrange(CASES)
        ms, page = get(f"{url}case?run={run}&case=case-{number:06}&attempt={draw.randrange(ATTEMPTS)}")
        assert f"case-{number:06}" in page
        times.append(ms)
    rows.append(("a case, worst of 200 at random", f"{max(times):.1f} ms", "100 ms"))
    rows.append(("a case, median", f"{sorted(times)[len(times) // 2]:.1f} ms", "100 ms"))
    rows.append(("memory so far", f"{peak_mb(server.pid):.0f} MB", "300 MB"))
    ms, _ = get(f"{url}compare?run={run}")
    rows.append(("its verdict and worst cases, worked out once", f"{ms / 1000:.1f} s", "–"))
    ms, _ = get(f"{url}compare?run={run}&bucket=still-failing&slice=product%3Dp7")
    rows.append(("the same filtered", f"{ms:.0f} ms", "–"))
    rows.append(("memory with the comparison", f"{peak_mb(server.pid):.0f} MB", "–"))
    rows.append(("record on disk", f"{path.stat().st_size / 1e6:.0f} MB", "–"))
    server.kill()
    path.unlink()
    return rows


def report(folder):
    draw = random.Random(2)
    for name, bad in (("base", 20), ("new", 7)):
        imported(folder, name, [line(random.Random(n if name == "base" else -n), n, 0, int(n % bad > 0)) for n in range(REPORT_CASES)])
        time.sleep(0.01)
    base, new = sorted(path.stem for path in (folder / "runs").glob("*.sqlite"))
    groundgate("report", new, "--baseline", base, "--embed", "all", "-o", "all.html", cwd=folder)
    size = (folder / "all.html").stat().st_size / 1e6
    return [(f"report of {REPORT_CASES:,} cases, all embedded, both answers and 8 passages each", f"{size:.1f} MB", "8 MB")]


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="groundgate-view-"))
    try:
        for name, text in (("groundgate.toml", CONFIG), ("gate.toml", POLICY), ("set.jsonl", "")):
            (folder / name).write_text(text)
        rows = viewer(folder) + report(folder)
        if len(sys.argv) > 2:
            shutil.copy(folder / "all.html", sys.argv[2])
    finally:
        shutil.rmtree(folder)
    print("| what | figure | bar |\n|---|---|---|")
    for row in rows:
        print("| " + " | ".join(row) + " |")


main()
