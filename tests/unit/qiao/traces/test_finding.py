"""From a post to the trace that made it, by the log alone."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from libs.events import PostCreated, PostEdited, new_id
from libs.log import Publisher, TopicSpec
from libs.log.embedded import EmbeddedLog, open_log
from libs.telemetry import spans
from libs.vault.keys import KeyRing
from libs.vault.sqlite import open_vault
from qiao.traces.finding import trace_of_post

TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[EmbeddedLog]:
    opened = await open_log(tmp_path / "log.db")
    yield opened
    await opened.close()


AUTHOR = new_id()


@pytest.fixture
async def publisher(log: EmbeddedLog, tmp_path: Path) -> AsyncIterator[Publisher]:
    vault = await open_vault(tmp_path / "vault.db")
    await vault.migrate()
    keys = KeyRing(vault, bytes(range(32)))
    await keys.create(AUTHOR)
    yield Publisher(log, keys, "/test")
    await vault.close()


async def test_the_trace_that_made_a_post_is_found_among_others_and_its_edits(
    log: EmbeddedLog, publisher: Publisher
) -> None:
    await log.create([TopicSpec("posts", 2)])
    post = new_id()
    with spans.request("POST", "/v1/posts", "/v1/posts", f"00-{TRACE}-b7ad6b7169203331-01", None):
        await publisher.publish(PostCreated(post=post, author=AUTHOR, text="hi", lang="en"), actor=AUTHOR)
    for _ in range(20):
        other = PostCreated(post=new_id(), author=AUTHOR, text="hi", lang="en")
        await publisher.publish(other, actor=AUTHOR)
    edited = PostEdited(post=post, author=AUTHOR, revision=1, text="ho", lang="en")
    await publisher.publish(edited, actor=AUTHOR)
    assert await trace_of_post(log, post) == TRACE


async def test_a_post_that_is_not_in_the_log_has_none(log: EmbeddedLog) -> None:
    assert await trace_of_post(log, new_id()) is None, "there is not even a topic"
    await log.create([TopicSpec("posts", 2)])
    assert await trace_of_post(log, new_id()) is None
