"""The pages "Start here", "Operations" and "Data", and what all pages share."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

import matinee.ui
from matinee.ui import operations
from matinee.ui.texts import ENGLISH, KOREAN

PAGE = Path(matinee.ui.__file__).with_name("page.py")


@pytest.fixture
def page(api, token, monkeypatch, tmp_path):
    monkeypatch.setenv("MATINEE_HOME", str(tmp_path))
    monkeypatch.setenv("MATINEE_API_URL", api.url)
    monkeypatch.setenv("MATINEE_API_TOKEN", token)

    def opened(path, context=None, **address):
        app = AppTest.from_file(PAGE, default_timeout=60)
        app.context = context or {}
        app._page_hash = calc_hash(path)
        for name, value in address.items():
            app.query_params[name] = value
        return app.run()

    return opened


def _words(page):
    assert not page.exception
    texts = [*page.markdown, *page.caption, *page.title, *page.subheader, *page.info, *page.warning, *page.error]
    return "\n".join(each.value for each in [*texts, *page.success])


def test_a_newcomer_begins_rates_and_gets_a_list(page, api):
    start = page("start-here")
    assert ENGLISH.start_welcome in _words(start)
    next(button for button in start.button if button.label == ENGLISH.start_button).click().run()
    user = start.query_params["user"]
    assert user.startswith("guest-")
    assert not [each for each in start.feedback if each.key.startswith("stars-list")]
    start.feedback(key=f"stars-start-{user}-4").set_value(4).run()
    assert [known.movie_id for known in api.known(user)] == ["4"]
    assert [each for each in start.feedback if each.key.startswith("stars-list")]
    assert ENGLISH.fold_in in _words(start)


@pytest.mark.parametrize(("lang", "texts"), [("en", ENGLISH), ("ko", KOREAN)])
def test_operations_tell_what_is_in_production_and_why(page, lang, texts):
    shown = page("operations", lang=lang)
    words = _words(shown)
    assert shown.metric[0].value == texts.operations.version.format(version="3")
    assert shown.metric[3].value == "0.071"
    assert texts.operations.decision in words
    assert r"0\.2000" in words
    assert r"it is \*odd\*" in words
    assert texts.operations.no_runs in words


def test_the_same_user_is_shown_under_two_versions(page):
    lists = [each.value for each in page("operations").markdown if each.value.startswith("`")]
    assert len(lists) == 2
    assert lists[0] != lists[1]
    assert all(each.count("**") == 2 for each in lists)


def test_mlflow_away_leaves_the_rest_of_the_page(page, api, watched_chunk):
    api.mlflow_is_down = True
    api.chunks = [watched_chunk(1)]
    shown = page("operations")
    assert "MLflow does not answer" in shown.warning[0].value
    assert ENGLISH.operations.ledger in _words(shown)
    assert len(shown.table) == 1


def test_a_run_is_told_with_its_steps_and_the_version_that_serves(page, api):
    api.started = [{"action": "advance"}]
    words = _words(page("operations"))
    assert ENGLISH.operations.serves.format(version="4") in words
    assert ENGLISH.operations.steps["deploy"] in words


def test_nothing_can_be_started_while_a_run_is_under_way(page, api):
    api.started, api.progress = [{"action": "advance"}], ["running"]
    shown = page("operations")
    assert [shown.button(key=key).disabled for key in ("advance", "roll_back", "promote")] == [True] * 3
    assert ENGLISH.operations.waits in _words(shown)


def test_a_question_comes_before_anything_is_started(page, api):
    shown = page("operations")
    shown.button(key="advance").click().run()
    assert ENGLISH.operations.confirm_advance in _words(shown)
    assert api.started == []


def test_data_draws_what_the_data_watch_found(page, api, watched_chunk):
    api.chunks = [watched_chunk(2, "drifted"), watched_chunk(1)]
    shown = page("data")
    words = _words(shown)
    assert shown.metric[0].value == "12.5%"
    assert all(text in words for text in (ENGLISH.data.per_day, ENGLISH.data.drift, ENGLISH.data.newcomers))
    assert "The stars differ" in shown.warning[0].value
    assert len(shown.table) == 4


def test_before_the_data_watch_has_looked_the_page_says_so(page):
    assert page("data").info[0].value == ENGLISH.data.none_yet


@pytest.mark.parametrize("path", ["start-here", "operations", "data"])
def test_an_api_that_is_away_is_one_friendly_line_on_every_page(page, api, path):
    api.is_down = True
    shown = page(path)
    assert not shown.exception
    assert [error.value for error in shown.error] == [ENGLISH.unreachable]


def test_a_mistake_in_a_page_shows_no_stack_trace(page, monkeypatch):
    monkeypatch.setattr(operations, "_versions_and_runs", lambda _: 1 / 0)
    shown = page("operations")
    assert not shown.exception
    assert [error.value for error in shown.error] == [ENGLISH.broken]


def test_a_user_is_found_by_the_beginning_of_the_id(page, api):
    api.remember("anna", "1", 5, "live", api.known("1")[0].rated_at)
    shown = page("")
    shown.session_state["finding"] = True
    shown.run()
    assert ENGLISH.found_user.format(user="1", count=2) in [button.label for button in shown.button]
    shown.session_state["finding"] = True
    shown.text_input(key="find_user").set_value("an").run()
    assert not [button for button in shown.button if button.key == "be-1"]
    shown.session_state["finding"] = True
    shown.button(key="be-anna").click().run()
    assert shown.query_params["user"] == "anna"


def test_years_limit_the_list(page, api):
    shown = page("")
    shown.slider(key="years").set_value((1970, 1979)).run()
    assert not shown.exception
    assert "year_from=1970&year_to=1979" in api.queries[-1]
