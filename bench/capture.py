"""capture: events/s from Kafka into a slice: everything, and one post with its causes and effects."""

import time
from pathlib import Path

from bench.bare.reading import bare_reading
from bench.measure import Figure, at_least
from bench.run import Run
from bench.servers import new_settings
from bench.talk import Talk, append_talk
from libs.log.slices import Selection
from qiao.capturing import Ask, capture
from qiao.cluster import kafka_log
from qiao.sources import NoKeys, Source

LIKES = 2
"""For each post."""


async def measure(run: Run) -> list[Figure]:
    """Append what others did not, read it bare, then capture it twice."""
    addresses = await run.servers()
    settings = new_settings(addresses, run.directory, "127.0.0.1:0")
    talk = Talk()
    log = await kafka_log(settings)
    try:
        run.say("capture: a community talks")
        bounds = await append_talk(log, list(talk.entries(run.sized(60_000, 10_000), LIKES)))
        run.say("capture: bare aiokafka")
        bare = await bare_reading(addresses.kafka, bounds)
        run.say("capture: into a slice")
        source = Source(settings.log, log, bounds, dict.fromkeys(await log.topics(), 1), NoKeys())
        everything = await _rate(source, run.directory / "everything.qiao", Selection())
        post = Selection(posts=(talk.posts[len(talk.posts) // 2].post,), closure=True)
        closed = await _rate(source, run.directory / "closure.qiao", post)
    finally:
        await log.close()
    note = "the floor is aiokafka, reading the same events and doing nothing with them"
    return [
        _figure("capture", everything, bare, note),
        _figure("capture_closure", closed, bare, f"{note}; events of the log that were looked at for one post"),
    ]


def _figure(name: str, value: float, floor: float, note: str) -> Figure:
    return Figure(name=name, value=value, unit="events/s", floor=floor, note=note, target=at_least(0.4, "ratio"))


async def _rate(source: Source, out: Path, selection: Selection) -> float:
    began = time.perf_counter()
    await capture(source, Ask(out=out, selection=selection))
    seconds = time.perf_counter() - began
    return sum(each.end - each.start for each in source.bounds.values()) / seconds
