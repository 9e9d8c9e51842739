"""The newest chunks of the ledger, as a table."""

from collections.abc import Mapping

import streamlit as st

from matinee.clients.schemas.chunks import Chunk
from matinee.ui.parts.dates import last_day
from matinee.ui.parts.markdown import escaped
from matinee.ui.parts.visit import Visit
from matinee.ui.texts.fields import Texts

NEWEST = 15
"""Chunks that are listed."""


def ledger(visit: Visit) -> None:
    """A row for each chunk: its days, what it holds, and what is in quarantine."""
    texts = visit.texts.operations
    st.header(texts.ledger, anchor=False)
    chunks = visit.operator.chunks(NEWEST)
    if not chunks:
        st.caption(texts.nothing)
        return
    st.table([_row(visit.texts, chunk) for chunk in chunks])


def _row(texts: Texts, chunk: Chunk) -> dict[str, object]:
    words = texts.operations
    return {
        words.chunk: chunk.chunk_id,
        words.days: f"{chunk.starts_at:%Y-%m-%d} – {last_day(chunk.ends_at):%Y-%m-%d}",
        words.ratings: f"{chunk.n_ratings:,}",
        words.live: chunk.n_live,
        words.late: chunk.n_late,
        words.quarantined: chunk.n_quarantined,
        words.why_quarantined: _why_quarantined(chunk, words.quarantine),
        texts.decisions.verdict: texts.data.verdicts.get(chunk.statistics.verdict if chunk.statistics else "", "–"),
    }


def _why_quarantined(chunk: Chunk, names: Mapping[str, str]) -> str:
    """Reasons with their counts, the most frequent first."""
    counted = sorted(chunk.quarantine.items(), key=lambda each: -each[1])
    return ", ".join(f"{names.get(reason, escaped(reason))} ({count:,})" for reason, count in counted) or "–"
