"""The folder of a replay: what may go on in it, and what may not."""

from pathlib import Path

import msgspec
import pytest

from qiao.replay.scratch import Note, ScratchRefused, open_scratch, read_note
from qiao.services import projections
from qiao.settings import Settings

NOTE = Note(source="a.qiao", slice=None, until="the end", services=("posts",), as_of=1_000)


async def test_the_note_of_a_folder_says_when_it_is_done(tmp_path: Path) -> None:
    async with open_scratch(tmp_path / "new", NOTE, projections(Settings())) as scratch:
        assert read_note(tmp_path / "new").state == "running"
        await scratch.done(17)
    assert (read_note(tmp_path / "new").state, read_note(tmp_path / "new").events) == ("done", 17)


async def test_the_same_replay_goes_on_with_the_moment_that_it_began_with(tmp_path: Path) -> None:
    async with open_scratch(tmp_path, NOTE, projections(Settings())):
        pass
    later = Note(source="a.qiao", slice=None, until="the end", services=("posts",), as_of=2_000)
    async with open_scratch(tmp_path, later, projections(Settings())) as scratch:
        assert scratch.note.as_of == 1_000


@pytest.mark.parametrize("change", [{"source": "b.qiao"}, {"until": "-1h"}, {"services": ("feeds",)}, {"slice": "x"}])
async def test_another_replay_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    async with open_scratch(tmp_path, NOTE, projections(Settings())):
        pass
    other = msgspec.structs.replace(NOTE, **change)
    with pytest.raises(ScratchRefused, match="--into"):
        async with open_scratch(tmp_path, other, projections(Settings())):
            pass


async def test_a_replay_with_another_follower_threshold_is_another_one(tmp_path: Path) -> None:
    begun = msgspec.structs.replace(NOTE, follower_threshold=10_000)
    async with open_scratch(tmp_path, begun, projections(Settings())):
        pass
    with pytest.raises(ScratchRefused, match="QIAO_FOLLOWER_THRESHOLD=10000"):
        async with open_scratch(tmp_path, msgspec.structs.replace(NOTE, follower_threshold=5), projections(Settings())):
            pass
    async with open_scratch(tmp_path, NOTE, projections(Settings())):
        """A note of old says nothing of it."""


@pytest.mark.parametrize("content", [None, b"{", b"[]"], ids=["nothing", "cut off", "something else"])
async def test_a_folder_that_holds_something_else_is_refused_and_left_alone(
    tmp_path: Path, content: bytes | None
) -> None:
    (tmp_path / "precious.txt").write_text("mine")
    if content is not None:
        (tmp_path / "replay.json").write_bytes(content)
    with pytest.raises(ScratchRefused):
        async with open_scratch(tmp_path, NOTE, projections(Settings())):
            pass
    assert not (tmp_path / "views.db").exists()
