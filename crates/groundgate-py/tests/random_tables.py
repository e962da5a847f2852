"""Random tables of trials and random policies: what the command decides on a record of them, and what is decided here."""

import json
import os
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from unittest import mock

from groundgate import _engine


POLICY = """schema = "groundgate.policy/1"
name = "support"
"""


def policies(chance, n):
    """Policies of every kind of rule that scores decide."""
    made = []
    for _ in range(n):
        rules = []
        kinds = chance.sample(["floor", "mean-max", "non-inferior", "superior", "slice-floor", "max-error-rate"], 3)
        for place, kind in enumerate(kinds):
            metric = chance.choice(["groundedness", "faithfulness"])
            rule = {"id": f"r{place}", "kind": kind, "metric": metric}
            rule |= {
                "floor": {"min": chance.choice([0.5, 0.8, 0.9])},
                "mean-max": {"metric": "cost", "max": chance.choice([0.4, 0.6])},
                "non-inferior": {"margin": chance.choice([0.02, 0.1])},
                "superior": {"by": chance.choice([0.0, 0.05])},
                "slice-floor": {"min": 0.5, "by": ["product"]},
                "max-error-rate": {"max": chance.choice([0.01, 0.2])},
            }[kind]
            if kind == "max-error-rate":
                del rule["metric"]
            lines = [f"{key} = {json.dumps(value)}" for key, value in rule.items()]
            rules.append("[[rule]]\n" + "\n".join(lines) + "\n")
        made.append(POLICY + "".join(rules))
    return made


def trials(chance, shift):
    """Scored answers with everything that makes a table hard: attempts, clusters, gaps, failures, slices."""
    attempts, n = chance.choice([1, 1, 3]), chance.randrange(30, 120)
    clustered, rows = chance.random() < 0.5, []
    for case in range(n):
        product = chance.choice(["cards", "loans"])
        for attempt in range(attempts):
            if chance.random() < 0.02:
                continue  # planned and not there
            answered = chance.random() > 0.03
            score = lambda value: value if answered and chance.random() > 0.02 else None
            rows.append({
                "id": f"q{case:04}",
                "attempt": attempt,
                "question": f"What about {case}?",
                "cluster": f"c{case // 4}" if clustered else None,
                "product": product,
                "answer": f"Answer {chance.randrange(5)} to {case}." if answered else None,
                "groundedness": score(float(chance.random() < 0.85 + shift)),
                "faithfulness": score(round(chance.random() ** 0.2, 6)),
                "cost": score(round(chance.random(), 6)),
            })
    return rows


TRIALS = "id string, attempt int, question string, cluster string, product string, answer string, groundedness double, faithfulness double, cost double"
METRICS = {"groundedness": "binary", "faithfulness": "fraction", "cost": "amount:USD"}


def line(row):
    """A row as `runs import` reads it."""
    kept = {name: row[name] for name in ("id", "attempt", "question", "cluster") if row[name] is not None}
    answer = {"error": "gone"} if row["answer"] is None else {"answer": row["answer"]}
    scores = {name: row[name] for name in METRICS}
    return json.dumps(kept | answer | {"tags": {"product": row["product"]}, "scores": scores}) + "\n"


def command(*arguments, folder):
    """The command in a folder, outside of any pipeline."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}
    run = [sys.executable, "-m", "groundgate", *arguments]
    return subprocess.run(run, capture_output=True, text=True, cwd=folder, env=kept)


def surroundings():
    """Those of a person's own machine."""
    kept = ("PATH", "HOME", "PYTHONPATH", "JAVA_HOME", "PYSPARK_PYTHON")
    return mock.patch.dict(os.environ, {name: os.environ[name] for name in kept if name in os.environ}, clear=True)


def record(folder, name, rows):
    """The id of a record of these rows."""
    path = Path(folder) / f"{name}.jsonl"
    path.write_text("".join(map(line, rows)))
    declared = [part for name, kind in METRICS.items() for part in ("--metric", f"{name}={kind}")]
    made = command("runs", "import", str(path), "--name", name, "--instrument", "a judge", *declared, folder=folder)
    assert made.returncode == 0, made.stderr
    records = Path(folder, "runs").glob("*.sqlite")
    return max(records, key=lambda file: file.stat().st_mtime_ns).stem


def check(test, collected, n_tables, n_policies, seed=21):
    """Random tables through `collected`, against records of the same rows: exit codes, rules and metrics are equal."""
    chance, verdicts = random.Random(seed), set()
    for number in range(n_tables):
        with tempfile.TemporaryDirectory() as folder, surroundings():
            sides, tables = {}, {}
            for name, shift in (("baseline", 0.05), ("candidate", chance.choice([-0.2, 0.0, 0.1]))):
                rows = trials(chance, shift)
                sides[name] = record(folder, name, rows)
                tables[name] = collected(rows, chance)
            for place, policy in enumerate(policies(chance, n_policies)):
                (Path(folder) / "gate.toml").write_text(policy)
                asked = ("gate", sides["candidate"], "--baseline", sides["baseline"], "--json")
                printed = command(*asked, folder=folder)
                test.assertTrue(printed.stdout, printed.stderr)
                terms = dict.fromkeys(("environment", "policy", "policy_digest"))
                terms |= {"directory": folder, "instrument": "a judge", "declared": METRICS, "other_questions": False}
                here = _engine.gate_trials(tables["candidate"], tables["baseline"], terms)
                with test.subTest(table=number, policy=place):
                    test.assertEqual(here[3], printed.returncode)
                    found, expected = json.loads(here[0]), json.loads(printed.stdout)
                    for document in (found, expected):
                        for rule in document["rules"]:
                            # What a record has besides its scores has words of its own.
                            if rule["id"].startswith("measurement."):
                                rule["sentence"] = ""
                    for part in ("rules", "metrics", "slices"):
                        test.assertEqual(found[part], expected[part], part)
                verdicts.add(here[3])
    if n_tables * n_policies > 3:
        test.assertGreater(len(verdicts), 1, "a test in which everything is decided alike shows little")
