"""The page's server takes its options from the file beside its script."""

import json
import os
import subprocess
import sys

from matinee.local.programs import programs

OPTIONS = {
    "client.showErrorDetails": "none",
    "client.toolbarMode": "minimal",
    "runner.magicEnabled": False,
    "runner.postScriptGC": False,
}
ASK = """
import json, runpy, sys
from streamlit import config
from streamlit.web import bootstrap

bootstrap.run_asgi_app = bootstrap.run = lambda *_, **__: None  # all but the server itself
try:
    runpy.run_module("streamlit", run_name="__main__", alter_sys=True)
except SystemExit:
    pass
print(json.dumps({name: config.get_option(name) for name in %r}))
"""


def test_a_page_that_is_started_as_up_does_has_the_options_of_its_file(settings, tmp_path):
    command = next(each.command for each in programs(settings) if each.name == "ui")
    arguments = command[command.index("streamlit") + 1 :]
    done = subprocess.run(
        [sys.executable, "-c", ASK % list(OPTIONS), *arguments],
        cwd=tmp_path,
        env=os.environ | {"MATINEE_HOME": str(settings.home)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout.splitlines()[-1]) == OPTIONS
