"""Where challengers stand: one line for each challenger and champion, rewritten every day, never removed.

The evidence itself is in `comparisons`; a line here is what it says, for people and for the API.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Literal, get_args

import sqlalchemy as sa
from sqlalchemy.orm import Session

from matinee.ratings.comparison_tables import ChallengerRow
from matinee.ratings.database import engine, writing
from matinee.settings import Settings

State = Literal["gathering", "won", "proposed", "failed", "late"]
"""`proposed`: it has won, and waits for a person (`MATINEE_CHALLENGERS_WIN=propose`). `failed` and `late` are of the
newest day alone; what was found before stays."""


@dataclass(frozen=True)
class Evidence:
    """What is known of a pair, in parts of the champion's mean NDCG@10."""

    n_users: int = 0
    n_days: int = 0
    alpha: float | None = None
    """Share of histories in which the interval may ever be wrong."""
    difference: float | None = None
    low: float | None = None
    """None, as `high`, before there are enough users for an interval (`evidence.MIN_USERS`)."""
    high: float | None = None
    days_needed: float | None = None
    """About how many more days until it has won, if they are like those so far; None for no end in sight."""
    segments: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)
    """By segment `difference`, `low`, `high` and `n_users`; the intervals hold for all segments together."""


@dataclass(frozen=True)
class Standing:
    """A challenger against a champion."""

    pair: str
    name: str
    """As the settings write it."""
    champion: str
    """Configuration of the champion."""
    submission: int
    """How many configurations of its algorithm have been tried against this champion, itself included."""
    state: State
    reason: str
    chunk_id: int
    """Newest chunk that it was asked about."""
    at: datetime
    run_id: str | None = None
    version: str | None = None
    """Registered when it is proposed."""
    seconds: float | None = None
    """What a day of it costs: from its start until it was scored."""
    evidence: Evidence = Evidence()


class ChallengerStore:
    """The lines of one home."""

    def __init__(self, settings: Settings) -> None:
        self._database = engine(settings)

    def all(self) -> list[Standing]:
        """All of them, those asked about last first."""
        query = sa.select(ChallengerRow).order_by(ChallengerRow.at.desc(), ChallengerRow.pair)
        with Session(self._database) as session:
            return [_standing(row) for row in session.scalars(query)]

    def against(self, champion: str) -> list[Standing]:
        """Those against one champion."""
        return [each for each in self.all() if each.champion == champion]

    def submission(self, pair: str, name: str, champion: str) -> int:
        """Which submission of its algorithm a pair is, the first being 1; its number stays once it has a line."""
        known = {
            each.pair: each.submission for each in self.against(champion) if _algorithm(each.name) == _algorithm(name)
        }
        return known.get(pair, len(known) + 1)

    def keep(self, standing: Standing) -> None:
        """Write the line of a pair."""
        values = asdict(standing) | asdict(standing.evidence)
        del values["evidence"]
        with writing(self._database) as session:
            session.merge(ChallengerRow(**values))


def pair_of(challenger: str, champion: str) -> str:
    """The name of a pair of configurations, by which its evidence is kept."""
    return f"{challenger} against {champion}"


def _algorithm(name: str) -> str:
    return name.partition(":")[0]


def _standing(row: ChallengerRow) -> Standing:
    return Standing(
        pair=row.pair,
        name=row.name,
        champion=row.champion,
        submission=row.submission,
        state=next(each for each in get_args(State) if each == row.state),
        reason=row.reason,
        chunk_id=row.chunk_id,
        at=row.at,
        run_id=row.run_id,
        version=row.version,
        seconds=row.seconds,
        evidence=Evidence(
            row.n_users,
            row.n_days,
            row.alpha,
            row.difference,
            row.low,
            row.high,
            row.days_needed,
            row.segments,
        ),
    )
