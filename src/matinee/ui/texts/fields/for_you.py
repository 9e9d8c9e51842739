"""Texts of the page "For you"."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ForYouTexts:
    """Page "For you": whose list it is, and the user's own ratings."""

    title: str
    tagline: str
    user: str
    user_help: str
    new_user: str
    no_user: str
    find_user: str
    find_user_label: str
    no_user_found: str
    found_user: str
    your_ratings: str
    watch_list: str
    take_off: str
    hidden: str
    show_again: str
    no_ratings: str
    change_hint: str
    more_ratings: str
    not_learned: str
    history: str
    history_help: str
    history_file: str
    history_unknown: str
    history_found: str
    history_watched: str
    history_other: str
    history_not_found: str
    history_more: str
    history_add: str
    history_added: str
    history_not_saved: str
