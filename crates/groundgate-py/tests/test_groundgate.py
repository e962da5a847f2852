"""The extension module as Python sees it: `tests/run.sh` builds it and runs this."""

import re
import unittest

import groundgate


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


if __name__ == "__main__":
    unittest.main()
