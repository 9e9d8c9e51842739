"""Probes call a pod by its address, which nobody knows beforehand: its server has to answer them, and no strangers."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from composing import CHECKOUT
from deploying import DEPLOY, Manifest, named, rendered
from fake_kubernetes import IMAGE, FakeKubernetes
from kubernetes_cluster import container_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

POD_ADDRESS = "10.1.2.3"
STRANGER = "http://evil.example/auth/token"
MISDIRECTED, FORBIDDEN = 421, 403
"""How our own servers and MLflow refuse a request for another host."""

APPS = {
    "api": """
from matinee.environment import load_settings
from matinee.serving.middleware.hosts import AllowedHosts
allowed = AllowedHosts(PlainTextResponse("answered"), load_settings().hosts, [])
async def app(scope, receive, send):
    await allowed({**scope, "state": {"request_id": "1"}}, receive, send)
""",
    "page": """
import runpy
from pathlib import Path
import matinee.ui.entry
app = runpy.run_path(str(Path(matinee.ui.entry.__file__).with_name("app.py")))["app"]
""",
    "mlflow": "from mlflow.server.fastapi_app import app",
    "airflow": """
sys.path.append(sys.argv[2])
from known_hosts import MIDDLEWARES
(middleware,) = MIDDLEWARES
app = middleware["middleware"](PlainTextResponse("answered"), *middleware["args"], **middleware["kwargs"])
""",
}
"""The server of each pod, or what is around it and looks at the names."""

ASK = """
import asyncio, json, sys
import httpx
from starlette.responses import PlainTextResponse
APP
async def ask():
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        return [(await client.get(url)).status_code for url in json.loads(sys.argv[1])]

print(json.dumps(asyncio.run(ask())))
"""

PROBE_OF_CHART = "/api/v2/monitor/health"
"""What all three probes of Airflow's server ask for (chart/templates/api-server/api-server-deployment.yaml)."""


@pytest.fixture(scope="module")
def local(tmp_path_factory) -> list[Manifest]:
    return rendered("local", tmp_path_factory.mktemp("deploy"))


@pytest.fixture(scope="module")
def production(tmp_path_factory) -> list[Manifest]:
    return rendered("production", tmp_path_factory.mktemp("deploy"))


def answers(app: str, environment: dict[str, str], folder: Path, urls: list[str]) -> list[int]:
    """Status of each URL, from the server of a pod that has these variables and those of its image."""
    own = IMAGE | {each: str(folder) for each in ("HOME", "TMPDIR", "MATINEE_HOME", "AIRFLOW_HOME")}
    done = subprocess.run(
        [sys.executable, "-c", ASK.replace("APP", app), json.dumps(urls), str(CHECKOUT / "dags" / "plugins")],
        env={"PATH": os.environ["PATH"], **own, **environment},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout.splitlines()[-1]))


def environment_of(manifests: list[Manifest], container: Manifest, folder: Path) -> dict[str, str]:
    """Variables of a container in a pod of this address."""
    return FakeKubernetes(manifests, folder, {}, pod_address=POD_ADDRESS).environment(container)


def probes(container: Manifest) -> list[str]:
    """URLs that a kubelet asks for: it calls a pod by its address and the port."""
    ports = {each["name"]: each["containerPort"] for each in container["ports"]}
    asked = [container[probe]["httpGet"] for probe in ("startupProbe", "readinessProbe", "livenessProbe")]
    return [f"http://{POD_ADDRESS}:{ports[each['port']]}{each['path']}" for each in asked]


@pytest.mark.parametrize(("name", "refusal"), [("api", MISDIRECTED), ("page", MISDIRECTED), ("mlflow", FORBIDDEN)])
def test_probes_of_a_pod_are_answered_and_what_strangers_call_is_not(local, tmp_path, name, refusal):
    container = container_of(local, "Deployment", name)
    # MLflow answers `/health` whoever asks, of its own accord: its list is to hold what probes need without that.
    more = [f"http://{POD_ADDRESS}:5000/"] if name == "mlflow" else []
    environment = environment_of(local, container, tmp_path)
    *answered, refused = answers(APPS[name], environment, tmp_path, [*probes(container), *more, STRANGER])
    assert (set(answered), refused) == ({200}, refusal)


def test_probes_of_the_server_of_airflow_are_answered_and_what_strangers_call_is_not(local, tmp_path):
    chart = yaml.safe_load((DEPLOY / "airflow" / "values.yaml").read_text())
    environment = environment_of(local, {"envFrom": yaml.safe_load(chart["extraEnvFrom"])}, tmp_path)
    by_tasks = chart["config"]["core"]["execution_api_server_url"]
    urls = [f"http://{POD_ADDRESS}:8080{PROBE_OF_CHART}", by_tasks, STRANGER]
    assert answers(APPS["airflow"], environment, tmp_path, urls) == [200, 200, MISDIRECTED]


def test_prometheus_reads_the_metrics_of_a_pod_of_the_api_by_its_address(local, tmp_path):
    said = named(local, "Deployment", "api")["spec"]["template"]["metadata"]["annotations"]
    url = f"http://{POD_ADDRESS}:{said['prometheus.io/port']}{said['prometheus.io/path']}"
    environment = environment_of(local, container_of(local, "Deployment", "api"), tmp_path)
    assert answers(APPS["api"], environment, tmp_path, [url, STRANGER]) == [200, MISDIRECTED]


@pytest.mark.parametrize("name", ["api", "page", "mlflow"])
def test_probes_and_known_names_are_the_same_in_both_overlays(local, production, name):
    one, other = (container_of(each, "Deployment", name) for each in (local, production))
    assert probes(one) == probes(other)
    assert one["env"] == other["env"]
