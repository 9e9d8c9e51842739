"""A rollback by itself that was killed before what it went back to was served is finished, and nothing else is."""

from types import SimpleNamespace

import pytest

from matinee.lifecycle.history import BY_ITSELF, History
from matinee.stages import damage

WORSE = f"{BY_ITSELF}version 2 has proved worse."


@pytest.mark.parametrize(
    ("reason", "then", "in_production", "deployed"),
    [
        (WORSE, None, "1", ["1"]),
        (WORSE, "deployed", "1", []),
        ("A person says so.", None, "1", []),
        (WORSE, None, "3", []),
        (WORSE, None, None, []),
        (WORSE, "rejected", "1", ["1"]),
    ],
)
def test_only_what_a_rollback_by_itself_left_is_deployed(settings, monkeypatch, reason, then, in_production, deployed):
    history, found = History(settings), []
    for what, version in (("promoted", "1"), ("deployed", "1"), ("promoted", "2"), ("deployed", "2")):
        history.record(what, version, None, "Sound.")
    history.record("rolled_back", "1", "2", reason)
    if then:
        history.record(then, "1" if then == "deployed" else "4", None, WORSE)
    monkeypatch.setattr(damage, "deploy_model", lambda _, version: found.append(version))
    current = in_production and SimpleNamespace(version=in_production)
    damage._deploy_what_was_left(SimpleNamespace(history=history), current)
    assert found == deployed
