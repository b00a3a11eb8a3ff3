"""docker-compose.yml from nothing to a post in a follower's home, through a stop, a start, and new containers.

One installation lives through it all; the tests stand in that order.
"""

import json
import subprocess
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from tests.compose import registry
from tests.compose.lab import IMAGE, PATIENCE, Lab, docker
from tests.e2e.client import PASSWORD, Api, Someone
from tests.waiting import eventually

pytestmark = [pytest.mark.timeout(2 * PATIENCE), pytest.mark.may_stall]

TEXT = "从容器里说话 #qiao"
HANDLES = ("compose_author", "compose_follower")


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    lab = Lab()
    print("left out, for want of an image:", ", ".join(lab.left_out) or "nothing")
    try:
        lab.up()
        yield lab
    finally:
        print(lab.compose("ps"))
        lab.remove()


@pytest_asyncio.fixture
async def api(lab: Lab) -> AsyncIterator[Api]:
    async with aiohttp.ClientSession() as session:
        yield Api(session, lab.url("gateway"))


async def healthy(lab: Lab) -> None:
    """Wait until everything that is asked says so."""

    def check() -> bool:
        health = lab.health(lab.services)
        assert set(health.values()) == {"healthy"}, health
        return True

    await eventually(check, PATIENCE)


async def signed_in(api: Api, handle: str) -> Someone:
    reply = await api.send("POST", "/v1/sessions", {"handle": handle, "password": PASSWORD})
    assert reply.status in (200, 201), reply
    return Someone(api, reply.body | {"account": {"handle": handle, "id": reply.body["account_id"]}})


async def is_in_the_home(api: Api, reader: Someone) -> bool:
    return TEXT in await reader.texts("/v1/home")


async def test_one_command_brings_everything_up_in_order(lab: Lab) -> None:
    await healthy(lab)
    migrate = lab.inspect("migrate")["State"]
    assert (migrate["Status"], migrate["ExitCode"]) == ("exited", 0)
    for name in lab.qiao:
        state = lab.inspect(name)
        assert state["RestartCount"] == 0
        assert state["State"]["StartedAt"] > migrate["FinishedAt"]


def test_the_sample_world_is_one_command_more(lab: Lab) -> None:
    assert "all of them have that one" in lab.compose("run", "--rm", "seed")


async def test_a_post_reaches_a_followers_home(api: Api) -> None:
    author, follower = [Someone(api, (await api.register(handle)).body) for handle in HANDLES]
    await follower.follows(author)
    await author.post(TEXT)
    await eventually(partial(is_in_the_home, api, follower))


def test_qiao_runs_as_nobody_in_particular_on_a_root_that_cannot_be_written_to(lab: Lab) -> None:
    for name in lab.qiao:
        inspected = lab.inspect(name)
        assert inspected["Config"]["User"] == "10001:10001"
        assert inspected["HostConfig"]["ReadonlyRootfs"]
        assert inspected["HostConfig"]["Memory"] > 0
        writing = ["docker", "exec", inspected["Id"], "python", "-c", "open('/opt/qiao/x', 'w')"]
        done = subprocess.run(writing, capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert "Read-only file system" in done.stderr


def test_there_is_no_shell_and_nothing_to_install_with(lab: Lab) -> None:
    container = lab.inspect("gateway")["Id"]
    for tool in ("sh", "bash", "/bin/sh", "pip", "apt-get", "gcc"):
        done = subprocess.run(["docker", "exec", container, tool], capture_output=True, timeout=PATIENCE, check=False)
        assert done.returncode in (126, 127), tool


def test_only_this_machine_reaches_the_ports(lab: Lab) -> None:
    for name in lab.services:
        for bindings in (lab.inspect(name)["HostConfig"]["PortBindings"] or {}).values():
            assert [binding["HostIp"] for binding in bindings] == ["127.0.0.1"]


def asked(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - of our own
        return json.load(answer)


async def test_prometheus_sees_every_process_of_qiao_and_loads_every_alert(lab: Lab) -> None:
    if "prometheus" in lab.left_out:
        pytest.skip("no image of Prometheus here")

    def every_target_is_up() -> bool:
        targets = asked(f"{lab.url('prometheus')}/api/v1/targets")["data"]["activeTargets"]
        return len(targets) == len(lab.qiao) and {target["health"] for target in targets} == {"up"}

    await eventually(every_target_is_up, PATIENCE)
    groups = asked(f"{lab.url('prometheus')}/api/v1/rules")["data"]["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert len(rules) > 10
    assert {rule["health"] for rule in rules} <= {"ok", "unknown"}


async def test_what_the_gateway_and_the_workers_did_is_found_in_jaeger(lab: Lab) -> None:
    if {"collector", "jaeger"} & set(lab.left_out):
        pytest.skip("no image of the collector or of Jaeger here")

    def every_process_is_known() -> bool:
        known = set(asked(f"{lab.url('jaeger')}/api/services")["data"])
        return known >= {f"qiao-{name}" for name in lab.qiao}

    await eventually(every_process_is_known, PATIENCE)


async def test_after_a_stop_and_a_start_everything_is_still_there(lab: Lab, api: Api) -> None:
    lab.compose("stop")
    ended = {name: lab.inspect(name)["State"]["ExitCode"] for name in lab.qiao}
    assert set(ended.values()) == {0}, ended
    lab.compose("start")
    await healthy(lab)
    await eventually(partial(is_in_the_home, api, await signed_in(api, HANDLES[1])))


@pytest.mark.skipif(not registry.can_run(), reason="no docker-registry here")
async def test_a_gateway_is_soon_ready_from_the_first_byte_pulled(lab: Lab, tmp_path: Path) -> None:
    lab.compose("rm", "--stop", "--force", "gateway")
    async with registry.running(tmp_path) as address:
        pushed = registry.pushed_copy(IMAGE, f"{address}/qiao:copy")
        began = time.monotonic()
        docker("pull", pushed)
        pulled = time.monotonic()
        try:
            lab.compose("up", "--detach", "--no-build", "--no-deps", "gateway", image=pushed)
            await eventually(partial(is_ready, lab), PATIENCE)
            print(f"pull {pulled - began:.2f} s, then ready in {time.monotonic() - pulled:.2f} s")
        finally:
            lab.compose("rm", "--stop", "--force", "gateway")
            docker("image", "rm", pushed)


async def is_ready(lab: Lab) -> bool:
    async with aiohttp.ClientSession() as session:
        try:
            async with session.get(f"{lab.url('gateway')}/readyz") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False


async def test_containers_may_be_removed_and_only_the_volumes_matter(lab: Lab, api: Api) -> None:
    lab.compose("down")
    lab.up()
    await healthy(lab)
    follower = await signed_in(api, HANDLES[1])
    await eventually(partial(is_in_the_home, api, follower))
    await (await signed_in(api, HANDLES[0])).post("and on it goes")
    assert "and on it goes" in await follower.texts("/v1/home")


def test_nothing_of_it_needed_more_memory_than_it_may_have(lab: Lab) -> None:
    for name in lab.services:
        assert not lab.inspect(name)["State"]["OOMKilled"], name
    print(docker("stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}}"))
