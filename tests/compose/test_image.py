"""The image: small, the same every time, and soon ready."""

import json
import os
import subprocess
from typing import Any

import pytest

from tests.compose.lab import IMAGE, PATIENCE, ROOT, docker

pytestmark = [pytest.mark.timeout(3 * PATIENCE)]

MOST_MEGABYTES = 200


def inspect(image: str) -> Any:
    return json.loads(docker("image", "inspect", image))[0]


def test_it_is_small() -> None:
    megabytes = inspect(IMAGE)["Size"] / 1e6
    print(f"size: {megabytes:.0f} MB unpacked")
    assert megabytes < MOST_MEGABYTES


def test_it_tells_what_it_is() -> None:
    labels = inspect(IMAGE)["Config"]["Labels"]
    told = {name.removeprefix("org.opencontainers.image."): value for name, value in labels.items()}
    assert told["title"] == "Qiao"
    assert told["version"] in docker("run", "--rm", IMAGE, "--version")
    assert told["base.name"]


def test_every_role_starts_from_it() -> None:
    for role in ("gateway", "worker", "migrate", "rebuild", "seed"):
        assert "Usage: qiao" in docker("run", "--rm", "--read-only", "--network", "none", IMAGE, role, "--help")


@pytest.mark.skipif("TEST_BASE" not in os.environ, reason="TEST_BASE names no base image")
def test_the_same_inputs_make_the_same_layers() -> None:
    flags = {"BASE": os.environ["TEST_BASE"], "BUILD_FLAGS": "--no-cache --quiet --network host"}
    command = ["deploy/image/build.sh", "qiao:again"]
    subprocess.run(command, cwd=ROOT, env=os.environ | flags, check=True, timeout=PATIENCE)
    try:
        assert inspect("qiao:again")["RootFS"] == inspect(IMAGE)["RootFS"]
    finally:
        docker("image", "rm", "qiao:again")
