"""Texts of every page, in English."""

from matinee.ui.texts.fields.common import CommonTexts

_NAMES = (
    "Action",
    "Adventure",
    "Animation",
    "Children",
    "Children's",
    "Comedy",
    "Crime",
    "Documentary",
    "Drama",
    "Fantasy",
    "Film-Noir",
    "Horror",
    "IMAX",
    "Musical",
    "Mystery",
    "Romance",
    "Sci-Fi",
    "Thriller",
    "War",
    "Western",
)

COMMON = CommonTexts(
    language="Language",
    skip="Skip to the movies",
    stars="Stars for {title}",
    star="{count} of 5 stars",
    thumb_down="I don't like it",
    thumb_up="I like it",
    labels={
        "Help for": "Help for",
        "Open": "Open",
        "Clear all": "Clear all",
        "Close": "Close",
        "Clear value": "Clear value",
        "Show data": "Show data",
        "Download as PNG": "Download as PNG",
        "Copy Vega-Lite spec": "Copy Vega-Lite spec",
        "Fullscreen": "Fullscreen",
    },
    loading="Your movies are on their way …",
    needs_script="This page needs JavaScript.",
    no_page="There is no page here",
    unreachable="The recommendation server is unavailable. It restarts by itself, and this page tries again every few "
    "seconds. If this lasts, run `matinee status`.",
    refused="The server refused this request. Choose something else, or reload the page.",
    details="Details",
    try_again="Try again",
    broken="Something went wrong on this page. Reload it; the page's log has the details (`matinee logs ui`).",
    policies={"learned": "learned", "fold_in": "fold-in", "popular": "popular"},
    genres={name: name for name in _NAMES},
)
