"""Texts of challengers, and of a hold, in English."""

from matinee.ui.texts.fields.comparisons import ComparisonTexts

COMPARISONS = ComparisonTexts(
    title="Challengers",
    nothing="Nothing has been compared yet. It begins the day after the first.",
    hint="Every day these are compared with {champion}, the algorithm in production, for the same users. One takes "
    "over when its whole interval is above 0. The intervals of known and new users hold together.",
    name="Algorithm",
    difference="Difference",
    interval="Interval",
    users="Users",
    group="For",
    everybody="all users",
    segments={"warm": "users known before", "new": "new users"},
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
    about="about {days:.0f}",
    no_end="no end in sight",
    freshness="What fresh data is worth",
    freshness_hint="How much better production is than itself of some days ago, for the same users of the newest "
    "{count} chunks. Where the interval contains 0, waiting that long may cost nothing.",
    freshness_older_better="**It did better {age}** for these users: look at the newest data, and at how few users "
    "these are.",
    freshness_nothing="Nothing has been compared yet. It begins the day after the first.",
    freshness_alt="Chart: how much better production is than itself of 1, 7 and 30 days ago, with intervals. The "
    "table below has the numbers.",
    age="Against itself of",
    ages={1: "1 day ago", 7: "7 days ago", 30: "30 days ago"},
    gain="Gain in NDCG@10",
    chunks="Chunks",
    held="Version {version} is held since the rollback: new models are trained, but replace it only once they have "
    "shown to be better.",
    resume="Resume",
    confirm_resume="The hold ends: the next model that the gate finds sound goes into production. The reason is "
    "recorded.",
    do_resume="End the hold",
)
