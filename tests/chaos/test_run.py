"""A run of the chaos suite over small programs: it strikes, watches, judges and tells."""

import io
import json
import sys
import time
from contextlib import ExitStack

import pytest

from chaos import checks
from chaos import run as whole
from chaos.__main__ import main
from chaos.days import Day, Days
from chaos.limits import SPREAD
from chaos.small import PARENT, SLEEP, supervised
from chaos.targets import Targets
from matinee.local.program import Program
from matinee.local.state import State

KEYS = ["seed", "kills", "acknowledged", "lost", "doubled", "longest_outage_s", "days", "days_promoted"]


class SmallSystem:
    """A home in which only an API server and a page run, neither of which answers."""

    def __init__(self, settings) -> None:
        self.settings, self.environment, self._stack = settings, {}, ExitStack()

    def matinee(self, command: str, *_: str) -> None:
        if command == "backup":
            raise AssertionError("error: the disk\nis full")
        if command == "down":
            self._stack.close()
            return
        api = Program(name="api", command=(sys.executable, "-c", PARENT, "mends"))
        self._stack.enter_context(supervised(self.settings, api, Program(name="ui", command=SLEEP)))

    def json(self, _: str):
        state = State.read(self.settings.home)
        return {"processes": [{"name": each.name, "state": each.phase} for each in state.processes]}


@pytest.fixture
def small(settings, monkeypatch, unused_port):
    """What is left of a run when nothing of matinee is there but its supervisor."""
    settings = settings.model_copy(update={"api_workers": 2, "api_port": unused_port})
    monkeypatch.setattr(whole, "new_system", lambda *_: SmallSystem(settings))
    monkeypatch.setattr(Targets, "_supervisor", lambda _: [])  # a thread of these tests, which would be killed
    monkeypatch.setattr(checks, "ratings", lambda *_: ([], ["chaos1 [2]"]))
    for name in ("ledger", "production", "moves", "given_up"):
        monkeypatch.setattr(checks, name, lambda *_, name=name: iter([f"{name} is wrong"]))

    def one(_: Days) -> Day:
        time.sleep(0.2)
        return Day(time.monotonic() - 0.2, time.time(), 0.2, 0, "promoted", "")

    monkeypatch.setattr(Days, "one", one)


@pytest.mark.slow
@pytest.mark.usefixtures("small")
def test_a_run_tells_everything_that_is_broken_and_ends_with_its_figures(tmp_path):
    report = whole.run(tmp_path, "sqlite", 4, 0.3, 7, drill=True, is_shared=True)
    written = io.StringIO()
    report.write(written)
    *lines, last = written.getvalue().splitlines()
    figures = json.loads(last)
    assert list(figures) == KEYS
    assert (figures["seed"], figures["kills"], figures["doubled"]) == (7, 4, 1)
    assert figures["days"] == figures["days_promoted"] > 0
    assert report.allowance >= SPREAD
    wrong = [*(f"{name} is wrong" for name in ("ledger", "production", "moves", "given_up")), "doubled: chaos1 [2]"]
    wrong += ["the drill failed: error: the disk is full"]
    assert set(wrong) <= set(report.broken)
    assert [each.what.split()[0] for each in report.outages] == ["reads"], "nobody has answered"
    assert {each.what for each in report.healed} <= {"api was back", "api-worker was back", "ui was back"}
    assert len(report.healed) >= 4
    assert [line for line in lines if line.startswith("broken: ")] == [f"broken: {each}" for each in report.broken]
    assert not any(each.startswith("left") for each in report.broken)


def test_a_drill_on_another_server_s_database_is_refused_before_anything_is_struck(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["chaos", "--drill", "--database", "postgresql"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "--drill needs --database sqlite" in capsys.readouterr().err
