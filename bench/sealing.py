"""sealing: what it costs that texts are sealed, over the whole way: encoding, appending, folding.

Folding never opens or seals, it only carries longer texts. So the time of making the events is counted in.
"""

import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from bench import cards, fanout
from bench.measure import Figure, at_least
from bench.posts import Keys, append_all, choose, entries_of, keys_for
from bench.run import Run
from bench.world import begin_at_end, fold_to_end
from libs.events import NoSealing, SealingKey, new_id, seal
from libs.projections import Projection
from qiao.load.texts import text
from qiao.stores import Stores
from services.feeds import handlers as feeds

ROUNDS = 2
SEALS = 20_000


class Pair(NamedTuple):
    """The same accounts with real keys and with keys that leave texts readable."""

    real: Keys
    none: Keys


def _pair(accounts: Sequence[UUID]) -> Pair:
    return Pair(keys_for(accounts), {account: NoSealing(account) for account in accounts})


async def _way(stores: Stores, projection: Projection, authors: Sequence[UUID], keys: Keys) -> float:
    """Seconds to make, append and fold one post of each."""
    began = time.perf_counter()
    await append_all(stores.log, entries_of(authors, keys))
    return time.perf_counter() - began + (await fold_to_end(stores, projection)).seconds


async def _compare(stores: Stores, projection: Projection, authors: Sequence[UUID], keys: Pair) -> tuple[float, float]:
    """The best seconds of a few rounds, sealed and not: one after the other, so that both meet the same machine."""
    rounds = [
        (await _way(stores, projection, authors, keys.real), await _way(stores, projection, authors, keys.none))
        for _ in range(ROUNDS)
    ]
    return min(real for real, _ in rounds), min(none for _, none in rounds)


async def measure(run: Run) -> list[Figure]:
    """Fan-out and cards, sealed beside not sealed."""
    _, stores = await run.folding()
    followers: Mapping[UUID, Sequence[UUID]] = fanout.new_community()
    await fanout.follow_all(stores, followers)
    figures = []
    for name, projection, count in (
        ("fanout", feeds.projection(), run.sized(2_000, 600)),
        ("cards", cards.projection(), run.sized(15_000, 4_000)),
    ):
        run.say(f"sealing: {name}")
        await begin_at_end(stores, [projection])
        authors = choose(list(followers), count)
        real, none = await _compare(stores, projection, authors, _pair(list(followers)))
        figures.append(
            Figure(
                name=f"sealing_{name}",
                value=count / real,
                unit="posts/s",
                floor=count / none,
                note="posts made, appended and folded; the floor is the same without sealing",
                target=at_least(0.9, "ratio"),
            )
        )
    return [*figures, _seal_cost()]


def _seal_cost() -> Figure:
    key, event = SealingKey.generate(new_id())[0], new_id()
    texts = [text(n) for n in range(SEALS)]
    began = time.perf_counter()
    for one in texts:
        seal(one, key, event, "text")
    return Figure(name="sealing_one_text", value=(time.perf_counter() - began) / SEALS * 1e6, unit="µs")
