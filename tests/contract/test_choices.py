"""What the default model chooses by its ratings is kept from day to day, in MLflow, and no evaluation chooses anew."""

from collections.abc import Mapping

import pytest
from mlflow import MlflowClient

from matinee import artifact
from matinee.evaluation import refresh
from matinee.models.blend import Blend
from matinee.models.choices import Choices
from matinee.settings import Settings
from matinee.stages import erase
from matinee.stages.choices import choices_before
from matinee.stages.evaluate import evaluate_model
from matinee.stages.ingest import ingest_chunk
from matinee.stages.loading import SOUND
from matinee.stages.promote import promote_model
from matinee.stages.stores import Stores
from matinee.stages.train import train_model
from support import two_tastes

pytestmark = pytest.mark.usefixtures("own_models")


@pytest.fixture
def stores(mlflow_url, tmp_path) -> Stores:
    """Those of a home whose first chunk has 9 of 20 days; a day after it adds some seven of a hundred ratings."""
    two_tastes().write_csv(tmp_path / "ratings.csv")
    data = str(tmp_path / "ratings.csv")
    return Stores.of(Settings(home=tmp_path / "home", data=data, bootstrap="9d", mlflow_url=mlflow_url, _env_file=None))


@pytest.fixture
def walks(monkeypatch) -> list[int]:
    """Number of ratings of each walk that chose."""
    made: list[int] = []
    choose = Blend.choose

    def counted(self, interactions):
        if self.tuning_share:
            made.append(len(interactions.histories.items))
        return choose(self, interactions)

    monkeypatch.setattr(Blend, "choose", counted)
    return made


def trained(stores: Stores, day: str) -> str:
    """Run id of a training through the next chunk."""
    return str(train_model(stores, ingest_chunk(stores, day)["chunk_id"])["run_id"])


def in_production(stores: Stores, day: str) -> str:
    """Run id of a training through the next chunk that went the whole way."""
    run_id = trained(stores, day)
    evaluate_model(stores, run_id)
    promote_model(stores, run_id)
    return run_id


def choices_of(stores: Stores, run_id: str) -> Choices:
    choices = stores.registry.training_run(run_id).choices
    assert choices is not None
    return choices


def told_of(run_id: str) -> Mapping[str, str]:
    """Parameters of a run as MLflow shows them."""
    params: dict[str, str] = MlflowClient().get_run(run_id).data.params
    return params


def test_a_day_uses_the_choices_of_the_day_before_and_says_so(stores, walks):
    first, second = (in_production(stores, day) for day in ("first", "second"))
    assert len(walks) == 1
    assert choices_of(stores, first) == choices_of(stores, second)
    assert told_of(first)["choices"] == "made at chunk 1: none were made before"
    assert told_of(second)["choices"] == "kept from chunk 1"
    assert float(told_of(second)["chosen.regularization"]) == choices_of(stores, first).values["regularization"]


def test_choices_are_made_again_when_the_ratings_have_grown_by_a_tenth(stores, walks):
    in_production(stores, "first")
    ingest_chunk(stores, "not trained on")
    third = in_production(stores, "third")
    assert len(walks) == 2
    assert "a tenth more ratings than at chunk 1" in told_of(third)["choices"]
    assert choices_of(stores, third).basis.chunk_id == 3


def test_other_hyper_parameters_choose_for_themselves(stores, walks):
    trained(stores, "first")
    train_model(Stores.of(stores.settings.model_copy(update={"algorithm": "blend:fresh_days=2"})), 1)
    assert len(walks) == 2


def test_what_is_fitted_to_judge_a_chunk_has_choices_that_do_not_know_it(stores, walks, monkeypatch):
    first = in_production(stores, "first")
    ingest_chunk(stores, "not trained on")
    third = trained(stores, "third")
    monkeypatch.setattr(refresh, "LEAST_USERS_OF_DATA", 1)
    given: list[Mapping[str, float]] = []
    with_choices = Blend.with_choices
    monkeypatch.setattr(Blend, "with_choices", lambda self, values: given.append(values) or with_choices(self, values))
    evaluate_model(stores, third)
    assert choices_before(stores, stores.registry.training_run(third)) == choices_of(stores, first)
    assert choices_of(stores, first) != choices_of(stores, third)
    assert given == [choices_of(stores, first).values], "the chunk's first half was learned with those of before"
    assert len(walks) == 2, "each of both trainings chose, and no evaluation"


def test_choices_of_a_model_that_was_not_sound_are_not_used_again(stores, walks):
    MlflowClient().log_metric(in_production(stores, "first"), SOUND, 0.0, step=1)
    trained(stores, "second")
    assert len(walks) == 2


def test_a_training_without_who_was_erased_uses_the_choices_of_the_model_that_it_replaces(stores, walks, monkeypatch):
    run_id = in_production(stores, "first")
    monkeypatch.setattr(erase, "deploy_model", lambda _stores, _version: None)
    erase.erase_user(stores, "u1")
    again = stores.registry.training_run(stores.registry.production().run_id)
    with stores.registry.downloaded(again) as folder:
        assert "u1" not in artifact.load(folder).user_index
    assert choices_of(stores, again.run_id) == choices_of(stores, run_id)
    assert len(walks) == 1
