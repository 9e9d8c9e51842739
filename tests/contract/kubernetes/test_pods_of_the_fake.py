"""What the proof that no stage needs a shared disk rests on: pods of the fake share no folder."""

import httpx
import pytest
import yaml

from deploying import rendered
from fake_kubernetes import NAMESPACE, FakeKubernetes

LEAVE_A_FILE = """
import tempfile
from pathlib import Path

for folder in (tempfile.gettempdir(), Path.cwd()):
    path = Path(folder, {name!r})
    print(folder, path.exists())
    path.touch()
"""


@pytest.fixture
def kubernetes(tmp_path):
    with FakeKubernetes(rendered("local", tmp_path), tmp_path / "pods", {}) as running:
        yield running


def run_pod(kubernetes: FakeKubernetes, config: dict, name: str, source: str) -> list[str]:
    """What a pod that runs some Python has written."""
    container = {
        "name": "base",
        "image": "matinee-train",
        "command": ["python", "-c"],
        "args": [source],
        "volumeMounts": [{"name": "home", "mountPath": "/matinee"}, {"name": "tmp", "mountPath": "/tmp"}],  # noqa: S108  as the base has it
    }
    spec = {"containers": [container], "restartPolicy": "Never"}
    body = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"task_id": name}}, "spec": spec}
    url = f"{config['clusters'][0]['cluster']['server']}/api/v1/namespaces/{NAMESPACE}/pods"
    httpx.post(url, json=body, timeout=30, trust_env=False).raise_for_status()
    pod = kubernetes.started[-1]
    assert pod.has_ended.wait(60)
    assert pod.exit_code == 0, pod.text
    return pod.text.splitlines()


def test_a_file_that_one_pod_leaves_in_a_folder_of_its_own_is_not_there_for_the_next(kubernetes, tmp_path):
    config = yaml.safe_load(kubernetes.kubeconfig(tmp_path / "kubeconfig").read_text())
    source = LEAVE_A_FILE.format(name=f"fixed-{tmp_path.name}")
    for number in range(2):
        said = run_pod(kubernetes, config, f"pod-{number}", source)
        assert [line.partition(" ")[2] for line in said] == ["False"] * 2
        assert all(line.startswith(f"{tmp_path / 'pods' / f'pod-{number}'}/") for line in said)
