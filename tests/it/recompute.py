"""Recomputes the numbers of the decision page, of `compare` and of the exports from the raw export.

With pandas, and with nothing of groundgate's code: what is counted, means, differences, wins and losses,
slices, buckets, causes, worst cases, spend, latency, and the bounds of yes/no scores. Every disagreement is
a line; the exit code is 1 where there is one.

    python recompute.py BINARY records 12        # 12 pairs of random records, in a folder of its own
    python recompute.py BINARY pair FOLDER BASE CANDIDATE POLICY
"""

import csv
import io
import json
import math
import random
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import pandas

AMOUNTS = {"cost_usd", "latency_ms", "input_tokens", "output_tokens", "answer_chars"}
TOLERANCE = 1e-9


class Records:
    """Two runs in a folder, and what the program says of them."""

    def __init__(self, binary, folder, base, candidate, policy):
        self.binary, self.folder, self.policy = binary, folder, policy
        self.base, self.candidate = base, candidate
        self.faults = []

    def ask(self, *arguments, exits=None):
        done = subprocess.run(
            [self.binary, "-C", self.folder, *arguments], capture_output=True, text=True
        )
        if done.returncode not in (exits or (0, 10, 11, 12)):
            raise SystemExit(f"{arguments}: exit {done.returncode}\n{done.stderr}")
        return done.stdout

    def fault(self, where, said, computed):
        self.faults.append(f"{where}: the program says {said}, the export {computed}")

    def same(self, where, said, computed):
        if said is None or computed is None or isinstance(said, str):
            is_same = said == computed
        else:
            is_same = abs(said - computed) <= TOLERANCE * max(1.0, abs(computed))
        if not is_same:
            self.fault(where, said, computed)


def frame(records, run):
    """One row a trial and metric: `kind` is scored, na, failed (the copilot's own) or missing."""
    rows = []
    lines = records.ask("runs", "export", run).splitlines()
    for place, line in enumerate(lines):
        trial = json.loads(line)
        case = trial["case"]
        for metric, value in trial["scores"].items():
            reason = trial.get("unscored", {}).get(metric, "")
            kind = "scored"
            if value == "not-applicable":
                kind, value = "na", None
            elif value is None:
                of_copilot = reason.startswith("no-answer") and "changed" not in reason
                kind = "failed" if of_copilot else "missing"
            rows.append(
                {
                    "place": place, "case": case["id"], "attempt": trial["attempt"],
                    "cluster": case["cluster"] or case["id"], "tags": case["tags"],
                    "text": json.dumps([case["question"], case["history"]]),
                    "metric": metric, "kind": kind, "value": value, "reason": reason,
                    "answered": "answer" in trial,
                }
            )
    return pandas.DataFrame(rows).astype({"value": float})


def worst(records, metric):
    return None if metric in AMOUNTS or metric == "pii_leak" else records.worst.get(metric, 0.0)


def known(records, table, metric, is_candidate):
    """The metric's trials with what each stands for; NaN where it may be anything."""
    one = table[(table.metric == metric) & (table.kind != "na")].copy()
    failed = one.kind == "failed"
    if is_candidate and worst(records, metric) is not None:
        one.loc[failed, "value"] = worst(records, metric)
    return one


def case_means(one):
    return one.dropna(subset="value").groupby("case", sort=False).value.mean()


def absolute(records, table, metric, estimand, is_candidate=True):
    one = known(records, table, metric, is_candidate)
    if estimand == "suite":
        return len(one), one.value.mean()
    by_case = one.groupby(["cluster", "case"], sort=False).value.mean()
    by_cluster = by_case.groupby("cluster", sort=False).mean()
    return len(by_cluster), by_cluster.mean()


def paired(records, ours, theirs, metric):
    """Per trial: ours, theirs and their difference, over what both have; and how many pairs there are."""
    keys = ["case", "attempt", "text"]
    one, other = known(records, ours, metric, True), known(records, theirs, metric, False)
    nothing = [set(map(tuple, t[(t.metric == metric) & (t.kind == "na")][keys].values)) for t in (ours, theirs)]
    own = ours[(ours.metric == metric)], theirs[theirs.metric == metric]
    keyed = [set(map(tuple, t[keys].values)) for t in own]
    both = one.merge(other, on=keys, how="outer", suffixes=("", "_base"))
    # Nothing to measure on one side, and no such question on the other: that may be anything.
    lone = len(nothing[0] - keyed[1]) + len(nothing[1] - keyed[0])
    both = pandas.concat([both, pandas.DataFrame(index=range(lone))])
    pairs = both.dropna(subset=["value", "value_base"]).copy()
    pairs["difference"] = pairs.value - pairs.value_base
    return both, pairs


def in_slice(table, tag, value):
    return table[table.tags.map(lambda tags: tags.get(tag) == value)]


def bound(successes, n, alpha, upper):
    """Clopper and Pearson's, by bisection of the exact tail."""
    if (not upper and successes == 0) or (upper and successes == n):
        return float(upper)

    def tail(p):
        terms = range(successes, n + 1) if not upper else range(successes + 1)
        logs = (
            math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
            + k * math.log(p) + (n - k) * math.log1p(-p)
            for k in terms
        )
        return math.fsum(map(math.exp, logs))

    low, high = 1e-12, 1 - 1e-12
    for _ in range(100):
        middle = (low + high) / 2
        if (tail(middle) < alpha) == (not upper):
            low = middle
        else:
            high = middle
    return low


def check_bounds(records, where, said, metric, ones):
    """Clopper and Pearson's bounds of a yes or no, what is missing counted at its worst."""
    if said.get("method") != "clopper-pearson" or records.best.get(metric, 1.0) != 1.0:
        return
    good, open_ = int((ones == 1).sum()), int(ones.isna().sum())
    for key, upper, successes in (("lower", False, good), ("upper", True, good + open_)):
        if key in said:
            expected = bound(successes, len(ones), said[f"alpha_{key}"], upper)
            if abs(said[key] - expected) > 1e-7:
                records.fault(f"{where}: {key}", said[key], expected)


def check_metrics(records, said, ours, theirs, where):
    """Rows of metrics: of the report, or of one slice of `compare`."""
    point = "point" if "point" in json.dumps(said) else "estimate"
    for row in said:
        metric, here = row["metric"], f"{where}: {row['metric']}"
        own = ours[ours.metric == metric]
        kinds = own.kind.value_counts()
        counts = row["counts"]
        records.same(f"{here}: planned", counts["planned"], len(own))
        records.same(f"{here}: scored", counts["scored"], int(kinds.get("scored", 0)))
        records.same(f"{here}: n/a", counts["not_applicable"], int(kinds.get("na", 0)))
        unscored = sum(counts["unscored"].values())
        records.same(
            f"{here}: unscored", unscored, int(kinds.get("failed", 0) + kinds.get("missing", 0))
        )
        both, pairs = paired(records, ours, theirs, metric)
        sides = (
            ("candidate", row["candidate"], pairs.value),
            (("baseline" if "baseline" in row else "base"), row.get("baseline") or row.get("base"), pairs.value_base),
            ("difference", row["difference"], pairs.difference),
        )
        for name, shown, values in sides:
            if shown and len(pairs):
                records.same(f"{here}: {name}", shown.get(point), values.mean())
                if name != "difference":
                    records.same(f"{here}: {name}: n", shown.get("n"), len(values))
                    check_bounds(records, f"{here}: {name}", shown, metric, values)
        if row["difference"] and len(pairs):
            records.same(f"{here}: difference: n", row["difference"].get("n"), len(both))
        if "wins" in row:
            by_case = pairs.groupby("case").difference.mean()
            sign = -1 if metric in AMOUNTS or metric == "pii_leak" else 1
            wins, losses = int((sign * by_case > 1e-12).sum()), int((sign * by_case < -1e-12).sum())
            records.same(f"{here}: wins", row["wins"], wins)
            records.same(f"{here}: losses", row["losses"], losses)
            records.same(f"{here}: ties", row["ties"], len(by_case) - wins - losses)


def check_rules(records, report, ours, theirs):
    policy = tomllib.loads((Path(records.folder) / records.policy).read_text())
    statistics = policy.get("statistics", {})
    written = {rule["id"]: rule for rule in policy["rule"]}
    for rule in report["rules"]:
        own = written[rule["id"].split("/")[0]]
        here, kind, metric = f"rule {rule['id']}", rule["kind"], rule["metric"]
        table = ours
        if rule.get("slice"):
            table = in_slice(ours, *rule["slice"].split("=", 1))
        if kind in ("floor", "ceiling", "slice-floor") and "estimate" in rule:
            estimand = own.get("estimand", statistics.get("absolute", "population"))
            n, mean = absolute(records, table, metric, estimand)
            records.same(f"{here}: estimate", rule["estimate"], mean)
            records.same(f"{here}: n", rule["n"], n)
            if estimand == "suite":
                check_bounds(records, here, rule, metric, known(records, table, metric, True).value)
        if kind in ("non-inferior", "superior") and "estimate" in rule:
            estimand = own.get("estimand", statistics.get("versus-baseline", "suite"))
            both, pairs = paired(records, table, theirs, metric)
            if estimand == "suite":
                records.same(f"{here}: estimate", rule["estimate"], pairs.difference.mean())
                records.same(f"{here}: n", rule["n"], len(both))
        if kind in ("floor", "non-inferior", "slice-floor") and rule["worst_cases"]:
            check_worst(records, here, rule, table, theirs)


def check_worst(records, here, rule, ours, theirs):
    """Named are the lowest, equal ones by id, and only those that lost something."""
    metric = rule["metric"]
    if rule["is_difference"]:
        of_case = paired(records, ours, theirs, metric)[1].groupby("case").difference.mean()
        of_case = of_case[of_case < 0]
    else:
        of_case = case_means(known(records, ours, metric, True))
        of_case = of_case[of_case < records.best.get(metric, 1.0)]
    order = sorted(of_case.items(), key=lambda item: (round(item[1], 12), item[0]))
    expected = [case for case, _ in order][: len(rule["worst_cases"])]
    records.same(f"{here}: worst cases", " ".join(rule["worst_cases"]), " ".join(expected))


def check_run(records, said, table, where):
    trials = table.drop_duplicates("place")
    records.same(f"{where}: n_cases", said["n_cases"], trials.case.nunique())
    records.same(f"{where}: attempts", said["attempts"], int(trials.attempt.max()) + 1)
    records.same(f"{where}: n_answered", said["n_answered"], int(trials.answered.sum()))
    records.same(f"{where}: failures", sum(said["failures"].values()), int((~trials.answered).sum()))
    times = table[(table.metric == "latency_ms") & (table.kind == "scored")].value
    for key, share in (("latency_p50_ms", 0.5), ("latency_p95_ms", 0.95)):
        if key in said:
            records.same(f"{where}: {key}", said[key], times.quantile(share))
    spent = table[(table.metric == "cost_usd") & (table.kind == "scored")].value
    if "copilot_cost_usd" in said and len(spent):
        records.same(f"{where}: cost", said["copilot_cost_usd"], spent.sum())


def check_slices(records, report, ours, theirs):
    """A slice's two means are those of `compare --by` and of the paired difference."""
    for row in report["slices"]:
        kept = [in_slice(table, row["tag"], row["value"]) for table in (ours, theirs)]
        here = f"slice {row['tag']}={row['value']}"
        records.same(f"{here}: cases", row["n_cases"], kept[0].case.nunique())
        for mean in row["means"]:
            pairs = paired(records, *kept, mean["metric"])[1]
            if len(pairs):
                records.same(f"{here}: {mean['metric']}", mean.get("candidate"), pairs.value.mean())
                base = pairs.value_base.mean()
                records.same(f"{here}: {mean['metric']}: base", mean.get("baseline"), base)


def check_buckets(records, report, ours, theirs):
    """What became of each case, on the scores that the rules read."""
    gated = sorted({rule["metric"] for rule in report["rules"]} - AMOUNTS - {"pii_leak", ""})
    gated = [metric for metric in gated if metric in set(ours.metric)]
    cases = ours.case.drop_duplicates()
    state = pandas.DataFrame({"lost": 0.0, "won": 0.0, "short": 0.0}, index=cases)
    for metric in gated:
        by_case = paired(records, ours, theirs, metric)[1].groupby("case").difference.mean()
        by_case = by_case[by_case.abs() > 1e-12]
        state["lost"] = state.lost.sub(by_case.clip(upper=0), fill_value=0)
        state["won"] = state.won.add(by_case.clip(lower=0), fill_value=0)
        own = case_means(known(records, ours, metric, True))
        short = (records.best.get(metric, 1.0) - own).clip(lower=0)
        state["short"] = state.short.add(short, fill_value=0)
    names = pandas.Series("unchanged", index=state.index)
    names[state.short > 1e-12] = "still failing"
    names[state.won > 0] = "fixed"
    names[state.lost > 0] = "regressed"
    expected = names.value_counts()
    for name, count in report["buckets"].items():
        records.same(f"bucket {name}", count, int(expected.get(name, 0)))
    for case in report["cases"]:
        records.same(f"case {case['id']}: bucket", case["bucket"].replace("-", " "), names[case["id"]])
        if "loss" in case and case["bucket"] == "regressed":
            records.same(f"case {case['id']}: loss", case["loss"], state.lost[case["id"]])


CAUSE = re.compile(
    r"^(\S+) broke in ([^=]+)=(.+): (\S+) instead of (\S+) "
    r"\((\d+) of its (\d+) (?:\w+ )*cases? lost, (\S+)% of all (?:that lost|losses)\)$"
)


def check_causes(records, report, ours, theirs):
    for cause in report["causes"]:
        match = CAUSE.match(cause["sentence"])
        if not match:
            continue
        metric, tag, value, now, before, lost, n, share = match.groups()
        kept = [in_slice(table, tag, value) for table in (ours, theirs)]
        here = f"cause {metric} in {tag}={value}"
        _, everywhere = paired(records, ours, theirs, metric)
        _, pairs = paired(records, *kept, metric)
        in_all = everywhere.groupby("case").difference.mean()
        within = pairs.groupby("case").difference.mean()
        for name, said, mean in (("now", now, pairs.value.mean()), ("before", before, pairs.value_base.mean())):
            if said.endswith("%"):
                if abs(float(said[:-1].replace("−", "-")) - 100 * mean) > 0.051:
                    records.fault(f"{here}: {name}", said, mean)
        records.same(f"{here}: lost", int(lost), int((within < -1e-12).sum()))
        records.same(f"{here}: cases", int(n), len(within))
        part = (within < -1e-12).sum() / max((in_all < -1e-12).sum(), 1)
        if abs(float(share) - 100 * part) > 0.051:
            records.fault(f"{here}: share", share, 100 * part)
        if not pairs.difference.mean() < 0:
            records.fault(here, "broke", pairs.difference.mean())


def check_exports(records, tables):
    """CSV and JSON Lines of the report hold every trial of both runs once, as the export has them."""
    with tempfile.TemporaryDirectory() as folder:
        for ending in ("csv", "jsonl"):
            out = str(Path(folder) / f"scores.{ending}")
            records.ask(
                "report", records.candidate, "--baseline", records.base, "--policy", records.policy, "-o", out
            )
            text = Path(out).read_text()
            found = {}
            if ending == "csv":
                for row in csv.DictReader(io.StringIO(text)):
                    for metric in set(row) - {"run", "variant", "case", "attempt", "critical", "cluster", "tags", "without score"}:
                        number = float(row[metric]) if row[metric] else None
                        found[row["run"], row["case"], int(row["attempt"]), metric] = number
            else:
                for line in map(json.loads, text.splitlines()):
                    for metric in [*line["scores"], *line["unscored"]]:
                        found[line["run"], line["case"], line["attempt"], metric] = line["scores"].get(metric)
            expected = {
                (run, row.case, row.attempt, row.metric): None if pandas.isna(row.value) else row.value
                for run, table in tables.items()
                for row in table.itertuples()
            }
            if found.keys() != expected.keys():
                gone = sorted(expected.keys() - found.keys())[:2]
                records.fault(f"{ending}: trials", f"{len(found)} (without {gone})", len(expected))
            for key in found.keys() & expected.keys():
                records.same(f"{ending} {key}", found[key], expected[key])


def check(records):
    common = ("--baseline", records.base, "--policy", records.policy)
    report = json.loads(records.ask("gate", records.candidate, *common, "--json"))
    compared = json.loads(records.ask("compare", records.base, records.candidate, "--by", records.tag, "--json"))
    ours, theirs = frame(records, records.candidate), frame(records, records.base)
    check_run(records, report["run"], ours, "candidate")
    check_run(records, report["baseline"], theirs, "baseline")
    check_metrics(records, report["metrics"], ours, theirs, "report")
    check_rules(records, report, ours, theirs)
    check_slices(records, report, ours, theirs)
    check_buckets(records, report, ours, theirs)
    check_causes(records, report, ours, theirs)
    rows = [row for one in compared["comparisons"] for row in one["metrics"]]
    for slice_ in {json.dumps(row["slice"]) for row in rows}:
        said = [row for row in rows if json.dumps(row["slice"]) == slice_]
        name = json.loads(slice_)
        kept = ours, theirs
        if name:
            tag, value = (name["tag"], name["value"]) if isinstance(name, dict) else name.split("=", 1)
            kept = in_slice(ours, tag, value), in_slice(theirs, tag, value)
        check_metrics(records, said, *kept, f"compare {name or ''}")
    check_exports(records, {records.candidate: ours, records.base: theirs})
    return records.faults


POLICY = """schema = "groundgate.policy/1"
name = "recomputed"
[statistics]
min-cases = 5
missing-max = 0.99
applicable-min = 0.0
absolute = "{absolute}"
[[rule]]
id = "floor"
kind = "floor"
metric = "groundedness"
min = 0.8
[[rule]]
id = "fraction"
kind = "floor"
metric = "support"
min = 0.9
[[rule]]
id = "not-worse"
kind = "non-inferior"
metric = "groundedness"
margin = 0.05
[[rule]]
id = "rated"
kind = "non-inferior"
metric = "rating"
margin = 0.2
[[rule]]
id = "slices"
kind = "slice-floor"
metric = "groundedness"
by = ["topic"]
min = 0.5
[[rule]]
id = "slow"
kind = "percentile"
metric = "latency_ms"
quantile = 0.95
max = 4000
"""

CONFIGURATION = """schema = "groundgate.config/1"
eval-set = "e.jsonl"
policy = "gate.toml"
runs-dir = "runs"
[[copilot]]
name = "r"
kind = "recorded"
file = "a.jsonl"
[[judge]]
name = "embedded"
spec = "embedded"
"""


def random_run(draw, plan, is_candidate):
    """Lines of an import: cases of one plan, with errors, missing scores, nothing to measure, and ties."""
    lines = []
    for place in range(plan["cases"]):
        topic = f"t{place % 4}"
        good = draw.random() < (0.85 if not (is_candidate and topic == "t1") else 0.4)
        for attempt in range(plan["attempts"]):
            text = f"question {place}?"
            if is_candidate and place in plan["changed"]:
                text = f"another question {place}?"
            line = {
                "case": {
                    "id": f"q{place:03}", "question": text, "tags": {"topic": topic},
                    **({"cluster": f"c{place // plan['cluster']}"} if plan["cluster"] > 1 else {}),
                },
                "attempt": attempt,
                "latency_ms": draw.randint(200, 3000),
                "cost_usd": round(draw.uniform(0.001, 0.02), 6),
            }
            if draw.random() < plan["errors"]:
                lines.append({"case": line["case"], "attempt": attempt, "error": "timeout"})
                continue
            line["answer"] = f"answer {place} {attempt} {draw.random()}"
            is_na = place % 11 == 0 and draw.random() < 0.9
            scores = {
                "groundedness": int(good if draw.random() < 0.9 else not good),
                "support": draw.choice([0.0, 0.25, 0.5, 1.0, 1.0, 1.0]),
                "rating": draw.randint(1, 5),
            }
            for metric in scores:
                if is_na:
                    scores[metric] = "not-applicable"
                elif draw.random() < plan["missing"]:
                    scores[metric] = None
            lines.append({**line, "scores": scores})
    return "".join(json.dumps(line) + "\n" for line in lines)


def random_pair(binary, seed):
    draw = random.Random(seed)
    folder = Path(tempfile.mkdtemp(prefix="recompute"))
    (folder / "runs").mkdir()
    (folder / "groundgate.toml").write_text(CONFIGURATION)
    (folder / "e.jsonl").write_text('{"id": "q", "question": "?"}\n')
    plan = {
        "cases": draw.choice([30, 45, 80]), "attempts": draw.choice([1, 1, 2, 3]),
        "cluster": draw.choice([1, 1, 3]), "errors": draw.choice([0.0, 0.0, 0.1, 0.3]),
        "missing": draw.choice([0.0, 0.05, 0.2]),
    }
    plan["changed"] = set(draw.sample(range(plan["cases"]), draw.choice([0, 0, 5])))
    absolute_ = draw.choice(["population", "suite"])
    (folder / "gate.toml").write_text(POLICY.format(absolute=absolute_))
    ids = []
    for name in ("base", "candidate"):
        file = folder / f"{name}.jsonl"
        file.write_text(random_run(draw, plan, name == "candidate"))
        done = subprocess.run(
            [binary, "-C", folder, "-q", "runs", "import", str(file), "--name", name,
             "--metric", "groundedness=binary", "--metric", "support=fraction",
             "--metric", "rating=ordinal:1:5"],
            capture_output=True, text=True,
        )
        if done.returncode:
            raise SystemExit(done.stderr)
        ids.append(done.stdout.split()[-1])
    records = Records(binary, str(folder), *ids, "gate.toml")
    records.worst, records.best, records.tag = {"rating": 1.0}, {"rating": 5.0}, "topic"
    return records, plan | {"absolute": absolute_}


def main():
    binary, what, *rest = sys.argv[1:]
    n_faults = 0
    if what == "pair":
        records = Records(binary, *rest)
        records.worst, records.best, records.tag = {}, {}, "product"
        faults = check(records)
        n_faults += len(faults)
        print("\n".join(faults))
    else:
        for seed in range(int(rest[0])):
            records, plan = random_pair(binary, seed)
            faults = check(records)
            n_faults += len(faults)
            if faults:
                print(f"record {seed} {plan} in {records.folder}: {len(faults)} disagreements")
                print("\n".join(f"  {fault}" for fault in faults[:25]))
            else:
                shutil.rmtree(records.folder)
    print(f"{n_faults} disagreements")
    return int(n_faults > 0)


if __name__ == "__main__":
    sys.exit(main())
