"""`qiao events grep` and `show`, on a data folder with its own keys and on a slice without."""

import asyncio
import json
import logging
import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from libs.events import SealingKey
from libs.log.embedded.schema import open_for_reading
from libs.vault.keys import KeyRing
from libs.vault.sqlite import open_vault
from qiao.cli import qiao
from qiao.commands.events_grep import grep_command
from qiao.commands.events_show import show_command
from qiao.commands.operator import operator
from tests.unit.qiao.commands.test_help import examples
from tests.unit.qiao.story import FIRST, LIN, MEI, Story, id_at, small_story

MASTER_KEY = "ab" * 32
ALIEN = "cd" * 32


async def _make(directory: Path) -> Story:
    vault = await open_vault(directory / "vault.db")
    await vault.migrate()
    ring = KeyRing(vault, bytes.fromhex(MASTER_KEY))
    await ring.check()
    keys: dict[object, SealingKey] = {account: await ring.create(account) for account in (MEI, LIN)}
    await vault.close()
    story = small_story(keys)  # type: ignore[arg-type]
    await story.write(directory / "log.db")
    return story


@pytest.fixture(autouse=True)
def own_logging() -> Iterator[None]:
    """A command that opens sets logging up for its process, which here is that of all tests."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:], root.level = handlers, level


@pytest.fixture
def story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Story:
    """A data folder, which is what `live` means."""
    for name, value in {"DATA": str(tmp_path), "SECRET": "s" * 32, "MASTER_KEY": MASTER_KEY}.items():
        monkeypatch.setenv(f"QIAO_{name}", value)
    return asyncio.run(_make(tmp_path))


def events(*arguments: str) -> Result:
    return CliRunner().invoke(qiao, ["events", *arguments])


def ids(result: Result) -> list[str]:
    return [json.loads(line)["envelope"]["ce_id"] for line in result.stdout.splitlines()]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), [0, 1, 2, 3, 4, 5]),
        (("--topic", "posts"), [2, 3, 5]),
        (("--type", "PostLiked", "--type", "PostEdited"), [4, 5]),
        (("--key", str(FIRST)), [2, 5]),
        (("--actor", "@lin"), [1, 4]),
        (("--actor", str(LIN), "--actor", "mei", "--type", "AccountRegistered"), [0, 1]),
        (("--from", "2025-01-14T09:30:20Z", "--to", "2025-01-14T09:30:40Z"), [3, 4]),
        (("--count", "2"), [0, 1]),
        (("--open", "--text", "cat pays"), [3]),
        (("--open", "--text", "猫", "--count", "1"), [2]),
    ],
)
def test_grep_shows_what_is_meant_and_nothing_else(
    story: Story, options: Sequence[str], expected: Sequence[int]
) -> None:
    found = events("grep", "--json", *options)
    assert found.exit_code == 0, found.output
    assert ids(found) == [str(story.ids[number]) for number in expected]


def test_grep_by_correlation_shows_one_story(story: Story) -> None:
    assert ids(events("grep", "--json", "--correlation", str(story.ids[4]))) == [str(story.ids[4])]


@pytest.mark.usefixtures("story")
def test_a_line_for_people_names_them_and_keeps_their_words_sealed() -> None:
    found = events("grep", "--type", "PostLiked", "--type", "PostCreated")
    assert f"by @lin  about @lin -> {FIRST}" in found.stdout
    assert "by @mei" in found.stdout
    assert "猫税" not in found.stdout
    assert "“今天的猫税”" in events("grep", "--type", "PostCreated", "--open").stdout


@pytest.mark.usefixtures("story")
def test_nothing_found_is_a_failure_and_no_output() -> None:
    for options in (("--key", "nothing"), ("--from", "now"), ("--open", "--text", "nobody said this")):
        found = events("grep", *options)
        assert (found.exit_code, found.stdout) == (1, "")


@pytest.mark.usefixtures("story")
def test_who_nobody_is_and_wrong_times_are_named() -> None:
    nobody = events("grep", "--actor", "@nobody")
    assert nobody.exit_code == 1
    assert "@nobody" in str(nobody.exception) + nobody.output
    wrong = events("grep", "--from", "2025-13-01")
    assert (wrong.exit_code, "  2025-13-01\n       ^" in wrong.stderr) == (2, True)


@pytest.mark.usefixtures("story")
def test_a_text_is_not_looked_for_without_the_right_to_open() -> None:
    found = events("grep", "--text", "cat")
    assert (found.exit_code, "--open" in found.stderr) == (2, True)


def test_opening_is_on_the_record(story: Story) -> None:
    place = f"posts[{story.records[2].partition}]@{story.records[2].offset}"
    sealed = events("show", place)
    assert ("今天的猫税" in sealed.stdout, sealed.stderr) == (False, "")
    assert re.search(rf'"text": "[a-z]{{{len("今天的猫税".encode())}}}"', sealed.stdout)
    shown = events("show", place, "--open")
    assert "今天的猫税" in shown.stdout
    [said] = map(json.loads, shown.stderr.splitlines())
    assert said["message"] == "opens what people wrote"
    assert said["fields"]["operator"] == operator()
    assert said["fields"]["source"].endswith("log.db")


def test_a_wrong_master_key_opens_nothing(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QIAO_MASTER_KEY", ALIEN)
    shown = events("grep", "--open", "--count", "1")
    assert shown.exit_code == 1
    assert "Mei" not in shown.output


def test_a_log_without_keys_says_that_it_opens_nothing(story: Story, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "log.db").write_bytes((tmp_path / "log.db").read_bytes())
    source = str(elsewhere / "log.db")
    assert len(events("grep", "--source", source).stdout.splitlines()) == len(story.records)
    refused = events("grep", "--source", source, "--open")
    assert (refused.exit_code, "without keys" in refused.stderr) == (2, True)


def test_a_slice_with_keys_opens_under_its_passphrase(
    story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QIAO_PASSPHRASE", "a passphrase of these tests")
    slice_ = str(tmp_path / "with-keys.qiao")
    assert CliRunner().invoke(qiao, ["capture", slice_, "--with-keys"]).exit_code == 0
    monkeypatch.setenv("QIAO_MASTER_KEY", ALIEN)
    assert "“今天的猫税”" in events("grep", "--source", slice_, "--open").stdout
    assert "“" not in events("grep", "--source", slice_).stdout
    monkeypatch.setenv("QIAO_PASSPHRASE", "another one altogether")
    assert events("grep", "--source", slice_, "--open").exit_code == 1
    monkeypatch.delenv("QIAO_PASSPHRASE")
    assert events("grep", "--source", slice_, "--open").exit_code == 2


def test_show_finds_an_event_by_id_and_by_place(story: Story) -> None:
    record = story.records[4]
    by_id = events("show", str(story.ids[4]))
    by_place = events("show", f"reactions[{record.partition}]@{record.offset}")
    assert by_id.exit_code == by_place.exit_code == 0
    assert by_id.stdout == by_place.stdout
    assert "(@lin)" in by_id.stdout
    shown = json.loads(events("show", str(story.ids[4]), "--json").stdout)
    assert shown["data"] == {"account": str(LIN), "post": str(FIRST)}


@pytest.mark.usefixtures("story")
def test_show_says_what_is_not_there_and_what_is_no_event() -> None:
    for missing in (str(id_at(3, 99)), "posts[0]@999", "gossip[0]@0"):
        shown = events("show", missing)
        assert (shown.exit_code, shown.stdout) == (1, "")
    wrong = events("show", "yesterday")
    assert (wrong.exit_code, "posts[3]@17" in wrong.stderr) == (2, True)


def test_looking_writes_nothing_into_the_log(story: Story, tmp_path: Path) -> None:
    def content() -> list[tuple[object, ...]]:
        connection = open_for_reading(tmp_path / "log.db")
        try:
            return connection.execute("SELECT * FROM records ORDER BY 1, 2, 3").fetchall()
        finally:
            connection.close()

    before = content()
    events("grep", "--open")
    events("show", str(story.ids[0]), "--open")
    assert content() == before


@pytest.mark.parametrize("line", [*examples(grep_command), *examples(show_command)])
def test_the_examples_of_the_help_run(story: Story, line: str) -> None:
    words = [f"posts[{story.records[2].partition}]@5" if word == "posts[0]@0" else word for word in shlex.split(line)]
    shown = CliRunner().invoke(qiao, words)
    assert shown.exit_code == (1 if "-2d" in words else 0), shown.output
