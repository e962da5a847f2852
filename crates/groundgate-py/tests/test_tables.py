"""Arrow in and out, as Python's libraries have it: `tests/run.sh` installs them and runs this."""

import os
import sys
import unittest

import groundgate
import pandas
import polars
import pyarrow as pa

from groundgate import _engine
from random_tables import METRICS, check

PASSAGE = "Refunds are paid within 14 days."
RIGHT = "Refunds are paid within 14 days."
WRONG = "Refunds are paid within 99 days."
REFUSAL = "I'm sorry, but I don't have that information."


def answers(n=40, wrong=4):
    """Answers to n questions, the first of them wrong."""
    return [
        {
            "id": f"q{index}",
            "question": f"How long does refund {index} take?",
            "answer": WRONG if index < wrong else RIGHT,
            "contexts": [PASSAGE, "The fee is 5 euros."],
        }
        for index in range(n)
    ]


def outcomes(table, metric="groundedness"):
    """Of each row: the score, or the two reasons why there is none."""
    rows = pa.table(table)[metric].to_pylist()
    return [row["score"] if row["score"] is not None else (row["not_applicable"], row["unscored"]) for row in rows]


def judge(rows, **options):
    """The outcomes alone, of rows as a table."""
    return groundgate.judge(pa.Table.from_pylist(rows), **options).arrow


class Judging(unittest.TestCase):
    def test_every_library_says_what_the_rows_say(self):
        rows = answers()
        plain = groundgate.judge(rows)
        table = pa.Table.from_pylist(rows)
        views = polars.DataFrame(rows)
        frames = {
            "table": table,
            "batch": table.to_batches()[0],
            "slices": pa.concat_tables([table.slice(0, 7), table.slice(7)]).slice(0),
            "polars": views,
            "pandas": pandas.DataFrame(rows),
            "large": pa.Table.from_arrays(
                [
                    table["id"],
                    table["question"].cast(pa.large_string()),
                    table["answer"].cast(pa.large_string()),
                    table["contexts"].cast(pa.large_list(pa.large_string())),
                ],
                names=table.column_names,
            ),
        }
        for name, frame in frames.items():
            with self.subTest(name):
                judged = groundgate.judge(frame)
                self.assertIsInstance(judged, groundgate.Judged)
                self.assertEqual(len(judged), 40)
                for one, other in zip(plain, judged, strict=True):
                    for metric in ("question", "answer", "groundedness", "faithfulness", "answer_relevance"):
                        self.assertEqual(one[metric], other[metric])
                    labels = [[claim["label"] for claim in row["statements"]] for row in (one, other)]
                    self.assertEqual(*labels)

    def test_the_outcomes_stand_beside_the_answers_in_every_library(self):
        judged = groundgate.judge(polars.DataFrame(answers()))
        arrow, frame = judged.to_arrow(), judged.to_polars()
        self.assertEqual(arrow.column_names[:4], ["id", "question", "answer", "contexts"])
        self.assertEqual(frame["groundedness"].struct.field("score").to_list(), [0.0] * 4 + [1.0] * 36)
        self.assertEqual(judged.to_pandas()["groundedness"].tolist(), [0.0] * 4 + [1.0] * 36)
        self.assertEqual(judged[0]["case"], "q0")
        self.assertIn("<table>", judged._repr_html_())

    def test_claims_name_their_place(self):
        claims = pa.table(judge(answers(n=5)))["claims"].to_pylist()
        wrong, right = claims[0][0], claims[4][0]
        self.assertEqual((wrong["label"], right["label"]), ("contradicted", "supported"))
        self.assertEqual(right["passage"], 0)
        self.assertEqual(PASSAGE[right["passage_start"] : right["passage_end"]].strip(), PASSAGE)
        self.assertEqual(RIGHT[right["start"] : right["end"]], RIGHT)

    def test_passages_may_be_structs_and_have_gaps(self):
        passages = [{"id": 1, "page_content": PASSAGE}, {"id": 2, "page_content": None}, None]
        rows = [{"question": "How long?", "answer": RIGHT, "passages": passages}]
        self.assertEqual(outcomes(judge(rows)), [1.0])

    def test_every_row_that_cannot_be_judged_says_why(self):
        row = answers(n=1, wrong=0)[0]
        rows = [
            row,
            {**row, "answer": None},
            {**row, "question": None},
            {**row, "contexts": None},
            {**row, "answer": REFUSAL},
            {**row, "answer": "a" * 3000},
            {**row, "contexts": []},
        ]
        arrow = judge(rows, row_limit=2000)
        refused = outcomes(arrow)
        self.assertEqual(refused[:4], [
            1.0,
            (None, "no-answer: absent"),
            (None, "input missing: question"),
            (None, "input missing: passages"),
        ])
        self.assertIn("refusal", refused[4][0])
        self.assertEqual(refused[5], (None, "judge: too-large"))
        self.assertEqual(refused[6], 0.0)
        ends = [(row["low"], row["high"]) for row in pa.table(arrow)["groundedness"].to_pylist()]
        # What was not measured can be anything; no answer is the worst; a refusal is out of it.
        self.assertEqual(ends, [(1, 1), (0, 0), (0, 1), (0, 1), (None, None), (0, 1), (0, 0)])

    def test_columns_that_cannot_be_read_are_errors_that_name_them(self):
        table = pa.table({"q": ["How long?"], "answer": [7], "contexts": [[PASSAGE]]})
        with self.assertRaises(groundgate.GroundgateError) as raised:
            groundgate.judge(table, columns={"question": "q"})
        self.assertIn("`answer` is of Int64", str(raised.exception))
        with self.assertRaises(groundgate.GroundgateError) as raised:
            groundgate.judge(table, columns={"question": "p"})
        self.assertIn("no column is named `p`", str(raised.exception))
        with self.assertRaises(groundgate.GroundgateError) as raised:
            groundgate.judge(table, columns={"colour": "q"})
        self.assertIn("colour", str(raised.exception))
        with self.assertRaises(groundgate.GroundgateError) as raised:
            judge(answers(n=1), metrics=["elegance"])
        self.assertIn("elegance", str(raised.exception))

    def test_lists_written_into_cells_are_read_as_a_files_are(self):
        frame = pandas.DataFrame([{**row, "contexts": str(row["contexts"])} for row in answers()])
        judged = groundgate.judge(frame)
        self.assertEqual(judged[0]["groundedness"], 0.0)
        self.assertEqual(judged[39]["groundedness"], 1.0)

    def test_plain_checks_are_metrics_like_others(self):
        rows = [*answers(n=2, wrong=0), {**answers(n=1)[0], "answer": "Write to jo.doe@example.org."}]
        arrow = judge(rows, metrics=["answered", "pii_leak", "answer_chars"], claims=False, prefix="check_")
        self.assertEqual(pa.table(arrow).column_names, ["check_answered", "check_pii_leak", "check_answer_chars"])
        self.assertEqual(outcomes(arrow, "check_pii_leak"), [0.0, 0.0, 1.0])
        self.assertEqual(outcomes(arrow, "check_answer_chars")[0], float(len(RIGHT)))

    def test_no_rows_have_no_outcomes_and_all_their_columns(self):
        table = pa.Table.from_pylist(answers()).slice(0, 0)
        judged = groundgate.judge(table)
        self.assertEqual((len(judged), judged.to_arrow().num_rows), (0, 0))
        self.assertIn("claims", judged.to_arrow().column_names)

    def test_rows_are_no_objects_of_python(self):
        table = pa.Table.from_pylist(answers(n=20_000))
        before = sys.getallocatedblocks()
        arrow = _engine.judge_arrow(table, {})
        outcome = pa.table(arrow)
        self.assertLess(sys.getallocatedblocks() - before, 5_000)
        self.assertEqual(outcome.num_rows, 20_000)
        self.assertEqual(outcomes(outcome)[:5], [0.0] * 4 + [1.0])


class Gate(unittest.TestCase):
    def test_random_tables_in_any_order_are_decided_as_the_command_decides_to_the_last_bit(self):
        def collected(rows, chance):
            shuffled = pa.Table.from_pylist(chance.sample(rows, len(rows)))
            names = {"id": "case", "product": "tag:product"} | {name: f"metric:{name}" for name in METRICS}
            table = shuffled.rename_columns([names.get(name, name) for name in shuffled.column_names])
            place = table.schema.get_field_index("attempt")
            table = table.set_column(place, "attempt", table["attempt"].cast(pa.int32()))
            cut = chance.randrange(1, len(rows))
            # Each part is reduced by itself, as each task of a cluster does.
            return pa.concat_tables([pa.table(_engine.reduce_trials(part)) for part in (table[:cut], table[cut:])])

        n_tables, n_policies = (int(n) for n in os.environ.get("GROUNDGATE_RANDOM_TABLES", "5x4").split("x"))
        check(self, collected, n_tables, n_policies)


class Prompts(unittest.TestCase):
    def test_replies_are_read_as_strictly_as_those_of_a_run(self):
        rows = [*answers(n=3, wrong=1), {**answers(n=1)[0], "answer": REFUSAL}, {**answers(n=1)[0], "contexts": None}]
        table = pa.Table.from_pylist(rows)
        limit = 10 << 20
        asked = pa.table(_engine.write_prompts(table, {}, "groundedness", "s", "", limit))
        prompts = asked["prompt"].to_pylist()
        self.assertEqual([prompt is not None for prompt in prompts], [True, True, True, False, False])
        self.assertIn(WRONG, prompts[0])
        self.assertIn("properties", asked["reply_schema"].to_pylist()[0])
        replies = pa.array(["prose, and no labels", "", None, None, None], pa.string())
        heard = _engine.read_replies(table.append_column("reply", replies), {}, "reply", "groundedness", "s", "", limit)
        found = outcomes(heard)
        self.assertTrue(all(why.startswith("judge: malformed reply") for _, why in found[:2]), found)
        self.assertEqual(found[2], (None, "judge: absent"))
        self.assertIsNotNone(found[3][0])
        self.assertEqual(found[4], (None, "input missing: passages"))
        with self.assertRaises(groundgate.GroundgateError):
            _engine.write_prompts(table, {}, "nowhere.toml", "s", "", limit)


if __name__ == "__main__":
    unittest.main()
