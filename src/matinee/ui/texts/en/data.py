"""Texts of the page "Data", in English."""

from matinee.ui.texts.fields.data import DataTexts

DATA = DataTexts(
    title="Data",
    coverage="Shown so far",
    coverage_hint="Share of {count:,} movies that were in a list since version {version} was loaded ({since}; "
    "{lists:,} lists so far).",
    too_few_lists="too few lists yet",
    coverage_offline="Shown to all",
    coverage_offline_hint="Share of the catalogue in the lists of all users that version {version} was evaluated on; "
    "popularity: {popularity:.1%}.",
    one_user="Chunk {chunk}: one user gave {count:,} of its {total:,} ratings.",
    none_yet="The data watch has not looked at a chunk yet. Charts will show up here after the next day.",
    not_usual="Chunk {chunk}: {verdict}. {reasons}",
    verdicts={"usual": "usual", "drifted": "drifted", "refused": "refused"},
    per_day="Ratings a day",
    live="Not drawn, because their days lie outside those of the data: {count:,} from this page.",
    newcomers="New users and movies",
    drift="Drift from chunk to chunk",
    drift_hint="How far a chunk lies from its past: 0 is the same, 1 has nothing in common (Jensen-Shannon distance).",
    stars="Stars in each chunk",
    stars_hint="Share of each number of stars.",
    from_the_second="From the second chunk on: the first one has no past to compare with.",
    chunk="Chunk",
    day="Day",
    ratings="Ratings",
    kind="Kind",
    count="Number",
    new_users="new users",
    new_movies="new movies",
    distance="Distance",
    rating_distance="stars",
    popularity_distance="popularity of the movies",
    share="Share",
)
