"""Small data, ports, and settings as source code, for tests."""

import os
import subprocess
import time
from datetime import UTC, datetime, timedelta

import httpx
import numpy as np
import polars as pl

from matinee.settings import Settings


def two_tastes(n_users: int = 60, n_movies: int = 40, n_days: int = 20, seed: int = 0) -> pl.DataFrame:
    """Ratings of people with one of two tastes: even users like even movies, odd users odd ones.

    `user_id, movie_id, rating, rated_at`, in order of time; on each day some users rate some movies, four of five of
    them of their own taste with 5 stars, the others with 2.
    """
    random = np.random.default_rng(seed)
    start = datetime(2020, 1, 1, tzinfo=UTC)
    rows: dict[tuple[int, int], tuple[float, datetime]] = {}
    for day in range(n_days):
        for user in random.choice(n_users, n_users // 3, replace=False):
            for position in range(6):
                own_taste = random.random() < 0.8
                movie = 2 * int(random.integers(n_movies // 2)) + (int(user) + (not own_taste)) % 2
                moment = start + timedelta(days=day, minutes=int(user) * 20 + position)
                rows.setdefault((int(user), movie), (5.0 if own_taste else 2.0, moment))
    return pl.DataFrame(
        [(f"u{user}", f"m{movie}", rating, moment) for (user, movie), (rating, moment) in rows.items()],
        schema={
            "user_id": pl.String,
            "movie_id": pl.String,
            "rating": pl.Float32,
            "rated_at": pl.Datetime("us", "UTC"),
        },
        orient="row",
    ).sort("rated_at")


def as_environment(settings: Settings) -> dict[str, str]:
    """Environment of a process that serves the API with these settings."""
    values = {"HOME": settings.home, "MLFLOW_URL": settings.mlflow, "API_PORT": settings.api_port}
    values["DATABASE_URL"] = settings.database
    return os.environ | {f"MATINEE_{name}": str(value) for name, value in values.items()}


def as_source(settings: Settings) -> str:
    """An expression that makes these settings in another process."""
    values = {"home": str(settings.home), "data": settings.data, "bootstrap": settings.bootstrap}
    return f"Settings(**{values}, database_url={settings.database!r}, _env_file=None)"


def wait_until_up(url: str, server: subprocess.Popen[bytes]) -> None:
    """Wait until a server that is starting answers at a URL."""
    deadline = time.monotonic() + 90
    while server.poll() is None and time.monotonic() < deadline:
        try:
            if httpx.get(url, timeout=2).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise RuntimeError(f"{url} did not come up; the server's exit code is {server.poll()}")
