"""Qiao on a cluster that is there for tests: the overlay `dev`, with doors to see through what is written."""

import os
import subprocess
from pathlib import Path
from typing import Any

import yaml

from qiao.load.gateway import Gateway
from qiao.settings import Settings, load
from tests.integration.cluster import ROOT, environment
from tests.integration.day import SEED, Day
from tests.integration.load import Life
from tests.k8s.kubectl import PATIENCE, Kubectl

GATEWAY, KAFKA, CASSANDRA = 30080, 30094, 30042
"""Ports of the node. The overlay names the first; the others are for the tests alone."""
WORKERS = ("statefulset/worker-accounts", "statefulset/worker-feeds", "statefulset/worker-posts")
ROLES = ("deployment/gateway", *WORKERS)
SECRET, MASTER_KEY = "s" * 32, "ab" * 32


class Images:
    """What runs; each may be named by a variable, as `name:tag`."""

    qiao = os.environ.get("TEST_IMAGE", "qiao:latest")
    upgrade = os.environ.get("TEST_NEXT_IMAGE", "qiao:next")
    kafka = os.environ.get("TEST_KAFKA_IMAGE", "apache/kafka:4.1.1")
    cassandra = os.environ.get("TEST_CASSANDRA_IMAGE", "cassandra:5.0.8")


class Lab:
    """The cluster, and what is rolled out on it."""

    def __init__(self, kubeconfig: str, directory: Path) -> None:
        """`directory` is for overlays."""
        self.kubectl = Kubectl(kubeconfig)
        self.directory = directory
        self.node = self.kubectl.node_address()

    def load_images(self) -> None:
        """Hand them to the cluster by the command LOAD_IMAGE, which reads an archive; without it, it pulls them.

        Where no next image is named, it is the same one under another name: pods are replaced all the same.
        """
        if command := os.environ.get("LOAD_IMAGE"):
            if "TEST_NEXT_IMAGE" not in os.environ:
                subprocess.run(["docker", "tag", Images.qiao, Images.upgrade], check=True, timeout=PATIENCE)
            for image in (Images.qiao, Images.upgrade, Images.kafka, Images.cassandra):
                saving = f"docker save {image} | ({command})"
                subprocess.run(["bash", "-o", "pipefail", "-c", saving], check=True, timeout=PATIENCE)

    def refuse_to_harm(self) -> None:
        """Raises AssertionError where a Qiao is there already: it is not ours."""
        assert self.kubectl.attempt("get", "namespace", "qiao").returncode, "this cluster has a namespace qiao already"

    def install(self) -> None:
        """From nothing to ready. Raises AssertionError."""
        self.kubectl.run("apply", "--server-side", f"--filename={ROOT}/k8s/base/namespace.yaml")
        keys = (f"--from-literal=secret={SECRET}", f"--from-literal=master-key={MASTER_KEY}")
        self.kubectl.run("create", "secret", "generic", "qiao", *keys)
        done = self.roll(Images.qiao)
        assert done.returncode == 0, done.stdout + done.stderr

    def remove(self) -> None:
        """The namespace with all that is in it, unless KEEP says to leave it for a look."""
        if not os.environ.get("KEEP"):
            self.kubectl.attempt("delete", "namespace", "qiao", "--timeout=120s")

    def roll(self, image: str, *patches: dict[str, Any]) -> subprocess.CompletedProcess[str]:
        """Roll out this image of Qiao, with further patches of kustomize."""
        return subprocess.run(
            [ROOT / "k8s" / "roll.sh", self.overlay(image, *patches)],
            env=self.kubectl.environment | {"QIAO_ROLL_TIMEOUT": str(PATIENCE)},
            capture_output=True,
            text=True,
            timeout=3 * PATIENCE,
            check=False,
        )

    def overlay(self, image: str, *patches: dict[str, Any]) -> Path:
        """An overlay of `dev` with these images, and with ports of the node for Kafka and Cassandra."""
        (self.directory / "doors.yaml").write_text(yaml.safe_dump_all(doors()))
        written = {
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "namespace": "qiao",
            "resources": [os.path.relpath(ROOT / "k8s" / "overlays" / "dev", self.directory.resolve()), "doors.yaml"],
            "images": [
                renamed("qiao", image),
                renamed("apache/kafka", Images.kafka),
                renamed("cassandra", Images.cassandra),
            ],
            "configMapGenerator": [
                {"name": "qiao-settings", "behavior": "merge", "literals": ["QIAO_RATE_LIMITS=off"]}
            ],
            "patches": [outside_listener(self.node), *patches],
        }
        (self.directory / "kustomization.yaml").write_text(yaml.safe_dump(written))
        return self.directory

    @property
    def settings(self) -> Settings:
        """Those of a tool of this machine."""
        return load(
            environment(
                log=f"kafka://{self.node}:{KAFKA}",
                views=f"cassandra://{self.node}:{CASSANDRA}/qiao",
                secret=SECRET,
                master_key=MASTER_KEY,
            )
        )


def renamed(name: str, image: str) -> dict[str, str]:
    """What kustomize wants to hear of an image."""
    new_name, _, tag = image.rpartition(":")
    return {"name": name, "newName": new_name, "newTag": tag}


def doors() -> list[dict[str, Any]]:
    """Ports of the node for Kafka and Cassandra, open to anybody: the cluster is there for tests."""
    made: list[dict[str, Any]] = []
    for name, inner, outer in (("kafka", 9094, KAFKA), ("cassandra", 9042, CASSANDRA)):
        port = {"name": "outside", "port": inner, "targetPort": inner, "nodePort": outer}
        chosen = {"app.kubernetes.io/name": name}
        service = {"type": "NodePort", "selector": chosen, "ports": [port]}
        opened = {"podSelector": {"matchLabels": chosen}, "policyTypes": ["Ingress"]}
        opened |= {"ingress": [{"ports": [{"protocol": "TCP", "port": inner}]}]}
        metadata = {"name": f"{name}-outside"}
        made.append({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": service})
        made.append(
            {
                "apiVersion": "networking.k8s.io/v1",
                "kind": "NetworkPolicy",
                "metadata": metadata,
                "spec": opened,
            }
        )
    return made


def outside_listener(node: str) -> dict[str, Any]:
    """The patch with which Kafka tells those outside of the cluster where to find it."""
    variables = {
        "KAFKA_LISTENERS": "PLAINTEXT://:9092,CONTROLLER://:9093,OUTSIDE://:9094",
        "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://kafka-0.kafka:9092,OUTSIDE://{node}:{KAFKA}",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,OUTSIDE:PLAINTEXT",
    }
    container = {"name": "kafka", "env": [{"name": name, "value": value} for name, value in variables.items()]}
    patch = {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "kafka"},
        "spec": {"template": {"spec": {"containers": [container]}}},
    }
    return {"patch": yaml.safe_dump(patch)}


class Door:
    """What a day asks of the process that it talks to; here it is a service of the cluster."""

    status = None

    def __init__(self, kubectl: Kubectl) -> None:
        """Of that cluster."""
        self._kubectl = kubectl

    def tail(self) -> str:
        """What can be seen where something failed."""
        return self._kubectl.attempt("get", "pods,jobs,events").stdout


class LabDay(Day):
    """On that cluster."""

    def __init__(self, lab: Lab) -> None:
        """Qiao is installed."""
        door: Any = Door(lab.kubectl)
        super().__init__(Gateway(host=lab.node, port=GATEWAY), lab.settings, door, Life(SEED))
        self.lab = lab
