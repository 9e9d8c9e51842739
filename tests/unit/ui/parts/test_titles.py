"""Titles as people read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.ui.parts.titles import display_title


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Toy Story (1995)", "Toy Story"),
        ("Godfather, The (1972)", "The Godfather"),
        ("Few Good Men, A (1992)", "A Few Good Men"),
        ("Postino, Il (1994)", "Il Postino"),
        ("Avventura, L' (1960)", "L'Avventura"),
        ("City of Lost Children, The (Cité des enfants perdus, La) (1995)",
         "The City of Lost Children (La Cité des enfants perdus)"),
        ("Star Wars: Episode IV - A New Hope (a.k.a. Star Wars) (1977)",
         "Star Wars: Episode IV - A New Hope (a.k.a. Star Wars)"),
        ("Crouching Tiger, Hidden Dragon (2000)", "Crouching Tiger, Hidden Dragon"),
        ("2001: A Space Odyssey (1968)", "2001: A Space Odyssey"),
        ("unknown", "unknown"),
        ("(1972)", "(1972)"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_title_is_shown_with_its_article_in_front_and_without_its_year(title, shown):
    assert display_title(title) == shown


NAMES = st.text(st.characters(exclude_categories=["Z", "C"], exclude_characters="(),"), min_size=1, max_size=40)


@given(NAMES)
def test_whatever_the_name_its_article_moves_to_the_front(name):
    assert display_title(f"{name}, The (1972)") == f"The {name}"
    assert display_title(name) == name
