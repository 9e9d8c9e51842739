"""What came of a run: the facts, what was measured, and what must not be."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TextIO

from chaos.days import Day
from chaos.limits import Judged, in_time
from chaos.people import People


@dataclass
class Report:
    """One run."""

    seed: int
    n_struck: int
    people: People
    days: list[Day]
    lost: list[str]
    doubled: list[str]
    outages: list[Judged]
    healed: list[Judged]
    allowance: float
    """By how much limits of time were stretched."""
    wrong: list[str] = field(default_factory=list)
    """What does not hold, apart from limits of outages and healing."""

    @property
    def broken(self) -> list[str]:
        """Everything that must not be; the run holds when there is nothing."""
        late = [str(each) for each in (*self.outages, *self.healed) if each.is_broken]
        return [*self.wrong, *(f"lost: {each}" for each in self.lost[:10]), *_doubled(self.doubled), *late]

    def figures(self) -> dict[str, Any]:
        """The last line of the output."""
        return {
            "seed": self.seed,
            "kills": self.n_struck,
            "acknowledged": len(self.people.acknowledged),
            "lost": len(self.lost),
            "doubled": len(self.doubled),
            "longest_outage_s": round(max((each.took_s for each in self.outages), default=0.0), 1),
            "days": len(self.days),
            "days_promoted": in_time(self.days),
        }

    def lines(self) -> Iterator[str]:
        """What stands before it."""
        people = self.people
        yield f"{people.n_reads} reads, {people.n_failed_reads} failed; {people.n_refused} writes were refused"
        yield f"limits of time are stretched by {self.allowance:.1f}"
        yield from (f"  {each}{'  BROKEN' if each.is_broken else ''}" for each in (*self.outages, *self.healed))
        yield from (f"  day {number} {day}" for number, day in enumerate(self.days, 1))
        yield from (f"broken: {each}" for each in self.broken)

    def write(self, file: TextIO) -> None:
        """All lines, the last of which is one JSON object."""
        file.writelines(f"{line}\n" for line in (*self.lines(), json.dumps(self.figures())))


def _doubled(doubled: list[str]) -> list[str]:
    return [f"doubled: {each}" for each in doubled[:10]]
