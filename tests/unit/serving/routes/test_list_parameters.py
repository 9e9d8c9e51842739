"""A query string says the same whether it is read in one step or by the framework."""

import asyncio
from typing import Any

import pytest
from fastapi import FastAPI
from hypothesis import example, given
from hypothesis import strategies as st

from matinee.serving.routes.list_parameters import ListQuery, NotShownDays, PageCursor, Wanted, wanted_of

NUMBERS = st.sampled_from(["0", "1", "10", "500", "501", "-1", "1.0", "1e2", " 7 ", "+5", "1990", "10000", "nan"])
WORDS = st.sampled_from(["", "Drama", "drama%20", "a%2Cb", "%FF", "%EC%98%81", "7.0", "x" * 300, "%00", "1", "+"])
FLAGS = st.sampled_from(["true", "0", "off", "YES", "2", "", "exclude", "only", "ko", "en", "fr"])
NAMES = (
    "k", "genre", "exclude_genre", "exclude_movie", "only_movie", "year_from", "year_to", "exclude_seen", "reasons",
    "lang", "rarity", "diversity", "watchlist", "cursor", "not_shown_days", "unknown", "K",
)  # fmt: skip
PAIRS = st.tuples(st.sampled_from(NAMES), st.one_of(NUMBERS, WORDS, FLAGS))


class Answered:
    """Takes the status of an answer."""

    status: int

    async def __call__(self, message: dict[str, Any]) -> None:
        self.status = message.get("status", getattr(self, "status", 0))


async def no_body() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


def scope_of(query_string: str) -> dict[str, Any]:
    about = {"type": "http", "method": "GET", "path": "/", "headers": [], "root_path": ""}
    return {**about, "query_string": query_string.encode()}


@pytest.fixture(scope="module")
def framework():
    app, read = FastAPI(), []

    @app.get("/")
    async def asked(wanted: Wanted, cursor: PageCursor = None, not_shown_days: NotShownDays = None) -> None:
        read.append((wanted, cursor, not_shown_days))

    def by_framework(query_string: str) -> tuple[Any, ...] | None:
        read.clear()
        asyncio.run(app(scope_of(query_string), no_body, answered := Answered()))
        assert answered.status == (200 if read else 422)
        return read[0] if read else None

    return by_framework


@given(st.lists(PAIRS, max_size=6))
@example([("k", "5"), ("k", "7"), ("genre", "Drama"), ("genre", ""), ("exclude_movie", "7.0"), ("only_movie", " 8")])
@example([("cursor", ""), ("not_shown_days", "7"), ("watchlist", "only"), ("exclude_seen", "off")])
@example([("only_movie", "1")] * 1001)
@example([("genre", "Drama")] * 51)
def test_query_string_is_read_as_the_framework_reads_it(framework, pairs) -> None:
    query_string = "&".join(f"{name}={value}" for name, value in pairs)
    query = ListQuery.read(query_string.encode())
    in_one_step = None if query is None else (wanted_of(query), query.cursor, query.not_shown_days)
    assert in_one_step == framework(query_string)
