"""Real questions and answers (of ml-100k, a little shortened), which the OpenAPI document shows at the schemas.

The modules of this folder declare them; a test reads each one with the class that declares it. None holds a null,
because FastAPI leaves nulls out of the document.
"""

from collections.abc import Mapping
from typing import Any

from pydantic.config import JsonDict

Example = dict[str, Any]

RUN_ID = "0090befef4344f75bc1ff536d08d8daf"
_REQUEST_ID = "52fa103b69264111ae411ea813723463"
_WHY = "NDCG@10 0.2230 is above popularity's 0.1224 for 35 users"

MOVIE: Example = {
    "movie_id": "50",
    "title": "Star Wars",
    "year": 1977,
    "genres": ["Action", "Adventure", "Romance", "Sci-Fi", "War"],
}
MOVIES: Example = {"items": [MOVIE]}
NEW_MOVIE: Example = {"title": "Star Wars", "year": 1977, "genres": ["Action", "Sci-Fi"], "hidden": False}
MOVIE_EDIT: Example = {"title": "Star Wars: A New Hope"}
CATALOGUE_MOVIE: Example = {**MOVIE, "status": "listed"}
_RETURN: Example = {
    "movie_id": "181",
    "title": "Return of the Jedi",
    "year": 1983,
    "genres": ["Action", "Adventure", "Romance", "Sci-Fi", "War"],
}
REASON: Example = {
    "movie_id": "50",
    "title": "Star Wars",
    "contribution": 38.4522819519043,
    "text": "because you rated Star Wars",
}
RANKED_MOVIE: Example = {**_RETURN, "score": 38.83694076538086, "reason": REASON}
_MADE: Example = {"model_version": "2", "run_id": RUN_ID, "request_id": _REQUEST_ID}
RECOMMENDATIONS: Example = {"user_id": "me", "policy": "fold_in", **_MADE, "items": [RANKED_MOVIE]}
_OF_MEMBER: Example = {**REASON, "text": "even for me, whom it suits least, who rated Star Wars", "user_id": "me"}
GROUP_RECOMMENDATIONS: Example = {
    "users": ["me", "42"],
    "aggregation": "least_misery",
    "policy": "fold_in",
    **_MADE,
    "items": [{**_RETURN, "score": 2.1837, "reason": _OF_MEMBER}],
}
SIMILAR_MOVIES: Example = {
    "movie_id": "50",
    "policy": "learned",
    **_MADE,
    "items": [{**_RETURN, "score": 38.147457122802734}],
}
SESSION: Example = {"history": [{"movie_id": "50", "rating": 5}], "k": 3}

RATING: Example = {"user_id": "me", "movie_id": "50", "rating": 5}
STORED_RATINGS: Example = {"stored": 1, "duplicates": 0}
KNOWN_RATING: Example = {
    "movie_id": "50",
    "title": "Star Wars",
    "rating": 5.0,
    "rated_at": "2026-11-25T19:57:05Z",
    "source": "live",
}
USER_RATINGS: Example = {"user_id": "me", "ratings": [KNOWN_RATING]}
EVENT: Example = {"user_id": "me", "movie_id": "50", "event": "watch", "value": 0.9}
KNOWN_EVENT: Example = {
    "movie_id": "50",
    "title": "Star Wars",
    "event": "watch",
    "at": "2026-11-25T19:57:05Z",
    "source": "live",
}
WATCH_LIST: Example = {
    "user_id": "me",
    "items": [{"movie_id": "50", "title": "Star Wars", "added_at": "2026-11-25T19:57:05Z"}],
}
USERS: Example = {"users": [{"user_id": "1", "n_ratings": 251}, {"user_id": "10", "n_ratings": 183}]}

FOUND_RATING: Example = {
    "movie_id": "50",
    "title": "Star Wars",
    "rating": 4.5,
    "rated_at": "2024-05-04T00:00:00Z",
}
FOUND_HISTORY: Example = {
    "service": "Letterboxd",
    "ratings": [FOUND_RATING],
    "n_watched": 0,
    "not_found": ["Past Lives (2023)"],
    "n_other": 0,
}

METRICS: Example = {"ndcg_at_10": 0.18958159704850802, "popularity_ndcg_at_10": 0.10969989135652998}
MODEL: Example = {
    "name": "movie-recommender",
    "version": "2",
    "run_id": RUN_ID,
    "algorithm": "blend",
    "chunk_id": 2,
    "data_through": "1997-11-20T00:00:00Z",
    "trained_at": "2026-11-25T19:57:44Z",
    "loaded_at": "2026-11-25T19:58:38Z",
    "metrics": METRICS,
    "policy": "learned",
    "rating_scale": {"lowest": 0.5, "highest": 5.0, "step": 0.5},
}
COVERAGE: Example = {
    "model_version": "2",
    "n_movies": 1682,
    "recommended_movies_ratio": 0.0523,
    "n_lists": 24,
    "since": "2026-11-25T19:58:38Z",
}
SWAP_REQUEST: Example = {"version": "2"}
SWAP: Example = {"version": "2", "previous_version": "1", "workers": 2, "duration_s": 0.365}

LIVE: Example = {"status": "live"}
READY: Example = {
    "status": "ready",
    "policy": "learned",
    "model_version": "2",
    "database": "reachable",
    "problems": {},
}
PROBLEM: Example = {
    "type": "urn:matinee:problem:not-found",
    "title": "Not found",
    "status": 404,
    "detail": "There is no movie 'none'.",
    "instance": "/v1/movies/none",
    "request_id": "c193260653b342209b4dfc826464ac98",
    "hint": "Find one with GET /v1/movies?query=.",
}

VERSION: Example = {
    "version": "2",
    "run_id": RUN_ID,
    "stage": "archived",
    "chunk_id": 2,
    "data_through": "1997-11-20T00:00:00Z",
    "created_at": "2026-11-25T19:58:28Z",
    "verdict": "promote",
    "is_rolled_back": False,
    "has_artifacts": True,
    "is_pinned": False,
    "reason": f"{_WHY}.",
    "metrics": METRICS,
    "served": [{"since": "2026-11-25T19:58:38Z", "until": "2026-11-26T00:01:02Z"}],
    "is_on_disk": True,
}
VERSIONS: Example = {"production": "3", "roll_back_to": "2", "versions": [VERSION]}
VERSION_RECORD: Example = {
    **VERSION,
    "decision": {
        "rule": "promote when popularity is beaten, …",
        "verdict": "promote",
        "reason": f"{_WHY}.",
        "checks": [
            {
                "name": "beats popularity",
                "passed": True,
                "finding": _WHY,
                "numbers": {"candidate": 0.22300776603450195, "popularity": 0.12244320693092166, "n_users": 35.0},
            }
        ],
        "numbers": {"candidate": 0.22300776603450195, "popularity": 0.12244320693092166},
    },
    "events": [
        {"what": "promoted", "at": "2026-11-25T19:58:29Z", "previous_version": "1", "reason": f"{_WHY}."},
        {"what": "deployed", "at": "2026-11-25T19:58:38Z", "previous_version": "1", "reason": "in production"},
    ],
}

CHUNK: Example = {
    "chunk_id": 2,
    "state": "closed",
    "starts_at": "1997-11-19T00:00:00Z",
    "ends_at": "1997-11-20T00:00:00Z",
    "n_ratings": 900,
    "n_live": 1,
    "n_late": 0,
    "n_quarantined": 0,
    "quarantine": {},
    "closed_at": "2026-11-25T19:57:15Z",
    "statistics": {
        "chunk_id": 2,
        "verdict": "usual",
        "reasons": [],
        "n_ratings": 900,
        "n_users": 22,
        "n_new_users": 15,
        "n_ratings_of_new_users": 829,
        "n_movies": 481,
        "n_new_movies": 2,
        "n_ratings_of_new_movies": 2,
        "ratings_by_day": {"1997-11-19": 899, "2026-11-25": 1},
        "rating_histogram": {"1.0": 25, "2.0": 70, "3.0": 269, "4.0": 330, "5.0": 206},
        "mean_rating": 3.6911111111111112,
        "ratings_per_user": 40.90909090909091,
        "most_ratings_of_a_user": 184,
        "quarantine_share": 0.0,
        "usual_n_ratings": 327.0,
        "rating_distance": 0.08466691426154656,
        "rating_p_value": 0.317,
        "popularity_distance": 0.05920866598060584,
        "popularity_p_value": 0.3125,
        "popularity_overlap": 0.54,
        "watched_at": "2026-11-25T19:57:35Z",
        "events": {"rating": 900},
    },
    "decision": {"decision": "left_out", "reason": "a broken export", "at": "2026-11-25T20:10:00Z"},
}
CHUNKS: Example = {"chunks": [CHUNK]}

ADVANCE: Example = {"action": "advance"}
ROLL_BACK: Example = {"action": "roll_back", "reason": "lists got worse"}
PROMOTE: Example = {"action": "promote", "version": "1", "reason": "an editor asked for it"}
RESUME: Example = {"action": "resume", "reason": "the data was wrong, not the model"}
_PIPELINE_RUN = "train_model:next__2026-11-25T19.57.07_2ce4cc31"
RUN: Example = {
    "run_id": _PIPELINE_RUN,
    "action": "advance",
    "state": "success",
    "asked_at": "2026-11-25T19:57:07Z",
    "ended_at": "2026-11-25T19:58:40Z",
}
RUNS: Example = {"runs": [RUN]}
RUN_PROGRESS: Example = {
    **RUN,
    "steps": [{"name": name, "state": "success"} for name in ("ingest", "train", "evaluate", "promote", "deploy")],
    "outcome": "promoted",
    "chunk_id": 2,
    "reason": f"{_WHY}.",
    "served_version": "2",
}

CHALLENGERS: Example = {
    "champion": "blend {}",
    "challengers": [
        {
            "name": "als",
            "state": "gathering",
            "reason": "Als is -6.1% (96.0% sequence -13.9% to +1.7%, 412 people), not enough: no end in sight.",
            "chunk_id": 31,
            "at": "2026-11-25T20:01:12Z",
            "run_id": "8f2c4c3f2b5b4a8f9a4f0f6b5a1e7c11",
            "version": None,
            "seconds": 9.4,
            "difference": -0.061,
            "low": -0.139,
            "high": 0.017,
            "n_users": 412,
            "n_days": 30,
            "days_needed": None,
            "alpha": 0.04,
            "segments": {"warm": {"difference": -0.05, "low": None, "high": None, "n_users": 120}},
        }
    ],
}
FRESHNESS: Example = {
    "gains": [{"days": 7, "difference": 0.021, "low": 0.004, "high": 0.038, "n_users": 655, "n_chunks": 30}],
    "by_chunk": [
        {"chunk_id": 31, "days": 7, "at": "1998-01-19T00:00:00Z", "own": 0.214, "other": 0.209, "n_users": 23}
    ],
}

METRICS_PAGE = """# HELP matinee_ratings_received_total Ratings that were stored.
# TYPE matinee_ratings_received_total counter
matinee_ratings_received_total 1.0"""


def shown(example: Mapping[str, Any]) -> JsonDict:
    """What a schema says of its example."""
    return {"examples": [dict(example)]}


FINDINGS: Example = {
    "findings": [
        {
            "what": "chunks",
            "ok": True,
            "detail": "9 taken, 0 of them not closed; 2 ratings came late, and were learned",
        },
        {
            "what": "DAGs",
            "ok": False,
            "detail": "train_model is paused: its runs wait until it is unpaused.",
            "fix": "See http://127.0.0.1:8080/dags.",
        },
    ],
    "examined_at": "2026-11-25T20:01:12Z",
}
