"""Qiao on a real Kubernetes: whatever is deleted, killed, rolled or scaled under load, nothing is lost or miscounted.

One installation lives through one trouble after the other. After each, once it is quiet, the log holds exactly what was
acknowledged, and every page that people see over HTTP equals the plain model of that log.
"""

import asyncio
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from libs.http import Page
from libs.http.shapes import Card
from qiao.load.lanes import Lane
from tests.integration.asking import Request
from tests.integration.day import AWAY, BEHIND
from tests.integration.watching import Watch
from tests.k8s.lab import ROLES, Images, Lab, LabDay
from tests.waiting import eventually

pytestmark = [pytest.mark.timeout(1200), pytest.mark.may_stall]

PEOPLE = 16
HOMES = 60
"""Read one after the other while Kafka is away: in a quarter of a minute."""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab(os.environ["TEST_KUBECONFIG"], tmp_path_factory.mktemp("overlay"))
    lab.refuse_to_harm()
    lab.load_images()
    try:
        lab.install()
        yield lab
    finally:
        lab.remove()


@pytest.fixture(scope="module")
def shared_day(lab: Lab) -> LabDay:
    return LabDay(lab)


@pytest_asyncio.fixture
async def day(shared_day: LabDay) -> AsyncIterator[LabDay]:
    await shared_day.goes_on(PEOPLE)
    yield shared_day
    print(shared_day.door.tail())


def test_everything_is_ready_and_the_level_restricted_is_enforced(lab: Lab) -> None:
    for pod in lab.kubectl.get("pods", "--field-selector=status.phase=Running")["items"]:
        ready = [each["status"] for each in pod["status"]["conditions"] if each["type"] == "Ready"]
        assert ready == ["True"], pod["metadata"]["name"]
    refused = lab.kubectl.attempt("run", "rude", f"--image={Images.qiao}", "--privileged", "--dry-run=server")
    assert "violates PodSecurity" in refused.stderr


async def test_a_post_reaches_a_followers_home(day: LabDay) -> None:
    lane, (author, follower) = Lane(day.gateway), day.life.people[:2]
    follow = Request(method="PUT", target=f"/v1/accounts/{author.handle}/follow", token=follower.token)
    follower.did(await day.life.write(lane, ("follow", str(follower.id), str(author.id)), "P", follow))
    await day.life.say(lane, author)
    wanted = day.life.posts[-1].id

    async def is_shown() -> bool:
        reply = await day.life.answer(lane, Request(method="GET", target="/v1/home", token=follower.token))
        return wanted in [card.id for card in msgspec.json.decode(reply.body, type=Page[Card]).items]

    await eventually(is_shown)
    lane.close()


async def deleted(day: LabDay, pod: str, owner: str) -> None:
    """Delete a pod, and wait for the one that takes its place."""
    await in_thread(day.lab.kubectl.run, "delete", "pod", pod)
    await in_thread(day.lab.kubectl.settled, owner)


def in_thread(function: Any, *arguments: Any) -> asyncio.Task[Any]:
    return asyncio.ensure_future(asyncio.to_thread(function, *arguments))


async def test_a_deleted_worker_catches_up(day: LabDay) -> None:
    async with day.trouble("a worker deleted"):
        await deleted(day, "worker-feeds-0", "statefulset/worker-feeds")
    await day.all_is_right()


async def test_a_deleted_gateway_fails_no_request(day: LabDay) -> None:
    victim = min(day.lab.kubectl.pods("gateway"))
    before = len(day.life.repeated)
    async with day.trouble("a gateway deleted"):
        await deleted(day, victim, "deployment/gateway")
    assert not day.life.repeated[before:]
    await day.all_is_right()


async def test_without_kafka_homes_are_read_by_whoever_comes(day: LabDay) -> None:
    """No gateway leaves its Service for want of the log: all of them would at once."""
    home = Request(method="GET", target="/v1/home?limit=5", token=day.life.people[0].token)
    async with day.trouble("kafka gone", AWAY), Watch(day.gateway, home, anew=True) as reads:
        await in_thread(day.lab.kubectl.run, "scale", "statefulset/kafka", "--replicas=0")
        try:
            await in_thread(day.lab.kubectl.run, "wait", "--for=delete", "pod/kafka-0", "--timeout=60s")
            gone = time.monotonic()
            # Longer than readiness takes to fail, and endpoints to be taken away.
            await eventually(lambda: reads.statuses(gone, time.monotonic()).total() >= HOMES, 60)
        finally:
            await in_thread(day.lab.kubectl.run, "scale", "statefulset/kafka", "--replicas=1")
        await in_thread(day.lab.kubectl.settled, "statefulset/kafka")
    assert reads.statuses(gone, float("inf")).keys() == {200}
    await day.all_is_right()


@pytest.mark.parametrize("server", ["kafka", "cassandra"])
async def test_a_server_that_is_restarted_is_waited_for(day: LabDay, server: str) -> None:
    kubectl = day.lab.kubectl
    before = restarts(day.lab)
    async with day.trouble(f"{server} restarted", AWAY):
        await in_thread(kubectl.run, "delete", "pod", f"{server}-0")
        await in_thread(kubectl.settled, f"statefulset/{server}")
    await day.all_is_right()
    assert restarts(day.lab) == before


def restarts(lab: Lab) -> dict[str, int]:
    """How often each pod of Qiao was started anew: an outage of a server must restart nothing."""
    pods = lab.kubectl.pods("gateway") | lab.kubectl.pods("worker")
    return {pod["metadata"]["uid"]: pod["status"]["containerStatuses"][0]["restartCount"] for pod in pods.values()}


async def test_a_rolling_update_fails_no_request(day: LabDay) -> None:
    before = len(day.life.repeated)
    times: list[float] = []
    saying = asyncio.create_task(say_one_after_the_other(day, times))
    async with day.trouble("gateway and workers rolled to the next image", BEHIND):
        done = await in_thread(day.lab.roll, Images.upgrade)
        saying.cancel()
        with suppress(asyncio.CancelledError):
            await saying
    print(f"figure rollout: {len(times)} posts, the slowest in a home after {max(times):.1f} s")
    assert done.returncode == 0, done.stderr
    assert {images for pod in day.lab.kubectl.pods("gateway").values() for images in images_of(pod)} == {Images.upgrade}
    assert not day.life.repeated[before:], Counter(day.life.repeated[before:])
    await day.all_is_right()


def images_of(pod: Any) -> set[str]:
    return {each["image"] for each in pod["spec"]["containers"]}


async def say_one_after_the_other(day: LabDay, times: list[float]) -> None:
    """Until cancelled. Notes how long each took to show, in seconds; raises AssertionError where one never does."""
    lane, person = Lane(day.gateway), day.life.people[0]
    clock = asyncio.get_running_loop().time
    while True:
        began = clock()
        await day.life.say(lane, person)
        await eventually(partial(day._shows, lane, person, person.position), 60)
        times.append(clock() - began)


async def test_a_migrate_that_fails_blocks_the_rollout(day: LabDay) -> None:
    before = {name: pod["metadata"]["uid"] for name, pod in day.lab.kubectl.pods("gateway").items()}
    broken = {
        "target": {"kind": "Job", "name": "migrate"},
        "patch": '[{"op": "replace", "path": "/spec/template/spec/containers/0/args", "value": '
        '["migrate", "--new-epoch", "nowhere"]}, {"op": "replace", "path": "/spec/backoffLimit", "value": 0}]',
    }
    done = await in_thread(day.lab.roll, Images.qiao, broken)
    assert done.returncode == 1
    assert "nothing else was rolled out" in done.stderr
    assert {name: pod["metadata"]["uid"] for name, pod in day.lab.kubectl.pods("gateway").items()} == before
    await day.all_is_right()


async def test_a_rollout_mends_a_worker_that_runs_out_of_memory_and_it_catches_up(day: LabDay) -> None:
    kubectl = day.lab.kubectl

    def was_killed() -> bool:
        pod = kubectl.pods("worker").get("worker-feeds-0", {})
        return "OOMKilled" in [
            status.get(place, {}).get("terminated", {}).get("reason")
            for status in pod.get("status", {}).get("containerStatuses", ())
            for place in ("state", "lastState")
        ]

    async with day.trouble("a worker out of memory"):
        little = ("--limits=memory=48Mi", "--requests=memory=48Mi")
        await in_thread(kubectl.run, "set", "resources", "statefulset/worker-feeds", *little)
        try:
            await eventually(lambda: in_thread(was_killed), 120)
        finally:
            # A set waits for the pod that it rolled last, even one that can never be ready: the script does not.
            done = await in_thread(day.lab.roll, Images.upgrade)
    assert done.returncode == 0, done.stderr
    assert "worker-feeds-0 is not ready, and the set would wait for it" in done.stdout
    await day.all_is_right()


async def test_workers_are_scaled_from_one_to_three_and_back_and_every_count_is_kept(day: LabDay) -> None:
    for replicas in (3, 1):
        async with day.trouble(f"feeds workers scaled to {replicas}"):
            await in_thread(day.lab.kubectl.run, "scale", "statefulset/worker-feeds", f"--replicas={replicas}")
            await in_thread(day.lab.kubectl.settled, "statefulset/worker-feeds")
        await day.all_is_right()


def test_in_the_end_all_is_rolled_out(lab: Lab) -> None:
    lab.kubectl.settled(*ROLES)
