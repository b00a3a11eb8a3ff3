"""The image holds what docs/operating/compose.md promises, and its small programs do what they say."""

import io
import json
import os
import re
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.unit.deploy.files import ROOT, program

DOCKERFILE = re.sub(r"\\\n\s*", "", (ROOT / "deploy" / "image" / "Dockerfile").read_text())
INSTRUCTIONS = [tuple(line.split(None, 1)) for line in DOCKERFILE.splitlines() if line and not line.startswith("#")]
FINAL = INSTRUCTIONS[max(place for place, (word, _) in enumerate(INSTRUCTIONS) if word == "FROM") :]


def final(word: str) -> str:
    """What the last stage says there."""
    [said] = [rest for found, rest in FINAL if found == word]
    return said


def test_the_base_is_an_argument_and_pinned_to_a_version() -> None:
    word, said = INSTRUCTIONS[0]
    assert word == "ARG"
    assert re.fullmatch(r"BASE=[a-z/]+:\d+\.\d+\.\d+-[a-z-]+", said)
    assert next(rest for word, rest in INSTRUCTIONS if word == "FROM") == "${BASE} AS packages"


def test_dependencies_are_wheels_from_the_hash_locked_file() -> None:
    assert "--require-hashes --only-binary :all: --requirement requirements.lock" in DOCKERFILE
    assert "apt-get" not in DOCKERFILE
    assert DOCKERFILE.count(" install ") == 2 + 1  # the locked ones, Qiao itself, and a file
    assert "--no-deps --no-build-isolation" in DOCKERFILE


def test_nothing_but_what_was_brought_is_in_it() -> None:
    assert final("FROM") == "scratch"
    assert [rest for word, rest in FINAL if word == "COPY"] == ["--from=root /rootfs/ /", "--from=program /program/ /"]
    assert not [rest for word, rest in FINAL if word in ("RUN", "ADD")]


def test_it_runs_qiao_as_nobody_in_particular() -> None:
    assert json.loads(final("ENTRYPOINT")) == ["qiao"]
    assert final("USER") == "10001:10001"


def test_it_asks_for_its_own_health() -> None:
    assert final("HEALTHCHECK").endswith('CMD ["qiao-health", "/livez"]')


def test_it_has_the_labels_of_open_containers_and_the_same_ones_every_time() -> None:
    labels = re.findall(r'org\.opencontainers\.image\.([a-z.]+)="([^"]+)"', final("LABEL"))
    assert {name for name, _ in labels} >= {"title", "description", "version", "revision", "created", "base.name"}
    defaults = {rest.split("=")[0] for word, rest in FINAL if word == "ARG"}
    assert {text[2:-1] for _, text in labels if text.startswith("$")} <= defaults


def test_what_is_sent_to_the_builder_is_named_one_by_one() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert lines[0] == "*"
    sent = {line.removeprefix("!") for line in lines if line.startswith("!")}
    assert sent == {"deploy/image", "libs", "qiao", "services", "pyproject.toml", "README.md", "requirements.lock"}
    assert all(line.startswith(("!", "**/", "*")) for line in lines)


HEALTH = program("image/health.py")


@pytest.fixture
def saying() -> Iterator[Any]:
    """Start a server that answers everything with this status; its address."""
    servers: list[ThreadingHTTPServer] = []

    def start(status: int) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status if self.path == "/readyz" else 404)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=servers[-1].serve_forever, args=(0.02,)).start()
        return f"0.0.0.0:{servers[-1].server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("name", ["QIAO_LISTEN", "QIAO_METRICS_LISTEN"])
@pytest.mark.parametrize(("status", "exit_status"), [(200, 0), (503, 1)])
def test_health_is_what_the_process_says(
    saying: Any, monkeypatch: pytest.MonkeyPatch, name: str, status: int, exit_status: int
) -> None:
    for each in HEALTH["ADDRESSES"]:
        monkeypatch.delenv(each, raising=False)
    monkeypatch.setenv(name, saying(status))
    assert HEALTH["main"]("/readyz") == exit_status


def test_nobody_who_answers_is_not_healthy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QIAO_LISTEN", "0.0.0.0:1")
    monkeypatch.delenv("QIAO_METRICS_LISTEN", raising=False)
    assert HEALTH["main"]("/livez") == 1


def test_a_link_is_brought_with_what_it_points_to(tmp_path: Path) -> None:
    there = tmp_path / "there"
    (there / "usr" / "lib").mkdir(parents=True)
    (there / "lib").symlink_to("usr/lib")
    (there / "usr" / "lib" / "a.so.1.2").write_text("a")
    (there / "usr" / "lib" / "a.so.1").symlink_to("a.so.1.2")
    root = program("image/root.py")["Root"](tmp_path / "rootfs")
    root.bring(there / "lib" / "a.so.1")
    assert root.at(there / "lib").readlink() == Path("usr/lib")
    assert root.at(there / "lib" / "a.so.1").read_text() == "a"
    assert sorted(path.name for path in root.at(there / "usr" / "lib").iterdir()) == ["a.so.1", "a.so.1.2"]


def test_a_library_that_is_missing_ends_the_build(monkeypatch: pytest.MonkeyPatch) -> None:
    root = program("image/root.py")

    class Said:
        stdout = "/x.so:\n\tlibc.so.6 => /lib/libc.so.6 (0x0)\n\t/lib64/ld.so (0x0)\n\tlibgone.so => not found\n"

    monkeypatch.setattr(root["subprocess"], "run", lambda *_, **__: Said)
    found = root["libraries"]([Path("/x.so")])
    assert [next(found), next(found)] == [Path("/lib/libc.so.6"), Path("/lib64/ld.so")]
    with pytest.raises(FileNotFoundError, match="libgone"):
        next(found)


def test_a_tree_is_the_same_whenever_and_wherever_it_is_made(tmp_path: Path) -> None:
    same, made = program("image/same.py"), []
    for number, mask in enumerate((0o022, 0o077)):
        tree = tmp_path / str(number)
        before = os.umask(mask)
        (tree / "opt").mkdir(parents=True)
        (tree / "opt" / "module.py").write_text("x = {'b', 'a'}\n")
        (tree / "opt" / "program").touch(0o700)
        os.umask(before)
        os.utime(tree / "opt" / "module.py", (number, number))
        same["main"](str(tree))
        made.append(archive(tree))
    assert made[0] == made[1]
    assert b"module.cpython" in made[0]


def archive(tree: Path) -> bytes:
    """All that makes a layer."""
    kept = io.BytesIO()
    with tarfile.open(fileobj=kept, mode="w") as tar:
        for path in sorted(tree.rglob("*")):
            tar.add(path, path.relative_to(tree), recursive=False)
    return kept.getvalue()
