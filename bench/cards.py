"""cards: events/s folding PostCreated into cards and author timelines, by the handler of `feeds` without fan-out."""

import msgspec

from bench.bare.inserts import bare_inserts
from bench.measure import Figure, at_least
from bench.posts import Keys, append_all, choose, entries_of, keys_for
from bench.run import Run
from bench.world import begin_at_end, fold_to_end
from libs.events import PostCreated, new_id
from libs.projections import Projection, folds
from qiao.stores import Stores
from services.feeds.handlers import posts
from services.feeds.tables import AUTHOR, CARDS

AUTHORS = 1_000
WARM_UP = 2_000

_decode = msgspec.json.Decoder(PostCreated).decode


def projection() -> Projection:
    """Just the first phase of a post."""
    handlers = dict([folds(PostCreated, posts.created, needs=posts.created_needs)])
    return Projection("cards", tables=(CARDS, AUTHOR), handlers=handlers)


async def append_posts(stores: Stores, count: int, keys: Keys) -> list[PostCreated]:
    """Append so many posts; returns them as they stand in the log."""
    entries = entries_of(choose(list(keys), count), keys)
    await append_all(stores.log, entries)
    return [_decode(entry.value) for entry in entries]


async def measure(run: Run) -> list[Figure]:
    """Fold a topic that is there already, then write the same rows bare."""
    settings, stores = await run.folding()
    cards, keys = projection(), keys_for([new_id() for _ in range(AUTHORS)])
    await begin_at_end(stores, [cards])
    run.say("cards: warming up")
    await append_posts(stores, WARM_UP, keys)
    await fold_to_end(stores, cards)
    events = await append_posts(stores, run.sized(40_000, 10_000), keys)
    run.say("cards: folding")
    spent = await fold_to_end(stores, cards)
    run.say("cards: bare inserts")
    bare_seconds = await bare_inserts(settings.views, events)
    return [
        Figure(
            name="cards",
            value=len(events) / spent.seconds,
            unit="events/s",
            floor=len(events) / bare_seconds,
            note="the floor is unlogged batches of the same two rows of each, made beforehand, 8 in flight: no Kafka, "
            "no decoding, no progress",
            target=at_least(0.6, "ratio"),
        )
    ]
