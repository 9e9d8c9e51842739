"""What the page "Data" says of the data, and of what is shown."""

import pytest
from playwright.sync_api import expect

from matinee.drift.data_watch import watch
from matinee.drift.records import StatisticsStore
from matinee.ratings.ledger.ledger import ChunkLedger
from page_in_a_browser import VISITS, code_of, drawn

pytestmark = pytest.mark.timeout(180)

N_OF_ONE = 701


@pytest.fixture
def busy_user(settings, ratings, tmp_path, moved) -> int:  # noqa: ARG001  what serves was measured
    """The second chunk, in which one user rated 701 movies; how many ratings it has."""
    ratings.write_csv(tmp_path / "ratings.csv")
    with (tmp_path / "ratings.csv").open("a") as file:
        file.writelines(f"bot,other-{number},5,2020-01-11T12:00:00Z\n" for number in range(N_OF_ONE))
    own = settings.model_copy(update={"data": str(tmp_path / "ratings.csv"), "bootstrap": "10d"})
    for number in (1, 2):
        ChunkLedger(own).close_next(f"run-{number}")
        watch(own, ChunkLedger(own), StatisticsStore(own), number)
    return ChunkLedger(own).ratings_of(2).height


@VISITS
def test_one_users_flood_is_named_and_coverage_is_that_of_all_beside_that_of_what_was_shown(
    serve, site, tab, texts, size, busy_user
):
    tab.set_viewport_size(size)
    lang = code_of(texts)
    with serve():
        drawn(tab, f"{site}/data?user=u1&lang={lang}", "data", texts)
        words = texts.data
        told = words.one_user.format(chunk=2, count=N_OF_ONE, total=busy_user)
        expect(tab.get_by_text(told)).to_be_visible()
        shown, to_all = (
            tab.get_by_test_id("stMetric").filter(has_text=name) for name in (words.coverage, words.coverage_offline)
        )
        expect(shown.get_by_test_id("stMetricValue")).to_have_text(words.too_few_lists)
        expect(to_all.get_by_test_id("stMetricValue")).to_have_text("45.0%")
        hint = words.coverage_offline_hint.format(version=2, popularity=0.25)
        expect(tab.get_by_text(hint)).to_be_visible()
