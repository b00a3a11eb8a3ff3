"""The platform of docker-compose.yml, on a Docker Engine, with local stand-ins for the images that it names."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from typing import Any

from qiao.servers.ports import free_port
from tests.unit.deploy.files import ROOT, filled, services

PATIENCE = 300.0
"""Seconds that anything may take: the machine may be small and busy."""
IMAGE = os.environ.get("TEST_IMAGE", "qiao:latest")
OFFICIAL = os.environ.get("TEST_COMPOSE") == "official"
"""Whether the images that the file names can be pulled here."""
WATCHING = ("collector", "jaeger", "prometheus", "grafana")
"""What Qiao runs without."""


def docker(*arguments: str) -> str:
    """What `docker` says. Raises AssertionError with what it complained of."""
    return ran("docker", *arguments)


def ran(*command: str, environment: Mapping[str, str] | None = None) -> str:
    """What a command says. Raises AssertionError with what it complained of."""
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-2000:]}{done.stderr[-4000:]}"
    return done.stdout


def present(image: str) -> bool:
    """Whether the engine has it already."""
    return subprocess.run(["docker", "image", "inspect", image], capture_output=True, check=False).returncode == 0


def stand_in(name: str) -> str:
    """The image that deploy/local/build.sh makes in place of the one that the file names."""
    other = {"prometheus": "debian", "collector": "jaeger"}.get(name)
    return f"qiao-local/{name}:{other or filled(services()[name]['image']).rpartition(':')[2]}"


class Lab:
    """One project of Compose, of our own name and ports, with volumes of its own."""

    def __init__(self) -> None:
        """Nothing runs yet."""
        names = [name for name in services() if name != "seed"]
        self.left_out = [name for name in WATCHING if not OFFICIAL and not present(stand_in(name))]
        self.services = [name for name in names if name not in self.left_out]
        self.ports = {name: free_port() for name in ("gateway", "jaeger", "prometheus", "grafana")}
        self._environment = os.environ | {"COMPOSE_PROJECT_NAME": "qiao-test"} | self._variables()
        self._compose = ("docker-compose",) if shutil.which("docker-compose") else ("docker", "compose")

    def compose(self, *arguments: str, image: str = IMAGE) -> str:
        """What Compose says, with that image of Qiao. Raises AssertionError with what it complained of."""
        return ran(*self._compose, *arguments, environment=self._environment | {"IMAGE": image})

    def up(self) -> None:
        """Everything that can run here, by one command."""
        self.compose("up", "--detach", "--no-build", *self.services)

    def remove(self) -> None:
        """Containers and volumes, unless KEEP says to leave them for a look."""
        if not os.environ.get("KEEP"):
            self.compose("--profile", "sample", "down", "--volumes", "--timeout", "30")

    def inspect(self, service: str) -> Any:
        """What the engine knows of its container."""
        [container] = self.compose("ps", "--all", "--quiet", service).split()
        return json.loads(docker("inspect", container))[0]

    def health(self, names: Iterable[str]) -> dict[str, str]:
        """How those are that are asked for their health."""
        states = {name: self.inspect(name)["State"] for name in names}
        return {name: state["Health"]["Status"] for name, state in states.items() if "Health" in state}

    def url(self, service: str) -> str:
        """Where this machine reaches it."""
        return f"http://127.0.0.1:{self.ports[service]}"

    @property
    def qiao(self) -> list[str]:
        """The services that stay and are Qiao."""
        return [name for name in self.services if name == "gateway" or name.startswith("worker-")]

    def _variables(self) -> dict[str, str]:
        ports = {f"{name.upper()}_PORT": str(port) for name, port in self.ports.items()}
        named = [name for name in self.services if name in ("kafka", "cassandra", *WATCHING)]
        return ports | ({} if OFFICIAL else {f"{name.upper()}_IMAGE": stand_in(name) for name in named})
