"""The pages "Start here", "Operations" and "Data", and what all pages share."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

import matinee.ui.entry
from fake_api import TRAINED
from matinee.clients.schemas.chunks import ChunkDecision
from matinee.clients.schemas.comparisons import Challengers, Freshness
from matinee.clients.schemas.findings import Finding
from matinee.clients.schemas.versions import Check, GateQuestion, ModelEvent
from matinee.errors import DependencyUnreachable, NotFound, Refused
from matinee.ui.pages import operations
from matinee.ui.parts import users
from matinee.ui.parts.dates import local
from matinee.ui.parts.markdown import escaped
from matinee.ui.parts.version_status import STYLES
from matinee.ui.texts import sentences
from matinee.ui.texts.en import ENGLISH
from matinee.ui.texts.ko import KOREAN

PAGE = Path(matinee.ui.entry.__file__).with_name("page.py")


BOTH = pytest.mark.parametrize(("lang", "texts"), [("en", ENGLISH), ("ko", KOREAN)])


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


def _starters(page):
    return [each.key.rsplit("-", 1)[1] for each in page.feedback if each.key.startswith("stars-start")]


@pytest.mark.parametrize(("lang", "texts"), [("en", ENGLISH), ("ko", KOREAN)])
def test_a_newcomer_rates_where_nothing_moves_and_is_led_to_the_list(page, api, lang, texts):
    start = page("start-here", lang=lang)
    user = start.query_params["user"]
    assert user.startswith("guest-")
    places = _starters(start)
    assert len(places) == 12
    for count, movie_id in enumerate(("4", "2", "3"), 1):
        start.feedback(key=f"stars-start-{user}-{movie_id}").set_value(4).run()
        assert _starters(start) == places
        text = texts.start_here.progress if count < 3 else texts.start_here.ready
        assert text.format(count=count, enough=3) in _words(start)
    assert {known.movie_id for known in api.known(user)} == {"2", "3", "4"}
    (link,) = [link.proto for link in start.get("page_link") if link.proto.label == texts.start_here.see_list]
    assert link.query_string == f"lang={lang}&user={user}"
    start.button(key="more-starters").click().run()
    assert _starters(start)[:12] == places
    assert len(_starters(start)) == 19


def test_somebody_who_has_rated_much_is_not_congratulated_on_a_first_list(page, api):
    api.remember("1", "2", 5, "training", api.known("1")[0].rated_at)
    start = page("start-here", user="1")
    assert ENGLISH.start_here.welcome_back.format(user="1", count=3) in _words(start)
    assert ENGLISH.start_here.welcome not in _words(start)


def test_a_guest_who_types_an_address_by_hand_stays_the_same(page, cookies):
    cookies["matinee_user"] = "guest%20%27x"
    start = page("start-here")
    assert start.query_params["user"] == "guest 'x"
    kept = next(each.proto.body for each in start.get("html") if "document.cookie" in each.proto.body)
    assert kept == "<script>document.cookie = 'matinee_user=guest%20%27x;path=/;SameSite=Lax'</script>"
    assert page("start-here", user="y").query_params["user"] == "y"


@BOTH
def test_operations_tell_what_is_in_production_and_how_good_it_is(page, lang, texts):
    shown = page("operations", lang=lang)
    words = _words(shown)
    assert shown.metric[0].value == texts.operations.version.format(version="3")
    lift = texts.operations.lift.format(lift=1.0, own=0.2, popularity=0.1, users=35)
    assert f"{lift} {texts.operations.few_users}" in words
    assert texts.decisions.title in words
    assert r"0\.2000" in words
    assert r"it is \*odd\*" in words
    assert texts.runs.no_runs in words


@BOTH
@pytest.mark.parametrize(
    ("numbers", "name"),
    [({"mean": 0.0, "low": 0.0, "high": 0.0}, "fresher"), ({"mean": 0.02, "low": -0.01, "high": 0.05}, "may_be_equal")],
)
def test_operations_tell_how_much_better_than_the_version_before_it_is(page, api, lang, texts, numbers, name):
    api.checks = [
        Check(name="not worse than the incumbent", passed=True, finding="so", numbers={**numbers, "margin": 0})
    ]
    assert getattr(texts.operations, name) in _words(page("operations", lang=lang))


ASKED = [
    GateQuestion(name="sound", asked=True, outcome="passed", finding="so"),
    GateQuestion(name="better algorithm", asked=False, outcome="not asked", finding="the same algorithm"),
]


@BOTH
def test_a_version_of_the_same_algorithm_tells_what_a_day_of_data_is_worth(page, api, lang, texts):
    api.questions, words = ASKED, texts.operations
    assert words.fresher in _words(page("operations", lang=lang))
    day = {"days": 1, "difference": 0.012, "low": -0.01, "high": 0.03, "n_users": 1655, "n_chunks": 30}
    api.freshness = Freshness.model_validate({"gains": [day | {"days": 7, "difference": 0.5}, day], "by_chunk": []})
    worth = words.fresher_by_a_day.format(mean=0.012, low=-0.01, high=0.03, users=1655, chunks=30)
    assert f"{worth} {words.may_be_equal}" in _words(page("operations", lang=lang))


@BOTH
def test_a_challenger_that_took_over_tells_how_much_better_it_is(page, api, lang, texts):
    numbers = {"difference": 0.08, "difference_low": 0.01, "difference_high": 0.15, "n_users": 900}
    won = GateQuestion(name="better algorithm", asked=True, outcome="passed", finding="so", numbers=numbers)
    api.questions, words = [ASKED[0], won], texts.operations
    text = _words(page("operations", lang=lang))
    assert words.against_before.format(mean=0.08, low=0.01, high=0.15) in text
    assert words.may_be_equal not in text


def test_a_gate_that_was_off_says_nothing_of_the_version_before(page, api):
    api.questions = [each.model_copy(update={"asked": False}) for each in ASKED]
    assert ENGLISH.operations.fresher not in _words(page("operations"))


@BOTH
def test_where_popularity_is_better_the_page_says_so(page, api, lang, texts):
    api.checks, api.metrics = [], {"ndcg_at_10": 0.1, "popularity_ndcg_at_10": 0.2, "n_evaluated_users": 500}
    words = _words(page("operations", lang=lang))
    told = texts.operations.loses.format(own=0.1, popularity=0.2, users=500)
    assert f"{told} {texts.operations.enough_users}" in words
    winner = texts.operations.contenders["popularity_ndcg_at_10"]
    assert texts.operations.baseline_wins.format(baseline=winner, versions="1, 2, 3") in words


@BOTH
def test_deployments_tell_who_moved_production_and_why(page, api, lang, texts):
    then = datetime(2020, 1, 1, tzinfo=UTC)
    served = [{"since": then, "until": then + timedelta(days=1)}]
    api.versions = {"2": {"served": served}, "1": {"served": served, "verdict": "reject"}}
    api.events = {
        "3": [ModelEvent(what="rolled_back", at=then, previous_version="4", reason="it got *worse*")],
        "2": [ModelEvent(what="promoted", at=then, previous_version="1", reason="better")],
        "1": [ModelEvent(what="promoted", at=then, previous_version=None, reason="By hand: I want it")],
    }
    words, shown = texts.operations, page("operations", lang=lang)
    text = _words(shown)
    at = "01-01 00:00"
    assert words.rolled_back.format(version="3", previous="4", at=at, reason=r"it got \*worse\*") in text
    assert words.gate_promoted.format(version="2", at=at) in text
    assert words.hand_promoted.format(version="1", at=at, reason="I want it") in text
    back = [button.label for button in shown.button if (button.key or "").startswith("back-")]
    assert sorted(back) == [words.roll_back_to_this.format(version=version) for version in "12"]


def test_going_back_asks_for_a_reason_and_its_button_names_the_version(page, api):
    then = datetime(2020, 1, 1, tzinfo=UTC)
    api.versions = {"1": {"served": [{"since": then, "until": then + timedelta(days=1)}]}}
    shown = page("operations")
    next(button for button in shown.button if (button.key or "").startswith("back-")).click().run()
    confirm = shown.button(key="confirm")
    assert confirm.label == ENGLISH.runs.do_promote.format(version="1")
    assert confirm.disabled


@pytest.mark.parametrize(("name", "value"), [("version", "1"), ("left", "2"), ("right", "3")])
def test_what_is_looked_at_is_in_the_address_and_read_from_it(page, name, value):
    shown = page("operations")
    shown.selectbox(key=name).select(value).run()
    assert shown.query_params[name] == value
    assert page("operations", **{name: value}).selectbox(key=name).value == value
    assert page("operations", **{name: "99"}).selectbox(key=name).value != value


@BOTH
def test_several_users_are_compared_and_the_unknown_ones_named(page, lang, texts):
    shown = page("operations", lang=lang, users="1,nobody")
    assert [each.value for each in shown.subheader] == ["1", "nobody"]
    captions = [each.value for each in shown.caption]
    assert captions.count(texts.operations.compare_unknown.format(user="nobody")) == 1
    assert texts.operations.compare_unknown.format(user="1") not in captions
    assert captions.count(texts.operations.in_common.format(count=9, total=10)) == 2


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


def test_the_same_user_is_shown_under_two_versions_with_what_moved(page):
    lists = [each.value for each in page("operations", user="1").markdown if "\n1. " in each.value]
    assert len(lists) == 2
    assert all(each.count("**") == 2 for each in lists)
    assert not set("↑↓") & set(lists[0])
    assert lists[1].count(ENGLISH.operations.rank_new) == 1
    assert lists[1].count("↑") + lists[1].count("↓") == 9


def test_mlflow_away_leaves_the_rest_of_the_page(page, api, watched_chunk):
    api.mlflow_is_down = True
    api.chunks = [watched_chunk(1)]
    shown = page("operations")
    assert "MLflow does not answer" in shown.warning[0].value
    assert ENGLISH.operations.ledger in _words(shown)
    assert len(shown.table) == 1


@pytest.mark.parametrize(("lang", "texts"), [("en", ENGLISH), ("ko", KOREAN)])
def test_a_hold_is_told_and_ended_with_a_reason(page, api, lang, texts):
    assert not any(each.key == "resume" for each in page("operations", lang=lang).button)
    api.is_held = True
    shown = page("operations", lang=lang)
    assert texts.comparisons.held.format(version="3") in [each.value for each in shown.info]
    shown.button(key="resume").click().run()
    assert texts.comparisons.confirm_resume in _words(shown)
    assert api.started == []


@BOTH
def test_challengers_are_listed_with_their_segments_what_they_cost_and_how_long_yet(page, api, lang, texts):
    known = {"name": "als", "state": "gathering", "reason": "", "chunk_id": 3, "at": "2020-01-01T00:00:00Z"}
    known |= {"difference": -0.061, "low": -0.139, "high": 0.017, "n_users": 1412, "n_days": 30, "seconds": 9.4}
    warm = {"difference": 0.05, "low": -0.02, "high": 0.12, "n_users": 1200}
    known |= {"segments": {"warm": warm, "new": {"difference": 0.1, "n_users": 112}}}
    found = [known, known | {"name": "ease", "days_needed": 12.3}, known | {"name": "knn", "state": "won"}]
    api.challengers = Challengers.model_validate({"champion": "blend {}", "challengers": found})
    shown, words = page("operations", lang=lang), texts.comparisons
    rows = next(each.value for each in shown.table if words.group in each.value)
    columns = [words.name, words.group, words.difference, words.interval, words.users, words.seconds, words.days_needed]
    assert rows[columns].to_numpy().tolist()[:4] == [
        ["als", words.everybody, "-6.1%", "-13.9% … +1.7%", "1,412", "9 s", words.no_end],
        ["als", words.segments["warm"], "+5.0%", "-2.0% … +12.0%", "1,200", "", ""],
        ["als", words.segments["new"], "+10.0%", "–", "112", "", ""],
        ["ease", words.everybody, "-6.1%", "-13.9% … +1.7%", "1,412", "9 s", words.about.format(days=12)],
    ]
    assert rows[words.days_needed].iloc[6] == "–"
    assert words.hint.format(champion="blend") in _words(shown)


@BOTH
def test_what_fresh_data_is_worth_is_drawn_with_intervals_and_told_in_a_table(page, api, lang, texts):
    words = texts.comparisons
    assert words.freshness_nothing in _words(page("operations", lang=lang))
    day = {"days": 1, "difference": 0.004, "low": -0.01, "high": 0.018, "n_users": 655, "n_chunks": 30}
    week = {"days": 7, "difference": 0.021, "low": 0.004, "high": 0.038, "n_users": 500, "n_chunks": 23}
    api.freshness = Freshness.model_validate({"gains": [day, week], "by_chunk": []})
    shown = page("operations", lang=lang)
    assert words.freshness_hint.format(count=30) in _words(shown)
    rows = next(each.value for each in shown.table if words.age in each.value)
    assert rows.to_numpy().tolist() == [
        [words.ages[1], "+0.4%", "-1.0% … +1.8%", "655", "30"],
        [words.ages[7], "+2.1%", "+0.4% … +3.8%", "500", "23"],
    ]
    drawn = [json.loads(each.proto.spec)["layer"] for each in shown.get("vega_lite_chart")]
    ((nothing, bounds, marks),) = [each for each in drawn if each[-1]["encoding"]["y"]["title"] == words.gain]
    assert (bounds["encoding"]["y"]["field"], bounds["encoding"]["y2"]["field"]) == ("low", "high")
    assert marks["encoding"]["y"]["field"] == nothing["encoding"]["y"]["field"] == "value"
    older = words.freshness_older_better.format(age=words.ages[7])
    assert older not in _words(shown)
    api.freshness = Freshness.model_validate({"gains": [day, week | {"high": -0.001}], "by_chunk": []})
    assert older in _words(page("operations", lang=lang))


@BOTH
def test_what_the_doctor_finds_is_told_without_being_asked(page, api, lang, texts):
    words = texts.findings
    well = [each.label for each in page("operations", lang=lang).expander]
    assert any(label.startswith(words.well.format(total=1, at="")[:8]) for label in well)
    paused = "train_model is paused: its runs wait until it is unpaused."
    counts = "1 duplicate in the source, 0 of these of movies; 0 in chunks, 0 of these in the newest that has any"
    api.findings += [
        Finding(what="quarantine", ok=True, detail=counts),
        Finding(what="DAGs", ok=False, detail=paused, fix="See http://127.0.0.1:8080/dags."),
    ]
    shown = page("operations", lang=lang)
    (warning,) = [each.value for each in shown.warning]
    assert warning.startswith(f"**{words.names['DAGs']}**: ")
    assert escaped(sentences.translated(paused, texts.sentences)) in warning
    assert escaped("http://127.0.0.1:8080/dags") in warning
    (lines,) = [each.value.splitlines() for each in shown.markdown if each.value.startswith("- ✓")]
    assert [line[:4] for line in lines] == ["- ✓ ", "- ✓ ", "- ✗ "]
    assert texts.operations.quarantine["duplicate"] in lines[1]


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
def test_the_timeline_marks_the_status_of_each_version_over_its_baselines(page, api, lang, texts):
    api.versions = {"1": {"is_rolled_back": True}, "2": {"verdict": "reject", "stage": "rejected"}}
    api.metrics |= {"incumbent_ndcg_at_10": 0.0712, "n_evaluated_users": 40}
    api.metrics |= {"over_popularity_low": -0.00385, "over_popularity_high": 0.077}
    shown, words = page("operations", lang=lang), texts.operations
    proto = shown.get("vega_lite_chart")[0].proto
    popularity, bounds, others, own = json.loads(proto.spec)["layer"]
    assert (bounds["encoding"]["y"]["field"], bounds["encoding"]["y2"]["field"]) == ("low", "high")
    assert (popularity["mark"]["type"], others["mark"]["type"], own["mark"]["type"]) == ("rule", "tick", "point")
    scale = own["encoding"]["shape"]["scale"]
    looks = zip(scale["domain"], scale["range"], own["encoding"]["color"]["scale"]["range"], strict=True)
    assert {name: (shape, colour) for name, shape, colour in looks} == {
        words.statuses[name]: (STYLES[name].shape, STYLES[name].colour)
        for name in ("promoted", "rejected", "rolled_back")
    }
    datasets = {each.name: pa.ipc.open_stream(each.data.data).read_all() for each in proto.datasets}
    rows = datasets[own["data"]["name"]].to_pylist()
    marked = [(row["version"], row["status"], row["lift"], row["users"]) for row in rows if row["status"]]
    lift = round(0.0712 / 0.0385 - 1, 4)
    assert marked == [
        (version, words.statuses[name], lift, 40)
        for version, name in ((1, "rolled_back"), (2, "rejected"), (3, "promoted"))
    ]
    assert {(row["low"], row["high"]) for row in rows if row["status"]} == {(-0.1, 2.0)}
    assert {row["low"] for row in rows if not row["status"]} == {None}
    assert "-10% … +200%" in _tables(shown)
    assert {row["contender"] for row in rows if not row["status"]} == {words.contenders["incumbent_ndcg_at_10"]}
    assert words.statuses["rolled_back"] in _tables(shown)


@pytest.mark.parametrize(("lang", "texts"), [("en", ENGLISH), ("ko", KOREAN)])
def test_the_ledger_tells_why_rows_are_in_quarantine(page, api, watched_chunk, lang, texts):
    api.chunks = [watched_chunk(1)]
    names = texts.operations.quarantine
    told = f"{names['empty_id']} (12), {names['duplicate']} (1), odd \\*reason\\* (1)"
    assert told in _tables(page("operations", lang=lang))


@pytest.mark.parametrize(("lang", "texts"), [("en", ENGLISH), ("ko", KOREAN)])
def test_the_ledger_tells_how_many_ratings_came_late(page, api, watched_chunk, lang, texts):
    api.chunks = [watched_chunk(1).model_copy(update={"n_late": 4_711})]
    shown = _tables(page("operations", lang=lang))
    assert texts.operations.late in shown
    assert "4711" in shown


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


@pytest.mark.parametrize("action", ["roll_back", "promote", "resume"])
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


@BOTH
def test_coverage_of_few_lists_is_not_called_a_share_and_that_of_all_stands_beside_it(page, api, lang, texts):
    api.metrics |= {"coverage_at_10": 0.0611, "popularity_coverage_at_10": 0.0113}
    api.coverage = (0.125, 19)
    shown = page("data", lang=lang)
    assert [each.value for each in shown.metric] == [texts.data.too_few_lists, "6.1%"]
    since = f"{local(TRAINED):%Y-%m-%d %H:%M}"
    hint = texts.data.coverage_hint.format(count=1682, lists=19, version="3", since=since)
    assert hint in _words(shown)
    assert texts.data.coverage_offline_hint.format(version="3", popularity=0.0113) in _words(shown)


@BOTH
def test_one_user_who_rates_a_whole_day_is_named(page, api, watched_chunk, lang, texts):
    chunk = watched_chunk(2)
    found = replace(chunk.statistics, most_ratings_of_a_user=701, n_ratings=900)
    api.chunks = [chunk.model_copy(update={"statistics": found})]
    assert texts.data.one_user.format(chunk=2, count=701, total=900) in _words(page("data", lang=lang))


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


def test_a_mistake_before_any_page_shows_no_stack_trace(page, monkeypatch):
    monkeypatch.setattr(users, "current_user", lambda: 1 / 0)
    shown = page("")
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


@pytest.mark.parametrize(("lang", "name"), [("en", "1970s"), ("ko", "1970년대")])
def test_years_limit_the_list_and_stay_in_the_address(page, api, lang, name):
    shown = page("", lang=lang)
    assert name in shown.selectbox(key="years").options
    shown.selectbox(key="years").set_value("1970-1979").run()
    assert not shown.exception
    assert "year_from=1970&year_to=1979" in api.queries[-1]
    assert shown.query_params["years"] == "1970-1979"
    page("", lang=lang, years="1975-1977")
    assert "year_from=1975&year_to=1977" in api.queries[-1]
