"""The page as a person uses it, on Streamlit's own test browser and an API on a real port."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import matinee.ui.entry
from matinee.ui.parts import catalogue
from matinee.ui.parts.markdown import escaped
from matinee.ui.texts.en import ENGLISH
from matinee.ui.texts.ko import KOREAN

PAGE = Path(matinee.ui.entry.__file__).with_name("page.py")


@pytest.fixture
def page(api, monkeypatch, tmp_path):
    monkeypatch.setenv("MATINEE_HOME", str(tmp_path))
    monkeypatch.setenv("MATINEE_API_URL", api.url)
    monkeypatch.setenv("MATINEE_AIRFLOW_URL", "http://airflow.test:8080")
    monkeypatch.setenv("MATINEE_MLFLOW_URL", "http://mlflow.test:5000")
    return _open()


def _open(user="1"):
    opened = AppTest.from_file(PAGE, default_timeout=60)
    opened.query_params["user"] = user
    return opened


def _words(page):
    """Everything that is written on the page."""
    assert not page.exception
    elements = [
        *page.get("html"),
        *page.markdown,
        *page.caption,
        *page.title,
        *page.header,
        *page.info,
        *page.error,
        *page.warning,
    ]
    return "\n".join(getattr(element, "value", None) or element.proto.body for element in elements)


def _stars(page, movie_id, place="list"):
    user = page.query_params.get("user", "1")
    return page.feedback(key=f"stars-{place}-{user}-{movie_id}")


def _user_field(page):
    return page.text_input[0]


def _listed(page):
    """Movie ids of the recommendations, in their order."""
    keys = [feedback.key for feedback in page.feedback]
    return [key.rsplit("-", 1)[1] for key in keys if key.startswith("stars-list-")]


def test_a_newcomer_sees_a_list_with_titles_years_and_genres(page):
    words = _words(page.run())
    assert page.title[0].value == ENGLISH.for_you.title
    assert len(_listed(page)) == 12
    assert "<h3>The Godfather</h3><small>1972</small>" in words
    assert "Crime · Drama" in words
    assert ENGLISH.movies.learned.format(user="1") in words


def test_each_recommendation_tells_which_rating_speaks_for_it(page, api):
    assert _words(page.run()).count(ENGLISH.movies.because.format(title="Drama 19")) == 12
    api.ratings.clear()
    assert "because" not in _words(page.run())


def test_before_the_first_model_the_page_says_that_the_list_is_popularity(page, api):
    api.version = None
    words = _words(page.run())
    assert ENGLISH.movies.no_model in words
    assert len(_listed(page)) == 12


def test_one_click_rates_a_movie_and_changes_the_list(page, api):
    page.query_params["user"] = "newcomer"
    page.run()
    assert ENGLISH.movies.unknown_user.format(user="newcomer") in _words(page)
    before = _listed(page)

    _stars(page, "4").set_value(4).run()

    assert [(known.movie_id, known.rating) for known in api.known("newcomer")] == [("4", 5.0)]
    assert "4" not in _listed(page)
    assert _listed(page) != [movie for movie in before if movie != "4"]
    words = _words(page)
    assert ENGLISH.movies.fold_in in words
    assert ENGLISH.movies.one_is_new in words
    assert words.count(f"<em>{ENGLISH.movies.new}</em>") == 1
    assert ENGLISH.movies.rated.format(title="Alien", stars=5) in words


@pytest.mark.parametrize("before", [None, 2.0])
def test_a_rating_can_be_undone(page, api, before):
    if before is not None:
        api.remember("1", "3", before, "training", api.known("1")[0].rated_at)
    page.run()
    page.text_input(key="query").set_value("M*A*S*H").run()
    _stars(page, "3", "found").set_value(4).run()
    assert api.known("1")[0].rating == 5
    page.button(key="undo").click().run()
    assert {known.movie_id: known.rating for known in api.known("1")}.get("3") == before
    assert "undo" not in [button.key for button in page.button]


def test_nothing_is_new_in_a_list_that_is_back_after_undo(page):
    page.query_params["user"] = "newcomer"
    page.run()
    before = _listed(page)
    _stars(page, "4").set_value(4).run()
    assert ENGLISH.movies.one_is_new in _words(page)
    page.button(key="undo").click().run()
    assert _listed(page) == before
    words = _words(page)
    assert ENGLISH.movies.rate_hint in words
    assert f"<em>{ENGLISH.movies.new}</em>" not in words


def test_what_somebody_else_rated_cannot_be_undone(page):
    page.run()
    _stars(page, "2").set_value(4).run()
    _user_field(page).set_value("anna").run()
    assert "undo" not in [button.key for button in page.button]


def _own(page):
    """Opens the own ratings; what is written of each."""
    page.session_state["lists"] = ENGLISH.for_you.your_ratings
    return [text for text in _words(page.run()).splitlines() if text.startswith('<div class="movie"><h3>')]


def test_own_ratings_are_shown_newest_first_and_say_what_no_model_has_learned_yet(page):
    page.run()
    _stars(page, "2").set_value(3).run()
    lines = _own(page)
    assert "1997\u201110\u201101" in lines[1]
    titles = [line.partition("<h3>")[2].partition("</h3>")[0] for line in lines]
    assert titles == ["The Godfather", "Drama 19", "Drama 18"]
    assert [ENGLISH.for_you.not_learned in line for line in lines] == [True, False, False]
    assert "3.5" in lines[2]


def test_an_own_rating_is_changed_and_taken_back(page, api):
    page.run()
    _own(page)
    _stars(page, "19", "own").set_value(1).run()
    assert {known.movie_id: known.rating for known in api.known("1")}["19"] == 2
    _stars(page, "19", "own").set_value(None).run()
    assert [known.movie_id for known in api.known("1")] == ["18"]


def test_older_ratings_are_behind_a_click(page, api):
    for n in range(2, 14):
        api.remember("1", str(n), 4, "training", api.known("1")[0].rated_at)
    page.run()
    assert len(_own(page)) == 12
    assert page.button(key="more-own").label == ENGLISH.for_you.more_ratings.format(count=2)
    page.button(key="more-own").click().run()
    assert "more-own" not in [button.key for button in page.button]
    assert "Drama 18" in _words(page)


def test_more_movies_are_behind_a_click_and_another_filter_begins_anew(page):
    page.run()
    page.button(key="more").click().run()
    assert len(_listed(page)) == 17
    assert "more" not in [button.key for button in page.button]
    page.selectbox(key="genre").select("Drama").run()
    assert len(_listed(page)) == 12


def test_any_movie_can_be_left_out_by_words_of_its_title(page, api, monkeypatch):
    monkeypatch.setattr(catalogue, "N_POPULAR", 3)
    page.run()
    assert "Blade Runner (1982)" not in page.multiselect(key="not").options
    page.text_input(key="find-not").set_value("blade").run()
    page.button(key="not-6").click().run()
    assert page.query_params["not"] == "6"
    assert page.multiselect(key="not").value == ["6"]
    assert "Blade Runner (1982)" in page.multiselect(key="not").options
    assert page.text_input(key="find-not").value == ""
    assert any("exclude_movie=6" in query for query in api.queries)
    page.text_input(key="find-not").set_value("nothing like it").run()
    assert ENGLISH.movies.nothing_found.format(query="nothing like it") in _words(page)


def test_an_address_with_movies_that_do_not_exist_leaves_out_those_that_do(page):
    page.query_params["not"] = "6|no such movie|2"
    page.run()
    assert page.multiselect(key="not").value == ["6", "2"]


def test_a_rating_before_more_movies_are_asked_for_repeats_and_skips_none(page, api):
    page.run()
    _stars(page, _listed(page)[3]).set_value(4).run()
    page.button(key="more").click().run()
    best = [movie.movie_id for movie in api.ranked(api.known("1"), 24, None)["items"]]
    assert _listed(page) == best


def test_a_new_person_takes_a_fresh_name_and_starts_without_ratings(page):
    page.run()
    next(button for button in page.button if button.label == ENGLISH.for_you.new_user).click().run()
    user = page.query_params["user"]
    assert user.startswith("guest-")
    assert _user_field(page).value == user
    words = _words(page)
    assert ENGLISH.movies.unknown_user.format(user=escaped(user)) in words


def test_the_address_keeps_the_user_for_a_reload(page, api):
    api.remember("anna", "1", 5, "live", api.known("1")[0].rated_at)
    page.run()
    _user_field(page).set_value(" anna ").run()
    assert page.query_params["user"] == "anna"
    again = _open("anna")
    assert ENGLISH.movies.because.format(title="Star Wars") in _words(again.run())


def test_without_a_user_the_page_asks_for_one(page):
    page.run()
    _user_field(page).set_value("  ").run()
    words = _words(page)
    assert ENGLISH.for_you.no_user in words


def test_a_genre_limits_the_list(page):
    page.run()
    page.selectbox(key="genre").select("Sci-Fi").run()
    assert sorted(_listed(page)) == ["1", "4", "6"]


def test_before_the_data_is_there_the_page_says_so(page, api):
    api.version, api.has_movies = None, False
    page.query_params["user"] = "newcomer"
    words = _words(page.run())
    assert ENGLISH.movies.no_movies in words


def test_a_model_of_popularity_says_that_it_is_one(page, api):
    api.policy = "popular"
    assert ENGLISH.movies.popular_model in _words(page.run())


def test_without_a_model_nothing_is_called_similar(page, api):
    api.version = None
    page.run()
    page.session_state["similar-list-2"] = True
    assert ENGLISH.movies.no_similar in _words(page.run())


def test_an_exhausted_genre_is_explained(page, api):
    for movie_id in ("1", "4", "6"):
        api.remember("1", movie_id, 3, "live", api.known("1")[0].rated_at)
    page.run()
    page.selectbox(key="genre").select("Sci-Fi").run()
    assert ENGLISH.movies.all_rated_here.format(filters=r"Sci\-Fi") in _words(page)
    next(button for button in page.button if button.label == ENGLISH.movies.clear_filters).click().run()
    assert len(_listed(page)) == 12
    assert "genre" not in page.query_params


def test_filters_that_nothing_matches_say_so(page):
    page.query_params["years"] = "1900-1909"
    assert ENGLISH.movies.nothing_matches.format(filters="1900s") in _words(page.run())


@pytest.mark.parametrize(
    ("name", "value"),
    [("genre", "Cooking"), ("years", "1999-1990"), ("years", "x"), ("user", "x" * 65), ("lang", "xx")],
)
def test_what_is_unknown_in_the_address_is_as_if_it_were_not_there(page, name, value):
    page.query_params[name] = value
    assert len(_listed(page.run())) == 12
    assert not page.warning


def test_a_first_visit_is_nobody_who_is_in_the_data(page):
    del page.query_params["user"]
    words = _words(page.run())
    user = page.query_params["user"]
    assert user.startswith("guest-")
    assert ENGLISH.movies.unknown_user.format(user=escaped(user)) in words
    assert page.run().query_params["user"] == user


def test_a_found_movie_is_rated_and_shows_its_stars(page, api):
    page.run()
    page.text_input(key="query").set_value("mash").run()
    assert ENGLISH.movies.nothing_found.format(query="mash") in _words(page)
    page.text_input(key="query").set_value("M*A*S*H").run()
    _stars(page, "3", "found").set_value(1).run()
    assert api.known("1")[0].rating == 2
    assert _stars(page, "3", "found").value == 1
    assert "3" not in _listed(page)


def test_a_second_click_on_the_same_star_takes_the_rating_back(page, api):
    api.remember("1", "3", 2, "live", api.known("1")[0].rated_at)
    page.run()
    page.text_input(key="query").set_value("M*A*S*H").run()
    _stars(page, "3", "found").set_value(None).run()
    assert _stars(page, "3", "found").value is None
    assert "3" not in [known.movie_id for known in api.known("1")]
    assert "POST /v1/ratings" not in api.calls


def test_similar_movies_are_asked_for_only_when_opened(page, api):
    page.run()
    assert not any(call.endswith("/similar") for call in api.calls)
    page.session_state["similar-list-2"] = True
    page.run()
    assert [call for call in api.calls if call.endswith("/similar")] == ["GET /v1/movies/2/similar"]
    _stars(page, "7", "list-2").set_value(3).run()
    assert api.known("1")[0].movie_id == "7"


def test_a_run_asks_the_api_no_more_than_it_needs(page, api):
    page.run()
    api.calls.clear()
    page.run()
    assert sorted(call for call in api.calls if call != "GET /v1/model") == [
        "GET /v1/users/1/ratings",
        "GET /v1/users/1/recommendations",
        "GET /v1/users/1/watchlist",
    ]


@pytest.mark.parametrize(("locale", "texts"), [("ko-KR", KOREAN), ("en-US", ENGLISH)])
def test_the_page_speaks_the_browsers_language(page, locale, texts):
    page.context = {"locale": locale}
    assert texts.for_you.tagline in _words(page.run())


def test_a_chosen_language_stays_in_the_address(page):
    page.run()
    page.button_group(key="lang").set_value("ko").run()
    words = _words(page)
    assert KOREAN.movies.learned.format(user="1") in words
    assert "범죄 · 드라마" in words
    assert page.query_params["lang"] == "ko"
    again = _open()
    again.query_params["lang"] = "ko"
    again.context = {"locale": "en-US"}
    assert KOREAN.for_you.tagline in _words(again.run())


def test_an_unknown_language_in_the_address_is_ignored(page):
    page.query_params["lang"] = "xx"
    assert ENGLISH.for_you.tagline in _words(page.run())


def test_an_api_that_is_away_is_one_friendly_line_and_the_page_heals(page, api):
    api.is_down = True
    page.run()
    assert [error.value for error in page.error] == [ENGLISH.common.unreachable]
    assert not page.exception
    api.is_down = False
    page.button[-1].click().run()
    assert not page.error
    assert len(_listed(page)) == 12


def test_a_rating_that_was_not_stored_is_told_and_its_stars_go_back(page, api):
    page.run()
    page.text_input(key="query").set_value("M*A*S*H").run()
    stars = _stars(page, "3", "found")
    api.is_down = True
    stars.set_value(4).run()
    assert page.toast[0].value == ENGLISH.movies.not_saved.format(title=r"M\*A\*S\*H")
    api.is_down = False
    page.run()
    assert _stars(page, "3", "found").value is None


def test_a_setting_that_is_wrong_is_told_in_one_line(page, monkeypatch):
    monkeypatch.setenv("MATINEE_API_PORT", "none")
    page.run()
    assert not page.exception
    assert ENGLISH.common.refused == page.warning[0].value
    assert "API" in page.expander[0].markdown[0].value


def _page_that_shows(url, shown):
    import streamlit as st  # noqa: PLC0415  AppTest runs this function's text as a script of its own

    from matinee.ui.parts.follow import _follow, follow  # noqa: PLC0415

    st.session_state["runs"] = st.session_state.get("runs", 0) + 1
    if st.session_state["runs"] == 1:
        _follow(url, shown)  # as the timer calls it
    else:
        follow(url, shown)


@pytest.mark.parametrize(
    ("is_down", "shown", "runs"),
    [(False, ("3", 3), 1), (False, ("2", 2), 2), (False, None, 2), (True, ("3", 3), 2), (True, None, 1)],
)
def test_the_page_runs_again_by_itself_when_what_serves_is_not_what_it_shows(api, is_down, shown, runs):
    api.is_down = is_down
    page = AppTest.from_function(_page_that_shows, args=(api.url, shown), default_timeout=60).run()
    assert not page.exception
    assert page.session_state["runs"] == runs
