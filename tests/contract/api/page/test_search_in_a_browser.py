"""The search by a name in another language, where the movies file has some."""

import pytest
from playwright.sync_api import expect

from matinee.ratings.ledger.ledger import ChunkLedger
from page_in_a_browser import VISITS, code_of, drawn, serving

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def settings(settings, ratings, tmp_path):
    """Files of one's own, whose movies have names in Korean, before the first model."""
    ratings.write_csv(tmp_path / "ratings.csv")
    lines = [f"m{number},Movie {number} ({1950 + number}),Drama," for number in range(2, 40)]
    named = ['m0,"Godfather, The (1972)",Crime|Drama,대부|El padrino', "m1,Oldboy (2003),Thriller,올드보이"]
    (tmp_path / "movies.csv").write_text("\n".join(["movie_id,title,genres,aliases", *named, *lines, ""]))
    files = {"data": str(tmp_path / "ratings.csv"), "movies": tmp_path / "movies.csv", "bootstrap": "10d"}
    own = settings.model_copy(update=files)
    ChunkLedger(own).close_next("first")
    return own


@VISITS
def test_a_name_in_another_language_finds_the_movie_and_is_shown(settings, site, tab, texts, size):
    tab.set_viewport_size(size)
    with serving(settings):
        drawn(tab, f"{site}/?user=u1&lang={code_of(texts)}", "", texts)
        field = tab.get_by_label(texts.movies.search, exact=True)
        for name, title in (("대부", "The Godfather (대부) (El padrino)"), ("올드", "Oldboy (올드보이)")):
            field.fill(name)
            found = tab.locator("[class*=st-key-cards-found] h3")
            expect(found).to_have_text([title])
            expect(found).to_be_in_viewport()
