"""First answers with filters and sliders, as shares of plain ones: processor time of one worker, in one process.

    python bench/filters.py                 ml-100k size
    python bench/filters.py --size ml-20m   fits for minutes

The application itself is called (ASGI), without a socket, with lists that nobody has asked for before, in rounds that
alternate, so that what else the machine does falls on all alike. The models are those of `matinee bench serving`.
"""

import argparse
import asyncio
import json
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # as in the server

import numpy as np

from matinee import artifact
from matinee.bench import served_models, synthetic
from matinee.serving.app import create_app
from matinee.serving.model.served import Registered, ServedModel
from matinee.settings import Settings

GENRES = synthetic.GENRES
QUERIES: Mapping[str, str] = {
    "plain": "",
    "one genre": f"&genre={GENRES[0]}",
    "two genres": f"&genre={GENRES[0]}&genre={GENRES[1]}",
    "without a genre": f"&exclude_genre={GENRES[2]}",
    "years": "&year_from=1980&year_to=1999",
    "without 20 movies": "".join(f"&exclude_movie={{{place}}}" for place in range(20)),
    "only 50 movies": "".join(f"&only_movie={{{place}}}" for place in range(50)),
    "genres, years, movies": f"&genre={GENRES[0]}&genre={GENRES[1]}&year_from=1980&exclude_movie=5&exclude_movie=7",
    "rarity": "&rarity=0.5",
    "diversity": "&diversity=0.5",
    "first page": "&cursor=",
}
"""By name; movies in braces are others in each address, so that no address was ever sent before."""
ROUNDS, A_ROUND = 15, 40
"""Rounds of each kind of list, and answers in one."""


async def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="What filters and sliders cost the server.")
    parser.add_argument("--size", default="ml-100k", choices=sorted(synthetic.SIZES))
    parser.add_argument("--models", type=Path, help="keeps the models for the next time")
    given = parser.parse_args()
    size = synthetic.SIZES[given.size]
    with tempfile.TemporaryDirectory() as folder:
        models = (given.models or Path(folder)) / size.name
        served_models.make(size, ["blend", "factors"], models)
        print(
            json.dumps({kind: await _shares(models / kind / "0", Path(folder) / kind) for kind in ("blend", "factors")})
        )


async def _shares(model: Path, home: Path) -> dict[str, float]:
    app = create_app(Settings(home=home, impressions_s=0, _env_file=None))
    slot = app.state.services.slot
    await slot.start()
    slot._replace(ServedModel.of(artifact.load(model), Registered(version="1", run_id="run", source="")))
    random = np.random.default_rng(0)
    users: Iterator[int] = iter(random.permutation(10**6).tolist())
    n_users, n_movies = slot.current.model.n_users, slot.current.model.n_movies
    seconds: dict[str, list[float]] = {name: [] for name in QUERIES}
    for number in range(-1, ROUNDS):
        for place, (name, query) in enumerate(QUERIES.items()):
            # No two lists of a kind are of the same user and length.
            paths = [(next(users) % n_users + 1, 5 + (number + place + each) % 20) for each in range(A_ROUND)]
            addresses = [
                f"{user}?k={k}" + query.format(*random.choice(n_movies, 50, replace=False) + 1) for user, k in paths
            ]
            began = time.process_time()
            await _answered(app, addresses)
            if number >= 0:
                seconds[name].append((time.process_time() - began) / A_ROUND)
    medians = {name: float(np.median(each)) for name, each in seconds.items()}
    print(
        *(
            f"{model.parent.name:8} {name:32} {1e6 * each:6.0f} us  {medians['plain'] / each:.2f}"
            for name, each in medians.items()
        ),
        sep="\n",
    )
    return {name: medians["plain"] / each for name, each in medians.items()}


async def _answered(app: Any, requests: list[str]) -> None:  # noqa: ANN401  an ASGI application
    for request in requests:
        user, _, query = request.partition("?")
        path = f"/v1/users/{user}/recommendations"
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
            "path": path, "raw_path": path.encode(), "query_string": query.encode(), "root_path": "",
            "headers": [(b"host", b"127.0.0.1")], "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 8000), "state": {},
        }  # fmt: skip
        status: list[int] = []

        async def send(message: dict[str, Any], status: list[int] = status) -> None:
            if message["type"] == "http.response.start":
                status.append(message["status"])

        await app(scope, _receive, send)
        if status != [200]:
            raise SystemExit(f"{path}?{query} was answered with {status}")


async def _receive() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


if __name__ == "__main__":
    asyncio.run(main())
