"""The pages "Start here", "Operations" and "Data", and what all pages share."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

import matinee.ui.entry
from matinee.clients.schemas.chunks import ChunkDecision
from matinee.errors import DependencyUnreachable, NotFound, Refused
from matinee.ui.pages import operations
from matinee.ui.parts.markdown import escaped
from matinee.ui.parts.version_status import STYLES
from matinee.ui.texts import sentences
from matinee.ui.texts.en import ENGLISH
from matinee.ui.texts.ko import KOREAN

PAGE = Path(matinee.ui.entry.__file__).with_name("page.py")


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


def _tables(page):
    return "\n".join(str(table.value.to_dict("list")) for table in page.table).replace("\\\\", "\\")


def _words(page):
    assert not page.exception
    texts = [*page.markdown, *page.caption, *page.title, *page.header, *page.info, *page.warning, *page.error]
    return "\n".join(each.value for each in [*texts, *page.success])


def test_a_newcomer_begins_rates_and_gets_a_list(page, api):
    start = page("start-here")
    assert ENGLISH.start_here.welcome in _words(start)
    next(button for button in start.button if button.label == ENGLISH.start_here.begin).click().run()
    user = start.query_params["user"]
    assert user.startswith("guest-")
    assert not [each for each in start.feedback if each.key.startswith("stars-list")]
    start.feedback(key=f"stars-start-{user}-4").set_value(4).run()
    assert [known.movie_id for known in api.known(user)] == ["4"]
    assert [each for each in start.feedback if each.key.startswith("stars-list")]
    assert ENGLISH.movies.fold_in in _words(start)


@pytest.mark.parametrize(("lang", "texts"), [("en", ENGLISH), ("ko", KOREAN)])
def test_after_enough_ratings_the_list_comes_first_and_the_page_says_so(page, api, lang, texts):
    for movie_id in ("2", "3"):
        api.remember("guest-1", movie_id, 5, "live", api.known("1")[0].rated_at)
    start = page("start-here", lang=lang, user="guest-1")
    assert texts.start_here.more not in _words(start)
    start.feedback(key="stars-start-guest-1-4").set_value(4).run()
    words = _words(start)
    assert texts.start_here.ready.format(count=3) in words
    assert texts.start_here.more in words
    assert texts.start_here.ready_above in [toast.value for toast in start.toast]
    places = [each.key.split("-")[1] for each in start.feedback]
    assert places == sorted(places)  # the list, then what to start with
    assert texts.start_here.ready_above not in [toast.value for toast in start.run().toast]


def test_a_guest_who_types_an_address_by_hand_stays_the_same(page, cookies):
    cookies["matinee_user"] = "guest%20%27x"
    start = page("start-here")
    assert start.query_params["user"] == "guest 'x"
    kept = next(each.proto.body for each in start.get("html") if "cookie" in each.proto.body)
    assert kept == "<script>document.cookie = 'matinee_user=guest%20%27x;path=/;SameSite=Lax'</script>"
    assert page("start-here", user="y").query_params["user"] == "y"


@pytest.mark.parametrize(("lang", "texts"), [("en", ENGLISH), ("ko", KOREAN)])
def test_operations_tell_what_is_in_production_and_why(page, lang, texts):
    shown = page("operations", lang=lang)
    words = _words(shown)
    assert shown.metric[0].value == texts.operations.version.format(version="3")
    assert shown.metric[3].value == "0.071"
    assert texts.decisions.title in words
    assert r"0\.2000" in words
    assert r"it is \*odd\*" in words
    assert texts.runs.no_runs in words


@pytest.mark.parametrize(("lang", "texts"), [("en", ENGLISH), ("ko", KOREAN)])
@pytest.mark.parametrize(("n_newest", "is_pooled"), [(20, True), (35, False)])
def test_a_decision_on_more_people_than_those_of_the_chunk_says_why(page, api, lang, texts, n_newest, is_pooled):
    api.metrics |= {"n_evaluated_users": n_newest}
    told = escaped(texts.decisions.pooled.format(n_newest=n_newest, newest=0.0712))
    assert (told in _words(page("operations", lang=lang))) == is_pooled


def test_a_new_version_is_the_one_to_look_at(page, api):
    shown = page("operations")
    shown.selectbox(key="version").select("1").run()
    assert shown.selectbox(key="version").value == "1"
    api.registered.insert(0, "4")
    assert shown.run().selectbox(key="version").value == "4"
    assert shown.button(key="promote").label == ENGLISH.runs.promote.format(version="4")


@pytest.mark.parametrize(("lang", "texts"), [("en", ENGLISH), ("ko", KOREAN)])
def test_a_button_for_what_cannot_be_done_names_no_version(page, api, lang, texts):
    api.registered, api.roll_back_to = [], None
    shown, words = page("operations", lang=lang), texts.runs
    buttons = [shown.button(key=key) for key in ("roll_back", "promote")]
    assert [(each.label, each.disabled) for each in buttons] == [
        (words.nothing_to_roll_back, True),
        (words.nothing_to_promote, True),
    ]


def test_what_was_in_production_does_not_hide_the_line_of_the_version(page, api):
    api.metrics |= {"incumbent_ndcg_at_10": 0.0712}
    chart = json.loads(page("operations").get("vega_lite_chart")[0].proto.spec)
    scale = chart["layer"][0]["encoding"]["strokeDash"]["scale"]
    dashes = dict(zip(scale["domain"], scale["range"], strict=True))
    assert dashes[ENGLISH.operations.contenders["incumbent_ndcg_at_10"]] == [7, 6]
    assert dashes[ENGLISH.operations.contenders["ndcg_at_10"]] == [1, 0]


def test_the_same_user_is_shown_under_two_versions(page):
    lists = [each.value for each in page("operations").markdown if "\n1. " in each.value]
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
    assert ENGLISH.runs.serves.format(version="4") in words
    assert ENGLISH.runs.steps["deploy"] in words


def test_nothing_can_be_started_while_a_run_is_under_way(page, api):
    api.started, api.progress = [{"action": "advance"}], ["running"]
    shown = page("operations")
    assert [shown.button(key=key).disabled for key in ("advance", "roll_back", "promote")] == [True] * 3
    assert ENGLISH.runs.waits in _words(shown)


@pytest.mark.parametrize(("lang", "texts"), [("en", ENGLISH), ("ko", KOREAN)])
def test_the_timeline_marks_what_became_of_each_version(page, api, lang, texts):
    api.versions = {"1": {"is_rolled_back": True}, "2": {"verdict": "reject", "stage": "rejected"}}
    shown, words = page("operations", lang=lang), texts.operations
    proto = shown.get("vega_lite_chart")[0].proto
    chart = json.loads(proto.spec)
    lines, marks = chart["layer"]
    assert "shape" not in lines["encoding"]
    scale = marks["encoding"]["shape"]["scale"]
    looks = zip(scale["domain"], scale["range"], marks["encoding"]["color"]["scale"]["range"], strict=True)
    assert {name: (shape, colour) for name, shape, colour in looks} == {
        words.statuses[name]: (STYLES[name].shape, STYLES[name].colour)
        for name in ("promoted", "rejected", "rolled_back")
    }
    assert marks["encoding"]["shape"]["legend"]["title"] == texts.decisions.verdict
    assert chart["resolve"]["scale"] == dict.fromkeys(("color", "shape", "strokeDash"), "independent")
    datasets = {each.name: pa.ipc.open_stream(each.data.data).read_all() for each in proto.datasets}
    marked = datasets[marks["data"]["name"]].to_pylist()
    statuses = [(row[words.version.format(version="").strip()], row[texts.decisions.verdict]) for row in marked]
    assert statuses == [
        (1, words.statuses["rolled_back"]),
        (2, words.statuses["rejected"]),
        (3, words.statuses["promoted"]),
    ]
    assert {row[words.model] for row in marked} == {words.contenders["ndcg_at_10"]}
    assert words.statuses["rolled_back"] in _tables(shown)


@pytest.mark.parametrize(("lang", "texts"), [("en", ENGLISH), ("ko", KOREAN)])
def test_the_ledger_tells_why_rows_are_in_quarantine(page, api, watched_chunk, lang, texts):
    api.chunks = [watched_chunk(1)]
    names = texts.operations.quarantine
    told = f"{names['empty_id']} (12), {names['duplicate']} (1), odd \\*reason\\* (1)"
    assert told in _tables(page("operations", lang=lang))


REFUSALS = {
    "dag-paused": Refused("The DAG train_model is paused.", "Unpause it at http://a.", code="dag-paused"),
    "airflow-unreachable": DependencyUnreachable("Airflow does not answer.", "Start it.", code="airflow-unreachable"),
    "mlflow-unreachable": DependencyUnreachable("MLflow does not answer.", "Start it.", code="mlflow-unreachable"),
    "not-found": NotFound("There is no version '9'."),
}


def _page_that_advances(url, token, lang):
    from matinee.clients.api import Client  # noqa: PLC0415
    from matinee.errors import MatineeError  # noqa: PLC0415  AppTest runs this function's text as a script of its own
    from matinee.ui.parts.refusals import not_started  # noqa: PLC0415
    from matinee.ui.texts.languages import LANGUAGES  # noqa: PLC0415

    texts = LANGUAGES[lang].runs
    try:
        with Client(url, token) as operator:
            operator.advance()
    except MatineeError as error:
        not_started(texts, texts.advance, error)


def _refused(url, token, lang):
    shown = AppTest.from_function(_page_that_advances, args=(url, token, lang), default_timeout=60).run()
    assert not shown.exception
    return shown


@pytest.mark.parametrize(("lang", "texts"), [("en", ENGLISH), ("ko", KOREAN)])
@pytest.mark.parametrize("code", REFUSALS)
def test_what_was_refused_why_and_what_to_do_is_told(api, token, code, lang, texts):
    api.refusal, words = REFUSALS[code], texts.runs
    shown = _refused(api.url, token, lang)
    assert shown.warning[0].value == f"{words.not_started.format(action=words.advance)} {words.refusals[code]}"
    assert escaped(api.refusal.message.rstrip(".")) in shown.caption[0].value
    assert api.started == []


@pytest.mark.parametrize(("lang", "texts"), [("en", ENGLISH), ("ko", KOREAN)])
def test_a_page_without_the_token_says_what_to_do(api, lang, texts):
    assert texts.runs.refusals["unauthorized"] in _refused(api.url, "another-token", lang).warning[0].value


def test_an_api_that_does_not_answer_is_asked_again_without_harm():
    told = _refused("http://127.0.0.1:1", "a-token", "en").warning[0].value
    assert ENGLISH.runs.refusals["api-unreachable"] in told


def test_a_refusal_that_nobody_knows_is_told_in_the_servers_words(api, token):
    api.refusal = Refused("The moon is *full*.", "Wait.")
    assert r"The moon is \*full\*\. Wait\." in _refused(api.url, token, "ko").warning[0].value


@pytest.mark.parametrize(("lang", "texts"), [("en", ENGLISH), ("ko", KOREAN)])
def test_a_day_that_the_gate_rejects_tells_which_check_failed_and_what_to_do(page, api, lang, texts):
    api.started, api.outcome = [{"action": "advance"}], "rejected"
    shown, words = page("operations", lang=lang), texts.runs
    told = next(each.value for each in shown.warning if words.outcomes["rejected"] in each.value)
    assert r"it is \*odd\*" in told
    assert words.advice["rejected"].format(version="3") in told


@pytest.mark.parametrize(("lang", "texts"), [("en", ENGLISH), ("ko", KOREAN)])
def test_a_broken_chunk_tells_what_is_wrong_with_it_and_what_to_do(page, api, watched_chunk, lang, texts):
    refused = watched_chunk(3, "drifted")
    refused = refused.model_copy(
        update={"statistics": replace(refused.statistics, verdict="refused", reasons=["It has no ratings."])}
    )
    api.chunks, api.started, api.outcome = [refused], [{"action": "advance"}], "refused"
    shown, words = page("operations", lang=lang), texts.runs
    told = next(each.value for each in shown.warning if words.outcomes["refused"] in each.value)
    assert escaped(sentences.translated("It has no ratings.", texts.sentences)) in told
    assert words.advice["refused"].format(chunk=3) in told


def test_a_chunk_that_somebody_left_out_is_told_with_the_reason(page, api, watched_chunk):
    decided = ChunkDecision(decision="left_out", reason="a test", at=watched_chunk(3).closed_at)
    api.chunks = [watched_chunk(3).model_copy(update={"decision": decided})]
    api.started, api.outcome = [{"action": "advance"}], "refused"
    assert ENGLISH.runs.left_out.format(reason="a test") in _words(page("operations"))


@pytest.mark.parametrize("action", ["roll_back", "promote"])
def test_a_rule_that_refuses_a_move_is_told(page, api, action):
    api.started, api.outcome = [{"action": action}], "refused"
    advice = ENGLISH.runs.advice[f"refused_{action}"].partition("[")[0]
    assert advice in _words(page("operations"))


def test_a_run_that_failed_leads_to_its_log(page, api):
    api.started, api.progress = [{"action": "advance"}], ["failed"]
    words = _words(page("operations"))
    assert ENGLISH.runs.outcomes["failed"] in words
    assert "/dags/r/runs/1)" in words


def test_a_question_comes_before_anything_is_started(page, api):
    shown = page("operations")
    shown.button(key="advance").click().run()
    assert ENGLISH.runs.confirm_advance in _words(shown)
    assert api.started == []


def test_data_draws_what_the_data_watch_found(page, api, watched_chunk):
    api.chunks = [watched_chunk(2, "drifted"), watched_chunk(1)]
    shown = page("data")
    words = _words(shown)
    assert shown.metric[0].value == "12.5%"
    assert all(text in words for text in (ENGLISH.data.per_day, ENGLISH.data.drift, ENGLISH.data.newcomers))
    assert "The stars differ" in shown.warning[0].value
    assert len(shown.table) == 4


def _charts(page):
    """Specification and rows of each chart that has one layer."""
    for each in page.get("vega_lite_chart"):
        (rows,) = [pa.ipc.open_stream(dataset.data.data).read_all().to_pylist() for dataset in each.proto.datasets]
        yield json.loads(each.proto.spec), rows


@pytest.mark.parametrize(("lang", "texts"), [("en", ENGLISH), ("ko", KOREAN)])
def test_ratings_that_were_given_on_the_page_do_not_stretch_the_days_of_the_data(page, api, watched_chunk, lang, texts):
    chunk = watched_chunk(2)
    days = {"1997-11-20": 29, "2026-11-25": 1}
    api.chunks = [chunk.model_copy(update={"statistics": replace(chunk.statistics, ratings_by_day=days)})]
    shown, words = page("data", lang=lang), texts.data
    spec, rows = next(_charts(shown))
    assert rows == [{words.day: "1997-11-20", words.ratings: 29}]
    assert words.live.format(count=1) in _words(shown)
    assert spec["encoding"]["x"]["axis"]["format"] == "%Y-%m-%d"


@pytest.mark.parametrize(("lang", "texts"), [("en", ENGLISH), ("ko", KOREAN)])
def test_after_the_first_chunk_what_compares_with_the_past_says_so_instead_of_an_empty_chart(
    page, api, watched_chunk, lang, texts
):
    api.chunks = [watched_chunk(1)]
    shown = page("data", lang=lang)
    assert len(list(_charts(shown))) == 2
    assert [each.value for each in shown.caption].count(texts.data.from_the_second) == 2


@pytest.mark.parametrize("path", ["", "start-here", "operations", "data"])
def test_no_particle_is_left_open(page, api, watched_chunk, path):
    api.chunks, api.started = [watched_chunk(1)], [{"action": "advance"}]
    shown = page(path, lang="ko")
    assert not re.search(r"[을이은과]\([를가는와]\)|\(으\)로", _words(shown))


def test_before_the_data_watch_has_looked_the_page_says_so(page):
    assert page("data").info[0].value == ENGLISH.data.none_yet


@pytest.mark.parametrize("path", ["start-here", "operations", "data"])
def test_an_api_that_is_away_is_one_friendly_line_on_every_page(page, api, path):
    api.is_down = True
    shown = page(path)
    assert not shown.exception
    assert [error.value for error in shown.error] == [ENGLISH.common.unreachable]


def test_a_mistake_in_a_page_shows_no_stack_trace(page, monkeypatch):
    monkeypatch.setattr(operations, "_versions_and_runs", lambda _: 1 / 0)
    shown = page("operations")
    assert not shown.exception
    assert [error.value for error in shown.error] == [ENGLISH.common.broken]


def test_a_user_is_found_by_the_beginning_of_the_id(page, api):
    api.remember("anna", "1", 5, "live", api.known("1")[0].rated_at)
    shown = page("")
    shown.session_state["finding"] = True
    shown.run()
    assert ENGLISH.for_you.found_user.format(user="1", count=2) in [button.label for button in shown.button]
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
