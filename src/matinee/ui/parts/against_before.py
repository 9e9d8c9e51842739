"""How much better than the version before it a version is: a sentence for each way in which the gate can know."""

from collections.abc import Iterator

from matinee.clients.schemas.comparisons import Gain
from matinee.clients.schemas.versions import Check, Decision, GateQuestion, VersionRecord
from matinee.ui.parts.visit import Visit
from matinee.ui.texts.fields import Texts

COMPARED = {
    "not worse than the incumbent": ("mean", "low", "high"),
    "better algorithm": ("difference", "difference_low", "difference_high"),
}
"""Where the gate of matinee 0.1 wrote a difference with its interval, and where it does now."""


def against_before(visit: Visit, record: VersionRecord) -> Iterator[str]:
    """What is known of it; nothing of a first version, and of one about which the gate was not asked."""
    texts, decision = visit.texts, record.decision
    if decision is None:
        return
    compared = _compared(decision)
    if compared is not None:
        yield texts.operations.fresher if compared == (0, 0, 0) else _with_interval(texts, *compared)
    elif decision.compared_with is not None and any(each.asked for each in decision.questions):
        yield _fresher(texts, visit.operator.freshness().gains)
    for question in decision.questions:
        if question.name == "good data" and {"difference", "n_users"} <= question.numbers.keys():
            yield texts.operations.newest_data.format(**question.numbers)


def _compared(decision: Decision) -> tuple[float, float, float] | None:
    """Difference to the version before, with its interval, where two algorithms were compared."""
    answers: tuple[Check | GateQuestion, ...] = (*decision.checks, *decision.questions)
    for each in answers:
        names = COMPARED.get(each.name, ())
        if names and each.numbers.keys() >= set(names):
            mean, low, high = (each.numbers[name] for name in names)
            return mean, low, high
    return None


def _with_interval(texts: Texts, mean: float, low: float, high: float) -> str:
    sentence = texts.operations.against_before.format(mean=mean, low=low, high=high)
    return _or_equal(texts, sentence, low, high)


def _fresher(texts: Texts, gains: tuple[Gain, ...]) -> str:
    """The same algorithm learned one more day, whose worth is known of the people of the newest chunks."""
    for gain in gains:
        if gain.days == 1 and gain.difference is not None and gain.low is not None and gain.high is not None:
            sentence = texts.operations.fresher_by_a_day.format(
                mean=gain.difference, low=gain.low, high=gain.high, users=gain.n_users, chunks=gain.n_chunks
            )
            return _or_equal(texts, sentence, gain.low, gain.high)
    return texts.operations.fresher


def _or_equal(texts: Texts, sentence: str, low: float, high: float) -> str:
    return f"{sentence} {texts.operations.may_be_equal}" if low <= 0 <= high else sentence
