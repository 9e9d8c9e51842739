"""What Prometheus and Grafana are told to look at exists."""

import json
import re
import shutil
import subprocess

import pytest

from composing import CHECKOUT
from matinee.serving.prometheus import Metrics
from matinee.serving.workers.health import WorkerHealth

FOLDER = CHECKOUT / "docker" / "monitoring"
METRIC = re.compile(r"\b(?:matinee|process)_[a-z_]+")


@pytest.fixture(scope="module")
def exposed(tmp_path_factory) -> set[str]:
    """Names of all series that the API's `/metrics` can have."""
    names = set()
    folder = tmp_path_factory.mktemp("workers")
    page = Metrics(folder, WorkerHealth(folder)).page().decode()
    for name, kind in re.findall(r"^# TYPE (\S+) (\S+)$", page, re.MULTILINE):
        suffixes = ("_bucket", "_sum", "_count") if kind == "histogram" else ("",)
        names |= {name + suffix for suffix in suffixes}
    return names


def test_every_metric_in_the_alert_rules_exists(exposed):
    named = set(METRIC.findall((FOLDER / "rules.yml").read_text()))
    assert len(named) >= 5
    assert named <= exposed


def test_every_metric_on_the_dashboard_exists(exposed):
    board = json.loads((FOLDER / "dashboards" / "matinee.json").read_text())
    expressions = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    named = {name for expression in expressions for name in METRIC.findall(expression)}
    assert len(named) >= 8
    assert named <= exposed


def test_every_metric_is_documented(exposed):
    documented = set(METRIC.findall((CHECKOUT / "docs" / "metrics.md").read_text()))
    told = {name for name in exposed if name.startswith("matinee_") and not name.endswith("_created")}
    names = {re.sub(r"_(bucket|sum|count)$", "", name) for name in told}
    assert {name for name in documented if name.startswith("matinee_")} == names


def test_every_panel_reads_from_the_provisioned_source():
    board = json.loads((FOLDER / "dashboards" / "matinee.json").read_text())
    uids = {panel["datasource"]["uid"] for panel in board["panels"]}
    assert uids == set(re.findall(r"uid: (\w+)", (FOLDER / "datasource.yml").read_text()))


@pytest.fixture(scope="module")
def promtool(tmp_path_factory) -> str:
    """This machine's promtool, else Debian's, unpacked for the test only."""
    folder = tmp_path_factory.mktemp("prometheus")
    if shutil.which("promtool") is None and shutil.which("apt-get"):
        fetch = "(apt-get download -q prometheus || (apt-get update -q && apt-get download -q prometheus))"
        command = ["sh", "-c", f"{fetch} && dpkg -x prometheus_*.deb ."]
        subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=240)
    found = shutil.which("promtool") or shutil.which("promtool", path=folder / "usr" / "bin")
    if found is None:
        pytest.skip("there is no promtool, and Debian's package prometheus, which holds it, cannot be fetched")
    return found


@pytest.mark.parametrize("check", [("config", "prometheus.yml"), ("rules", "rules.yml")], ids=lambda check: check[0])
def test_promtool_accepts_the_configuration(check, promtool):
    checked = subprocess.run(
        [promtool, "check", check[0], FOLDER / check[1]], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "SUCCESS" in checked.stdout
