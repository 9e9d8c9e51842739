"""The page that people see: `streamlit run page.py`.

A run of this script asks the API for what it shows and keeps nothing but the choices of the visitor, so the list is
always the one of this moment: rating a movie runs the script again, and the next list counts it.
"""

import secrets

import streamlit as st

from matinee.errors import DependencyUnreachable, MatineeError
from matinee.settings import Settings, load_settings
from matinee.ui.client import ModelInfo, Recommendations
from matinee.ui.movies import movie_cards
from matinee.ui.panels import own_ratings, serving_model
from matinee.ui.texts import LANGUAGE_NAMES, LANGUAGES, Texts, language_of
from matinee.ui.titles import plain
from matinee.ui.visit import MODEL_TTL_S, Visit, genres_of, model_of

FOUND = 5
"""Movies that a search shows."""


def main() -> None:
    """Show the page."""
    st.set_page_config(page_title="matinee", page_icon=":material/theaters:", layout="wide")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.title("matinee", width="stretch")
        texts = _choose_language()
    st.caption(texts.tagline)
    user_id = _choose_user(texts)
    try:
        settings = load_settings()
        _show(Visit(settings.api, texts, user_id), settings)
    except DependencyUnreachable:
        st.error(texts.unreachable, icon=":material/cloud_off:")
        st.button(texts.try_again)
    except MatineeError as error:
        st.warning(texts.refused.format(reason=plain(str(error))), icon=":material/error:")


def _choose_language() -> Texts:
    """Language of the address, else of the browser; a choice is kept in the address."""
    default = st.query_params.get("lang", "")
    st.session_state.setdefault("lang", default if default in LANGUAGES else language_of(st.context.locale))
    texts = LANGUAGES[st.session_state["lang"]]
    st.segmented_control(
        texts.language,
        list(LANGUAGES),
        format_func=LANGUAGE_NAMES.__getitem__,
        key="lang",
        required=True,
        label_visibility="collapsed",
        on_change=lambda: st.query_params.update(lang=st.session_state["lang"]),
    )
    return texts


def _choose_user(texts: Texts) -> str:
    """User of the address, else 1; the address always names the user, so that a reload keeps them."""
    st.session_state.setdefault("user", st.query_params.get("user", "1"))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(texts.user, key="user", max_chars=64, help=texts.user_help, width=260)
        st.button(texts.new_user, icon=":material/person_add:", on_click=_become_new)
    user_id: str = st.session_state["user"].strip()
    if st.query_params.get("user") != user_id:
        st.query_params["user"] = user_id
    return user_id


def _become_new() -> None:
    st.session_state["user"] = f"guest-{secrets.token_hex(3)}"


def _show(visit: Visit, settings: Settings) -> None:
    """Everything that comes from the API; runs again by itself when another model serves or the API comes back."""
    pulse = None
    try:
        model = model_of(visit.url)
        movies, panels = st.columns([2, 1], gap="large")
        with movies:
            _movies(visit, model)
        with panels:
            if visit.user_id:
                own_ratings(visit)
            serving_model(model, visit.texts, settings)
        pulse = _pulse(model)
    except DependencyUnreachable:
        model_of.clear(visit.url)
        raise
    finally:
        st.session_state["whole_run"] = True
        follow(visit.url, pulse)


def _movies(visit: Visit, model: ModelInfo) -> None:
    if not visit.user_id:
        st.info(visit.texts.no_user)
        return
    _search(visit)
    _for_you(visit, model)


def _search(visit: Visit) -> None:
    texts = visit.texts
    query = st.text_input(
        texts.search, key="query", type="search", max_chars=100, placeholder=texts.search_hint, live=True
    )
    if not query.strip():
        return
    found = visit.client.movies(query.strip(), FOUND)
    if not found:
        st.caption(texts.nothing_found.format(query=plain(query.strip())))
    movie_cards(visit, found, "found")


def _for_you(visit: Visit, model: ModelInfo) -> None:
    texts = visit.texts
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.subheader(texts.for_you, width="stretch")
        genre = st.selectbox(
            texts.genre,
            genres_of(visit.url, model.version),
            index=None,
            format_func=lambda name: texts.genres.get(name, name),
            placeholder=texts.all_genres,
            key="genre",
            label_visibility="collapsed",
            width=200,
        )
    listed = visit.client.recommendations(visit.user_id, genre=genre)
    st.markdown(_how(listed, texts, visit.user_id))
    if not listed.items:
        st.info(texts.no_movies)
    movie_cards(visit, listed.items, "list", _news(listed, genre, texts))


def _how(listed: Recommendations, texts: Texts, user_id: str) -> str:
    """How a list was made, in words."""
    if listed.model_version is None:
        return texts.no_model
    words = {"learned": texts.learned, "fold_in": texts.fold_in, "popular": texts.popular}
    return words[listed.policy].format(user=plain(user_id))


def _news(listed: Recommendations, genre: str | None, texts: Texts) -> set[str]:
    """Movies that the last rating brought into the list; says how many they are."""
    subject, ids = (listed.user_id, genre), {movie.movie_id for movie in listed.items}
    st.session_state["shown"] = subject, ids
    before = st.session_state.get("before")
    if before is None or before[0] != subject:
        st.caption(texts.rate_hint)
        return set()
    new: set[str] = ids - before[1]
    if new:
        st.caption(texts.one_is_new if len(new) == 1 else texts.some_are_new.format(count=len(new)))
    return new


@st.fragment(run_every=MODEL_TTL_S)
def follow(url: str, shown: str | None) -> None:
    """Run the whole page again when what serves is not what it shows.

    Args:
        url: base URL of the API server.
        shown: the `_pulse` that the page shows; None when it shows that the API is unreachable.
    """
    if st.session_state.pop("whole_run", False):
        return  # the page was made this very moment
    try:
        pulse = _pulse(model_of(url))
    except MatineeError:
        pulse = None
    if pulse != shown:
        st.rerun()


def _pulse(model: ModelInfo) -> str:
    return model.version or ""


if __name__ == "__main__":
    main()
