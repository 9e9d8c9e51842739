"""The program of the page's server."""

import runpy
from pathlib import Path

import matinee.ui.entry

ENTRY = Path(matinee.ui.entry.__file__).parent


def test_an_image_that_reaches_it_by_a_link_finds_the_page(tmp_path):
    link = tmp_path / "app.py"
    link.symlink_to(ENTRY / "app.py")
    assert runpy.run_path(str(link))["app"].script_path == ENTRY / "page.py"
