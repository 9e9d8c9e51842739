"""What the command line says by itself."""

import pytest
from typer.testing import CliRunner

from matinee import __version__
from matinee.cli import app
from matinee.cli.printing import last_day


def test_the_version_is_told():
    told = CliRunner().invoke(app, ["--version"])
    assert (told.exit_code, told.output.strip()) == (0, f"matinee {__version__}")


@pytest.mark.parametrize(
    ("end", "day"), [("1997-11-20T00:00:00Z", "1997-11-19"), ("1997-11-20T12:00:00+00:00", "1997-11-20"), ("", "")]
)
def test_data_goes_through_the_last_day_before_its_end(end, day):
    assert last_day(end) == day
