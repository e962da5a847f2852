"""Generated answers judged and gated on Spark: answers a second by core, memory of executors, bytes on the driver.

    just spark-bench 1000000          # rows; needs Java and a release build of the module

Beside it the same rows by one thread of the same engine without Spark. Prints one line a measurement.
"""

import os
import sys
import tempfile
import threading
import time
from pathlib import Path

import groundgate
import groundgate.spark
from groundgate import _engine
from groundgate.spark import _gate
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
CORES = [int(n) for n in (sys.argv[2] if len(sys.argv) > 2 else "1,2").split(",")]
PASSAGES = [
    "Refunds for card payments are paid within 14 days of the request. Refunds are free of charge.",
    "A request for a refund must be made in the app under Payments, and names the payment and the reason.",
    "Transfers inside the country arrive on the next working day; transfers abroad take up to three working days.",
    "A blocked card is replaced free of charge. The new card arrives by post within five working days.",
]


def session(cores):
    """As many executors as cores, each a process of its own with one core."""
    os.environ["PYSPARK_PYTHON"] = sys.executable
    settings = {
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": "3g",
        "spark.driver.maxResultSize": "3g",
        "spark.executorEnv.PYTHONPATH": str(Path(groundgate.__file__).parent.parent),
        "spark.sql.shuffle.partitions": "8",
        "spark.executorEnv.RAYON_NUM_THREADS": "1",
    }
    builder = SparkSession.builder.master(f"local-cluster[{cores},1,1024]").appName("groundgate-bench")
    for name, value in settings.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    return spark


def answers(spark, n):
    """n answers, each of its own words: of three sentences, one in twelve with a number that no passage has."""
    number = F.col("id")
    days = F.when(number % 12 == 5, 15 + number % 80).otherwise(F.lit(14)).cast("string")
    said = F.concat(
        F.lit("Refund request "), number.cast("string"), F.lit(": refunds for card payments are paid within "), days,
        F.lit(" days of the request. The request must be made in the app under Payments. A refund is free of charge."),
    )
    passages = F.array(*[F.lit(text) for text in PASSAGES])
    return spark.range(n, numPartitions=max(8, n // 50_000)).select(
        F.concat(F.lit("q"), number.cast("string")).alias("case"),
        F.concat(F.lit("How long does refund "), number.cast("string"), F.lit(" take, and what does it cost?")).alias("question"),
        said.alias("answer"),
        passages.alias("passages"),
    )


class Memory(threading.Thread):
    """The largest resident set of any Python worker of the executors, sampled; how it stood at each third."""

    def __init__(self):
        super().__init__(daemon=True)
        self.samples, self.done = [], threading.Event()

    def run(self):
        while not self.done.wait(0.5):
            largest = 0
            for status in Path("/proc").glob("[0-9]*/status"):
                try:
                    command = status.with_name("cmdline").read_bytes()
                    if b"pyspark.daemon" in command:
                        text = status.read_text()
                        largest = max(largest, int(text.split("VmRSS:")[1].split()[0]))
                except (OSError, IndexError):
                    continue
            self.samples.append(largest // 1024)

    def thirds(self):
        self.done.set()
        third = max(1, len(self.samples) // 3)
        return [max(self.samples[place : place + third], default=0) for place in (0, third, 2 * third)]


def main():
    alone = None
    for cores in CORES:
        spark = session(cores)
        if alone is None:
            rows = answers(spark, 20_000).toArrow()
            _engine.judge_arrow(rows.slice(0, 100), {}, parallel=False)
            began = time.process_time()
            _engine.judge_arrow(rows, {}, parallel=False)
            alone = rows.num_rows / (time.process_time() - began)
            print(f"one thread without Spark: {alone:,.0f} answers a second of CPU", flush=True)
        warm = groundgate.spark.judge(answers(spark, 8 * 200), keep=["case"])
        warm.write.format("noop").mode("overwrite").save()
        with tempfile.TemporaryDirectory() as folder:
            memory = Memory()
            memory.start()
            counts = groundgate.spark.Counts()
            began = time.perf_counter()
            judged = groundgate.spark.judge(answers(spark, ROWS), keep=["case"], claims=False, counts=counts)
            judged.write.parquet(f"{folder}/judged")
            took = time.perf_counter() - began
            found = counts.check()
            rate = ROWS / took
            print(
                f"{cores} cores: {ROWS:,} judged in {took:.1f} s, {rate:,.0f} a second, {rate / cores:,.0f} a core "
                f"({rate / cores / alone:.0%} of one thread); workers' memory by third {memory.thirds()} MB; {found}",
                flush=True,
            )
            (Path(folder) / "gate.toml").write_text(
                'schema = "groundgate.policy/1"\nname = "bench"\n[[rule]]\nid = "g"\nkind = "floor"\nmetric = "groundedness"\nmin = 0.9\n'
            )
            began = time.perf_counter()
            table = _gate.reduced(spark.read.parquet(f"{folder}/judged"), {"groundedness": None}, {}, [])
            collected = time.perf_counter() - began
            terms = {**dict.fromkeys(("environment", "policy", "policy_digest")), "directory": folder}
            gated = _engine.gate_trials(table, None, {**terms, "instrument": "embedded", "declared": {}, "other_questions": False})
            decided = time.perf_counter() - began - collected
            print(
                f"{cores} cores: gate collects {table.nbytes / ROWS:.0f} bytes a trial in {collected:.1f} s, decides in "
                f"{decided:.1f} s: exit code {gated[3]}",
                flush=True,
            )
        spark.stop()


if __name__ == "__main__":
    main()
