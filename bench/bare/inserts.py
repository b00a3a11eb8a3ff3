"""Bare batched inserts of the rows that a post becomes: its card and its place in the author's timeline."""

import time
from collections.abc import Iterator, Sequence
from itertools import islice

import msgspec

from bench.bare.batches import BareBatches, BareRow
from bench.bare.sessions import bare_session, prepare_insert
from libs.events import PostCreated, time_of
from services.feeds.tables import AUTHOR, CARDS, Created

BATCH = 80
"""Rows of a batch: about as many as Cassandra takes, which refuses 50 KiB."""

_encode = msgspec.json.Encoder().encode


async def bare_inserts(views: str, posts: Sequence[PostCreated]) -> float:
    """Seconds for the rows of these posts, which are made beforehand."""
    async with bare_session(views) as session:
        card, timeline = await prepare_insert(session, CARDS), await prepare_insert(session, AUTHOR)
        rows: list[BareRow] = []
        for stamp, post in enumerate(posts):
            rows.append(BareRow(card, (post.post, "created", _body(post), stamp)))
            rows.append(BareRow(timeline, (post.author, post.post, post.author, stamp)))
        return await _write(BareBatches(session), iter(rows))


async def _write(batches: BareBatches, rows: Iterator[BareRow]) -> float:
    began = time.perf_counter()
    while batch := list(islice(rows, BATCH)):
        await batches.send(batch)
    await batches.drain()
    return time.perf_counter() - began


def _body(post: PostCreated) -> str:
    created = Created(
        author=post.author,
        text=post.text,
        lang=post.lang,
        topics=post.topics,
        media=post.media,
        reply_to=post.reply_to,
        at=time_of(post.post),
    )
    return _encode(created).decode()
