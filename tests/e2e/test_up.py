"""`qiao up` as people run it: a process that says where it listens, ends with Ctrl-C, and finds everything again."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.e2e.commands import QIAO, TIMEOUT, environment, qiao

pytestmark = pytest.mark.slow

STOPS_WITHIN = 15.0


class Up:
    """A running `qiao up`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        """Reads the two lines that it says at the start."""
        assert process.stdout is not None
        self.process = process
        self.lines = [process.stdout.readline(), process.stdout.readline()]
        found = re.search(r"http://127\.0\.0\.1:\d+", self.lines[0])
        assert found, self.lines
        self.url = found[0]

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Its exit status."""
        self.process.send_signal(number)
        return self.process.wait(STOPS_WITHIN)


@contextmanager
def up(data: Path, **settings: str) -> Iterator[Up]:
    """Run it on any free port; it is killed should the test not have stopped it."""
    process = subprocess.Popen(
        [*QIAO, "up"],
        env=environment({"QIAO_DATA": str(data), "QIAO_LISTEN": "127.0.0.1:0", **settings}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield Up(process)
    finally:
        process.kill()
        process.communicate(timeout=TIMEOUT)


def sign_in(url: str, line: str) -> str:
    """Sign in as the line says; an access token."""
    found = re.search(r"Sign in as (\w+) with the password (\S+)\.", line)
    assert found, line
    reply = requests.post(f"{url}/v1/sessions", json={"handle": found[1], "password": found[2]}, timeout=TIMEOUT)
    assert reply.status_code == 200, reply.text
    return str(reply.json()["access_token"])


def home(url: str, token: str, after: Sequence[str] = ()) -> list[str]:
    """The texts on the first page of home, once it shows what stands at these positions."""
    headers = {"Authorization": f"Bearer {token}"} | ({"Qiao-Wait-For": ",".join(after)} if after else {})
    reply = requests.get(f"{url}/v1/home?limit=100", headers=headers, timeout=TIMEOUT)
    assert "Qiao-Stale" not in reply.headers
    return [card["text"] for card in reply.json()["items"]]


def say(url: str, token: str, text: str) -> str:
    """Post, and its position; 201 means that it is never lost."""
    headers = {"Authorization": f"Bearer {token}"}
    reply = requests.post(f"{url}/v1/posts", json={"text": text}, headers=headers, timeout=TIMEOUT)
    assert reply.status_code == 201
    return reply.headers["Qiao-Position"]


def test_the_first_start_says_in_two_lines_where_and_how_and_a_sample_world_is_there(tmp_path: Path) -> None:
    with up(tmp_path) as running:
        assert running.lines[0].startswith("Qiao listens on http://127.0.0.1:")
        texts = home(running.url, sign_in(running.url, running.lines[1]))
        assert any("猫税" in text for text in texts)
        assert any("cattax" in text for text in texts)
        assert "mei is the admin here: /debug" in running.lines[1]
        assert running.stop() == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly_and_the_next_start_finds_everything(tmp_path: Path, number: signal.Signals) -> None:
    with up(tmp_path) as running:
        token = sign_in(running.url, running.lines[1])
        position = say(running.url, token, "before the restart")
        assert running.stop(number) == 0
        assert running.process.stderr is not None
        assert "Traceback" not in running.process.stderr.read()
    assert not _left_over(running.process.pid)

    with up(tmp_path) as again:
        texts = home(again.url, token, after=[position])  # the token and the position hold, too: secrets are kept
        assert texts[0] == "before the restart"
        assert len(texts) == len(set(texts)), "nothing is there twice"


def test_what_was_acknowledged_outlives_a_kill(tmp_path: Path) -> None:
    with up(tmp_path) as running:
        token = sign_in(running.url, running.lines[1])
        acknowledged = [say(running.url, token, f"no. {number}") for number in range(5)]
        running.process.kill()
        running.process.wait(STOPS_WITHIN)
    with up(tmp_path) as again:
        assert home(again.url, token, after=acknowledged)[:5] == [f"no. {number}" for number in (4, 3, 2, 1, 0)]


def test_two_on_one_directory_is_refused_by_name(tmp_path: Path) -> None:
    with up(tmp_path):
        second = qiao("up", QIAO_DATA=str(tmp_path), QIAO_LISTEN="127.0.0.1:0")
    assert second.returncode == 2
    assert "log.db" in second.stderr
    assert "QIAO_DATA" in second.stderr
    assert "Traceback" not in second.stderr


def test_a_taken_address_is_refused_by_name(tmp_path: Path) -> None:
    with up(tmp_path / "one") as running:
        address = running.url.removeprefix("http://")
        second = qiao("up", QIAO_DATA=str(tmp_path / "two"), QIAO_LISTEN=address)
    assert second.returncode == 2
    assert f"QIAO_LISTEN={address}: Address already in use" in second.stderr
    assert not (tmp_path / "two").exists()
    assert "Traceback" not in second.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("QIAO_LISTEN", "everywhere"),
        ("QIAO_NO_SUCH_THING", "1"),
    ],
)
def test_a_wrong_variable_is_refused_at_start_by_name(tmp_path: Path, name: str, value: str) -> None:
    refused = qiao("up", **{"QIAO_DATA": str(tmp_path / "data"), name: value})
    assert refused.returncode == 2
    assert name in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (tmp_path / "data").exists(), "nothing was begun"


def test_no_sample_world_where_it_is_switched_off(tmp_path: Path) -> None:
    with up(tmp_path, QIAO_SAMPLE="off") as running:
        assert "qiao seed" in running.lines[1]
        assert running.stop() == 0


def test_no_sample_world_where_others_could_sign_in(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*QIAO, "up"],
        env=environment({"QIAO_DATA": str(tmp_path), "QIAO_LISTEN": "0.0.0.0:0"}),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        process.stdout.readline()
        assert "qiao seed" in process.stdout.readline()
    finally:
        process.kill()
        process.communicate(timeout=TIMEOUT)


def _left_over(group: int) -> bool:
    """Whether any process of that session still lives."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_sample_world_is_not_served_beyond_this_machine(tmp_path: Path) -> None:
    with up(tmp_path) as first:
        assert first.stop() == 0
    refused = qiao("up", QIAO_DATA=str(tmp_path), QIAO_LISTEN="0.0.0.0:0")
    assert refused.returncode == 2
    assert "QIAO_SAMPLE=public" in refused.stderr
