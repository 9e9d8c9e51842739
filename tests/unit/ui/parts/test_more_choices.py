"""More choices of a list: what the server is asked, and how many were made."""

from matinee.clients.schemas.recommendations import UserListOptions
from matinee.ui.parts.more_choices import NO_MORE, MoreChoices


def test_nothing_chosen_asks_for_nothing_more():
    assert NO_MORE.options("Drama", "en") == UserListOptions()
    assert NO_MORE.count == 0


def test_several_genres_take_in_the_one_above_them_once():
    assert MoreChoices(genres=("War", "Drama")).options("Drama", "en").genre == ("Drama", "War")
    assert MoreChoices(genres=("War",)).options(None, "en").genre == ("War",)


def test_choices_are_asked_for_in_the_language_of_the_page():
    chosen = MoreChoices(without=("Horror",), rarity=0.5, diversity=1.0, company=("7",))
    asked = chosen.options(None, "ko")
    assert (asked.exclude_genre, asked.rarity, asked.diversity, asked.lang) == (("Horror",), 0.5, 1.0, "ko")
    assert chosen.count == 4


def test_the_watch_list_and_movies_to_leave_out_are_asked_for_and_counted():
    chosen = MoreChoices(watch_list="only", movies=("m1", "m2"))
    asked = chosen.options(None, "en")
    assert (asked.watchlist, asked.exclude_movie) == ("only", ("m1", "m2"))
    assert chosen.count == 2
