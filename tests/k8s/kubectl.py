"""kubectl, in the namespace of Qiao, for tests. Every call blocks."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

KUBECTL = Path(sys.executable).parent / "kubectl"
PATIENCE = 300
"""Seconds that anything may take to become ready."""


class Kubectl:
    """One cluster."""

    def __init__(self, kubeconfig: str) -> None:
        """`kubeconfig` is the path of a file."""
        self.environment = os.environ | {"KUBECONFIG": kubeconfig, "KUBECTL": str(KUBECTL)}

    def run(self, *arguments: str, told: str = "") -> str:
        """What it says; `told` is its input. Raises AssertionError where it fails, with what it says of that."""
        done = self.attempt(*arguments, told=told)
        assert done.returncode == 0, f"kubectl {' '.join(arguments)}: {done.stderr}"
        return done.stdout

    def attempt(self, *arguments: str, told: str = "") -> subprocess.CompletedProcess[str]:
        """Whatever comes of it."""
        command = [KUBECTL, "--namespace", "qiao", *arguments]
        return subprocess.run(
            command,
            input=told,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE + 60,
            check=False,
        )

    def get(self, *arguments: str) -> Any:
        """What `get` answers, as objects."""
        return json.loads(self.run("get", *arguments, "--output=json"))

    def pods(self, component: str) -> dict[str, Any]:
        """The pods of a role, by name, without those that are on their way out."""
        found = self.get("pods", f"--selector=app.kubernetes.io/component={component}")["items"]
        return {each["metadata"]["name"]: each for each in found if "deletionTimestamp" not in each["metadata"]}

    def settled(self, *things: str) -> None:
        """Until these are rolled out and ready. Raises AssertionError."""
        for thing in things:
            self.run("rollout", "status", thing, f"--timeout={PATIENCE}s")

    def node_address(self) -> str:
        """Where the ports of a node answer."""
        [address, *_] = [
            each["address"]
            for node in self.get("nodes")["items"]
            for each in node["status"]["addresses"]
            if each["type"] == "InternalIP"
        ]
        return str(address)
