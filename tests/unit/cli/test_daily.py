"""What the commands of a day print."""

from datetime import UTC, datetime

import pytest

from matinee.cli.daily import _version_table
from matinee.lifecycle.registry import ModelVersion


@pytest.mark.parametrize(
    ("is_pinned", "has_artifacts", "says"),
    [(False, True, "archived"), (True, True, "archived, pinned"), (False, False, "archived, artifacts removed")],
)
def test_the_list_of_versions_says_which_are_pinned_and_which_have_lost_their_artifacts(is_pinned, has_artifacts, says):
    version = ModelVersion("3", "run", "archived", 2, "", "promote", "ok", datetime.now(UTC), is_pinned, has_artifacts)
    (_, stages, *_) = _version_table([version], {"run": {"ndcg_at_10": 0.25}}).columns
    assert list(stages.cells) == [says]
