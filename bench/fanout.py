"""fanout: deliveries/s, from Kafka through the projection `feeds` into homes in Cassandra, its progress kept."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from bench.bare.fanout import bare_fanout
from bench.graph import followers_in, reed98
from bench.measure import Figure, at_least
from bench.posts import Keys, append_all, choose, entries_of, keys_for
from bench.run import Run
from bench.world import begin_at_end, fold_to_end, partitions_of
from libs.events import new_id
from libs.log import Bounds, Partition
from libs.views import Put
from qiao.stores import Stores
from services.feeds import handlers as feeds
from services.feeds.tables import FOLLOWERS, Follower

Followers = Mapping[UUID, Sequence[UUID]]

WARM_UP = 400
FOLLOW_STAMP = 1


def new_community() -> dict[UUID, list[UUID]]:
    """The followers of each account of Reed98, under new ids."""
    graph = reed98()
    ids = [new_id() for _ in graph.people]
    return {ids[n]: [ids[follower] for follower in found] for n, found in enumerate(followers_in(graph))}


async def follow_all(stores: Stores, followers: Followers) -> None:
    """Write the rows that fan-out reads, as the follows would have been folded."""
    rows = [Follower(author, 0, one, True) for author, found in followers.items() for one in found]
    for begin in range(0, len(rows), 10_000):
        await stores.views.write([Put(FOLLOWERS, row, FOLLOW_STAMP) for row in rows[begin : begin + 10_000]])


async def append_posts(stores: Stores, authors: Sequence[UUID], keys: Keys) -> dict[Partition, Bounds]:
    """One post of each; where in the log they stand."""
    places = await partitions_of(stores, ["posts"])
    before = await stores.log.bounds(places)
    await append_all(stores.log, entries_of(authors, keys))
    after = await stores.log.bounds(places)
    return {place: Bounds(before[place].end, after[place].end) for place in places}


def deliveries(authors: Sequence[UUID], followers: Followers) -> int:
    """Rows in homes that these posts make: the author's own and one for each follower."""
    return sum(1 + len(followers[author]) for author in authors)


async def measure(run: Run) -> list[Figure]:
    """Fold a topic that is there already, then do the same bare."""
    settings, stores = await run.folding()
    addresses = await run.servers()
    projection, followers = feeds.projection(), new_community()
    keys = keys_for(list(followers))
    authors = choose(list(followers), run.sized(6_000, 1_500))
    await begin_at_end(stores, [projection])
    await follow_all(stores, followers)
    run.say("fanout: warming up")
    await append_posts(stores, choose(list(followers), WARM_UP, seed=1), keys)
    await fold_to_end(stores, projection)
    bounds = await append_posts(stores, authors, keys)
    run.say("fanout: folding")
    spent = await fold_to_end(stores, projection)
    run.say("fanout: the bare loop")
    bare = await bare_fanout(addresses.kafka, settings.views, bounds, followers)
    count = deliveries(authors, followers)
    return [
        Figure(
            name="fanout",
            value=count / spent.seconds,
            unit="deliveries/s",
            floor=count / bare.seconds,
            note="the floor is a bare loop: aiokafka, decode, followers in memory, "
            "unlogged batches of 200, 8 in flight; no progress",
            target=at_least(0.75, "ratio"),
        ),
        Figure(
            name="fanout_cpu",
            value=spent.cpu / count * 1e6,
            unit="µs/delivery",
            floor=bare.cpu / count * 1e6,
            note="processor time of the client's process alone",
        ),
    ]
