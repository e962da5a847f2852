"""One task of the nightly job. judge: the answers of the day before are judged where they are, and written with the
outcomes, the day's folder replaced. gate: that day against the seven before it; anything but 0 ends the task.

The source has the columns `id`, `day`, `question`, `answer` and `contexts`."""

import datetime
import sys

import groundgate.spark
from pyspark.sql import SparkSession
from pyspark.sql import functions as F


def judge(spark, volume: str, source: str, day: datetime.date) -> int:
    counts = groundgate.spark.Counts()
    rows = spark.read.table(source).where(F.col("day") == F.lit(day))
    judged = groundgate.spark.judge(rows, keep=["id", "question"], counts=counts)
    judged.write.mode("overwrite").parquet(f"{volume}/judged/day={day}")
    print(counts.check())
    return 0


def gate(spark, volume: str, policy_digest: str, day: datetime.date) -> int:
    judged = spark.read.parquet(f"{volume}/judged")
    before = F.col("day").between(F.lit(day - datetime.timedelta(days=7)), F.lit(day - datetime.timedelta(days=1)))
    gated = groundgate.spark.gate(
        judged.where(F.col("day") == F.lit(day)),
        judged.where(before),
        f"{volume}/gate.toml",
        metrics=["groundedness", "faithfulness"],
        columns={"case": "id"},
        env="prod",
        policy_digest=policy_digest,
        other_questions=True,
        instrument=f"embedded judge of groundgate {groundgate.__version__}",
    )
    print(gated.text)
    return gated.exit_code


def main(step: str, volume: str, source: str, policy_digest: str, day: str) -> int:
    spark = SparkSession.builder.getOrCreate()
    before = datetime.date.fromisoformat(day[:10]) - datetime.timedelta(days=1)
    if step == "judge":
        return judge(spark, volume, source, before)
    if step == "gate":
        return gate(spark, volume, policy_digest, before)
    print(f"unknown step {step}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
