"""The package on Spark itself, with executors that are processes of their own: `tests/run.sh` installs both and runs this."""

import json
import os
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import groundgate
import groundgate.spark
import pyarrow as pa
from pyspark.errors import PythonException
from pyspark.sql import SparkSession

from groundgate.spark import _gate
from random_tables import METRICS, POLICY, TRIALS, check

PASSAGE = "Refunds are paid within 14 days."
WRONG = "Refunds are paid within 99 days."
SPARK: SparkSession


def setUpModule():
    global SPARK
    os.environ["PYSPARK_PYTHON"] = sys.executable
    folder = Path(groundgate.__file__).parent.parent
    builder = SparkSession.builder.master(os.environ.get("GROUNDGATE_SPARK_MASTER", "local-cluster[2,1,1024]")).appName("groundgate")
    settings = {
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.executorEnv.PYTHONPATH": str(folder),
        "spark.sql.shuffle.partitions": "4",
        "spark.task.maxFailures": "1",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.execution.arrow.maxRecordsPerBatch": "100",
    }
    for name, value in settings.items():
        builder = builder.config(name, value)
    SPARK = builder.getOrCreate()
    SPARK.sparkContext.setLogLevel("OFF")


def tearDownModule():
    SPARK.stop()


def answers(n=400, wrong=40):
    """Answers to n questions, some of them wrong, some without what a judge needs."""
    rows = []
    for index in range(n):
        row = {
            "id": f"q{index:04}",
            "question": f"How long does refund {index} take?",
            "answer": WRONG if index % n < wrong else PASSAGE,
            "contexts": [PASSAGE, "The fee is 5 euros."],
        }
        if index % 50 == 49:
            row["contexts"] = None
        if index % 50 == 48:
            row["answer"] = None
        rows.append(row)
    return rows


SCHEMA = "id string, question string, answer string, contexts array<string>"


def frame(rows):
    return SPARK.createDataFrame(rows, SCHEMA)


class Judging(unittest.TestCase):
    def test_executors_say_what_one_machine_says_and_every_row_comes_out(self):
        rows = answers()
        counts = groundgate.spark.Counts()
        judged = groundgate.spark.judge(frame(rows).repartition(5), keep=["id"], counts=counts)
        found = pa.Table.from_pylist(sorted((row.asDict(recursive=True) for row in judged.collect()), key=lambda row: row["id"]))
        here = pa.table(groundgate.judge(pa.Table.from_pylist(rows)).arrow)
        self.assertEqual(found.num_rows, 400)
        for name in here.column_names:
            self.assertEqual(found[name].to_pylist(), here[name].to_pylist(), name)
        self.assertEqual(counts.check(), {"rows": 400, "scored": 384, "not_applicable": 0, "unscored": 16})

    def test_work_is_done_in_processes_of_the_executors(self):
        def pids(batches):
            import os

            for batch in batches:
                yield pa.RecordBatch.from_arrays([pa.array([os.getppid()])], names=["pid"])

        found = {row.pid for row in frame(answers()).repartition(4).mapInArrow(pids, "pid long").collect()}
        self.assertNotIn(os.getpid(), found)

    def test_columns_that_cannot_be_read_are_errors_of_the_driver(self):
        wrong = SPARK.createDataFrame([{"question": "a", "answer": 7, "contexts": ["b"]}])
        with self.assertRaises(groundgate.GroundgateError) as raised:
            groundgate.spark.judge(wrong)
        self.assertIn("`answer` is of Int64", str(raised.exception))
        with self.assertRaises(groundgate.GroundgateError) as raised:
            groundgate.spark.judge(frame(answers(n=1)).withColumnRenamed("contexts", "colour"))
        self.assertIn("`passages`", str(raised.exception))
        judged = groundgate.spark.judge(frame(answers(n=1)))
        with self.assertRaises(groundgate.GroundgateError) as raised:
            groundgate.spark.judge(judged)
        self.assertIn("prefix=", str(raised.exception))

    def test_rows_that_are_too_large_have_a_reason_and_their_neighbours_a_score(self):
        rows = answers(n=3, wrong=0)
        rows[1]["answer"] = "x" * (11 << 20)
        judged = groundgate.spark.judge(frame(rows), keep=["id"]).orderBy("id")
        unscored = [row.groundedness.unscored for row in judged.collect()]
        self.assertEqual(unscored, [None, "judge: too-large", None])

    def test_plain_checks_need_no_judge(self):
        rows = [*answers(n=2, wrong=0), {**answers(n=1)[0], "id": "z", "answer": "Write to jo.doe@example.org."}]
        checked = groundgate.spark.checks(frame(rows), keep=["id"]).orderBy("id").collect()
        self.assertEqual([row.pii_leak.score for row in checked], [0.0, 0.0, 1.0])
        self.assertEqual([row.answered.score for row in checked], [1.0, 1.0, 1.0])

    def test_structs_and_names_with_dots_are_columns_too(self):
        rows = [(1, "How long?", PASSAGE, [(7, PASSAGE), (8, None)])]
        schema = "`a.b` int, `in.question` string, answer string, docs array<struct<id:int,page_content:string>>"
        columns = {"question": "in.question", "passages": "docs"}
        judged = groundgate.spark.judge(SPARK.createDataFrame(rows, schema), columns=columns).collect()
        self.assertEqual(judged[0].groundedness.score, 1.0)
        self.assertEqual(judged[0]["a.b"], 1)

    def test_an_executor_without_the_wheel_says_so(self):
        from groundgate.spark import _judge

        run = _judge._judging({"answer": "answer"}, None, [], "", False, 1, "0.0.0-other")
        with self.assertRaises(PythonException) as raised:
            frame(answers(n=1)).mapInArrow(run, "a string").collect()
        self.assertIn("the driver has groundgate 0.0.0-other", str(raised.exception))

    def test_results_are_written_and_read_as_parquet(self):
        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder) / "judged")
            groundgate.spark.judge(frame(answers()), keep=["id"]).write.parquet(path)
            self.assertEqual(SPARK.read.parquet(path).where("groundedness.unscored is not null").count(), 16)


class Gate(unittest.TestCase):
    def test_a_table_is_decided_as_the_command_decides_to_the_last_bit(self):
        def collected(rows, chance):
            shuffled = chance.sample(rows, len(rows))
            df = SPARK.createDataFrame(shuffled, TRIALS).repartition(chance.randrange(2, 6))
            return _gate.reduced(df, METRICS, {"case": "id"}, ["product"])

        check(self, collected, n_tables=1, n_policies=3)

    def test_outcomes_of_judge_are_gated_as_they_are(self):
        rows = answers(n=200, wrong=0)
        judged = groundgate.spark.judge(frame(rows), keep=["id", "question"])
        with tempfile.TemporaryDirectory() as folder, mock.patch.dict(os.environ, clear=True):
            (Path(folder) / "gate.toml").write_text(
                POLICY + '[[rule]]\nid = "g"\nkind = "floor"\nmetric = "groundedness"\nmin = 0.9\n'
            )
            gated = groundgate.spark.gate(judged, metrics=["groundedness"], directory=folder)
            finding = json.loads(gated.json)["rules"][0]
            self.assertEqual(finding["n"], 200)
            # 4 answers did not come and count as the worst; of 4 no passages are known, and they count both ways.
            self.assertLess(finding["lower"], 0.98)
            with self.assertRaises(groundgate.GroundgateError) as raised:
                groundgate.spark.gate(judged.unionAll(judged), metrics=["groundedness"], directory=folder)
            self.assertIn("twice", str(raised.exception))
            with self.assertRaises(groundgate.GroundgateError) as raised:
                groundgate.spark.gate(judged.limit(0), metrics=["groundedness"], directory=folder)
            self.assertIn("no rows", str(raised.exception))
            with mock.patch.dict(os.environ, {"DATABRICKS_RUNTIME_VERSION": "17"}):
                with self.assertRaises(groundgate.GroundgateError) as raised:
                    groundgate.spark.gate(judged, metrics=["groundedness"], directory=folder)
                self.assertIn("in CI", str(raised.exception))


if __name__ == "__main__":
    unittest.main()
