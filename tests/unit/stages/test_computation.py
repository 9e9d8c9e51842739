"""`MATINEE_TRAINER` decides where a training computes."""

import sys

import pytest

from matinee.errors import UsageError
from matinee.models.computation import InProcess
from matinee.stages.computation import computation_of
from matinee.stages.stores import Stores


def test_a_training_computes_in_its_own_process_unless_it_is_told_otherwise(settings):
    with computation_of(Stores.of(settings), 1) as computation:
        assert isinstance(computation, InProcess)


def test_spark_that_is_not_installed_is_told_with_what_to_install(settings, monkeypatch):
    monkeypatch.setitem(sys.modules, "matinee.spark.training", None)
    stores = Stores.of(settings.model_copy(update={"trainer": "spark"}))
    with pytest.raises(UsageError, match=r"matinee\[spark\]"), computation_of(stores, 1):
        pass
