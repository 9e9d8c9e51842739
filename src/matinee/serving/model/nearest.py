"""An index over more than a hundred thousand movies, so that a list does not cost the score of every movie.

    index.usearch     a graph of near neighbours (HNSW; Malkov & Yashunin, 2016) of the item factors, mapped by workers
    index.json        how wide it is searched, the share of the true best ten that it then finds, and hashes

It is made once, by the worker that adds a version to the store, beside the version's files. What it finds is scored
exactly like anything else (`ranking.FactorScorer`), so scores and order are those of a scan.
"""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import structlog
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from matinee.artifact import artifact
from matinee.ranking import FactorScorer, Floats, RankingModel

log = structlog.get_logger()

WORTH_AN_INDEX = 100_000
"""Movies up to which every one is scored: the scan is exact, and BLAS is fast enough."""

ENOUGH_RECALL = 0.98
"""Share of the true best ten that an index must find to be used."""

WIDTHS = (64, 128, 256, 512, 1024)
"""Candidates that a search keeps, tried from the narrowest on until it finds enough."""

N_SAMPLED = 500
"""Users for whom it is tried."""

GRAPH, ABOUT = "index.usearch", "index.json"
K = 10


class About(BaseModel):
    """What `index.json` says."""

    model_config = ConfigDict(frozen=True)

    arrays_sha256: str
    """Of the arrays whose item factors are in the index."""
    graph_sha256: str
    width: int
    recall_at_10: float


@dataclass(frozen=True)
class Nearest:
    """An index that is open; the `Search` of a `FactorScorer`."""

    graph: Any
    """A usearch index."""
    recall_at_10: float

    def rows(self, user_factor: Floats, n: int) -> NDArray[np.int64]:
        """About the `n` movies of the highest scores, as rising matrix rows."""
        return np.sort(self.graph.search(user_factor, n).keys.astype(np.int64))


def build(folder: Path, model: RankingModel) -> None:
    """Make the index of a verified artifact in `folder`, if its catalogue is worth one; an OSError if the disk is full.

    Without the library, or when too little is found however wide the search is, there is none, and the log says so.
    """
    scorer = model.scorer
    if not isinstance(scorer, FactorScorer) or model.n_movies <= WORTH_AN_INDEX:
        return
    graph_class = _graph_class()
    if graph_class is None:
        log.warning("index_not_made", movies=model.n_movies, reason="pip install 'matinee[index]' makes lists faster")
        return
    graph = graph_class(ndim=scorer.item_factors.shape[1], metric="ip", dtype="f32")
    graph.add(np.arange(model.n_movies), scorer.item_factors, threads=1)  # beside workers that answer
    width, recall = _narrowest(graph, scorer)
    if recall < ENOUGH_RECALL:
        log.warning("index_not_made", movies=model.n_movies, recall_at_10=recall, reason="it finds too little")
        return
    graph.save(str(folder / GRAPH))
    about = About(
        arrays_sha256=artifact.read_manifest(folder).files[artifact.ARRAYS],
        graph_sha256=artifact.sha256(folder / GRAPH),
        width=width,
        recall_at_10=recall,
    )
    (folder / ABOUT).write_text(about.model_dump_json())
    log.info("index_made", movies=model.n_movies, width=width, recall_at_10=recall)


def with_index(model: RankingModel, folder: Path, *, is_verified: bool = False) -> RankingModel:
    """The model with the index in `folder`; as it is when there is none, or none that belongs to it.

    Args:
        model: of the artifact in `folder`.
        folder: where the version is.
        is_verified: another process has just made it, so its hash is not looked at.
    """
    if not isinstance(model.scorer, FactorScorer) or not (folder / ABOUT).exists():
        return model
    graph_class = _graph_class()
    if graph_class is None:
        log.warning("index_not_used", reason="the extra `index` of matinee is not installed", folder=str(folder))
        return model
    try:
        about = About.model_validate_json((folder / ABOUT).read_bytes())
        fits = about.arrays_sha256 == artifact.read_manifest(folder).files[artifact.ARRAYS]
        if not fits or not (is_verified or artifact.sha256(folder / GRAPH) == about.graph_sha256):
            log.warning("index_not_used", reason="it is damaged, or of another model", folder=str(folder))
            return model
        graph = graph_class.restore(str(folder / GRAPH), view=True)
    except (OSError, ValueError, RuntimeError, ValidationError, json.JSONDecodeError) as error:
        log.warning("index_not_used", reason=str(error), folder=str(folder))
        return model
    graph.expansion_search = about.width
    return replace(model, scorer=replace(model.scorer, search=Nearest(graph, about.recall_at_10)))


def _graph_class() -> Any:  # noqa: ANN401  usearch's
    """The index of usearch; None without the extra `index`. Imported when it is needed, which for most is never."""
    try:
        from usearch.index import Index  # noqa: PLC0415
    except ImportError:
        return None
    return Index


def _narrowest(graph: Any, scorer: FactorScorer) -> tuple[int, float]:  # noqa: ANN401  a usearch index
    """The narrowest search that finds enough, or the widest, and the share of the true best ten that it finds."""
    learned = np.flatnonzero(scorer.user_factors.any(axis=1))
    sampled = np.random.default_rng(0).choice(learned, min(N_SAMPLED, len(learned)), replace=False)
    truth = [_best_by_scan(scorer, scorer.user_factors[user]) for user in sampled]
    recall = 0.0
    for width in WIDTHS:
        graph.expansion_search = width
        found = Nearest(graph, recall)
        hits = [
            np.isin(best, found.rows(scorer.user_factors[user], K)).mean()
            for user, best in zip(sampled, truth, strict=True)
        ]
        recall = float(np.mean(hits)) if hits else 0.0
        if recall >= ENOUGH_RECALL:
            break
    return width, recall


def _best_by_scan(scorer: FactorScorer, user_factor: Floats) -> NDArray[np.intp]:
    scores = scorer.item_factors @ user_factor
    return np.argpartition(-scores, K)[:K]
