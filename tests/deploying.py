"""What `deploy/` becomes: rendered as `kubectl apply -k` renders it, with secrets that a test makes up."""

import base64
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from composing import CHECKOUT

DEPLOY = CHECKOUT / "deploy"
Manifest = dict[str, Any]


def rendered(overlay: str, folder: Path, secrets: Mapping[str, str] | None = None) -> list[Manifest]:
    """The objects of an overlay; `secrets` are values of its `*.env`, which has all names of `*.env.example`."""
    copy = folder / "deploy"
    shutil.copytree(DEPLOY, copy, ignore=shutil.ignore_patterns("*.env"), dirs_exist_ok=True)
    for example in DEPLOY.glob("*.env.example"):
        lines = [f"{name}={(secrets or {}).get(name, 'made-up')}\n" for name in secret_names(example)]
        (copy / "overlays" / "local" / example.stem).write_text("".join(lines))
    kubectl = Path(sys.executable).with_name("kubectl")
    done = subprocess.run(
        [kubectl, "kustomize", copy / "overlays" / overlay], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


def secret_names(example: Path) -> list[str]:
    """Keys of a Secret, from the file that shows how to make it."""
    return [line.partition("=")[0] for line in example.read_text().splitlines() if line and not line.startswith("#")]


def named(manifests: list[Manifest], kind: str, name: str) -> Manifest:
    """The one object of a kind and name."""
    (found,) = (each for each in manifests if (each["kind"], each["metadata"]["name"]) == (kind, name))
    return found


def data_of(manifest: Manifest) -> dict[str, str]:
    """What a ConfigMap or a Secret holds, as a pod's variables."""
    if manifest["kind"] == "ConfigMap":
        return dict(manifest["data"])
    return {name: base64.b64decode(value).decode() for name, value in manifest["data"].items()}


def pods(manifests: list[Manifest]) -> Iterator[tuple[str, Manifest]]:
    """The pod template of everything that starts pods, by its name."""
    for each in manifests:
        if template := each.get("spec", {}).get("template"):
            yield each["metadata"]["name"], template
