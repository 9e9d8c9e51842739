"""A small Kubernetes: as much of its API as Airflow's real operator asks of it, over real HTTP.

A pod's command runs as a process of its own: with the variables of its image, its ConfigMaps, its Secrets and its own,
in folders that were empty when it began and that go with it. So whatever a pod leaves it has left in the storage, in a
database or with a server. What `deploy/` does not allow is refused: a pod that is no valid one, a request that the role
of Airflow does not name, a ConfigMap or Secret that is not there.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import kubernetes_validate
import yaml

from deploying import Manifest, data_of, named

NAMESPACE = "matinee"
VERSION = "1.37.0"

IMAGE = {
    "HOME": "/tmp",  # noqa: S108  as the Dockerfile has it
    "MATINEE_HOME": "/matinee",
    "MATINEE_HOST": "0.0.0.0",  # noqa: S104  as the Dockerfile has it
    "OPENBLAS_NUM_THREADS": "1",
    "TMPDIR": "/tmp",  # noqa: S108  which a container has of its own, and a process only if it is told another
}
"""Variables of the image of the tasks, and where it has its temporary files."""

PATH = re.compile(rf"/api/v1/namespaces/{NAMESPACE}/(?P<kind>pods|events)(?:/(?P<name>[^/]+)(?P<log>/log)?)?")

Fate = Callable[["Pod"], None]
"""What happens to a pod besides what it does itself; called when it has begun, in a thread of its own."""


def now() -> str:
    """This moment as Kubernetes writes it."""
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


class Pod:
    """One pod: what was asked for, and the process that does it."""

    def __init__(self, body: Manifest, folder: Path, environment: Mapping[str, str]) -> None:
        self.body, self.folder = body, folder
        self.body["metadata"] |= {"namespace": NAMESPACE, "creationTimestamp": now(), "uid": folder.name}
        self.environment = dict(environment)
        self.lines: list[tuple[str, str]] = []
        self.has_ended = threading.Event()
        self.is_reported = threading.Event()
        self._process: subprocess.Popen[str] | None = None
        self.is_gone = False
        self.exit_code: int | None = None
        """Of its process, as a container has it; 137 when that was still running and was killed."""
        self._say("Pending", {"waiting": {"reason": "ContainerCreating"}})

    @property
    def name(self) -> str:
        return str(self.body["metadata"]["name"])

    @property
    def labels(self) -> dict[str, str]:
        return dict(self.body["metadata"]["labels"])

    @property
    def text(self) -> str:
        """All that it has written so far."""
        return "".join(line for _, line in self.lines)

    def run(self, holds_back: bool) -> None:
        """Do what it is for, until it ends or is killed."""
        (container,) = self.body["spec"]["containers"]
        for volume in (mount["mountPath"] for mount in container["volumeMounts"]):
            self.inside(volume).mkdir()
        work = self.folder / "work"
        work.mkdir()
        began = now()
        self._process = subprocess.Popen(
            [*container["command"], *container["args"]],
            cwd=work,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._say("Running", {"running": {"startedAt": began}})
        assert self._process.stdout is not None
        with self._process.stdout as output:
            for line in output:
                self.lines.append((now(), line))
        code = self._process.wait()
        code = self.exit_code = 128 - code if code < 0 else code
        self.has_ended.set()
        if holds_back:
            self.is_reported.wait(60)
        if self.body["status"]["phase"] == "Running":
            reason = "Completed" if code == 0 else "Error"
            says = container.get("terminationMessagePolicy") == "FallbackToLogsOnError" and code
            message = {"message": self.text[-2048:]} if says else {}
            ended = {"terminated": message | {"exitCode": code, "reason": reason, "finishedAt": now()}}
            self._say("Failed" if code else "Succeeded", ended)
        self.is_reported.set()
        shutil.rmtree(self.folder)

    def kill(self) -> None:
        """End its process and all that this has started."""
        if self._process is not None and not self.has_ended.is_set():
            os.killpg(self._process.pid, signal.SIGKILL)

    def evict(self) -> None:
        """Have its node take it away, as Kubernetes does when a node runs out of something."""
        self._say("Failed", {"terminated": {"exitCode": 137, "reason": "Error", "finishedAt": now()}})
        self.body["status"] |= {"reason": "Evicted", "message": "The node was low on resource: memory."}
        self.kill()
        self.is_reported.set()

    def inside(self, path: str) -> Path:
        """Where a folder of the container is."""
        return self.folder / path.strip("/").replace("/", "-")

    def _say(self, phase: str, state: dict[str, Any]) -> None:
        (container,) = self.body["spec"]["containers"]
        status = {"name": container["name"], "ready": phase == "Running", "restartCount": 0, "state": state}
        status |= {"image": container["image"], "imageID": container["image"]}
        scheduled = {"type": "PodScheduled", "status": "True"}
        self.body["status"] = {"phase": phase, "conditions": [scheduled], "containerStatuses": [status]}


class FakeKubernetes:
    """Serves on a free port of loopback while it is open.

    Args:
        manifests: what is deployed (`deploying.rendered`).
        folder: of the pods.
        addresses: what a name of the cluster stands for outside of it.
        pod_address: what every pod is told to be its own.
    """

    def __init__(
        self, manifests: list[Manifest], folder: Path, addresses: Mapping[str, str], pod_address: str = "127.0.0.1"
    ) -> None:
        self.manifests, self.folder, self.addresses = manifests, folder, addresses
        self._pod_address = pod_address
        self.pods: dict[str, Pod] = {}
        self.started: list[Pod] = []
        self.requests: list[tuple[str, str]] = []
        self.refused: list[str] = []
        self._fates: dict[str, list[Fate | None]] = {}
        self._lock = threading.Lock()
        self._rules = named(manifests, "Role", "airflow-tasks")["rules"]

    def __enter__(self) -> Self:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  as it is called
                """Say nothing."""

            def answer(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                fake.handle(self, json.loads(self.rfile.read(length)) if length else None)

            do_GET = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815  as they are called

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        for pod in self.started:
            pod.kill()
            pod.is_reported.set()

    def meet(self, task: str, *fates: Fate | None) -> None:
        """Let these happen to the next pods of a task, in this order; None: it is left alone."""
        self._fates.setdefault(task, []).extend(fates)

    def kubeconfig(self, path: Path) -> Path:
        """A file with which a client finds this cluster."""
        cluster = {"name": "fake", "cluster": {"server": f"http://127.0.0.1:{self._server.server_port}"}}
        context = {"name": "fake", "context": {"cluster": "fake", "user": "airflow", "namespace": NAMESPACE}}
        users = [{"name": "airflow", "user": {"token": "of-its-service-account"}}]
        whole = {"apiVersion": "v1", "kind": "Config", "clusters": [cluster], "contexts": [context], "users": users}
        path.write_text(yaml.safe_dump(whole | {"current-context": "fake"}))
        return path

    def environment(self, container: Manifest) -> dict[str, str]:
        """Variables of a container besides those of its image, as a kubelet puts them together."""
        found: dict[str, str] = {}
        for source in container.get("envFrom", []):
            kind = "ConfigMap" if "configMapRef" in source else "Secret"
            reference = source.get("configMapRef") or source["secretRef"]
            found |= data_of(named(self.manifests, kind, reference["name"]))
        own: dict[str, str] = {}
        for each in container.get("env", []):
            value = self._referred(each["valueFrom"]) if "valueFrom" in each else each.get("value", "")
            # Only what stands before it in this list is put in.
            own[each["name"]] = re.sub(r"\$\((\w+)\)", lambda name: own.get(name[1], name[0]), value)
        return {name: self._outside(value) for name, value in (found | own).items()}

    def _referred(self, source: Manifest) -> str:
        if "fieldRef" in source:
            return self._pod_address
        kind = "ConfigMap" if "configMapKeyRef" in source else "Secret"
        reference = source.get("configMapKeyRef") or source["secretKeyRef"]
        return data_of(named(self.manifests, kind, reference["name"]))[reference["key"]]

    def handle(self, request: BaseHTTPRequestHandler, body: Any) -> None:
        """Answer one request."""
        url = urlsplit(request.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        match = PATH.fullmatch(url.path)
        if match is None:
            self._refuse(request, 404, f"There is no {url.path} here.")
            return
        resource = match["kind"] + (match["log"] or "")
        verb = {"GET": "get" if match["name"] else "list", "DELETE": "delete", "PATCH": "patch", "POST": "create"}
        asked = (verb[request.command], resource)
        self.requests.append(asked)
        if not any(asked[0] in rule["verbs"] and asked[1] in rule["resources"] for rule in self._rules):
            self._refuse(request, 403, f"{asked} is forbidden.")
            return
        if not match["name"]:
            self._answer_of_all(request, asked, query, body)
        elif (pod := self.pods.get(match["name"])) is None:
            self._refuse(request, 404, f"pods {match['name']!r} not found")
        else:
            self._answer_of_one(request, asked, query, body, pod)

    def _answer_of_all(
        self, request: BaseHTTPRequestHandler, asked: tuple[str, str], query: Mapping[str, str], body: Any
    ) -> None:
        if asked == ("create", "pods"):
            self._create(request, body)
            return
        selector = query.get("labelSelector", "")
        pods = [pod.body for pod in self.pods.values() if _selects(selector, pod.labels)]
        _send(request, 200, _list("Event", []) if asked[1] == "events" else _list("Pod", pods))

    def _answer_of_one(
        self, request: BaseHTTPRequestHandler, asked: tuple[str, str], query: Mapping[str, str], body: Any, pod: Pod
    ) -> None:
        if asked[1] == "pods/log":
            _send_log(request, pod, query)
            return
        if asked[0] == "patch":
            pod.body["metadata"]["labels"] |= body["metadata"]["labels"]
        if asked[0] == "delete":
            self.delete(pod)
        _send(request, 200, pod.body)

    def delete(self, pod: Pod) -> None:
        """Remove a pod, whatever it is doing."""
        with self._lock:
            self.pods.pop(pod.name, None)
        pod.is_gone = True
        pod.kill()
        pod.is_reported.set()

    def _create(self, request: BaseHTTPRequestHandler, body: Manifest) -> None:
        try:
            kubernetes_validate.validate(body, VERSION, strict=True)
            (container,) = body["spec"]["containers"]
            own = self.environment(container)
        except (kubernetes_validate.ValidationError, ValueError) as error:
            self._refuse(request, 422, str(error))
            return
        folder = self.folder / f"pod-{len(self.started)}"
        folder.mkdir(parents=True)
        links = {} if body["spec"].get("enableServiceLinks") is False else self._service_links()
        pod = Pod(body, folder, {})
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        image = IMAGE | {name: str(pod.inside(IMAGE[name])) for name in ("HOME", "MATINEE_HOME", "TMPDIR")}
        pod.environment = image | {"PATH": path} | links | own
        with self._lock:
            self.pods[pod.name] = pod
            self.started.append(pod)
        fates = self._fates.get(pod.labels["task_id"], [])
        fate = fates.pop(0) if fates else None
        threading.Thread(target=pod.run, args=[fate is not None], daemon=True).start()
        if fate is not None:
            threading.Thread(target=self._meet, args=[pod, fate], daemon=True).start()
        _send(request, 201, body)

    def _meet(self, pod: Pod, fate: Fate) -> None:
        try:
            fate(pod)
        finally:
            pod.is_reported.set()

    def _service_links(self) -> dict[str, str]:
        """What Kubernetes tells pods of the services beside them, unless they do not want it."""
        names = [each["metadata"]["name"] for each in self.manifests if each["kind"] == "Service"]
        return {f"{name.upper()}_PORT": f"tcp://10.0.0.{n}:80" for n, name in enumerate(names)}

    def _outside(self, value: str) -> str:
        for name, address in self.addresses.items():
            value = value.replace(name, address)
        return value

    def _refuse(self, request: BaseHTTPRequestHandler, status: int, message: str) -> None:
        if status != 404:
            self.refused.append(message)
        body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "code": status}
        _send(request, status, body)


def _list(kind: str, items: list[Manifest]) -> Manifest:
    return {"kind": f"{kind}List", "apiVersion": "v1", "metadata": {"resourceVersion": "1"}, "items": items}


def _selects(selector: str, labels: Mapping[str, str]) -> bool:
    """Whether labels are what a selector of `a=b`, `a!=b` and `!a` wants."""
    for part in filter(None, selector.split(",")):
        name, _, value = part.partition("=")
        if part.startswith("!"):
            wanted = part[1:] not in labels
        elif name.endswith("!"):
            wanted = labels.get(name[:-1]) != value
        else:
            wanted = labels.get(name) == value
        if not wanted:
            return False
    return True


def _send(request: BaseHTTPRequestHandler, status: int, body: Manifest) -> None:
    data = json.dumps(body).encode()
    request.send_response(status)
    request.send_header("Content-Type", "application/json")
    request.send_header("Content-Length", str(len(data)))
    request.end_headers()
    request.wfile.write(data)


def _send_log(request: BaseHTTPRequestHandler, pod: Pod, query: Mapping[str, str]) -> None:
    """What a pod has written, and with `follow` all that it writes until it ends."""
    request.send_response(200)
    request.send_header("Content-Type", "text/plain")
    request.send_header("Transfer-Encoding", "chunked")
    request.end_headers()
    for stamp, line in _follow(pod, follows=query.get("follow") == "true"):
        data = (f"{stamp} {line}" if query.get("timestamps") == "true" else line).encode()
        request.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
    request.wfile.write(b"0\r\n\r\n")


def _follow(pod: Pod, *, follows: bool) -> Iterator[tuple[str, str]]:
    sent = 0
    while True:
        is_over = pod.is_reported.wait(0.05) or not follows
        while sent < len(pod.lines):
            yield pod.lines[sent]
            sent += 1
        if is_over:
            return
