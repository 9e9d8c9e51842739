"""What the data watch's p-values are when the past's clusters are those of all people, and of some of them.

    python bench/watch_sample.py --data FOLDER --days 7 --most 50000

Walks through the chunks of a data set, each as it is and with a star less in every second rating of those that have two
or more, and compares the two p-values that `matinee bench watch` computes. Prints a table and one JSON object.
"""

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import patch

import polars as pl

from matinee.bench.drift import verdicts
from matinee.drift import data_watch
from matinee.drift.records import ChunkStatistics
from matinee.drift.rules import DRIFT_P_VALUE
from matinee.settings import Settings

P_VALUES = ("rating_p_value", "popularity_p_value")


def as_it_is(ratings: pl.DataFrame) -> pl.DataFrame:
    """The chunk."""
    return ratings


def lowered(ratings: pl.DataFrame) -> pl.DataFrame:
    """The chunk with a star less in every second of its ratings, as after a change of the page."""
    is_chosen = (pl.int_range(pl.len()) % 2 == 0) & (pl.col("rating") >= 2)
    return ratings.with_columns(rating=pl.when(is_chosen).then(pl.col("rating") - 1).otherwise("rating"))


def walk(settings: Settings, most: int, change: Callable[[pl.DataFrame], pl.DataFrame]) -> Iterator[ChunkStatistics]:
    """Statistics of each chunk, changed, beside a past that is exchanged with it as far as `most` ratings."""

    class Changed(data_watch.Comparison):
        def __init__(self, chunk: object, ratings: pl.DataFrame, *more: object) -> None:
            super().__init__(chunk, change(ratings), *more)  # type: ignore[arg-type]  # as they are given

    with patch.object(data_watch, "MOST_EXCHANGED", most), patch("matinee.bench.drift.Comparison", Changed):
        yield from verdicts(settings)


def main() -> None:
    """Walk, count, print."""
    parser = argparse.ArgumentParser(description="Compare p-values of a sample of the past with those of all of it.")
    parser.add_argument("--data", required=True, help="folder of a data set")
    parser.add_argument("--days", type=int, choices=(1, 7, 30), default=7, help="length of a chunk")
    parser.add_argument("--most", type=int, default=50_000, help="ratings of the sample")
    asked = parser.parse_args()
    figures: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(home=Path(home), data=asked.data, chunk=f"{asked.days}d", _env_file=None)
        for change in (as_it_is, lowered):
            whole, sampled = (list(walk(settings, most, change)) for most in (1 << 62, asked.most))
            for name in P_VALUES:
                pairs = [(getattr(one, name), getattr(other, name)) for one, other in zip(whole, sampled, strict=True)]
                known = [(one, other) for one, other in pairs if one is not None and other is not None]
                figures[f"{change.__name__}, {name}"] = {
                    "chunks": len(known),
                    "all_at_most_.001": sum(one <= DRIFT_P_VALUE for one, _ in known),
                    "sample_at_most_.001": sum(other <= DRIFT_P_VALUE for _, other in known),
                    "either_alone": sum((one <= DRIFT_P_VALUE) != (other <= DRIFT_P_VALUE) for one, other in known),
                    "mean_difference": sum(other - one for one, other in known) / max(1, len(known)),
                }
    for name, found in figures.items():
        print(f"{name:<32}", found)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
