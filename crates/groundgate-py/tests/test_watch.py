"""A canary over batches: each window is decided once, whatever comes late, twice, or again after a crash."""

import datetime
import os
import random
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import pyarrow as pa
from groundgate import _engine
from groundgate.spark import _watch

CANARY = """schema = "groundgate.policy/1"
name = "support"
[[rule]]
id = "g"
kind = "floor"
metric = "groundedness"
min = 0.5
[canary]
min-answers = 20
[[canary.rollback]]
id = "worse"
kind = "non-inferior"
metric = "groundedness"
margin = 0.05
"""
HOUR = 3600


def logged(chance, hour, n=150, regression=0.0):
    """Scored answers of one hour: of the new version and of the old one."""
    rows = []
    for index in range(n):
        for version, lost in (("new", regression), ("old", 0.0)):
            at = hour * HOUR + chance.randrange(HOUR)
            row = {"id": f"{version}-{hour}-{index}", "at": at, "version": version}
            rows.append({**row, "groundedness": float(chance.random() < 0.95 - lost)})
    return rows


class Batches(_watch.Watch):
    """The same over lists of rows instead of a stream's data frames."""

    def batch(self, rows, batch_id):
        for side, value in self._names.items():
            mine = [row for row in rows if row["version"] == value]
            window = [str(row["at"] // HOUR * HOUR) for row in mine]
            columns = {
                "case": pa.array([row["id"] for row in mine], pa.string()),
                "tag:groundgate_window": pa.array(window, pa.string()),
                "metric:groundedness": pa.array([row["groundedness"] for row in mine], pa.float64()),
            }
            self._store(side, batch_id, pa.table(_engine.reduce_trials(pa.table(columns))))
        times = [row["at"] for row in rows]
        said = {"first": min(times) // HOUR * HOUR, "latest": max(times), "rows": len(rows)}
        self._write(self._state / "batches" / f"{batch_id:012}.json", said)
        self._decide()


class Windows(unittest.TestCase):
    def watch(self, folder, decided=None):
        Path(folder, "gate.toml").write_text(CANARY)
        return Batches(
            Path(folder) / "state", metrics={"groundedness": "binary"}, time="at", version="version", candidate="new",
            baseline="old", window=datetime.timedelta(hours=1), late=datetime.timedelta(minutes=10), directory=folder,
            decided=decided,
        )

    def setUp(self):
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        patch = mock.patch.dict(os.environ, kept, clear=True)
        patch.start()
        self.addCleanup(patch.stop)

    def test_every_window_is_decided_once_and_a_regression_rolls_back(self):
        chance, calls = random.Random(3), []
        with tempfile.TemporaryDirectory() as folder:
            for hour in range(12):
                rows = logged(chance, hour, regression=0.4 if hour >= 8 else 0.0)
                duplicates = chance.sample(rows, 10)
                # A process of its own each time: nothing is kept but what is on disk.
                watch = self.watch(folder, calls.append)
                watch.batch(rows[: len(rows) // 2] + duplicates, 2 * hour)
                if hour % 5 == 0:
                    watch.batch(rows[: len(rows) // 2] + duplicates, 2 * hour)
                self.watch(folder, calls.append).batch(rows[len(rows) // 2 :], 2 * hour + 1)
            verdicts = self.watch(folder).verdicts()
        self.assertEqual(verdicts, calls)
        self.assertEqual([one["window"] for one in verdicts], [hour * HOUR for hour in range(11)])
        self.assertEqual({one["candidate"] for one in verdicts}, {150})
        actions = [one["action"] for one in verdicts]
        self.assertNotIn("roll-back", actions[:8])
        self.assertEqual(actions[8:], ["roll-back"] * 3)

    def test_what_comes_after_a_window_was_decided_changes_nothing(self):
        chance = random.Random(4)
        with tempfile.TemporaryDirectory() as folder:
            watch = self.watch(folder)
            watch.batch(logged(chance, 0), 0)
            watch.batch(logged(chance, 2), 1)
            before = watch.verdicts()
            self.assertEqual([one["window"] for one in before], [0, HOUR])
            # The hour in which nothing came is thin, and not left out.
            self.assertEqual((before[1]["candidate"], before[1]["action"]), (0, "hold"))
            late = [{**row, "id": f"late-{row['id']}", "groundedness": 0.0} for row in logged(chance, 0)]
            watch.batch(late, 2)
            self.assertEqual(watch.verdicts(), before)
            watch.batch(logged(chance, 4), 3)
            self.assertEqual(watch.verdicts()[:2], before)


if __name__ == "__main__":
    unittest.main()
