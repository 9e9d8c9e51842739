"""The morning after: why last night's model was promoted, whether it is any good, and how to go back."""

import re

import httpx
import pytest
from playwright.sync_api import expect

from matinee.credentials import api_token
from matinee.lifecycle.history import History
from matinee.ui.texts.sentences import translated
from page_in_a_browser import BOTH, VISITS, WINDOWS, code_of, drawn, press

pytestmark = [pytest.mark.timeout(180), pytest.mark.usefixtures("full")]


def _operations(tab, site, texts, size, more=""):
    tab.set_viewport_size(size)
    lang = code_of(texts)
    drawn(tab, f"{site}/operations?user=u1&lang={lang}{more}", "operations", texts)


@VISITS
def test_operations_open_with_why_it_was_promoted_and_how_much_better_it_is(serve, site, tab, texts, size):
    with serve():
        _operations(tab, site, texts, size)
        words, opening = texts.operations, tab.locator(".st-key-production")
        expect(opening).to_be_in_viewport()
        expect(opening).to_contain_text(words.version.format(version="2"))
        expect(opening).to_contain_text(re.compile(r"\d\d-\d\d \d\d:\d\d"))
        lift = words.lift.format(lift=1.5, own=0.2, popularity=0.08, users=35).replace("**", "")
        expect(opening).to_contain_text(f"{lift} {words.few_users}")
        worth = words.fresher_by_a_day.format(mean=0.02, low=0.0004, high=0.0396, users=100, chunks=1)
        expect(opening).to_contain_text(worth.replace("**", ""))


@pytest.mark.either
@BOTH
def test_a_hold_is_told_and_ended_with_a_reason(serve, site, tab, texts, settings, airflow):
    History(settings).record("rolled_back", "2", "3", "it was odd")
    with serve():
        for size in WINDOWS:
            _operations(tab, site, texts, size)
            held = tab.get_by_test_id("stAlert").filter(has_text=texts.comparisons.held.format(version="2"))
            expect(held).to_be_visible()
            press(tab, tab.get_by_role("button", name=texts.comparisons.resume, exact=True))
            dialog = tab.get_by_role("dialog")
            expect(dialog).to_contain_text(texts.comparisons.confirm_resume)
            expect(dialog.locator(".st-key-confirm button")).to_be_disabled()
        dialog.get_by_label(texts.runs.reason).press_sequentially("seen enough")
        press(tab, dialog.get_by_role("button", name=texts.comparisons.do_resume, exact=True))
        expect(dialog).to_have_count(0)
        assert airflow.runs[-1].parameters["reason"] == "seen enough"


@VISITS
def test_the_chart_has_intervals_and_the_page_says_where_a_baseline_wins(serve, site, tab, texts, size):
    with serve():
        _operations(tab, site, texts, size)
        words = texts.operations
        recent = words.contenders["popularity_30d_ndcg_at_10"]
        expect(tab.get_by_text(words.baseline_wins.format(baseline=recent, versions="1"))).to_be_visible()
        # One for popularity and one for each version: a vertical line has no width, so it is not "visible".
        chart = tab.locator(f"[aria-label='{words.timeline_alt}']")
        expect(chart.locator(".mark-rule.role-mark line")).to_have_count(3)
        tab.get_by_test_id("stExpander").filter(has_text=words.table).first.click()
        table = tab.get_by_test_id("stTable").first
        for cell in (words.interval, "+12% … +375%", "35", "+150%"):
            expect(table).to_contain_text(cell)


@VISITS
def test_deployments_tell_when_and_why_and_lead_back(serve, site, tab, texts, size, settings, airflow):
    History(settings).record("rolled_back", "1", "2", "it was *odd*")
    History(settings).record("deployed", "1", "2", "in production")
    History(settings).record("promoted", "2", "1", "By hand: it was fine")
    History(settings).record("deployed", "2", "1", "in production")
    with serve():
        _operations(tab, site, texts, size)
        words, rows = texts.operations, tab.locator("[class*=st-key-deployment-]")
        expect(rows).to_have_count(4)
        expect(rows.nth(0)).to_contain_text(words.until_now)
        expect(rows.nth(0)).to_contain_text("it was fine")
        expect(rows.nth(1)).to_contain_text("it was *odd*")
        for row in rows.all():
            expect(row).to_contain_text(re.compile(r"\d\d-\d\d \d\d:\d\d – "))
        press(tab, rows.nth(3).get_by_role("button", name=words.roll_back_to_this.format(version="1")))
        dialog = tab.get_by_role("dialog")
        dialog.get_by_label(texts.runs.reason).press_sequentially("as before")
        press(tab, dialog.get_by_role("button", name=texts.runs.do_roll_back.format(version="1"), exact=True))
        expect(dialog).to_have_count(0)
        assert airflow.runs[-1].parameters["reason"] == "as before"


@VISITS
def test_a_link_shows_a_colleague_the_same_comparison(serve, site, tab, texts, size, settings):
    token = {"Authorization": f"Bearer {api_token(settings)}"}
    with serve():
        for version in ("1", "2"):
            answer = httpx.post(f"{settings.api}/v1/model", json={"version": version}, headers=token, trust_env=False)
            assert answer.is_success, answer.text
        _operations(tab, site, texts, size, "&users=u1,u2,nobody&left=1&right=2&version=1")
        words = texts.operations
        for user in ("u1", "u2", "nobody"):
            expect(tab.get_by_role("heading", level=3, name=user, exact=True)).to_be_visible()
        expect(tab.get_by_text(words.compare_unknown.format(user="nobody"))).to_be_visible()
        expect(tab.get_by_text(re.compile("^" + words.in_common.format(count=r"\d+", total=10)))).to_have_count(3)
        expect(tab.get_by_text(re.compile("[↑↓]\\d")).first).to_be_visible()
        users = tab.get_by_label(words.compare_users)
        users.fill("u2,u3")
        users.press("Enter")
        expect(tab.get_by_role("heading", level=3, name="u3", exact=True)).to_be_visible()
        assert "users=u2%2Cu3" in tab.url
        colleague = tab.context.new_page()
        colleague.set_viewport_size(size)
        drawn(colleague, tab.url, "operations", texts)
        expect(colleague.get_by_role("heading", level=3, name="u3", exact=True)).to_be_visible()
        expect(colleague.get_by_role("combobox", name=words.choose_version)).to_have_value(
            words.version.format(version="1")
        )


@VISITS
def test_challengers_tell_segments_cost_and_days_and_fresh_data_its_worth(serve, site, tab, texts, size):
    with serve():
        _operations(tab, site, texts, size)
        words = texts.comparisons
        table = tab.get_by_test_id("stTable").filter(has_text=words.days_needed)
        for cell in (*words.segments.values(), words.everybody, "-2.0% … +12.0%", "10 s", words.about.format(days=12)):
            expect(table).to_contain_text(cell)
        header = tab.get_by_role("heading", name=words.freshness, exact=True)
        header.scroll_into_view_if_needed()
        chart = tab.locator(f"[aria-label='{words.freshness_alt}']")
        expect(chart).to_be_visible()
        # One at zero and one for each age.
        expect(chart.locator(".mark-rule.role-mark line")).to_have_count(3)
        expect(chart.get_by_text(words.ages[7], exact=True)).to_be_visible()
        tab.get_by_test_id("stExpander").filter(has_text=texts.operations.table).last.click()
        gains = tab.get_by_test_id("stTable").filter(has_text=words.age)
        for cell in (words.ages[1], "+2.0%", "+0.0% … +4.0%", "100"):
            expect(gains).to_contain_text(cell)
        assert tab.evaluate("document.querySelector('.stMain').scrollWidth") <= size["width"]


@VISITS
def test_what_the_doctor_finds_stands_first_without_being_asked(serve, site, tab, texts, size, airflow):
    airflow.paused = True
    with serve():
        _operations(tab, site, texts, size)
        words = texts.findings
        warning = tab.get_by_test_id("stAlert").filter(has_text=words.names["DAGs"])
        expect(warning).to_be_in_viewport()
        paused = "train_model is paused: its runs wait until it is unpaused."
        expect(warning).to_contain_text(translated(paused, texts.sentences))
        expect(warning).to_contain_text(f"{airflow.url}/dags")
        summary = words.wrong.format(count=1, total=12, at="")[:-1]
        tab.get_by_test_id("stExpander").filter(has_text=summary).click()
        lines = tab.get_by_test_id("stExpander").filter(has_text=summary).get_by_role("listitem")
        expect(lines).to_have_count(12)
        expect(lines.filter(has_text=words.names["quarantine"]).first).to_contain_text(
            texts.operations.quarantine["rating_not_a_number"]
        )
        for box in (line.bounding_box() for line in lines.all()):
            assert box["x"] + box["width"] <= size["width"]
        assert tab.evaluate("document.querySelector('.stMain').scrollWidth") <= size["width"]


@VISITS
def test_a_rollback_is_enabled_by_the_first_character_of_its_reason(serve, site, tab, texts, size):
    with serve():
        _operations(tab, site, texts, size)
        press(tab, tab.locator(".st-key-roll_back button"))
        confirm = tab.get_by_role("dialog").locator(".st-key-confirm button")
        expect(confirm).to_have_text(texts.runs.do_roll_back.format(version="1"))
        expect(confirm).to_be_disabled()
        tab.get_by_role("dialog").get_by_label(texts.runs.reason).press_sequentially("x")
        expect(confirm).to_be_enabled()
