"""A history of another service: what of it is in the catalogue, found without storing anything."""

import gzip

import pytest

BYTES = {"Content-Type": "application/octet-stream"}


def export(api, *more: str) -> bytes:
    """Letterboxd's file, with the title and year of movie m1, and of m2 without stars."""
    rows = ["Date,Name,Year,Letterboxd URI,Rating"]
    for movie_id, stars in (("m1", "4.5"), ("m2", "")):
        movie = api.get(f"/v1/movies/{movie_id}").json()
        rows.append(f'2024-05-04,"{movie["title"]}",{movie["year"]},https://boxd.it/x,{stars}')
    return "\n".join([*rows, *more, ""]).encode()


def test_what_is_in_the_catalogue_is_found_and_what_is_not_is_named(api):
    found = api.post("/v1/history", content=export(api, "2024-05-04,Past Lives,2023,u,5"), headers=BYTES).json()
    assert (found["service"], found["n_watched"], found["n_other"]) == ("Letterboxd", 1, 0)
    ratings = [(each["movie_id"], each["rating"], each["rated_at"]) for each in found["ratings"]]
    assert ratings == [("m1", 4.5, "2024-05-04T00:00:00Z"), ("m2", 4.0, "2024-05-04T00:00:00Z")]
    assert found["not_found"] == ["Past Lives (2023)"]


def test_nothing_is_stored(api):
    api.post("/v1/history", content=export(api), headers=BYTES)
    for user_id in ("nobody", "u1"):
        assert all(each["source"] == "training" for each in api.get(f"/v1/users/{user_id}/ratings").json()["ratings"])


def test_what_was_found_can_be_sent_as_it_is(api):
    found = api.post("/v1/history", content=export(api), headers=BYTES).json()["ratings"]
    for each in found:
        api.rate("newcomer", each["movie_id"], each["rating"], rated_at=each["rated_at"])
    assert len(api.get("/v1/users/newcomer/ratings").json()["ratings"]) == 2


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"a,b\n1,2\n",
        b"\x00\xff\xfe\x00" * 50,
        b"[{]",
        b"[3]",
        b"[" * 100_000,
        gzip.compress(b"Date,Name,Year,Letterboxd URI,Rating\n"),
        b"PAR1" + bytes(40) + b"PAR1",
    ],
    ids=["empty", "another table", "bytes", "broken json", "another json", "deep json", "packed", "parquet"],
)
def test_what_is_no_history_is_refused_without_a_path_of_this_machine(api, content):
    answer = api.post("/v1/history", content=content, headers=BYTES)
    assert answer.status_code == 422
    said = answer.json()
    assert said["hint"]
    assert "/" not in said["detail"]


def test_a_title_with_half_a_character_is_named_without_it(api):
    content = b'[{"movie": {"title": "Caf\\ud800", "year": 1999}, "rating": 5}]'
    answer = api.post("/v1/history", content=content, headers=BYTES)
    assert answer.json()["not_found"] == ["Caf? (1999)"]
