import pytest

from matinee.evaluation.gate import decide

GOOD, BAD = {"ndcg_at_10": 0.2}, {"ndcg_at_10": 0.1}


@pytest.mark.parametrize(
    ("metrics", "popularity", "has_production", "verdict"),
    [
        (GOOD, BAD, True, "promote"),
        (BAD, GOOD, True, "reject"),
        (GOOD, GOOD, True, "reject"),
        ({}, {}, True, "reject"),
        (BAD, GOOD, False, "promote"),
        ({}, {}, False, "promote"),
    ],
)
def test_the_newest_model_is_promoted_when_it_beats_popularity_or_is_the_first(
    metrics, popularity, has_production, verdict
):
    assert decide(metrics, popularity, has_production=has_production).verdict == verdict


def test_the_reason_is_a_sentence_with_both_numbers():
    assert decide(GOOD, BAD, has_production=True).reason == "NDCG@10 0.2000 is above popularity's 0.1000."
