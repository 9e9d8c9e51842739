"""A model made from arrays and parameters."""

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.unit.ranking.conftest import histories, history

from matinee.ranking import RankingModel, recommend

ITEM_ITEM = {"neighbours": np.array([[1, 2], [0, 2], [0, 1]], np.int32), "weights": np.ones((3, 2), np.float32)}
PARAMETERS = {"recency": 10.0, "positive_rating": 4.0}


class TestFromArrays:
    """Each kind refuses what it cannot score with; `artifact.load` turns that into a refusal of the artifact."""

    def model(self, kind: str, arrays: dict[str, NDArray[np.generic]], parameters: dict[str, float]) -> RankingModel:
        known = histories(history(0), history(1))
        common = {
            "popularity": np.ones(3, np.float32),
            "history_offsets": known.offsets,
            "history_items": known.items,
            "history_ratings": known.ratings,
            "history_rated_at": known.rated_at,
        }
        return RankingModel.from_arrays(kind, {**common, **arrays}, parameters)

    def blend(self, arrays: dict[str, NDArray[np.generic]], **parameters: float) -> RankingModel:
        named = {f"0.item_item.{name}": array for name, array in arrays.items()}
        return self.model("blend", named, {"0.item_item": 1.0, "positive_rating": 4.0, **parameters})

    def test_item_item_weights_are_read(self) -> None:
        assert recommend(self.model("item_item", ITEM_ITEM, PARAMETERS), 0).policy == "learned"

    @pytest.mark.parametrize(
        "change",
        [
            {"neighbours": np.full((3, 2), 3, np.int32)},
            {"neighbours": np.full((3, 2), -1, np.int32)},
            {"neighbours": np.zeros((3, 1), np.int32)},
            {"weights": np.ones((2, 2), np.float32)},
        ],
        ids=["beyond the catalogue", "below the catalogue", "fewer than weights", "of another catalogue"],
    )
    def test_item_item_weights_that_fit_nothing_are_refused(self, change: dict[str, NDArray[np.generic]]) -> None:
        with pytest.raises(ValueError, match=r"neighbours|weights"):
            self.model("item_item", ITEM_ITEM | change, PARAMETERS)
        with pytest.raises(ValueError, match=r"neighbours|weights"):
            self.blend(ITEM_ITEM | change, **{"0.item_item.recency": 10.0})

    def test_a_blend_reads_its_components_by_their_names(self) -> None:
        assert recommend(self.blend(ITEM_ITEM, **{"0.item_item.recency": 10.0}), 0).policy == "learned"

    def test_a_blend_without_a_components_parameter_is_refused(self) -> None:
        with pytest.raises(KeyError, match="recency"):
            self.blend(ITEM_ITEM)

    @pytest.mark.parametrize("fresh_days", [0.0, -1.0, float("nan")])
    def test_a_blend_that_fades_in_no_time_is_refused(self, fresh_days: float) -> None:
        with pytest.raises(ValueError, match="fresh_days"):
            self.blend(ITEM_ITEM, **{"0.item_item.recency": 10.0, "0.item_item.fresh_days": fresh_days})

    def test_a_blend_of_an_unknown_kind_is_refused(self) -> None:
        with pytest.raises(ValueError, match="oracle"):
            self.model("blend", {}, {"0.oracle": 1.0, "positive_rating": 4.0})
