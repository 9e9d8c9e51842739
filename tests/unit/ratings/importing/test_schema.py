from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.errors import BadData
from matinee.ratings.importing.schema import (
    QUARANTINE,
    RATINGS,
    instants,
    validate,
)
from matinee.ratings.scale import ANY_POSITIVE, FIVE_STARS, Scale

FIELDS = ("user_id", "movie_id", "rating", "rated_at")
GOOD = ("u", "m", "4", "1000000000")


def raw(*rows: tuple[str | None, ...]) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema=dict.fromkeys(FIELDS, pl.String), orient="row")
    return frame.with_columns(
        pl.int_range(1, frame.height + 1, dtype=pl.Int64).alias("row"),
        line=pl.concat_str(FIELDS, separator=",", ignore_nulls=True),
        reason=pl.lit(None, pl.String),
    )


def reason_of(*row: str | None, scale: Scale = FIVE_STARS) -> str | None:
    validated = validate([raw(GOOD, row)], scale)
    return validated.quarantined["reason"].item() if validated.quarantined.height else None


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (("", "m", "4", "1000000000"), "empty_id"),
        (("  ", "m", "4", "1000000000"), "empty_id"),
        (("u", None, "4", "1000000000"), "empty_id"),
        (("u", "n", "four", "1000000000"), "rating_not_a_number"),
        (("u", "n", "", "1000000000"), "rating_not_a_number"),
        (("u", "n", "nan", "1000000000"), "rating_not_a_number"),
        (("u", "n", "inf", "1000000000"), "rating_not_a_number"),
        (("u", "n", "0", "1000000000"), "rating_out_of_range"),
        (("u", "n", "5.5", "1000000000"), "rating_out_of_range"),
        (("u", "n", "4", ""), "timestamp_missing"),
        (("u", "n", "4", None), "timestamp_missing"),
        (("u", "n", "4", "yesterday"), "timestamp_unreadable"),
        (("u", "n", "4", "nan"), "timestamp_unreadable"),
        (("u", "n", "4", "631151999"), "timestamp_out_of_range"),
        (("u", "n", "4", "100000000000"), "timestamp_out_of_range"),
        (("7e+17", "n", "4", "1000000000"), "id_was_rounded"),
        (("u", "1.5E+20", "4", "1000000000"), "id_was_rounded"),
        (("u", "7e17", "4", "1000000000"), None),
        (("u", "n", "4", "1e300"), "timestamp_out_of_range"),
        (("u", "n", "4", "2100-01-01T00:00:01Z"), "timestamp_out_of_range"),
        (GOOD, "duplicate"),
        (("u", "m", "2", "1000000000"), "same_user_movie_and_time"),
        (("u", "n", "4", "631152000"), None),
        (("u", "n", "0.5", "2024-01-02T00:00:00Z"), None),
        (("u", "m", "4", "1000000001"), None),
    ],
)
def test_a_row_that_cannot_be_used_is_quarantined_with_its_reason(row, reason):
    assert reason_of(*row) == reason


def test_own_files_may_use_any_positive_scale_up_to_ten():
    for rating, reason in (("10", None), ("0.001", None), ("0", "rating_out_of_range"), ("11", "rating_out_of_range")):
        assert reason_of("u", "n", rating, "1000000000", scale=ANY_POSITIVE) == reason


def test_a_quarantined_row_is_kept_as_it_came_with_its_place():
    validated = validate([raw(GOOD, ("u", " n ", "?", "x"))], FIVE_STARS, file="some.csv")
    assert validated.quarantined.row(0) == ("some.csv", 2, "u, n ,?,x", "rating_not_a_number")


def test_of_repeated_rows_the_first_of_the_file_is_used_even_across_batches():
    first = raw(("u", "m", "3", "1000000000"))
    second = raw(("u", "m", "5", "1000000000")).with_columns(row=pl.lit(2, pl.Int64))
    validated = validate([first, second], FIVE_STARS)
    assert validated.ratings["rating"].to_list() == [3.0]
    assert validated.quarantined["row"].to_list() == [2]


def test_a_file_without_a_usable_row_is_refused_with_its_most_frequent_reason():
    with pytest.raises(BadData, match=r"ratings.csv holds no usable rating. 1 of 1 rows: rating_not_a_number.*row 1"):
        validate([raw(("u", "m", "?", "1"))], FIVE_STARS, file="ratings.csv")
    with pytest.raises(BadData, match="has no rows"):
        validate([], FIVE_STARS)


@pytest.mark.parametrize(
    "text",
    [
        "881250949",
        "881250949.0",
        "881250949000",
        "881250949000000",
        "881250949000000000",
        "1997-12-04 15:55:49 UTC",
        "1997-12-04T15:55:49Z",
        "1997-12-04 15:55:49",
        "1997-12-05T00:55:49+09:00",
    ],
)
def test_a_number_since_1970_in_any_unit_and_iso_8601_give_the_same_instant(text):
    assert instants(pl.Series([text])).item() == datetime(1997, 12, 4, 15, 55, 49, tzinfo=UTC)


def test_an_id_that_pandas_wrote_as_a_float_is_the_whole_number_that_it_was():
    validated = validate(
        [raw(("12.0", "-3.00", "4", "1000000000"), ("1.5", "tt0.0x", "4", "1000000000"))], ANY_POSITIVE
    )
    assert validated.ratings.select("user_id", "movie_id").rows() == [("1.5", "tt0.0x"), ("12", "-3")]


def test_ids_with_spaces_around_them_or_in_another_unicode_form_are_the_same():
    ids = ["caf\u00e9", " cafe\u0301\t", "caf\u00e9\u00a0", "CAF\u00c9"]
    validated = validate([raw(*((user, "m", "4", str(10**9 + i)) for i, user in enumerate(ids)))], ANY_POSITIVE)
    assert validated.ratings["user_id"].to_list() == ["caf\u00e9"] * 3 + ["CAF\u00c9"]


def test_a_date_is_its_midnight_in_utc():
    assert instants(pl.Series(["2020-02-29", "1"])).to_list()[0] == datetime(2020, 2, 29, tzinfo=UTC)


@given(st.datetimes(datetime(1990, 1, 1), datetime(2030, 1, 1)))  # noqa: DTZ001  hypothesis wants naive bounds
def test_every_microsecond_survives(time):
    instant = time.replace(tzinfo=UTC)
    seconds = (instant - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1) / 1e6
    assert instants(pl.Series([instant.isoformat(), repr(seconds)])).to_list() == [instant, instant]


some_text = st.one_of(
    st.none(), st.text(max_size=4), st.sampled_from(["u", "m", " m", "4", "4.0", "1000000000", "7e8"])
)
some_rows = st.lists(st.tuples(some_text, some_text, some_text, some_text), max_size=20)


@given(some_rows, st.integers(1, 5))
def test_nothing_is_lost_and_what_is_usable_is_canonical(rows, n_batches):
    whole = raw(GOOD, *rows)
    batches = [whole.filter(pl.col("row") % n_batches == i) for i in range(n_batches)]
    validated = validate(batches, FIVE_STARS)
    usable = validated.ratings
    assert usable.height + validated.quarantined.height == whole.height
    assert usable.schema == RATINGS
    assert validated.quarantined.schema == QUARANTINE
    assert validated.quarantined["row"].is_unique().all()
    assert not validated.quarantined["reason"].has_nulls()
    assert usable["rating"].is_between(0.5, 5).all()
    assert not usable.select("user_id", "movie_id", "rated_at").is_duplicated().any()
    assert usable.equals(usable.sort("rated_at", "user_id", "movie_id"))


@given(some_rows)
def test_the_order_of_the_rows_changes_nothing_about_how_many_are_usable(rows):
    forward = validate([raw(GOOD, *rows)], FIVE_STARS).ratings
    backward = validate([raw(GOOD, *reversed(rows))], FIVE_STARS).ratings
    assert forward.drop("rating").equals(backward.drop("rating"))
