"""Texts of challengers, and of a hold, in English."""

from matinee.ui.texts.fields.comparisons import ComparisonTexts

COMPARISONS = ComparisonTexts(
    title="Challengers",
    nothing="Nothing has been compared yet. It begins the day after the first.",
    hint="Every day these are compared with {champion}, the algorithm in production, for the same users. One takes "
    "over when its whole interval is above 0.",
    name="Algorithm",
    difference="Difference",
    interval="Interval",
    users="Users",
    seconds="Cost per day",
    state="Status",
    states={
        "gathering": "gathering evidence",
        "won": "better: goes into production",
        "proposed": "better: waits for you to promote it",
        "failed": "failed on the last day",
        "late": "too slow on the last day",
    },
    days_needed="Days still needed",
    held="Version {version} is held since the rollback: new models are trained, but replace it only once they have "
    "shown to be better.",
    resume="Resume",
    confirm_resume="The hold ends: the next model that the gate finds sound goes into production. The reason is "
    "recorded.",
    do_resume="End the hold",
)
