"""The client of whoever runs matinee: versions, chunks and runs, and with the server's token starting runs."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from uuid import uuid4

from matinee.clients.api import Answer, Client, Id, Recommendations, segment

Action = Literal["advance", "promote", "roll_back"]
State = Literal["waiting", "running", "success", "failed", "skipped"]


class TimeServed(Answer):
    """A time in which a version was served; `until` is None while it is."""

    since: datetime
    until: datetime | None


class Version(Answer):
    """A registered version, and what became of it."""

    version: Id
    run_id: str
    stage: str
    """`production`, `archived` or `rejected`; empty before the first decision."""

    chunk_id: int | None
    data_through: datetime | None
    created_at: datetime
    verdict: str
    reason: str
    metrics: Mapping[str, float]
    is_rolled_back: bool = False
    """Whether a rollback left it and nobody put it back since."""

    served: tuple[TimeServed, ...]
    is_on_disk: bool
    """Whether its lists can be asked for now."""


class Versions(Answer):
    """Versions, newest first."""

    production: Id | None
    roll_back_to: Id | None
    """The version that a rollback would bring back."""

    versions: tuple[Version, ...]

    @property
    def in_production(self) -> Version | None:
        """The version in production, if it is listed."""
        return next((each for each in self.versions if each.version == self.production), None)


class Check(Answer):
    """One thing that the gate asked, and the answer."""

    name: str
    passed: bool
    finding: str
    numbers: Mapping[str, float] = {}


class Decision(Answer):
    """The record of a verdict."""

    rule: str
    verdict: str
    reason: str
    checks: tuple[Check, ...] = ()
    numbers: Mapping[str, float] = {}


class VersionRecord(Version):
    """A version with all its metrics and the decision on it."""

    decision: Decision | None


class ChunkStatistics(Answer):
    """What the data watch found in a chunk; what compares with the past is None for the first one."""

    verdict: str
    """`usual`, `drifted` or `refused`."""

    reasons: tuple[str, ...]
    n_users: int
    n_new_users: int
    n_movies: int
    n_new_movies: int
    ratings_by_day: Mapping[str, int]
    """By UTC date."""

    rating_histogram: Mapping[str, int]
    """By stars."""

    mean_rating: float | None
    usual_n_ratings: float | None
    rating_distance: float | None
    """Jensen-Shannon distance of the histogram from the past's: 0 (same) to 1 (disjoint)."""

    popularity_distance: float | None
    """The same of how ratings spread from the head of the catalogue to its tail."""


class ChunkDecision(Answer):
    """What somebody decided about a chunk that the data watch had refused."""

    decision: str
    reason: str


class Chunk(Answer):
    """A chunk of the ledger."""

    chunk_id: int
    state: str
    starts_at: datetime
    ends_at: datetime
    n_ratings: int
    n_live: int
    n_quarantined: int
    quarantine: Mapping[str, int]
    """Rows by reason."""

    closed_at: datetime | None
    statistics: ChunkStatistics | None
    decision: ChunkDecision | None


class Run(Answer):
    """Something that was asked of the pipeline."""

    run_id: str
    action: Action
    state: State
    asked_at: datetime | None
    ended_at: datetime | None

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in ("success", "failed")


class Step(Answer):
    """One step of a run."""

    name: str
    state: State


class RunProgress(Run):
    """A run, how far it is, and what came of it."""

    steps: tuple[Step, ...]
    outcome: str | None
    """`promoted`, `rejected`, `no_more_data`, `rolled_back` or `refused`; None until it has succeeded."""

    chunk_id: int | None
    reason: str
    served_version: Id | None


class Coverage(Answer):
    """How the lists since the served model was loaded spread over the catalogue."""

    model_version: Id | None
    n_movies: int
    recommended_movies_ratio: float


class _Chunks(Answer):
    chunks: tuple[Chunk, ...]


class _Runs(Answer):
    runs: tuple[Run, ...]


class Operator(Client):
    """A client that holds the server's token; it raises what a `Client` does."""

    def __init__(self, url: str, token: str, timeout_s: float = 15.0) -> None:
        super().__init__(url, timeout_s)
        self._token = token

    def versions(self, limit: int = 100) -> Versions:
        """Registered versions, newest first."""
        return self._get(Versions, "/v1/versions", {"limit": limit})

    def version(self, version: str) -> VersionRecord:
        """One version, with the record of the decision on it."""
        return self._get(VersionRecord, f"/v1/versions/{segment(version)}")

    def recommended_by(self, version: str, user_id: str, k: int = 10) -> Recommendations:
        """What a version that is on the server's disk would recommend to a user."""
        path = f"/v1/versions/{segment(version)}/users/{segment(user_id)}/recommendations"
        return self._get(Recommendations, path, {"k": k})

    def chunks(self, limit: int = 100) -> tuple[Chunk, ...]:
        """Chunks of ratings, newest first."""
        return self._get(_Chunks, "/v1/chunks", {"limit": limit}).chunks

    def coverage(self) -> Coverage:
        """How much of the catalogue was recommended since the served model was loaded."""
        return self._get(Coverage, "/v1/model/coverage")

    def runs(self, limit: int = 10) -> tuple[Run, ...]:
        """Runs of the pipeline, newest first, whoever asked for them."""
        return self._get(_Runs, "/v1/runs", {"limit": limit}).runs

    def run(self, run_id: str) -> RunProgress:
        """How far a run is."""
        return self._get(RunProgress, f"/v1/runs/{segment(run_id)}")

    def advance(self, key: str | None = None) -> Run:
        """Take the next chunk of ratings, train, and let the gate decide; with a `key` given before, nothing new."""
        return self._start({"action": "advance"}, key)

    def roll_back(self, reason: str, key: str | None = None) -> Run:
        """Go back to the version that served before; with a `key` given before, nothing new."""
        return self._start({"action": "roll_back", "reason": reason}, key)

    def promote(self, version: str, reason: str, key: str | None = None) -> Run:
        """Put a version into production, whatever the gate said of it; with a `key` given before, nothing new."""
        return self._start({"action": "promote", "version": version, "reason": reason}, key)

    def _start(self, wanted: dict[str, str], key: str | None) -> Run:
        headers = {"Authorization": f"Bearer {self._token}", "Idempotency-Key": key or uuid4().hex}
        return self._read(Run, self._send(self._http.build_request("POST", "/v1/runs", json=wanted, headers=headers)))
