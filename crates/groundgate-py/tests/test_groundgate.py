"""The package as Python sees it: `tests/run.sh` builds it and runs this."""

import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import groundgate

PASSAGE = "Refunds are paid within 14 days."


def answers(n=40, wrong=0):
    """Answers to n questions, the first of them wrong."""
    said = lambda index: "Refunds are paid within 99 days." if index < wrong else PASSAGE
    return [
        {"question": f"How long does refund {index} take?", "answer": said(index), "contexts": [PASSAGE]}
        for index in range(n)
    ]


def command(*arguments, folder="."):
    """The command's end, entered as the console script enters it."""
    run = [sys.executable, "-m", "groundgate", *arguments]
    return subprocess.run(run, capture_output=True, text=True, cwd=folder)


def surroundings(**variables):
    """The environment of a person's own machine, and `variables`."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}
    return mock.patch.dict(os.environ, {**kept, **variables}, clear=True)


def example(folder):
    """The example's record of the good copilot, in `folder`."""
    assert command("init", folder).returncode == 0
    assert command("run", "--copilot", "good", folder=folder).returncode == 0


class Module(unittest.TestCase):
    def test_it_says_its_version(self):
        self.assertRegex(groundgate.__version__, re.compile(r"^\d+\.\d+\.\d+"))

    def test_59_of_59_good_answers_show_95_percent_and_not_100(self):
        estimate = groundgate.mean_estimate([1.0] * 59)
        self.assertEqual(estimate["point"], 1.0)
        self.assertAlmostEqual(estimate["lower"], 0.05 ** (1 / 59), places=12)
        self.assertEqual(estimate["method"], "clopper-pearson")
        self.assertEqual(estimate["n"], 59)

    def test_a_missing_score_only_widens(self):
        whole = groundgate.mean_estimate([1.0] * 99)
        gap = groundgate.mean_estimate([1.0] * 98 + [None])
        self.assertLess(gap["lower"], whole["lower"])

    def test_no_scores_and_wrong_scores_are_errors(self):
        for scores in ([], [1.5], [float("nan")]):
            with self.assertRaises(ValueError):
                groundgate.mean_estimate(scores)


class Verbs(unittest.TestCase):
    def test_answers_are_scored_and_the_wrong_ones_named(self):
        scored = groundgate.score(answers(wrong=4))
        self.assertAlmostEqual(scored.groundedness.point, 0.9)
        self.assertLess(scored.groundedness.lower, 0.9)
        self.assertIn("99 days", scored.worst[0]["statement"])
        self.assertIn("groundedness", repr(scored))
        self.assertIn("<table>", scored._repr_html_())

    def test_what_is_shown_is_said_and_nothing_else(self):
        good, bad = answers(), answers(wrong=20)
        self.assertEqual(groundgate.compare(good, bad).verdict(), "worse")
        self.assertEqual(groundgate.compare(bad, good).verdict(), "better")
        self.assertEqual(groundgate.compare(good, good).verdict(), "not shown")

    def test_every_answer_is_judged_statement_by_statement(self):
        judged = groundgate.judge(answers(n=2, wrong=1))
        self.assertEqual([row["groundedness"] for row in judged], [0.0, 1.0])
        self.assertEqual(judged[1]["statements"][0]["label"], "supported")

    def test_a_file_says_the_same_to_the_module_and_to_the_command(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "answers.jsonl"
            path.write_text("".join(json.dumps(row) + "\n" for row in answers(wrong=3)))
            printed = command("score", str(path), "--json")
            self.assertEqual(printed.returncode, 0, printed.stderr)
            self.assertEqual(json.loads(printed.stdout), groundgate.score(path).to_dict())

    def test_what_cannot_be_read_says_where_and_what_to_do(self):
        with self.assertRaises(groundgate.GroundgateError) as raised:
            groundgate.score([{"colour": "red"}])
        self.assertIn("no column is known as `question`", str(raised.exception))
        told = groundgate.score(
            [{"q": "How long?", "a": PASSAGE, "docs": [{"body": PASSAGE}]}],
            map={"question": "q", "answer": "a", "passages": "docs[*].body"},
        )
        self.assertEqual(told.groundedness.point, 1.0)
        with self.assertRaises(TypeError):
            groundgate.score(answers(), colour="red")

    def test_a_gate_gives_the_bytes_of_the_command(self):
        with tempfile.TemporaryDirectory() as folder, surroundings():
            example(folder)
            printed = command("gate", "latest", "--env", "dev", "--json", folder=folder)
            gated = groundgate.gate(folder, env="dev")
            # But for the second in which each was asked, and the policy's path as it was named.
            plain = lambda text: re.sub(r'"evaluated_at": "[^"]*"', "", text.replace(f"{folder}/", ""))
            self.assertEqual(plain(gated.json), plain(printed.stdout))
            self.assertEqual(gated.exit_code, printed.returncode)
            scores = groundgate.Run.open(directory=Path(folder) / "runs").scores()
            self.assertEqual(len(scores), 196)
            self.assertIn("groundedness", scores[0])

    def test_in_a_pipeline_a_gate_wants_what_the_command_wants(self):
        with tempfile.TemporaryDirectory() as folder, surroundings():
            example(folder)
            for pipeline in ("CI", "JENKINS_URL", "DATABRICKS_RUNTIME_VERSION"):
                with surroundings(**{pipeline: "1"}):
                    printed = command("gate", "latest", "--env", "dev", folder=folder)
                    self.assertEqual((printed.returncode, printed.stdout), (2, ""), printed.stderr)
                    with self.assertRaises(groundgate.GroundgateError) as raised:
                        groundgate.gate(folder, env="dev")
                    self.assertIn(str(raised.exception).splitlines()[0], printed.stderr)

    def test_data_frames_go_in_and_come_out(self):
        try:
            import pandas
        except ImportError:
            self.skipTest("pandas is not installed")
        frame = pandas.DataFrame(answers(wrong=4))
        scored = groundgate.score(frame)
        self.assertAlmostEqual(scored.groundedness.point, 0.9)
        self.assertEqual(len(groundgate.judge(frame).to_pandas()), 40)
        self.assertEqual(groundgate.stats.mean(pandas.Series([1.0, 0.0, None])).n, 3)


class Stats(unittest.TestCase):
    def test_columns_are_estimated_as_the_command_estimates_them(self):
        scores = [1.0, 0.0, 0.5, None] * 25
        cases = [f"q{index // 2}" for index in range(100)]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "scores.csv"
            rows = zip(cases, scores)
            text = "".join(f"{case},{'' if score is None else score}\n" for case, score in rows)
            path.write_text("case,score\n" + text)
            printed = json.loads(command("stats", str(path), "--json").stdout)
        here = groundgate.stats.mean(scores, cases=cases)
        self.assertEqual(here.to_dict(), printed["estimates"]["candidate"])

    def test_wrong_columns_are_errors(self):
        with self.assertRaises(groundgate.GroundgateError):
            groundgate.stats.mean([1.5])
        with self.assertRaises(groundgate.GroundgateError):
            groundgate.stats.difference([1.0, 1.0], [1.0])

    def test_a_difference_is_paired(self):
        better = groundgate.stats.difference([1.0] * 60, [0.0] * 30 + [1.0] * 30)
        self.assertGreater(better.lower, 0)


if __name__ == "__main__":
    unittest.main()
