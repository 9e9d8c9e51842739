"""How often the gate's second question errs, of all people and of a sample of them, on days with enough people.

    python bench/second_question.py --data FOLDER --bootstrap 30d --days 4 --chunks 12 --sample 20000

Walks through chunks of so many days, fits the default model on what came before each, and asks whether the chunk does
harm: as it is, which it would be wrong to refuse, and with the movies of its first half shuffled, as by a broken
export, which is harm. Both are asked of all people and of a sample of so many ratings. Prints a table and one JSON
object.
"""

import argparse
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from matinee.bench.gate.examination import Examination
from matinee.bench.gate.timeline import Timeline
from matinee.bench.gate.training import train
from matinee.evaluation.split import Split
from matinee.settings import Settings

ALGORITHM = "blend"
ALL = 1 << 62


@dataclass(frozen=True)
class Answer:
    """One answer of the question."""

    of: str
    """`sound` or `shuffled`, and `all` or `sample`."""
    is_refused: bool
    difference: float
    """Mean in NDCG@10."""
    n_users: float
    harm: float
    """The betting score; 1,000 refuses."""


def walk(timeline: Timeline, n_chunks: int, sample: int) -> Iterator[Answer]:
    """The answers for each chunk that has enough people."""
    previous = None
    for number in range(n_chunks):
        split = timeline.split(number)
        previous = train(timeline, ALGORITHM, split.past, number - 1, previous)
        for chunk, holdout in (("sound", split.holdout), ("shuffled", shuffled(split.holdout, number))):
            for asked, most in (("all", ALL), ("sample", sample)):
                of = replace(timeline, most_refitted=most)
                question = Examination(of, ALGORITHM, number, Split(split.past, holdout), previous, []).newest_data
                if question.asked:
                    numbers = question.numbers
                    rest = numbers["difference"], numbers["n_users"], numbers["harm"]
                    yield Answer(f"{chunk}, {asked}", question.outcome == "failed", *rest)


def shuffled(chunk: pl.DataFrame, seed: int) -> pl.DataFrame:
    """The chunk with the movies of its first half in another order."""
    ordered = chunk.sort("rated_at", "user_id", "movie_id")
    half, movies = ordered.height // 2, ordered["movie_id"].to_numpy().copy()
    movies[:half] = np.random.default_rng(seed).permutation(movies[:half])
    return ordered.with_columns(movie_id=pl.Series(movies, dtype=chunk.schema["movie_id"]))


def rates(answers: Sequence[Answer]) -> dict[str, Any]:
    """Share refused of each kind, with how large the difference is and how many people show it."""
    found = {}
    for name in sorted({each.of for each in answers}):
        of = [each for each in answers if each.of == name]
        found[name] = {
            "chunks": len(of),
            "refused": sum(each.is_refused for each in of) / len(of),
            "difference": float(np.mean([each.difference for each in of])),
            "people": float(np.mean([each.n_users for each in of])),
            "most_harm": max(each.harm for each in of),
        }
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="data set, by name or folder")
    parser.add_argument("--days", type=int, default=4, help="length of a chunk")
    parser.add_argument("--chunks", type=int, default=20, help="how many")
    parser.add_argument("--sample", type=int, default=100_000, help="ratings of a sample")
    parser.add_argument("--bootstrap", default="", help="length of the first chunk; default is that of the settings")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder), data=arguments.data, _env_file=None)
        settings = settings.model_copy(update={"bootstrap": arguments.bootstrap} if arguments.bootstrap else {})
        timeline = replace(Timeline.of(settings), day=timedelta(days=arguments.days))
        found = rates(list(walk(timeline, arguments.chunks, arguments.sample)))
    for name, each in found.items():
        print(f"{name:<18}", {key: round(value, 4) for key, value in each.items()})
    print(json.dumps(found))


if __name__ == "__main__":
    main()
