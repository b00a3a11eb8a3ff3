"""outage: Kafka, then Cassandra, gone for a minute under load: seconds from its return until lag is as it was.

Lag is the events in the log that are not folded yet, over all projections; as it was means no more than the most that
was seen before the outage, and a new post in a home as soon as then, or within a second. A server that was killed takes
some seconds to start: it is back once it says so.
"""

import asyncio
import sys
from contextlib import redirect_stdout

from stamina import instrumentation

from bench.measure import Figure, at_most
from bench.run import Run
from tests.integration.cluster import Cluster
from tests.integration.day import ClusterDay
from tests.integration.outage import Outage, go_without

PEOPLE = 16
"""On the move meanwhile, four deeds a second each."""
BOUND = 30.0


async def measure(run: Run) -> list[Figure]:
    """On servers of its own: they are killed."""
    await run.stop_platform()
    run.say("outage: starting Kafka, Cassandra and all roles")
    cluster = Cluster(run.directory / "outage")
    try:
        await asyncio.to_thread(cluster.start)
        instrumentation.set_on_retry_hooks(())  # the load asks again and again, and is not to say so
        return await _outages(run, ClusterDay(cluster))
    finally:
        instrumentation.set_on_retry_hooks(None)
        await asyncio.to_thread(cluster.stop)


async def _outages(run: Run, day: ClusterDay) -> list[Figure]:
    await day.ready()
    await day.arrive(PEOPLE)
    figures = []
    for server in (day.cluster.kafka, day.cluster.cassandra):
        run.say(f"outage: {server.name} is gone")
        with redirect_stdout(sys.stderr):  # what the day tells is progress here
            outage = await go_without(day, server, run.sized(60.0, 15.0))
        figures.append(_figure(outage))
    return figures


def _figure(outage: Outage) -> Figure:
    times = outage.times
    note = f"gone for {times.back - times.killed:.0f} s; {sum(outage.refusals.values())} answers were 503"
    return Figure(name=f"outage_{outage.server}", value=outage.normal_after, unit="s", note=note, target=at_most(BOUND))
