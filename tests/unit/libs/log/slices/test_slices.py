"""Slices: what goes in comes out at the same places, and whatever was done to the file since is found."""

import sqlite3
import struct
from pathlib import Path
from uuid import UUID

import pytest

from libs.events import SealingKey, open_token, seal
from libs.log import LogError, LogUnavailable, Partition
from libs.log.embedded import NotALog, open_log
from libs.log.slices import (
    Manifest,
    NotASlice,
    SliceBroken,
    SliceTooNew,
    WrongPassphrase,
    is_slice,
    open_keys,
    open_slice,
)
from libs.log.slices import manifest as manifests
from libs.log.slices.draft import Draft, partial_path
from libs.log.slices.plan import CaptureDiffers
from tests.unit.libs.log.slices.making import PLACES, RECORDS, make, plan, record


async def _read(path: Path) -> tuple[list[object], Manifest]:
    log, manifest = await open_slice(path)
    try:
        reader = await log.reader(
            {place: each.start for place, each in (await log.bounds(PLACES)).items() if each.end > each.start}
        )
        found: list[object] = []
        while polled := await reader.poll(100, 0):
            found += [each for records in polled.values() for each in records]
        return found, manifest
    finally:
        await log.close()


async def test_records_keep_places_times_and_headers_and_topics_keep_their_ids(tmp_path: Path) -> None:
    found, manifest = await _read(make(tmp_path / "a.qiao"))
    assert found == RECORDS
    assert manifest.epochs == {"posts": 4}
    assert [(part.first, part.last, part.count) for part in manifest.partitions] == [(3, 7, 2), (20, 21, 2)]
    log, _ = await open_slice(tmp_path / "a.qiao")
    assert (await log.topics())["posts"].id == "abc"
    await log.close()


def test_nothing_stays_beside_a_finished_slice(tmp_path: Path) -> None:
    make(tmp_path / "a.qiao")
    assert [path.name for path in tmp_path.iterdir()] == ["a.qiao"]


async def test_a_draft_that_was_left_goes_on_to_the_same_records_and_checksums(tmp_path: Path) -> None:
    make(tmp_path / "whole.qiao")
    for stop in range(len(RECORDS) + 1):
        out = tmp_path / f"{stop}.qiao"
        first = Draft(out, plan())
        first.add(RECORDS[:stop], {Partition(each.topic, each.partition): each.offset + 1 for each in RECORDS[:stop]})
        first.close()
        second = Draft(out, plan(taken_at=6_000, id=UUID(int=8)))
        left = [each for each in RECORDS if each.offset >= second.positions[Partition(each.topic, each.partition)]]
        assert left == RECORDS[stop:]
        second.add(left, dict.fromkeys(PLACES, 100))
        second.finish()
        assert await _read(out) == await _read(tmp_path / "whole.qiao")


def test_an_unfinished_capture_is_refused_as_a_slice_and_says_what_to_do(tmp_path: Path) -> None:
    Draft(tmp_path / "a.qiao", plan()).close()
    with pytest.raises(NotASlice, match="not finished: run the same qiao capture again"):
        _open(partial_path(tmp_path / "a.qiao"))


def test_other_arguments_do_not_go_on_with_a_draft(tmp_path: Path) -> None:
    Draft(tmp_path / "a.qiao", plan()).close()
    with pytest.raises(CaptureDiffers, match="another selection"):
        Draft(tmp_path / "a.qiao", plan(arguments=("--topic posts",)))
    with pytest.raises(CaptureDiffers, match="another --with-keys"):
        Draft(tmp_path / "a.qiao", plan(with_keys=True))
    with pytest.raises(CaptureDiffers, match="another log"):
        Draft(tmp_path / "a.qiao", plan(topics={}))


def test_two_captures_do_not_write_to_one_draft(tmp_path: Path) -> None:
    first = Draft(tmp_path / "a.qiao", plan())
    with pytest.raises(LogUnavailable, match="another capture writes"):
        Draft(tmp_path / "a.qiao", plan())
    first.close()


def test_what_a_death_leaves_of_a_finished_slice_under_its_old_name_goes_and_the_slice_stays(tmp_path: Path) -> None:
    out = make(tmp_path / "a.qiao")
    partial_path(out).hardlink_to(out)
    with pytest.raises(LogError, match="is there already"):
        Draft(out, plan())
    assert [path.name for path in tmp_path.iterdir()] == ["a.qiao"]


@pytest.mark.parametrize("mode", ["WAL", "DELETE"])
def test_a_draft_whose_making_was_killed_before_its_tables_were_there_is_made_again(tmp_path: Path, mode: str) -> None:
    out = tmp_path / "a.qiao"
    connection = sqlite3.connect(partial_path(out), isolation_level=None)
    connection.execute(f"PRAGMA journal_mode = {mode}")
    connection.execute("VACUUM")  # also without WAL: a page, and nothing on it
    connection.close()
    assert partial_path(out).stat().st_size > 0
    assert make(out) == out


def test_what_is_no_draft_stays_as_it_is(tmp_path: Path) -> None:
    out = tmp_path / "a.qiao"
    connection = sqlite3.connect(partial_path(out))
    connection.execute("CREATE TABLE mine (a)")
    connection.close()
    before = partial_path(out).read_bytes()
    with pytest.raises(NotALog):
        Draft(out, plan())
    assert partial_path(out).read_bytes() == before


def test_a_slice_is_never_written_over(tmp_path: Path) -> None:
    make(tmp_path / "a.qiao")
    with pytest.raises(LogError, match="is there already"):
        Draft(tmp_path / "a.qiao", plan())


def test_a_full_disk_is_an_error_and_leaves_the_draft_as_it_was(tmp_path: Path) -> None:
    draft = Draft(tmp_path / "a.qiao", plan())
    draft.add(RECORDS[:2], {PLACES[0]: 8})
    pages = draft._connection.execute("PRAGMA page_count").fetchone()[0]
    draft._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(LogUnavailable, match="full; run the same again"):
        draft.add([record(1, 20, bytes(50_000))], {PLACES[1]: 21})
    draft.close()
    again = Draft(tmp_path / "a.qiao", plan())
    assert again.positions == {PLACES[0]: 8, PLACES[1]: 0}
    assert again.count == 2
    again.close()


def _open(path: Path) -> Manifest:
    from libs.log.slices.opening import read_manifest

    return read_manifest(path, verify=True)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE records SET value = 'changed' WHERE partition = 1 AND offset = 20",
        "UPDATE records SET timestamp = timestamp + 1 WHERE partition = 1 AND offset = 20",
        "UPDATE records SET headers = x'90' WHERE partition = 1 AND offset = 20",
        "UPDATE records SET offset = 19 WHERE partition = 1 AND offset = 20",
        "DELETE FROM records WHERE partition = 1 AND offset = 21",
        "INSERT INTO records SELECT topic, 1, 99, timestamp, key, value, headers FROM records LIMIT 1",
    ],
)
def test_an_altered_slice_is_refused_and_names_the_partition(tmp_path: Path, change: str) -> None:
    path = make(tmp_path / "a.qiao")
    with sqlite3.connect(path) as connection:
        connection.execute(change)
    with pytest.raises(SliceBroken, match=r"posts\[1\]"):
        _open(path)


def test_an_altered_manifest_is_refused(tmp_path: Path) -> None:
    path = make(tmp_path / "a.qiao")
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE slice SET value = replace(value, 'kafka', 'slice') WHERE name = 'manifest'")
    with pytest.raises(SliceBroken, match="the manifest was changed"):
        _open(path)


def test_a_slice_that_was_cut_off_is_refused_and_names_the_partition_where_it_can(tmp_path: Path) -> None:
    many = [record(1, offset, bytes(1_000)) for offset in range(100)]
    path = make(tmp_path / "a.qiao", many)
    whole = path.read_bytes()
    messages = set()
    for size in range(0, len(whole), 4096):
        path.write_bytes(whole[:size])
        with pytest.raises((SliceBroken, NotASlice)) as caught:
            _open(path)
        messages.add(str(caught.value))
    assert any("posts[1]" in message for message in messages)


def test_damage_inside_the_file_is_found_wherever_it_is(tmp_path: Path) -> None:
    path = make(tmp_path / "a.qiao", [record(1, offset, b"cat" * 300) for offset in range(20)])
    whole = path.read_bytes()
    at = whole.index(b"cat" * 300) + 450
    path.write_bytes(whole[:at] + b"\x01" + whole[at + 1 :])
    with pytest.raises(SliceBroken, match=r"posts\[1\] was changed"):
        _open(path)


def test_a_slice_of_a_newer_qiao_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifests, "VERSION", 2)
    path = make(tmp_path / "a.qiao")
    monkeypatch.undo()
    with pytest.raises(SliceTooNew, match="upgrade it"):
        _open(path)


async def test_a_log_is_no_slice_and_a_slice_is_a_log(tmp_path: Path) -> None:
    log = await open_log(tmp_path / "log.db")
    await log.close()
    assert not is_slice(tmp_path / "log.db")
    assert is_slice(make(tmp_path / "a.qiao"))
    with pytest.raises(NotASlice, match="no manifest"):
        _open(tmp_path / "log.db")
    (tmp_path / "text").write_bytes(struct.pack("100s", b"hello"))
    with pytest.raises(NotASlice, match="no slice"):
        _open(tmp_path / "text")


async def test_keys_open_under_their_passphrase_only(tmp_path: Path) -> None:
    account = UUID(int=1)
    key, raw = SealingKey.generate(account)
    draft = Draft(tmp_path / "a.qiao", plan(with_keys=True))
    draft.add(RECORDS, dict.fromkeys(PLACES, 100))
    manifest = draft.finish({account: raw}, "correct horse", by="mei")
    assert manifest.keys is not None
    assert (manifest.keys.by, manifest.keys.accounts) == ("mei", 1)
    keys = await open_keys(tmp_path / "a.qiao", "correct horse")
    opened = await keys.key_for(account)
    assert opened is not None
    assert open_token(seal("猫", key, UUID(int=2), "text"), opened) == "猫"
    assert raw not in (tmp_path / "a.qiao").read_bytes()
    with pytest.raises(WrongPassphrase, match="do not open under this passphrase"):
        await open_keys(tmp_path / "a.qiao", "wrong")


async def test_a_slice_without_keys_says_so(tmp_path: Path) -> None:
    with pytest.raises(LogError, match="captured without keys"):
        await open_keys(make(tmp_path / "a.qiao"), "any")
