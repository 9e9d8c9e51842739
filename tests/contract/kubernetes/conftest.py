"""A cluster as `deploy/overlays/local` makes it, with processes instead of containers: PostgreSQL, S3 and MLflow are
real servers; the API has two replicas; Airflow's operators start pods in a fake Kubernetes. No two of them share a
folder.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from composing import CHECKOUT
from databases import new_database
from deploying import Manifest, named, rendered
from fake_kubernetes import IMAGE, FakeKubernetes
from matinee.ratings.sources.download import ARCHIVES
from matinee.settings import Settings
from matinee.storage import home_storage
from object_storage import CREDENTIALS, request
from support import free_port, two_tastes

BUCKET = "matinee"
"""As the overlay names it."""
TOKEN = "token-of-the-cluster"


@dataclass
class Cluster:
    """What runs, and where."""

    kubernetes: FakeKubernetes
    folder: Path
    mlflow: str
    replicas: list[str]
    airflow: dict[str, str] = field(default_factory=dict)

    def run(self, *dag_ids: str) -> list[dict[str, Any]]:
        """A run of each DAG by the real operators, in a process that has what Airflow's pods have."""
        done = subprocess.run(
            [sys.executable, CHECKOUT / "tests" / "airflow_of_pods.py", CHECKOUT / "dags", *dag_ids],
            env=self.airflow,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=900,
        )
        assert done.returncode == 0, done.stdout[-5000:]
        lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
        return [json.loads(line.removeprefix("RESULT ")) | {"log": done.stdout} for line in lines]

    def matinee(self, *arguments: str) -> Any:
        """The JSON result of a command, in a pod of its own that somebody starts by hand."""
        folder = self.folder / f"by-hand-{time.monotonic_ns()}"
        folder.mkdir()
        environment = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
        own = IMAGE | {"HOME": str(folder), "MATINEE_HOME": str(folder / "home")}
        done = subprocess.run(
            ["matinee", *arguments, "--json"],
            env=environment | own | self.variables(),
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def variables(self) -> dict[str, str]:
        """What every pod of a task reads of the ConfigMap and the Secret."""
        names = [{"configMapRef": {"name": "matinee"}}, {"secretRef": {"name": "matinee"}}]
        return self.kubernetes.environment({"envFrom": names})

    def get(self, replica: int, path: str) -> Any:
        """An answer of one replica."""
        return httpx.get(f"{self.replicas[replica]}{path}", timeout=30, trust_env=False).raise_for_status().json()

    def rate(self, replica: int, user_id: str, movie_ids: list[str]) -> None:
        """Tell one replica that somebody likes some movies."""
        ratings = [{"user_id": user_id, "movie_id": each, "rating": 5} for each in movie_ids]
        url = f"{self.replicas[replica]}/v1/ratings"
        httpx.post(url, json=ratings, timeout=30, trust_env=False).raise_for_status()

    def eventually(self, replica: int, path: str, name: str, value: object) -> None:
        """Wait until a field of an answer of one replica has a value."""
        deadline = time.monotonic() + 60
        while (found := self.get(replica, path).get(name)) != value:
            assert time.monotonic() < deadline, f"{name} of {path} stays {found!r}"
            time.sleep(0.2)


@pytest.fixture(scope="package")
def cluster(postgres_url: sa.URL, s3_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Everything is up, the tables are made, and nothing has been learned yet."""
    folder = tmp_path_factory.mktemp("cluster")
    assert request(s3_server, "PUT", f"/{BUCKET}") == 200
    database, mlflow_database = (new_database(postgres_url).get_secret_value() for _ in range(2))
    secrets = {"MATINEE_API_TOKEN": TOKEN, "MATINEE_DATABASE_URL": database, **CREDENTIALS}
    secrets["MLFLOW_BACKEND_STORE_URI"] = mlflow_database.replace("postgresql:", "postgresql+psycopg:")
    manifests = rendered("local", folder, secrets)
    ports = {name: free_port() for name in ("mlflow", "api", "other-api")}
    mlflow, *replicas = (f"http://127.0.0.1:{port}" for port in ports.values())
    addresses = {"http://storage:8333": s3_server, "http://mlflow:5000": mlflow, "http://api:8000": replicas[0]}
    with ExitStack() as stack:
        kubernetes = stack.enter_context(FakeKubernetes(manifests, folder / "pods", addresses))
        running = Cluster(kubernetes, folder, mlflow, replicas)
        running.airflow = _airflow(running, folder / "airflow")
        _put_ratings(running, folder)
        for name in ("migrate", "migrate-mlflow"):
            _run_job(running, name)
        server = ["mlflow", "server", "--host=127.0.0.1", f"--port={ports['mlflow']}", "--workers=1"]
        more = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_SERVER_ALLOWED_HOSTS": "127.0.0.1:*"}
        stack.enter_context(
            _deployed(running, "mlflow", [Path(sys.executable).with_name(server[0]), *server[1:]], more)
        )
        _wait_for(f"{mlflow}/health")
        for port in (ports["api"], ports["other-api"]):
            more = {"MATINEE_API_PORT": str(port), "MATINEE_HOST": "127.0.0.1", "MATINEE_API_WORKERS": "1"}
            stack.enter_context(_deployed(running, "api", [sys.executable, "-m", "matinee.serving"], more))
        for replica in replicas:
            _wait_for(f"{replica}/health/live")
        yield running


def _container(manifests: list[Manifest], kind: str, name: str) -> Manifest:
    (container,) = named(manifests, kind, name)["spec"]["template"]["spec"]["containers"]
    return dict(container)


def _environment(cluster: Cluster, kind: str, name: str, folder: Path) -> dict[str, str]:
    """Variables of the pods of something that is deployed, whose folders are their own."""
    folder.mkdir(parents=True)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    own = IMAGE | {"PATH": path, "HOME": str(folder), "MATINEE_HOME": str(folder / "home")}
    return own | cluster.kubernetes.environment(_container(cluster.kubernetes.manifests, kind, name))


def _run_job(cluster: Cluster, name: str) -> None:
    environment = _environment(cluster, "Job", name, cluster.folder / f"job-{name}")
    command = _container(cluster.kubernetes.manifests, "Job", name)["args"]
    subprocess.run(command, env=environment, check=True, capture_output=True, cwd=cluster.folder / f"job-{name}")


def _deployed(cluster: Cluster, name: str, command: list[Any], more: dict[str, str]) -> "_Process":
    folder = cluster.folder / f"{name}-{time.monotonic_ns()}"
    environment = _environment(cluster, "Deployment", name, folder) | more
    return _Process(command, environment, folder)


class _Process:
    """A process while the block is under way."""

    def __init__(self, command: list[Any], environment: dict[str, str], folder: Path) -> None:
        self._command, self._environment, self._folder = command, environment, folder

    def __enter__(self) -> None:
        self._log = (self._folder / "log").open("w")
        self._running = subprocess.Popen(
            self._command,
            env=self._environment,
            cwd=self._folder,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )

    def __exit__(self, *_: object) -> None:
        os.killpg(self._running.pid, 15)
        self._running.wait(30)
        self._log.close()


def _airflow(cluster: Cluster, folder: Path) -> dict[str, str]:
    """Variables of Airflow's pods: they too have a home of their own, and nothing in it."""
    folder.mkdir()
    connection = {"conn_type": "kubernetes", "extra": {"namespace": "matinee"}}
    own = {
        "HOME": str(folder),
        "MATINEE_HOME": str(folder / "home"),
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW__CORE__DAGS_FOLDER": str(CHECKOUT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "300",
        "AIRFLOW_CONN_KUBERNETES_DEFAULT": json.dumps(connection),
        "KUBECONFIG": str(cluster.kubernetes.kubeconfig(folder / "kubeconfig")),
    }
    return {"PATH": os.environ["PATH"]} | own | cluster.variables()


def _put_ratings(cluster: Cluster, folder: Path) -> None:
    """A small data set in MovieLens's form, where a pod would put the one that it fetches."""
    assert "ml-100k" in ARCHIVES
    with pytest.MonkeyPatch.context() as patch:
        for name, value in cluster.variables().items():
            patch.setenv(name, value)
        storage = home_storage(Settings(home=folder / "uploader", _env_file=None))
        with storage.write_folder("datasets/ml-100k/raw") as draft:
            ratings = two_tastes(n_movies=200, n_days=80)
            rows = ratings.select("user_id", "movie_id", "rating", ratings["rated_at"].dt.epoch("s"))
            rows.write_csv(draft.path / "u.data", separator="\t", include_header=False)
            names = sorted(set(ratings["movie_id"]))
            lines = [f"{name}|Movie {name} (1990)|01-Jan-1990||{'|'.join(['', *['0'] * 18, '1'])}" for name in names]
            (draft.path / "u.item").write_text("\n".join(lines) + "\n", encoding="latin-1")


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 300
    while True:
        try:
            if httpx.get(url, timeout=5, trust_env=False).is_success:
                return
        except httpx.TransportError:
            pass
        assert time.monotonic() < deadline, f"{url} does not answer"
        time.sleep(0.2)
