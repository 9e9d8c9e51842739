"""From a user's history to a ranked list of movies.

This folder needs numpy and nothing of matinee, and imports itself relatively, because it is also logged with every
model as its code: `mlflow.pyfunc.load_model` ranks with the very lines that ranked when the model was evaluated.

Everything is in matrix rows (`user_index`, `item_index`); external ids stay outside.
"""

from .blend import BlendScorer, Component
from .content import NAMES as CONTENT_ARRAYS
from .content import Content, ContentScorer
from .events import EVENTS, Events
from .factors import FactorScorer
from .group import Aggregation, recommend_to_group
from .history import Histories, History, recency_weights
from .item_item import ItemItemScorer
from .model import RankingModel
from .packed import PackedHistories, pack
from .popularity import PopularityScorer
from .quantized import quantized
from .recommend import Ranking, Reason, recommend, recommend_many, similar
from .request import Filters, ListRequest, UserRef
from .scorer import Scored, Scorer, TopK
from .topk import top_k
from .types import Floats, Mask, Policy, Rows

__all__ = [
    "CONTENT_ARRAYS",
    "EVENTS",
    "Aggregation",
    "BlendScorer",
    "Component",
    "Content",
    "ContentScorer",
    "Events",
    "FactorScorer",
    "Filters",
    "Floats",
    "Histories",
    "History",
    "ItemItemScorer",
    "ListRequest",
    "Mask",
    "PackedHistories",
    "Policy",
    "PopularityScorer",
    "Ranking",
    "RankingModel",
    "Reason",
    "Rows",
    "Scored",
    "Scorer",
    "TopK",
    "UserRef",
    "pack",
    "quantized",
    "recency_weights",
    "recommend",
    "recommend_many",
    "recommend_to_group",
    "similar",
    "top_k",
]
