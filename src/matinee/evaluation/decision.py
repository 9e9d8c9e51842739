"""The record of a verdict, `decision.json`: which questions were asked, what was found, and what follows.

Records of older versions of matinee have no questions and still load.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict

Verdict = Literal["promote", "reject"]
QuestionName = Literal["sound", "good data", "better algorithm", "held"]
Outcome = Literal["passed", "failed", "undecided", "not asked"]
"""`undecided`: asked, and the evidence is not enough for an answer yet. What was not asked is never `passed`."""


class Check(BaseModel):
    """One thing that was looked at, and what was found."""

    model_config = ConfigDict(frozen=True)

    name: str
    passed: bool
    finding: str
    numbers: dict[str, float] = {}
    """What the finding says, for whoever says it in another language."""


class Question(BaseModel):
    """One of the four questions of the gate."""

    model_config = ConfigDict(frozen=True)

    name: QuestionName
    asked: bool
    outcome: Outcome
    finding: str
    """What was found, or why it was not asked."""
    numbers: dict[str, float] = {}

    @classmethod
    def not_asked(cls, name: QuestionName, why: str) -> "Question":
        """A question for which there was nothing to compare, or too little."""
        return cls(name=name, asked=False, outcome="not asked", finding=why)

    @classmethod
    def answered_by(cls, name: QuestionName, checks: "tuple[Check, ...] | list[Check]") -> "Question":
        """A question whose answer is that all of its checks passed; its finding is what failed, else everything."""
        failed = [check.finding for check in checks if not check.passed]
        finding = "; ".join(failed or [check.finding for check in checks])
        return cls(name=name, asked=True, outcome="failed" if failed else "passed", finding=finding)


class Decision(BaseModel):
    """The readable record of a verdict."""

    model_config = ConfigDict(frozen=True)

    rule: str
    verdict: Verdict
    reason: str
    checks: tuple[Check, ...] = ()
    numbers: dict[str, float] = {}
    questions: tuple[Question, ...] = ()
    compared_with: str | None = None
    """Version that was in production when this was decided; None when none was."""
