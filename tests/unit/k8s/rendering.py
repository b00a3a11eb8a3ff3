"""What an overlay renders to, for the tests of the promises that it makes."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[3]
K8S = ROOT / "k8s"
OVERLAYS = sorted(path.name for path in (K8S / "overlays").iterdir())
PRODUCTION = ["managed", "prod"]
QIAO = "qiao"

Object = dict[str, Any]


@cache
def render(overlay: str) -> Sequence[Object]:
    """Every object of an overlay, as `kubectl apply -k` would send it."""
    kubectl = Path(sys.executable).parent / "kubectl"
    done = subprocess.run(
        [kubectl, "kustomize", K8S / "overlays" / overlay], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


def of_kind(overlay: str, *kinds: str) -> dict[str, Object]:
    """The overlay's objects of these kinds, by name."""
    return {each["metadata"]["name"]: each for each in render(overlay) if each["kind"] in kinds}


def running(overlay: str) -> dict[str, Object]:
    """Everything that has pods, by name."""
    return of_kind(overlay, "Deployment", "StatefulSet", "Job")


def roles(overlay: str) -> dict[str, Object]:
    """What runs Qiao's own image: gateway, workers, migrate."""
    return {name: each for name, each in running(overlay).items() if container(each)["name"] == QIAO}


def backups(overlay: str) -> dict[str, Object]:
    """The jobs that are started from a template, by its name."""
    return {name: each["spec"]["jobTemplate"] for name, each in of_kind(overlay, "CronJob").items()}


def workers(overlay: str) -> dict[str, Object]:
    """The workers, by the service that each one folds for."""
    found = {name: each for name, each in roles(overlay).items() if each["kind"] == "StatefulSet"}
    return {pod(each)["metadata"]["labels"]["qiao/service"]: each for each in found.values()}


def pod(thing: Object) -> Object:
    """The template of its pods."""
    template: Object = thing["spec"]["template"]
    return template


def container(thing: Object) -> Object:
    """The one container of its pods."""
    [only] = pod(thing)["spec"]["containers"]
    assert isinstance(only, dict)
    return only


def variables(overlay: str, thing: Object) -> Mapping[str, str]:
    """The environment of its container; what comes from a secret or from the pod shows as a placeholder."""
    told: dict[str, str] = {}
    for source in container(thing).get("envFrom", ()):
        told |= of_kind(overlay, "ConfigMap")[source["configMapRef"]["name"]]["data"]
    for each in container(thing).get("env", ()):
        told[each["name"]] = each.get("value", _PLACEHOLDERS.get(each["name"], "from elsewhere"))
    return told


_PLACEHOLDERS = {"QIAO_SECRET": "s" * 32, "QIAO_MASTER_KEY": "0" * 64}
