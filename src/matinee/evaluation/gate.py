"""The gate: whether a model goes into production, and why, in writing.

Four questions, each of which is answered or said to be not asked:

1. *Sound*: are the registered bytes a working model? Checks of `soundness`, and that the people of the newest chunk are
   not served worse than by the model before.
2. *Good data*: does the newest chunk do harm? A model that learned its first part is compared on the rest of it.
3. *Better algorithm*: has a challenger shown that it is better (`evidence.is_better`)?
4. *Held*: after a rollback by a person production stays, until somebody resumes or the candidates have shown the same.

A daily refresh of the same algorithm needs no proof that it is better: days are too small for one, and a model that
learns nothing new ages. It needs to be sound and to do no harm. `matinee bench gate` measures how often this errs.
"""

from collections.abc import Callable, Collection, Sequence

from matinee.evaluation.decision import Check, Decision, Question, QuestionName, Verdict
from matinee.evaluation.evidence import MIN_DAYS, MIN_USERS, ConfidenceSequence, Differences, Values, harm, is_better
from matinee.evaluation.soundness import LEAST_AGREEMENT, Likeness, Probe

METRIC = "ndcg_at_10"

RULE = (
    "promote a model that is sound (scores finite and not constant, what it learned of people is the fold-in of their"
    " history, lists like those of the model before it) and does the people of the newest chunk no harm; another"
    " algorithm, or what was rolled back from, only when a time-uniform lower bound says that it is better"
)
RULE_OFF = "the newest model that loads wins (MATINEE_GATE=off)"

DAY_LEVEL = 0.001
"""Share of ordinary days on which a harmless refresh may be refused because it seems to do harm."""

ROLLBACK_LEVEL = 0.01 / 150
"""The same for a rollback by itself: of 150 days in a row, at most one in a hundred has a false one."""

WIN_LEVEL = 0.05
"""Share of histories in which any challenger that is no better may ever win; see `evidence.level`."""

LEAST_USERS_OF_DATA = 50
"""People in the rest of a chunk from whom its first part can be judged; fewer show nothing but catastrophes."""

REPEATED = 0.9
"""How much the lists of a second fit of the same data have to resemble those of the model itself."""


def sound(
    probe: Probe | None, least: Likeness, served: Values, second_fit: Callable[[], float | None]
) -> Sequence[Check]:
    """Checks of the first question.

    Args:
        probe: what the registered model answered; None when there is nobody to ask it for.
        least: what its lists have to resemble those of the model before (`soundness.least_likeness`).
        served: differences in NDCG@10 to the model before, of each user of the chunk with the history as it was before
            it; the candidate has learned the answers, so they should be above 0.
        second_fit: overlap of its lists with those of a second fit of the same data, which is made only when they do
            not resemble the model before; None when that cannot be had.
    """
    checks = [] if probe is None else list(_answers(probe, least, second_fit))
    return [*checks, serves_no_worse(served)] if len(served) else checks


def _answers(probe: Probe, least: Likeness, second_fit: Callable[[], float | None]) -> Sequence[Check]:
    scores = Check(
        name="scores",
        passed=probe.is_finite and not probe.is_constant,
        finding=f"scores of {probe.n_users} known users are {_kind_of_scores(probe)}",
        numbers={"n_users": float(probe.n_users)},
    )
    agreement = Check(
        name="learned is the fold-in",
        passed=probe.agreement >= LEAST_AGREEMENT,
        finding=f"what it learned of them agrees with their history by {probe.agreement:.0%}",
        numbers={"agreement": probe.agreement, "least": LEAST_AGREEMENT},
    )
    if probe.likeness is None:
        return [scores, agreement]
    return [scores, agreement, _resembles(probe.likeness, least, second_fit)]


def _kind_of_scores(probe: Probe) -> str:
    if not probe.is_finite:
        return "not finite"
    return "constant" if probe.is_constant else "finite and not constant"


def _resembles(own: Likeness, least: Likeness, second_fit: Callable[[], float | None]) -> Check:
    numbers = {"overlap": own.overlap, "rbo": own.rbo, "least_overlap": least.overlap, "least_rbo": least.rbo}
    finding = f"its lists resemble those of the model before by {own.overlap:.0%} (at least {least.overlap:.0%})"
    name = "resembles the model before"
    if own.overlap >= least.overlap and own.rbo >= least.rbo:
        return Check(name=name, passed=True, finding=finding, numbers=numbers)
    repeated = second_fit()
    if repeated is None:
        return Check(name=name, passed=False, finding=finding, numbers=numbers)
    finding += f", and those of a second fit of the same ratings by {repeated:.0%} (at least {REPEATED:.0%})"
    numbers |= {"repeated": repeated, "least_repeated": REPEATED}
    return Check(name=name, passed=repeated >= REPEATED, finding=finding, numbers=numbers)


def serves_no_worse(served: Values) -> Check:
    """The check on the people of the chunk; see `sound`."""
    return _no_harm("people of the chunk", "the people of the chunk get", served, DAY_LEVEL)


def good_data(rest: Values | None, *, is_of_a_sample: bool = False) -> Question:
    """The second question, on the rest of a chunk of which a model has learned the first part.

    Args:
        rest: differences in NDCG@10 to the model that learned nothing of the chunk, one a user; None when there was
            nothing to compare.
        is_of_a_sample: whether both models have learned from a sample of the people only.
    """
    if rest is None or len(rest) < LEAST_USERS_OF_DATA:
        n_users = 0 if rest is None else len(rest)
        why = f"{n_users} people in the rest of the chunk show nothing, {LEAST_USERS_OF_DATA} are needed"
        return Question.not_asked("good data", why)
    models = "models of a sample of the people, " if is_of_a_sample else ""
    whose = f"{models}with the first part of the chunk, the people of its rest get"
    check = _no_harm("newest data", whose, rest, DAY_LEVEL)
    return Question.answered_by("good data", [check]).model_copy(update={"numbers": check.numbers})


def is_damaged(differences: Values) -> bool:
    """Whether the version that serves has proved worse than the one before it: the rule of rolling back by itself.

    Args:
        differences: in NDCG@10, serving minus before, one of each user and day since it serves.
    """
    return harm(differences) >= 1 / ROLLBACK_LEVEL


def _no_harm(name: str, whose: str, values: Values, at_level: float) -> Check:
    capital = harm(values)
    passed = capital < 1 / at_level
    finding = f"{whose} lists {values.mean():+.4f} in NDCG@10 ({len(values)} people, {'no ' if passed else ''}harm)"
    numbers = {"difference": float(values.mean()), "n_users": float(len(values)), "harm": capital}
    return Check(name=name, passed=passed, finding=finding, numbers=numbers)


def better(name: str, differences: Differences, scale: float, alpha: float) -> Check:
    """Whether one model has shown to be better than another: the rule of a challenger, and of what ends a hold.

    Args:
        name: of the model.
        differences: own minus other.
        scale: mean NDCG@10 of the other, to which the differences are told.
        alpha: level, see `evidence.level`.
    """
    sequence = ConfidenceSequence(alpha)
    low, high = sequence.interval(differences)
    relative = [value / max(scale, 1e-9) for value in (differences.mean, low, high)]
    finding = (
        f"{name} is {relative[0]:+.1%} ({1 - alpha:.1%} sequence {relative[1]:+.1%} to {relative[2]:+.1%},"
        f" {differences.n_users} people)"
    )
    names = ("difference", "difference_low", "difference_high")
    numbers = {**dict(zip(names, relative, strict=True)), "n_users": float(differences.n_users)}
    return Check(name=name, passed=is_better(differences, alpha), finding=finding, numbers=numbers)


def shown(name: QuestionName, whose: str, differences: Differences, scale: float, alpha: float) -> Question:
    """The third or the fourth question: undecided until the evidence is enough.

    Args:
        name: of the question.
        whose: evidence it is, in words.
        differences: of all days so far.
        scale: see `better`.
        alpha: see `better`.
    """
    if len(differences) == 0:
        return Question(name=name, asked=True, outcome="undecided", finding=f"nobody has been given {whose} yet")
    check = better(whose, differences, scale, alpha)
    if check.passed:
        return Question(name=name, asked=True, outcome="passed", finding=check.finding, numbers=check.numbers)
    days = days_needed(differences, alpha)
    numbers = check.numbers if days is None else {**check.numbers, "days_needed": days}
    waits = "no end in sight" if days is None else f"about {days:.0f} more days like these would show it"
    return Question(
        name=name, asked=True, outcome="undecided", finding=f"{check.finding}, not enough: {waits}", numbers=numbers
    )


def days_needed(differences: Differences, alpha: float) -> float | None:
    """About how many more days the evidence needs if they are like those so far; None for no end in sight."""
    cases = ConfidenceSequence(alpha).cases_needed(differences)
    if cases is None:
        return None
    n_days = int(differences.days.max() - differences.days.min()) + 1
    missing = max(cases - len(differences), MIN_USERS - differences.n_users, 1)
    return max(1.0, missing * n_days / len(differences), float(MIN_DAYS - n_days))


def decide(
    sound_checks: Sequence[Check],
    questions: Sequence[Question],
    compared_with: str | None,
    numbers: dict[str, float] | None = None,
    needs: Collection[QuestionName] = (),
) -> Decision:
    """The verdict on a candidate that loads.

    Args:
        sound_checks: those of the first question.
        questions: the other three. A failed one keeps the candidate out.
        compared_with: version in production; None for none.
        numbers: what else the record is to say.
        needs: questions that keep it out until they have passed.
    """
    if sound_checks:
        first = Question.answered_by("sound", list(sound_checks))
    else:
        first = Question.not_asked("sound", "nobody is known yet to ask for")
    asked = [first, *questions]
    stops = [each for each in asked if each.outcome == "failed" or (each.name in needs and each.outcome != "passed")]
    verdict: Verdict = "reject" if stops else "promote"
    return Decision(
        rule=RULE,
        verdict=verdict,
        reason=_reason(asked, stops, compared_with),
        checks=tuple(sound_checks),
        numbers=numbers or {},
        questions=tuple(asked),
        compared_with=compared_with,
    )


def _reason(asked: Sequence[Question], stops: Sequence[Question], compared_with: str | None) -> str:
    if stops:
        stays = "nothing goes into production" if compared_with is None else "the model in production stays"
        return _sentence("; ".join([*(each.finding for each in stops), stays]))
    told = [each.finding for each in asked if each.outcome == "passed"] or ["nothing could be asked"]
    missing = [each.name for each in asked if not each.asked]
    return " ".join([_sentence("; ".join(told)), *([f"Not asked: {', '.join(missing)}."] if missing else [])])


def switched_off(compared_with: str | None) -> Decision:
    """The decision of a gate that is off."""
    questions = [
        Question.not_asked(name, "the gate is off") for name in ("sound", "good data", "better algorithm", "held")
    ]
    reason = "The gate is off; the newest model wins."
    return Decision(
        rule=RULE_OFF, verdict="promote", reason=reason, questions=tuple(questions), compared_with=compared_with
    )


def unloadable(reason: str, compared_with: str | None) -> Decision:
    """The decision on a registered model that does not load."""
    check = Check(name="loads", passed=False, finding=reason)
    return decide([check], [], compared_with).model_copy(update={"reason": reason})


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
