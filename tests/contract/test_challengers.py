"""Challengers beside the champion, day after day, on small ratings with a known structure and a real MLflow server."""

from datetime import UTC, datetime

import pytest

from matinee.errors import MatineeError
from matinee.evaluation import evidence
from matinee.lifecycle.history import ERASED
from matinee.models.specification import Specification
from matinee.settings import Settings
from matinee.stages import challenge
from matinee.stages.evaluate import evaluate_model
from matinee.stages.ingest import ingest_chunk
from matinee.stages.promote import promote_model
from matinee.stages.stores import Stores
from matinee.stages.train import train_model
from support import two_tastes

pytestmark = pytest.mark.usefixtures("own_models")


@pytest.fixture
def settings(mlflow_url, tmp_path) -> Settings:
    """A home whose champion is popularity, which everything personal beats, and whose challenger is EASE."""
    two_tastes().write_csv(tmp_path / "ratings.csv")
    return Settings(
        home=tmp_path / "home",
        data=str(tmp_path / "ratings.csv"),
        bootstrap="15d",
        mlflow_url=mlflow_url,
        algorithm="popular",
        challengers="ease",
        _env_file=None,
    )


def day(settings: Settings, name: str, **changed: str) -> tuple[Stores, dict]:
    """One day: its refresh, and its challengers, in this process."""
    stores = Stores.of(settings.model_copy(update=changed))
    chunk_id = ingest_chunk(stores, name)["chunk_id"]
    run_id = train_model(stores, chunk_id)["run_id"]
    evaluate_model(stores, run_id)
    promoted = promote_model(stores, run_id)
    stores.history.record("deployed", promoted["model_version"], None, "in production")
    return stores, challenge.challenge(stores, lambda *asked: challenge.challenge_one(stores, asked[0], asked[1]), 0)


@pytest.fixture
def soon(monkeypatch) -> None:
    """Evidence that is looked at after some users and two days."""
    monkeypatch.setattr(evidence, "MIN_USERS", 20)
    monkeypatch.setattr(evidence, "MIN_DAYS", 2)


def test_a_challenger_is_trained_scored_and_leaves_production_where_it_is(settings):
    _, first = day(settings, "first")
    stores, second = day(settings, "second")
    assert (first["run_id"], second["run_id"], second["challengers"]) == (None, None, {"ease": "gathering"})
    assert stores.registry.newest_refresh().metrics["item_knn_ndcg_at_10"] > 0, "which is measured after the day"
    (standing,) = stores.challengers.all()
    assert (standing.name, standing.chunk_id, standing.evidence.n_days) == ("ease", 2, 1)
    assert standing.evidence.n_users > 0
    assert standing.evidence.difference > 0
    assert standing.evidence.low is None  # of so few users nothing can be said
    assert standing.evidence.days_needed == evidence.MIN_DAYS - 1
    assert standing.seconds > 0
    run = stores.registry.training_run(standing.run_id)
    assert (run.algorithm, run.verdict, run.is_challenger) == ("ease", "reject", True)
    assert [each.stage for each in stores.registry.versions()] == ["production", "archived"]
    assert stores.registry.training_run(stores.registry.production().run_id).algorithm == "popular"


def test_a_challenger_is_compared_with_a_champion_that_has_learned_as_much(settings):
    day(settings, "first")
    stores, _ = day(settings, "second")
    (standing,) = stores.challengers.all()
    metrics = stores.registry.training_run(standing.run_id).metrics
    champion = stores.registry.training_run(stores.registry.production().run_id)
    assert metrics["incumbent_ndcg_at_10"] == champion.metrics["ndcg_at_10"]


@pytest.mark.usefixtures("soon")
def test_a_challenger_that_is_shown_to_be_better_becomes_the_champion_and_is_refreshed(settings):
    winner = None
    for name in ("1", "2", "3", "4"):
        stores, found = day(settings, name)
        winner = winner or found["run_id"]
    assert winner is not None
    assert len(stores.comparisons.of("version 3 against version 2 before it").differences) > 0
    assert {each.days for each in stores.freshness.newest()} == {1}
    assert "gain_over_1d" in stores.registry.training_run(stores.registry.production().run_id).metrics
    known = stores.challengers.all()[0].evidence
    assert known.segments["warm"]["low"] < known.segments["warm"]["difference"]
    assert stores.challengers.all()[0].state == "won"
    assert promote_model(stores, found["run_id"])["promoted"]
    assert stores.registry.training_run(stores.registry.production().run_id).algorithm == "ease"
    stores, found = day(settings, "5")
    assert stores.registry.training_run(stores.registry.production().run_id).algorithm == "ease"
    assert stores.registry.production().chunk_id == 5
    assert found["challengers"] == {"popular": "gathering"}  # what the settings name challenges it now


@pytest.mark.long
@pytest.mark.usefixtures("soon")
def test_a_winner_waits_for_a_person_when_the_settings_say_so(settings):
    for name in ("1", "2", "3", "4"):
        stores, found = day(settings, name, challengers_win="propose")
    assert (found["run_id"], found["challengers"]) == (None, {"ease": "proposed"})
    (standing,) = stores.challengers.all()
    assert stores.registry.version(standing.version).run_id == standing.run_id
    assert stores.registry.training_run(stores.registry.production().run_id).algorithm == "popular"


def test_another_algorithm_in_the_settings_challenges_production_and_does_not_replace_it(settings):
    day(settings, "first")
    stores, found = day(settings, "second", algorithm="item_knn", challengers="off")
    assert stores.registry.training_run(stores.registry.production().run_id).algorithm == "popular"
    assert stores.registry.production().chunk_id == 2
    assert found["challengers"] == {"item_knn": "gathering"}


def test_with_the_gate_off_the_settings_decide_and_nothing_is_compared(settings):
    day(settings, "first")
    stores, found = day(settings, "second", algorithm="item_knn", gate="off")
    assert stores.registry.training_run(stores.registry.production().run_id).algorithm == "item_knn"
    assert found["challengers"] == {}


def test_a_challenger_that_fails_or_is_late_is_told_of_and_stops_no_other(settings):
    stores, _ = day(settings, "first", challengers="broken,slow,ease")

    def run(chunk_id: int, challenger: Specification, _: float) -> dict:
        if challenger.text == "broken":
            raise MatineeError("It has no arrays.")
        if challenger.text == "slow":
            raise TimeoutError
        return challenge.challenge_one(stores, chunk_id, challenger)

    found = challenge.challenge(stores, run, 0)
    assert found["challengers"] == {"broken": "failed", "slow": "late", "ease": "gathering"}
    reasons = {each.name: each.reason for each in stores.challengers.all()}
    assert reasons["broken"] == "It has no arrays."
    assert "MATINEE_CHALLENGERS_S" in reasons["slow"]


@pytest.mark.long
def test_a_challenger_of_changed_parameters_has_less_to_spend(settings):
    day(settings, "first", challengers="ease")
    stores, _ = day(settings, "second", challengers="ease:regularization=7")
    alphas = {each.name: (each.submission, each.evidence.alpha) for each in stores.challengers.all()}
    assert alphas["ease"] == (1, pytest.approx(0.04))
    assert alphas["ease:regularization=7"] == (2, pytest.approx(0.008))


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("is_erased", [False, True], ids=["", "though somebody was erased meanwhile"])
def test_a_hold_ends_by_itself_once_the_daily_models_are_shown_to_be_better(settings, is_erased):
    refreshed = {"algorithm": "ease", "challengers": "off", "bootstrap": "10d"}
    for name in ("first", "second"):
        stores, _ = day(settings, name, **refreshed)
    stores.production.roll_back("1", "it felt better")
    stores, _ = day(settings, "third", **refreshed)
    undecided = stores.registry.newest_refresh()
    assert (undecided.verdict, stores.registry.production().version) == ("reject", "1")
    assert stores.history.is_held("1")
    pair = f"{undecided.configuration} against held version 1"
    assert len(stores.comparisons.of(pair).differences) > 0, "the day is evidence"
    for number in (1, 2, 3):  # days on which a hundred people are clearly better off
        better = {f"u{user}": (0.6 + 0.1 * (user % 3), 0.3) for user in range(100)}
        stores.comparisons.keep(pair, number, datetime(2020, 1, 10 + number, tzinfo=UTC), better)
    if is_erased:
        stores.production.replace(stores.registry.register(undecided), ERASED, instead_of="1")
        assert stores.history.is_held(stores.registry.production().version)
    stores, _ = day(settings, "fourth", **refreshed)
    assert stores.registry.newest_refresh().verdict == "promote"
    assert stores.registry.production().chunk_id == 4
    assert not stores.history.is_held(stores.registry.production().version)
