"""Texts of movies: the search, the recommendations and their cards."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class MovieTexts:
    """Movies, wherever they are shown."""

    search: str
    search_hint: str
    nothing_found: str
    your_list: str
    genre: str
    all_genres: str
    years: str
    all_years: str
    decade: str
    learned: str
    fold_in: str
    popular: str
    unknown_user: str
    no_model: str
    popular_model: str
    rate_hint: str
    one_is_new: str
    some_are_new: str
    new: str
    because: str
    rated: str
    taken_back: str
    hidden: str
    listed: str
    unlisted: str
    not_changed: str
    undo: str
    not_saved: str
    all_rated: str
    all_rated_here: str
    nothing_matches: str
    clear_filters: str
    no_movies: str
    show_more: str
    more_choices: str
    more_choices_made: str
    genres: str
    without_genres: str
    no_genre: str
    rarity: str
    rarities: Mapping[str, str]
    diversity: str
    diversities: Mapping[str, str]
    watch_list: str
    watch_list_uses: Mapping[str, str]
    watch_list_described: Mapping[str, str]
    without_movies: str
    no_movie: str
    find_without: str
    company: str
    company_hint: str
    aggregation: str
    aggregations: Mapping[str, str]
    together: str
    together_on_average: str
    similar: str
    no_similar: str
