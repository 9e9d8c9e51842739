"""What every command begins with."""

import os
import urllib.request

import pytest

from matinee.cli.settings import settings_of_command


@pytest.fixture(autouse=True)
def _as_before():
    umask, variables = os.umask(0o022), dict(os.environ)
    yield
    os.umask(umask)
    os.environ.clear()
    os.environ.update(variables)


@pytest.mark.parametrize("exceptions", ["", "example.org"])
def test_our_own_servers_are_reached_past_a_proxy_of_the_user(monkeypatch, tmp_path, exceptions):
    monkeypatch.setenv("MATINEE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MATINEE_MLFLOW_URL", "http://models:5000")
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, exceptions)
    settings_of_command()
    assert all(urllib.request.proxy_bypass(host) for host in ("127.0.0.1:5000", "localhost", "models"))
    assert bool(urllib.request.proxy_bypass("example.org")) == bool(exceptions)
    assert not urllib.request.proxy_bypass("files.example")


def test_what_a_command_writes_is_its_owners_alone(monkeypatch, tmp_path):
    (tmp_path / "home").mkdir(mode=0o755)
    monkeypatch.setenv("MATINEE_HOME", str(tmp_path / "home"))
    settings_of_command()
    assert (tmp_path / "home").stat().st_mode & 0o777 == 0o700
    assert os.umask(0o022) == 0o077
