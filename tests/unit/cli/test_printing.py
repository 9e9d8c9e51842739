"""What the command line says by itself."""

import json

import pytest
from typer.testing import CliRunner

from matinee import __version__
from matinee.cli import app
from matinee.cli.printing import last_day
from matinee.settings import Settings
from matinee.storage import home_storage


def test_the_version_is_told():
    told = CliRunner().invoke(app, ["--version"])
    assert (told.exit_code, told.output.strip()) == (0, f"matinee {__version__}")


@pytest.mark.parametrize(
    ("end", "day"), [("1997-11-20T00:00:00Z", "1997-11-19"), ("1997-11-20T12:00:00+00:00", "1997-11-20"), ("", "")]
)
def test_data_goes_through_the_last_day_before_its_end(end, day):
    assert last_day(end) == day


def test_a_result_is_put_into_the_storage_under_the_name_that_is_asked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MATINEE_HOME", str(tmp_path / "home"))
    name = "results/train_model/daily/ingest/result.json"
    arguments = ["status", "--json"]
    printed = CliRunner().invoke(app, ["--result", name, *arguments])
    kept = home_storage(Settings(_env_file=None)).read(name)
    assert json.loads(kept.read_text()) == json.loads(printed.stdout)
    kept.unlink()
    CliRunner().invoke(app, arguments)
    assert not kept.exists()
