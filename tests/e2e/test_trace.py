"""`qiao trace`: where the time of a request went, across services, without a tracing server."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.e2e.commands import TIMEOUT, qiao
from tests.e2e.test_up import Up, home, sign_in, up
from tests.unit.qiao.commands.test_help import COMMANDS, examples
from tests.waiting import eventually

pytestmark = pytest.mark.slow


def posted(running: Up, token: str) -> tuple[str, str, str]:
    """A new post: its id, the position, and the request's id."""
    headers = {"Authorization": f"Bearer {token}"}
    reply = requests.post(f"{running.url}/v1/posts", json={"text": "trace me"}, headers=headers, timeout=TIMEOUT)
    assert reply.status_code == 201
    return reply.json()["id"], reply.headers["Qiao-Position"], reply.headers["Qiao-Request-Id"]


def traced(data: Path, *arguments: str) -> list[dict[str, Any]]:
    """What `qiao trace ... --json` shows; nothing where nothing is kept yet."""
    shown = qiao("trace", *arguments, "--json", QIAO_DATA=str(data))
    assert shown.returncode in (0, 1), shown.stderr
    return [json.loads(line) for line in shown.stdout.splitlines()]


def names(trace: dict[str, Any]) -> set[tuple[str, str]]:
    """Who did what."""
    return {(span["service"], span["name"]) for span in trace["spans"]}


HANDLED = {
    ("gateway", "POST /v1/posts"),
    ("gateway", "send posts"),
    ("posts", "process posts"),
    ("posts", "write rows"),
    ("feeds", "process posts"),
    ("feeds", "write rows"),
}


@pytest.mark.may_stall
async def test_the_trace_of_a_post_shows_the_request_its_send_and_every_service_that_folded_it(tmp_path: Path) -> None:
    with up(tmp_path) as running:
        token = sign_in(running.url, running.lines[1])
        post, position, request = posted(running, token)
        home(running.url, token, after=[position])

        def complete() -> Any:
            found = traced(tmp_path, "--post", post)
            return found and names(found[0]) >= HANDLED and found[0]

        trace = await eventually(complete, TIMEOUT)
        assert trace["trace"] == request
        spans = {span["span"]: span for span in trace["spans"]}
        for span in spans.values():
            if span["name"] == "process posts":
                [[sender_trace, sender]] = span["links"]
                assert (sender_trace, spans[sender]["name"]) == (request, "send posts")
                assert span["trace"] != request
        assert running.stop() == 0

    drawn = qiao("trace", request, QIAO_DATA=str(tmp_path))
    assert drawn.returncode == 0, drawn.stderr
    headline, first, *rest = drawn.stdout.splitlines()
    assert headline.startswith(f"trace {request}  ")
    assert first.startswith("gateway  POST /v1/posts 201 ")
    assert any("↳ process posts[" in line and line.startswith("feeds ") for line in rest)
    assert "\x1b" not in drawn.stdout, "colours are for terminals"
    assert "trace me" not in (tmp_path / "traces.db").read_bytes().decode(errors="replace"), "traces say no texts"


def test_the_examples_of_its_help_draw_the_traces_that_they_ask_for(tmp_path: Path) -> None:
    with up(tmp_path) as running:
        token = sign_in(running.url, running.lines[1])
        post, position, request = posted(running, token)
        home(running.url, token, after=[position])
        assert running.stop() == 0
    for line in examples(COMMANDS["trace"]):
        own = re.sub(r"--post \S+", f"--post {post}", re.sub(r"\b[0-9a-f]{32}\b", request, line))
        drawn = qiao(*shlex.split(own), QIAO_DATA=str(tmp_path))
        assert drawn.returncode == 0, f"{own}: {drawn.stderr}"
        assert ("GET /v1/home" if "--slowest" in line else request) in drawn.stdout, own


def test_ctrl_c_writes_what_was_not_written_yet_and_the_slowest_are_found_by_route(tmp_path: Path) -> None:
    with up(tmp_path) as running:
        token = sign_in(running.url, running.lines[1])
        made = [posted(running, token)[2] for _ in range(3)]
        assert running.stop() == 0
    assert [traced(tmp_path, request)[0]["trace"] for request in made] == made

    slowest = traced(tmp_path, "--slowest", "100", "--route", "POST /v1/posts")
    assert {trace["trace"] for trace in slowest} >= set(made)
    took = [max(span["took_us"] for span in trace["spans"] if span["name"] == "POST /v1/posts") for trace in slowest]
    assert took == sorted(took, reverse=True)


def test_a_collector_or_off_keeps_nothing_here_and_the_command_says_so(tmp_path: Path) -> None:
    for data, settings in (
        (tmp_path / "off", {"QIAO_TRACES": "off"}),
        (tmp_path / "collector", {"QIAO_OTLP_ENDPOINT": "http://127.0.0.1:9"}),
    ):
        with up(data, QIAO_SAMPLE="off", **settings) as running:
            assert requests.get(f"{running.url}/v1/topics/x/posts", timeout=TIMEOUT).status_code == 200
            running.stop()
        assert not (data / "traces.db").exists()
        refused = qiao("trace", "--slowest", QIAO_DATA=str(data))
        assert refused.returncode == 2
        assert "QIAO_TRACES" in refused.stderr
        assert "Traceback" not in refused.stderr


def test_what_is_not_kept_is_named(tmp_path: Path) -> None:
    with up(tmp_path) as running:
        running.stop()
    for arguments, named in (
        (("0af7651916cd43dd8448eb211c80319c",), "0af7651916cd43dd8448eb211c80319c"),
        (("--post", "019461d4-6e40-7000-8000-000000000002"), "no post 019461d4"),
        (("--slowest", "--route", "/v9"), "/v9"),
    ):
        refused = qiao("trace", *arguments, QIAO_DATA=str(tmp_path))
        assert refused.returncode == 1
        assert named in refused.stderr
        assert not refused.stdout
