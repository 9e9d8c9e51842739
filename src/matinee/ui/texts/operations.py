"""Words of the page "Operations", in English; `texts_operations_korean.py` has the Korean ones."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class OperationsTexts:
    """Page "Operations"."""

    title: str
    in_production: str
    version: str
    since: str
    through: str
    nothing: str
    quality: str
    popularity: str
    links: str
    airflow: str
    mlflow: str
    away: str
    advance: str
    roll_back: str
    nothing_to_roll_back: str
    promote: str
    nothing_to_promote: str
    confirm_advance: str
    confirm_roll_back: str
    confirm_promote: str
    reason: str
    confirm: str
    last_run: str
    waits: str
    no_runs: str
    ended: str
    serves: str
    timeline: str
    timeline_alt: str
    table: str
    choose_version: str
    verdict: str
    decision: str
    no_decision: str
    passed: str
    failed: str
    ledger: str
    chunk: str
    days: str
    ratings: str
    live: str
    quarantined: str
    why_quarantined: str
    compare: str
    compare_user: str
    compare_hint: str
    contenders: Mapping[str, str]
    states: Mapping[str, str]
    actions: Mapping[str, str]
    steps: Mapping[str, str]
    outcomes: Mapping[str, str]
    verdicts: Mapping[str, str]
    fates: Mapping[str, str]
    """What became of a version (`fates.Fate`)."""

    quarantine: Mapping[str, str]
    """By reason (`ratings.schema.Reason`)."""

    policies: Mapping[str, str]
    not_started: str
    server_said: str
    refusals: Mapping[str, str]
    """By code of a problem: why, and what to do."""

    left_out: str
    advice: Mapping[str, str]
    """By what came of a run: what to do now."""

    checks: Mapping[str, str]
    """By name of a check of the gate: a sentence with its numbers."""

    pooled: str
    """Why the gate's NDCG@10 is another than the one shown for the version."""


_ENGLISH_CHECKS = {
    "beats popularity": "NDCG@10 {candidate:.4f} against popularity's {popularity:.4f}, for {n_users:.0f} people",
    "not worse than the incumbent": "Difference to the model in production {mean:+.1%}, interval {low:+.1%} to "
    "{high:+.1%}; it has to lie above {margin:+.1%}",
    **{
        f"segment {name}": f"People {who}: {{difference:+.1%}} against the model in production"
        for name, who in {
            "warm": "the model knows",
            "new": "who are new",
            "light": "with few ratings",
            "heavy": "with many ratings",
        }.items()
    },
    "coverage": "{candidate:.0f} different movies in the lists, {incumbent:.0f} with the model in production",
}

ENGLISH_OPERATIONS = OperationsTexts(
    title="Operations",
    in_production="In production",
    version="Version {version}",
    since="Since",
    through="Trained on data through",
    nothing="nothing yet",
    quality="NDCG@10",
    popularity="popularity: {value:.3f}",
    links="More of it",
    airflow="Runs in Airflow",
    mlflow="Versions in MLflow",
    away="This part cannot be shown right now; the page tries again by itself. {reason}",
    advance="Advance one day",
    roll_back="Roll back to version {version}",
    nothing_to_roll_back="Roll back",
    promote="Promote version {version}",
    nothing_to_promote="Promote",
    confirm_advance="The next day of ratings is taken, a model is trained on it, and the gate decides whether it goes "
    "into production. This takes about half a minute.",
    confirm_roll_back="Version {version}, which served before, goes into production again within seconds. "
    "Nothing is trained.",
    confirm_promote="Version {version} goes into production, whatever the gate said of it. The reason is recorded.",
    reason="Reason",
    confirm="Do it",
    last_run="Last run",
    waits="A run is under way; the buttons come back when it has ended.",
    no_runs="Nothing has run yet.",
    ended="{action}: {outcome}.",
    serves="Version {version} is served now.",
    timeline="Quality of the versions",
    timeline_alt="Line chart: NDCG@10 of each version beside its baselines, with a mark for what became of the "
    "version. Numbers and verdicts are in the table below.",
    table="The numbers as a table",
    choose_version="Version to look at",
    verdict="Verdict",
    decision="Why it was decided so",
    no_decision="Nobody has decided on this version.",
    passed="passed",
    failed="failed",
    ledger="Chunks of ratings",
    chunk="Chunk",
    days="Days",
    ratings="Ratings",
    live="From this page",
    quarantined="In quarantine",
    why_quarantined="Why",
    compare="The same person under two versions",
    compare_user="User",
    compare_hint="**Bold**: only in this list.",
    contenders={
        "ndcg_at_10": "this version",
        "incumbent_ndcg_at_10": "in production then",
        "popularity_ndcg_at_10": "popularity",
        "popularity_30d_ndcg_at_10": "popularity of 30 days",
        "item_knn_ndcg_at_10": "similar movies (item-kNN)",
    },
    states={
        "waiting": "waiting",
        "running": "running",
        "success": "done",
        "failed": "failed",
        "skipped": "not needed",
    },
    actions={"advance": "Advance one day", "promote": "Promotion", "roll_back": "Rollback"},
    steps={
        "ingest": "Take ratings",
        "train": "Watch the data and train",
        "evaluate": "Evaluate",
        "promote": "Promote",
        "deploy": "Deploy",
        "rollback": "Roll back",
    },
    outcomes={
        "promoted": "a new version was promoted",
        "rejected": "the gate rejected the new version",
        "no_more_data": "there is no more data",
        "rolled_back": "rolled back",
        "refused": "a rule refused it",
        "failed": "it failed",
    },
    verdicts={
        "promote": "promoted",
        "reject": "rejected",
        "": "undecided",
        "usual": "usual",
        "drifted": "drifted",
        "refused": "refused",
    },
    fates={
        "promoted": "promoted",
        "by_hand": "promoted by hand",
        "rejected": "rejected by the gate",
        "rolled_back": "rolled back",
        "undecided": "undecided",
    },
    quarantine={
        "wrong_encoding": "not UTF-8",
        "wrong_number_of_fields": "wrong number of fields",
        "empty_id": "no user or no movie",
        "rating_not_a_number": "rating is no number",
        "rating_out_of_range": "rating out of range",
        "timestamp_missing": "no time",
        "timestamp_unreadable": "unreadable time",
        "timestamp_out_of_range": "impossible time",
        "duplicate": "the same row again",
        "same_user_movie_and_time": "another rating at the same time",
        "late": "too late for its chunk",
    },
    policies={"learned": "`learned`", "fold_in": "`fold_in`", "popular": "`popular`"},
    not_started="**{action}**: not started.",
    server_said="The server said: {reason}",
    refusals={
        "unauthorized": "The page has no valid token. Page and API server must read the same `secrets/api_token` of "
        "the home, or the same `MATINEE_API_TOKEN`; make them agree and start the page again.",
        "dag-paused": "Its DAG is paused in Airflow. Switch it on there, then try again.",
        "dag-missing": "Airflow has not read its DAG. Wait a minute, then try again; Airflow shows errors of DAG files "
        "on its first page.",
        "airflow-unreachable": "Airflow does not answer. Run `matinee up`, which starts what is missing, then try "
        "again. Recommendations go on meanwhile.",
        "mlflow-unreachable": "MLflow does not answer. Run `matinee up`, which starts what is missing, then try "
        "again. Recommendations go on meanwhile.",
        "not-found": "It does not exist any more. Load the page again and choose another.",
        "api-unreachable": "The API server did not answer, so it may have begun or not. Try again in a moment: the "
        "same question never starts anything twice.",
    },
    left_out="Somebody left the chunk out: {reason}.",
    advice={
        "rejected": "Nothing has to be done: the model in production stays, and the next day is judged anew. To serve "
        "it all the same, choose version {version} below and promote it.",
        "refused": "Nothing was trained. If the ratings are right all the same, run `matinee watch {chunk} --accept "
        "--reason WHY`; if not, `matinee watch {chunk} --leave-out --reason WHY`.",
        "refused_roll_back": "No other version has served yet, so there is nothing to go back to.",
        "refused_promote": "The model in production stays. [Its log in Airflow]({log}) says which rule it was.",
        "failed": "The model in production stays. [Its log in Airflow]({log}) says why; run it again when "
        "that is mended.",
    },
    checks=_ENGLISH_CHECKS,
    pooled="The {n_newest:.0f} people of its own chunk are too few to decide on, so those of earlier chunks count too; "
    "among its own people alone, NDCG@10 is {newest:.4f}, as shown above.",
)
