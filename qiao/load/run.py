"""A whole load: everyone joins, follows and posts; when all of it shows, they read and post."""

from collections.abc import Callable, Sequence
from time import perf_counter, time_ns

import msgspec

from qiao.load.figures import Figure, Recorder
from qiao.load.gateway import Gateway
from qiao.load.graph import Graph
from qiao.load.lanes import Done
from qiao.load.mix import Shares, mix
from qiao.load.people import People, register
from qiao.load.writing import follow, post, settle

_REGISTERING = 8
"""More at once would only queue for argon2."""
_PREFIX = 9
"""Characters of the graph's name in a handle: a handle has 30, a name in a graph up to 20."""

Show = Callable[[str, int | None], Done]
"""Begins to show a phase of so many steps (None: nobody knows); what it returns is called for every step."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What to do."""

    graph: Graph
    prefix: str
    """The graph's name: handles begin with it."""
    posts: int
    seconds: float
    connections: int
    shares: Shares
    page: int


def handle_of(prefix: str, name: str) -> str:
    """The handle of someone in a graph: `reed98_17`."""
    kept = "".join(c if c.isascii() and c.isalnum() else "_" for c in prefix.lower())[:_PREFIX]
    return f"{kept}_{name}".rjust(3, "_")


async def run(gateway: Gateway, plan: Plan, show: Show) -> Sequence[Figure]:
    """Do it; the figures by phase. Raises Refused, GatewayAway."""
    graph, lanes = plan.graph, plan.connections
    handles = [handle_of(plan.prefix, name) for name in graph.people]
    people, registered = await register(
        gateway, handles, connections=min(lanes, _REGISTERING), done=show("register", len(handles))
    )
    follows = graph.follows
    followed = await follow(gateway, people, follows, connections=lanes, done=show("follow", len(follows)))
    posted = await post(gateway, people, plan.posts, connections=lanes, done=show("post", plan.posts))
    settled = await _settled(gateway, people, show)
    mixed = await mix(
        gateway,
        people,
        seconds=plan.seconds,
        connections=lanes,
        shares=plan.shares,
        page=plan.page,
        seed=time_ns() // 1_000_000,  # no two runs say the same
        done=show("mix", None),
    )
    return [registered, followed, posted, settled, mixed.total, *mixed.kinds.values()]


async def _settled(gateway: Gateway, people: People, show: Show) -> Figure:
    """One long request, as it were; too late is no reason to lose the figures of the phases before."""
    recorder, began, done = Recorder("settle"), perf_counter(), show("settle", 1)
    try:
        await settle(gateway, people)
        recorder.success(began)
    except TimeoutError:
        recorder.failure("stale")
    done()
    return recorder.figure()
