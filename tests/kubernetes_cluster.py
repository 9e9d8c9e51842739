"""A cluster as `deploy/overlays/local` makes it, with processes instead of containers: PostgreSQL, S3 and MLflow are
real servers; the API has two replicas; Airflow's operators start pods in a fake Kubernetes. No two of them share a
folder.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx
import pytest
import sqlalchemy as sa

from composing import CHECKOUT
from databases import new_database
from deploying import Manifest, named, rendered
from fake_kubernetes import IMAGE, FakeKubernetes
from matinee.bench.ports import free_port
from matinee.ratings.sources.download import ARCHIVES
from matinee.settings import Settings
from matinee.storage import Storage, home_storage
from object_storage import CREDENTIALS, request
from support import two_tastes

BUCKET = "matinee"
"""As the overlay names it."""
TOKEN = "token-of-the-cluster"


class Replica:
    """A pod of a Deployment while the block is under way: a process in a folder that is empty whenever it starts."""

    def __init__(self, cluster: "Cluster", name: str, command: list[Any], more: Mapping[str, str], url: str) -> None:
        self._cluster, self._name, self._command, self._more, self.url = cluster, name, command, more, url

    def start(self) -> None:
        """Start a new one in place of the last."""
        folder = self._cluster.folder / f"{self._name}-{time.monotonic_ns()}"
        environment = self._cluster.environment("Deployment", self._name, folder) | dict(self._more)
        with (folder / "log").open("w") as log:
            self.process = subprocess.Popen(
                self._command, env=environment, cwd=folder, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self) -> None:
        """End it and its children at once, as a node that loses its power."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(30)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(30)


@dataclass
class Cluster:
    """What runs, and where."""

    kubernetes: FakeKubernetes
    folder: Path
    mlflow: str
    replicas: list[str]
    airflow: dict[str, str] = field(default_factory=dict)
    servers: list[Replica] = field(default_factory=list)
    """Of the replicas, in their order."""

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
            timeout=1800,
        )
        assert done.returncode == 0, done.stdout[-5000:]
        lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
        return [json.loads(line.removeprefix("RESULT ")) | {"log": done.stdout} for line in lines]

    def matinee(self, *arguments: str) -> Any:
        """The JSON result of a command, in a pod of its own that somebody starts by hand."""
        folder = self.folder / f"by-hand-{time.monotonic_ns()}"
        folder.mkdir()
        done = subprocess.run(
            ["matinee", *arguments, "--json"],
            env=_own(folder) | self.variables(),
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

    def environment(self, kind: str, name: str, folder: Path) -> dict[str, str]:
        """Variables of the pods of something that is deployed, whose folder, which is made, is their own."""
        folder.mkdir(parents=True)
        return _own(folder) | self.kubernetes.environment(container_of(self.kubernetes.manifests, kind, name))

    @contextmanager
    def storage(self) -> Iterator[Storage]:
        """What all pods share, from a machine of its own."""
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.variables().items():
                patch.setenv(name, value)
            yield home_storage(Settings(home=self.folder / "by-hand", _env_file=None))

    def get(self, replica: int, path: str) -> Any:
        """An answer of one replica."""
        return httpx.get(f"{self.replicas[replica]}{path}", timeout=30, trust_env=False).raise_for_status().json()

    def rate(self, replica: int, user_id: str, movie_ids: list[str]) -> None:
        """Tell one replica that somebody likes some movies."""
        ratings = [{"user_id": user_id, "movie_id": each, "rating": 5} for each in movie_ids]
        url = f"{self.replicas[replica]}/v1/ratings"
        httpx.post(url, json=ratings, timeout=30, trust_env=False).raise_for_status()

    def eventually(self, replica: int, path: str, name: str, value: object) -> float:
        """Wait until a field of an answer of one replica has a value; returns for how long, in seconds."""
        began = time.monotonic()
        while (found := self.get(replica, path).get(name)) != value:
            assert time.monotonic() < began + 60, f"{name} of {path} stays {found!r}"
            time.sleep(0.2)
        return time.monotonic() - began


@contextmanager
def running_cluster(
    folder: Path,
    postgres: sa.URL,
    s3: str,
    put_ratings: Callable[[Storage], None],
    settings: Mapping[str, str] | None = None,
) -> Iterator[Cluster]:
    """Everything is up, the tables are made, and nothing has been learned yet.

    Args:
        folder: empty.
        postgres: server in which two databases are made.
        s3: address of a server without the bucket.
        put_ratings: puts the data set where a pod would put the one that it fetches.
        settings: more entries of the ConfigMap `matinee`.
    """
    assert request(s3, "PUT", f"/{BUCKET}") == 200
    database, mlflow_database = (new_database(postgres).get_secret_value() for _ in range(2))
    secrets = {"MATINEE_API_TOKEN": TOKEN, "MATINEE_DATABASE_URL": database, **CREDENTIALS}
    secrets["MLFLOW_BACKEND_STORE_URI"] = mlflow_database.replace("postgresql:", "postgresql+psycopg:")
    manifests = rendered("local", folder, secrets)
    named(manifests, "ConfigMap", "matinee")["data"].update(settings or {})
    ports = {name: free_port() for name in ("mlflow", "api", "other-api")}
    mlflow, *replicas = (f"http://127.0.0.1:{port}" for port in ports.values())
    addresses = {"http://storage:8333": s3, "http://mlflow:5000": mlflow, "http://api:8000": replicas[0]}
    with ExitStack() as stack:
        kubernetes = stack.enter_context(FakeKubernetes(manifests, folder / "pods", addresses))
        running = Cluster(kubernetes, folder, mlflow, replicas)
        running.airflow = _airflow(running, folder / "airflow")
        with running.storage() as storage:
            put_ratings(storage)
        for name in ("migrate", "migrate-mlflow"):
            _run_job(running, name)
        stack.enter_context(_mlflow(running, ports["mlflow"]))
        wait_for(f"{mlflow}/health")
        for url in replicas:
            running.servers.append(stack.enter_context(_api(running, url)))
        for url in replicas:
            wait_for(f"{url}/health/live")
        yield running


def put_small_ratings(storage: Storage) -> None:
    """A small data set in MovieLens's form, where a pod would put the one that it fetches."""
    assert "ml-100k" in ARCHIVES
    with storage.write_folder("datasets/ml-100k/raw") as draft:
        ratings = two_tastes(n_movies=200, n_days=80)
        rows = ratings.select("user_id", "movie_id", "rating", ratings["rated_at"].dt.epoch("s"))
        rows.write_csv(draft.path / "u.data", separator="\t", include_header=False)
        names = sorted(set(ratings["movie_id"]))
        lines = [f"{name}|Movie {name} (1990)|01-Jan-1990||{'|'.join(['', *['0'] * 18, '1'])}" for name in names]
        (draft.path / "u.item").write_text("\n".join(lines) + "\n", encoding="latin-1")


def container_of(manifests: list[Manifest], kind: str, name: str) -> Manifest:
    """The one container of something that is deployed."""
    (container,) = named(manifests, kind, name)["spec"]["template"]["spec"]["containers"]
    return dict(container)


def wait_for(url: str) -> None:
    """Wait until a URL answers well."""
    deadline = time.monotonic() + 300
    while True:
        try:
            if httpx.get(url, timeout=5, trust_env=False).is_success:
                return
        except httpx.TransportError:
            pass
        assert time.monotonic() < deadline, f"{url} does not answer"
        time.sleep(0.2)


def _own(folder: Path) -> dict[str, str]:
    """What a pod has by its image, with folders of its own."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return IMAGE | {"PATH": path, "HOME": str(folder), "TMPDIR": str(folder), "MATINEE_HOME": str(folder / "home")}


def _run_job(cluster: Cluster, name: str) -> None:
    folder = cluster.folder / f"job-{name}"
    environment = cluster.environment("Job", name, folder)
    command = container_of(cluster.kubernetes.manifests, "Job", name)["args"]
    subprocess.run(command, env=environment, check=True, capture_output=True, cwd=folder)


def _mlflow(cluster: Cluster, port: int) -> Replica:
    program = Path(sys.executable).with_name("mlflow")
    command = [program, "server", "--host=127.0.0.1", f"--port={port}", "--workers=1"]
    more = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    return Replica(cluster, "mlflow", command, more, cluster.mlflow)


def _api(cluster: Cluster, url: str) -> Replica:
    more = {"MATINEE_API_PORT": url.rpartition(":")[2], "MATINEE_HOST": "127.0.0.1", "MATINEE_API_WORKERS": "1"}
    return Replica(cluster, "api", [sys.executable, "-m", "matinee.serving"], more, url)


def _airflow(cluster: Cluster, folder: Path) -> dict[str, str]:
    """Variables of Airflow's pods: they too have a home of their own, and nothing in it."""
    folder.mkdir()
    connection = {"conn_type": "kubernetes", "extra": {"namespace": "matinee"}}
    own = {
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "MATINEE_HOME": str(folder / "home"),
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW__CORE__DAGS_FOLDER": str(CHECKOUT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "300",
        "AIRFLOW_CONN_KUBERNETES_DEFAULT": json.dumps(connection),
        "KUBECONFIG": str(cluster.kubernetes.kubeconfig(folder / "kubeconfig")),
    }
    return {"PATH": os.environ["PATH"]} | own | cluster.variables()
