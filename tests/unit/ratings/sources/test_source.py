import json
import os

import pytest

from matinee.errors import BadData, UsageError
from matinee.ratings.importing.schema import RATINGS
from matinee.ratings.scale import FIVE_STARS, Scale
from matinee.ratings.sources import download, movielens, scale_of
from matinee.ratings.sources.own import folder_name
from matinee.ratings.sources.source import FORMAT_VERSION, prepare, prepared
from matinee.settings import Settings

HEADER = "user_id,movie_id,rating,rated_at\n"


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text(f"{HEADER}u,b,4,1000000002\nu,a,3,1000000001\nu,a,oops,1000000003\n")
    return path


def settings_for(tmp_path, data, **others):
    return Settings(home=tmp_path / "home", data=str(data), _env_file=None, **others)


def test_a_prepared_source_is_sorted_counted_and_keeps_what_it_refused(tmp_path, own):
    source = prepare(settings_for(tmp_path, own))
    assert source.ratings()["movie_id"].to_list() == ["a", "b"]
    assert source.ratings().schema == RATINGS
    assert (source.n_rows, source.n_ratings, source.n_users, source.n_movies) == (3, 2, 1, 2)
    assert source.reasons == {"rating_not_a_number": 1}
    assert source.quarantine()["line"].to_list() == ["u,a,oops,1000000003"]
    assert (source.first_rated_at.timestamp(), source.last_rated_at.timestamp()) == (1000000001, 1000000002)
    assert json.loads((tmp_path / "home" / source.folder / "source.json").read_text())["n_ratings"] == 2


@pytest.mark.parametrize(("values", "scale", "n"), [("011", "0-1:1", 3), ("0125", "0.5-5:0.5", 3), ("111", "1", 3)])
def test_thumbs_down_are_ratings_where_there_are_thumbs_only(tmp_path, values, scale, n):
    rows = [f"u,m{row},{value},{1_000_000_000 + row}\n" for row, value in enumerate(values)]
    (tmp_path / "thumbs.csv").write_text(HEADER + "".join(rows))
    source = prepare(settings_for(tmp_path, tmp_path / "thumbs.csv"))
    assert (source.scale, source.n_ratings) == (scale, n)


def test_thumbs_down_are_ratings_beside_other_events(tmp_path):
    rows = ["u,a,1,rating,1000000001", "u,b,0,rating,1000000002", "u,c,,watch,1000000003", "u,d,0.5,watch,1000000004"]
    (tmp_path / "thumbs.csv").write_text("user_id,movie_id,rating,event,rated_at\n" + "\n".join(rows) + "\n")
    source = prepare(settings_for(tmp_path, tmp_path / "thumbs.csv"))
    assert (source.scale, source.n_ratings, source.reasons) == ("0-1:1", 4, {})


def test_preparing_again_gives_the_same_record_and_touches_nothing(tmp_path, own):
    settings = settings_for(tmp_path, own)
    first = prepare(settings)
    before = first.ratings_path.stat().st_mtime_ns
    assert prepare(settings) == first
    assert first.ratings_path.stat().st_mtime_ns == before


def test_files_that_nobody_touched_are_not_opened(tmp_path, own, monkeypatch):
    settings = settings_for(tmp_path, own)
    first = prepare(settings)
    monkeypatch.setattr(movielens, "find", pytest.fail)
    assert prepare(settings) == first


def test_a_touched_file_with_the_same_content_is_not_read_again(tmp_path, own):
    settings = settings_for(tmp_path, own)
    first = prepare(settings)
    before = first.ratings_path.stat().st_mtime_ns
    os.utime(own, (1, 1))
    assert prepare(settings) == first
    assert prepare(settings) == first
    assert first.ratings_path.stat().st_mtime_ns == before


def test_a_file_that_grew_is_read_again(tmp_path, own):
    settings = settings_for(tmp_path, own)
    first = prepare(settings)
    own.write_text(own.read_text() + "v,c,5,1000000009\n")
    second = prepare(settings)
    assert second.n_ratings == first.n_ratings + 1
    assert second.digest != first.digest


def test_what_another_version_prepared_is_prepared_again(tmp_path, own):
    settings = settings_for(tmp_path, own)
    record = settings.home / prepare(settings).folder / "source.json"
    record.write_text(json.dumps({**json.loads(record.read_text()), "format_version": 0, "n_ratings": 99}))
    assert prepare(settings).n_ratings == 2


@pytest.mark.parametrize(
    "damage", ["", '{"format', "[]", "null", "{}", f'{{"format_version": {FORMAT_VERSION}}}', "edited", "of_no_scale"]
)
def test_a_damaged_record_is_prepared_again_and_meanwhile_the_scale_stays(tmp_path, own, damage):
    own.write_text(f"{HEADER}u,b,9,1000000002\nu,a,3,1000000001\n")
    settings = settings_for(tmp_path, own)
    first, scale = prepare(settings), scale_of(settings)
    record = settings.home / first.folder / "source.json"
    content = json.loads(record.read_text())
    edited = {"edited": {**content, "first_rated_at": 5}, "of_no_scale": {**content, "scale": "many"}}
    record.write_text(json.dumps(edited[damage]) if damage in edited else damage)
    assert prepared(settings) is None
    if damage != "edited":
        assert scale_of(settings) == scale == Scale(1, 10, 1)
    assert prepare(settings) == first
    assert json.loads(record.read_text()) == content


def test_a_damaged_record_of_which_nothing_is_known_stands_for_none(tmp_path, own):
    settings = settings_for(tmp_path, own)
    record = settings.home / folder_name(settings.data) / "source.json"
    record.parent.mkdir(parents=True)
    record.write_text("")
    assert scale_of(settings) == FIVE_STARS


def test_another_meaning_of_the_columns_is_another_source(tmp_path, own):
    own.write_text("user_id,movie_id,rating,rated_at,when\nu,b,4,1000000002,1000000009\n")
    assert prepare(settings_for(tmp_path, own)).last_rated_at.timestamp() == 1000000002
    assert prepare(settings_for(tmp_path, own, columns="rated_at=when")).last_rated_at.timestamp() == 1000000009


def test_the_same_input_gives_the_same_bytes(tmp_path, own):
    one, other = (prepare(Settings(home=tmp_path / name, data=str(own), _env_file=None)) for name in ("one", "other"))
    for name in ("ratings", "movies", "quarantine"):
        assert one.table(name).read_bytes() == other.table(name).read_bytes()


def test_a_movies_file_gives_titles(tmp_path, own):
    movies = tmp_path / "movies.csv"
    movies.write_text("movie_id,title,genres\na,Alien (1979),Horror|Sci-Fi\n")
    source = prepare(settings_for(tmp_path, own, movies=movies))
    assert source.movies().rows() == [("a", "Alien", 1979, ["Horror", "Sci-Fi"]), ("b", "b", None, [])]


def test_two_files_of_the_same_name_are_two_sources(tmp_path, own):
    other = tmp_path / "elsewhere" / "own.csv"
    other.parent.mkdir()
    other.write_text(f"{HEADER}u,z,1,1000000001\n")
    assert prepare(settings_for(tmp_path, own)).n_ratings == 2
    assert prepare(settings_for(tmp_path, other)).n_ratings == 1


def test_a_named_data_set_is_fetched_once(tmp_path, monkeypatch):
    fetched = []

    def fake_fetch(name, storage, folder, report):
        fetched.append(name)
        report(5, 10)
        with storage.write_folder(folder) as draft:
            (draft.path / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,2,3.5,1000000001\n")

    monkeypatch.setattr("matinee.ratings.sources.source.fetch", fake_fetch)
    reported = []
    settings = settings_for(tmp_path, "ml-latest-small")
    source = prepare(settings, lambda done, total: reported.append((done, total)))
    assert prepare(settings) == source
    assert (source.name, source.form, source.folder) == ("ml-latest-small", "ratings.csv", "datasets/ml-latest-small")
    assert fetched == ["ml-latest-small"]
    assert reported == [(5, 10)]


def test_an_unknown_name_is_answered_with_the_known_ones(tmp_path):
    with pytest.raises(UsageError, match=r"neither a data set nor an existing path.*ml-100k, ml-latest-small") as error:
        prepare(settings_for(tmp_path, "ml-100m"))
    assert all(name in str(error.value) for name in download.ARCHIVES)


def test_a_file_without_usable_rows_is_refused_and_leaves_no_record(tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text(f"{HEADER}u,a,oops,1\n")
    with pytest.raises(BadData, match=r"bad.csv holds no usable rating"):
        prepare(settings_for(tmp_path, path))
    assert not list((tmp_path / "home").rglob("source.json"))


def test_ml_100k_is_usable_to_the_last_row(tmp_path, real_data):
    source = prepare(settings_for(tmp_path, real_data / "ml-100k"))
    assert (source.n_ratings, source.n_users, source.n_movies, source.reasons) == (100_000, 943, 1682, {})


def test_half_of_ml_1m_is_usable_to_the_last_row(tmp_path, real_data):
    source = prepare(settings_for(tmp_path, real_data / "ml-1m-half"))
    assert (source.n_ratings, source.n_users, source.n_movies, source.reasons) == (487_650, 2999, 3883, {})


def test_a_damaged_table_is_prepared_again_for_whoever_closes_chunks(tmp_path, own):
    settings = settings_for(tmp_path, own)
    first = prepare(settings)
    before = first.ratings_path.read_bytes()
    first.ratings_path.write_bytes(before[:-1])
    assert prepare(settings) == first
    assert first.ratings_path.read_bytes() != before
    assert prepare(settings, verify=True) == first
    assert first.ratings_path.read_bytes() == before


def test_who_has_read_the_record_before_it_was_written_again_reads_what_there_is(tmp_path, own):
    settings = settings_for(tmp_path, own)
    first = prepare(settings)
    own.write_text(f"{HEADER}u,later,4,1000000002\n")
    prepare(settings, verify=True)
    assert first.ratings()["movie_id"].to_list() == ["later"]


@pytest.mark.parametrize("touched", [False, True])
def test_a_missing_table_is_prepared_again(tmp_path, own, touched):
    settings = settings_for(tmp_path, own)
    first = prepare(settings)
    first.ratings_path.unlink()
    if touched:
        own.touch()
    assert prepare(settings, verify=True) == first
    assert first.ratings()["movie_id"].to_list() == ["a", "b"]


def test_tables_of_another_writer_are_not_taken_for_those_of_the_record(tmp_path, own):
    settings = settings_for(tmp_path, own)
    source = prepare(settings)
    record, stat = tmp_path / "home" / source.folder / "source.json", own.stat()
    ours, theirs = (own.read_text(), record.read_text()), f"{HEADER}u,theirs,4,1000000002\n"
    own.write_text(theirs)
    assert prepare(settings).ratings()["movie_id"].to_list() == ["theirs"]
    own.write_text(ours[0])
    os.utime(own, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    record.write_text(ours[1])  # the last of two machines that prepared different files at once
    found = prepare(settings, verify=True)
    assert found == source
    assert found.ratings()["movie_id"].to_list() == ["a", "b"]


def test_the_record_of_a_matinee_that_noted_no_tables_holds(tmp_path, own, monkeypatch):
    settings = settings_for(tmp_path, own)
    source = prepare(settings)
    record = tmp_path / "home" / source.folder / "source.json"
    old = json.loads(record.read_text())
    del old["tables"]
    record.write_text(json.dumps(old))
    monkeypatch.setattr(movielens, "find", pytest.fail)
    found = prepare(settings, verify=True)
    assert (found, found.tables) == (source, {})
    assert found.ratings().equals(source.ratings())
