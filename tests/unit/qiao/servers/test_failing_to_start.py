"""When a local server cannot start: the message says what to do, and nothing is left behind."""

from pathlib import Path

import pytest

from qiao.servers import KafkaServer, ServerDied, ServersError, java, maven


@pytest.fixture
def fresh_java(monkeypatch: pytest.MonkeyPatch) -> None:
    """No Java found before is remembered."""
    monkeypatch.setattr(java, "find_java", java.find_java.__wrapped__)
    monkeypatch.delenv("JAVA_HOME", raising=False)


@pytest.mark.usefixtures("fresh_java")
def test_without_java_17_the_error_names_the_package_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(java, "_DEBIAN", tmp_path)
    with pytest.raises(ServersError, match="openjdk-17-jdk-headless"):
        java.find_java()


@pytest.mark.usefixtures("fresh_java")
def test_another_java_than_17_is_passed_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _fake(tmp_path / "new" / "bin" / "java", "echo 'openjdk version \"21.0.1\"' >&2")
    right = _fake(tmp_path / "java-17-openjdk-any" / "bin" / "java", "echo 'openjdk version \"17.0.15\"' >&2")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "new"))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(java, "_DEBIAN", tmp_path)
    assert java.find_java() == right


def test_without_maven_the_error_names_the_package_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("QIAO_SERVERS_DIR", str(tmp_path))
    with pytest.raises(ServersError, match="apt-get install maven"):
        maven.jars_of("kafka")


def test_a_failed_download_leaves_nothing_that_a_later_start_would_take_for_whole(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _fake(tmp_path / "bin" / "mvn", "echo '[ERROR] no such network'; exit 1")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("QIAO_SERVERS_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(maven, "find_java", lambda: tmp_path / "jdk" / "bin" / "java")
    with pytest.raises(ServersError, match="no such network"):
        maven.jars_of("kafka")
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_server_that_ends_while_starting_is_reported_with_the_end_of_its_log(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server = KafkaServer(tmp_path)
    monkeypatch.setattr("qiao.servers.process.jars_of", lambda _: tmp_path)
    monkeypatch.setattr(server, "_prepare", lambda _: None)
    monkeypatch.setattr(server, "_command", lambda _: ["/bin/sh", "-c", "echo out of luck"])
    with pytest.raises(ServerDied, match="out of luck"):
        server.start().wait_ready()


def test_an_interrupt_while_a_server_starts_leaves_no_process_behind(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server = KafkaServer(tmp_path)
    started: list[int | None] = []

    def interrupt() -> None:
        started.append(server.pid)
        raise KeyboardInterrupt

    monkeypatch.setattr("qiao.servers.process.jars_of", lambda _: tmp_path)
    monkeypatch.setattr(server, "_prepare", lambda _: None)
    monkeypatch.setattr(server, "_command", lambda _: ["/bin/sleep", "60"])
    monkeypatch.setattr(server, "wait_ready", interrupt)
    with pytest.raises(KeyboardInterrupt), server:
        pass
    assert started[0] is not None
    assert not server.running


def _fake(binary: Path, script: str) -> Path:
    binary.parent.mkdir(parents=True, exist_ok=True)
    binary.write_text(f"#!/bin/sh\n{script}\n")
    binary.chmod(0o755)
    return binary
