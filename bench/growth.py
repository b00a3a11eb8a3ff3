"""growth: the cost of a delivery must not depend on how many followers an author has, nor that of a home on its past.

The threshold above which authors are pulled is raised out of the way: pushing is what is measured.
"""

import random
import time

from bench.fanout import append_posts, deliveries, follow_all
from bench.homes import Home, write_home
from bench.measure import Figure, at_most, percentile
from bench.posts import keys_for
from bench.run import Run
from bench.world import begin_at_end, fold_to_end
from libs.events import Opener, new_id
from libs.projections import Projection
from qiao.stores import Stores
from services.feeds import handlers as feeds
from services.feeds.queries.timelines import Timelines

FOLLOWERS = (1_000, 10_000, 100_000)
POSTS = (1_000, 100_000)
NO_THRESHOLD = 10**9
FLAT = 1.2
PAGE = 20
WARM_UP = 20


async def measure(run: Run) -> list[Figure]:
    """Deliveries by authors of each size, then homes with little and with much behind them."""
    _, stores = await run.folding()
    return await _deliveries(run, stores) + await _homes(run, stores)


async def _deliveries(run: Run, stores: Stores) -> list[Figure]:
    projection = feeds.projection(NO_THRESHOLD)
    total = FOLLOWERS[-1] * run.sized(3, 1)
    costs: list[float] = []
    for followers in FOLLOWERS:
        run.say(f"growth: {followers:,} followers")
        costs.append(await _delivery_us(stores, projection, followers, total // followers))
    names = [f"growth_followers_{followers // 1000}k" for followers in FOLLOWERS]
    return _beside_first(names, costs, "µs/delivery", "with 1k followers")


async def _delivery_us(stores: Stores, projection: Projection, size: int, count: int) -> float:
    """For one post each of so many authors of that size: for every size the same number of deliveries."""
    pool = [new_id() for _ in range(FOLLOWERS[-1])]
    choose = random.Random(size)
    followers = {new_id(): choose.sample(pool, size) for _ in range(count)}
    authors = list(followers)
    await follow_all(stores, followers)
    await begin_at_end(stores, [projection])
    await append_posts(stores, authors, keys_for(authors))
    spent = await fold_to_end(stores, projection)
    return spent.seconds / deliveries(authors, followers) * 1e6


async def _homes(run: Run, stores: Stores) -> list[Figure]:
    timelines = Timelines(stores.views, Opener(stores.keys))
    homes: list[Home] = []
    for posts in POSTS:
        run.say(f"growth: a home with {posts:,} posts behind it")
        homes.append(await write_home(stores, posts))
    times: list[list[float]] = [[] for _ in POSTS]
    for n in range(WARM_UP + run.sized(300, 100)):
        for home, taken in zip(homes, times, strict=True):
            began = time.perf_counter()
            page = await timelines.home(home.reader, home.now_ms, None, PAGE)
            if len(page.cards) != PAGE:
                raise RuntimeError(f"a page of {len(page.cards)} cards")
            if n >= WARM_UP:
                taken.append((time.perf_counter() - began) * 1000)
    names = [f"growth_home_{posts // 1000}k" for posts in POSTS]
    return _beside_first(names, [percentile(taken, 0.5) for taken in times], "ms", "with 1k posts")


def _beside_first(names: list[str], values: list[float], unit: str, what: str) -> list[Figure]:
    """What grows has its smallest size as its floor."""
    first = Figure(name=names[0], value=values[0], unit=unit)
    return [first] + [
        Figure(
            name=name,
            value=value,
            unit=unit,
            floor=values[0],
            note=f"the floor is the same {what}",
            target=at_most(FLAT, "ratio"),
        )
        for name, value in zip(names[1:], values[1:], strict=True)
    ]
