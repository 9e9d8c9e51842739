"""What people ask of the server in `matinee bench serving`, and how fast it answers."""

import json
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from matinee.bench import wrk
from matinee.bench.servers import ApiServer
from matinee.bench.synthetic import GENRES, Size

K = range(5, 25)
"""Lengths of the lists that are asked for."""
MAX_USERS = 20_000
"""Users who ask; more would only take longer to rate."""
N_NEWS, STARS = 3, (4.0, 5.0)
"""Ratings, newer than the model, of every second user who asks."""
N_REGULARS = 200
"""Users whose answers are kept."""
WARM_S = 1.0


def known(size: Size) -> wrk.Load:
    """Lists of ten for every user alike, at random."""
    return wrk.Load(["/v1/users/{user}/recommendations"], n_users=size.n_users)


def first_answers(size: Size, *, reasons: bool) -> wrk.Load:
    """Never the same: lists of any length, a third of them of one genre, another third with what was seen."""
    filters = [("", "&exclude_seen=false", f"&genre={GENRES[k % len(GENRES)]}") for k in K]
    plain = "" if reasons else "&reasons=false"
    paths = [
        f"/v1/users/{{user}}/recommendations?k={k}{each}{plain}"
        for k, those in zip(K, filters, strict=True)
        for each in those
    ]
    return wrk.Load(paths, n_users=min(size.n_users, MAX_USERS), begins=0)


def regulars(size: Size) -> wrk.Load:
    """The same lists again and again."""
    return wrk.Load(["/v1/users/{user}/recommendations"], n_users=min(size.n_users, N_REGULARS))


def sessions(size: Size, n: int = 200, length: int = 20) -> wrk.Load:
    """Histories of people without a name."""
    random = np.random.default_rng(0)
    histories = [random.choice(size.n_movies, length, replace=False) + 1 for _ in range(n)]
    bodies = [json.dumps({"history": [{"movie_id": str(row)} for row in rows.tolist()]}) for rows in histories]
    return wrk.Load(["/v1/recommendations"], bodies=bodies)


def news(size: Size) -> list[dict[str, Any]]:
    """Ratings of every second user who asks, given now."""
    random = np.random.default_rng(0)
    users = range(2, min(size.n_users, MAX_USERS) + 1, 2)
    return [
        {"user_id": str(user), "movie_id": str(row + 1), "rating": float(random.choice(STARS))}
        for user in users
        for row in random.choice(size.n_movies, N_NEWS, replace=False).tolist()
    ]


@dataclass
class Bench:
    """Puts loads on one server, one after the other."""

    app: ApiServer
    duration_s: float

    def at_most(self, load: wrk.Load) -> tuple[wrk.Measured, wrk.Load]:
        """As fast as it can, after a second to warm up; and the load with what has not been asked yet."""
        warm = wrk.run(self.app.url, load, WARM_S)
        load = _go_on(load, warm)
        measured = wrk.run(self.app.url, load, self._lasting(load, warm.requests_per_s))
        return measured, _go_on(load, measured)

    def at_half(self, load: wrk.Load, most: wrk.Measured) -> wrk.Measured:
        """At half of what it can."""
        rate = most.requests_per_s / 2
        return wrk.run(self.app.url, load, self._lasting(load, rate), requests_per_s=rate)

    def _lasting(self, load: wrk.Load, rate: float) -> float:
        """How long it may last: no longer than half of what was not asked yet does, so that nothing comes twice."""
        if load.begins is None:
            return self.duration_s
        return min(self.duration_s, (load.n_different - load.begins) // (2 * max(1.0, rate)))


def _go_on(load: wrk.Load, measured: wrk.Measured) -> wrk.Load:
    # Each connection may have asked once more than was answered.
    asked = measured.requests + wrk.CONNECTIONS
    return load if load.begins is None else replace(load, begins=load.begins + asked)
