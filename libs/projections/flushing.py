"""The order in which a batch is made durable, and no other: tallies, rows, second phase, marks."""

from collections.abc import Sequence

from libs.projections.batch import Batch
from libs.projections.second import run_seconds
from libs.projections.tallies import tally_puts
from libs.telemetry import metrics
from libs.views import Put, Views


async def flush(views: Views, batch: Batch, queued: Sequence[Put], marks: Sequence[Put]) -> int:
    """Write what the batch comes to, then the marks; returns the number of rows. Repeated, it writes the same.

    `queued` are rows of the parking lot. Raises what the views and the second phase's handlers raise.
    """
    tallies = await tally_puts(batch.projection, views, batch.deltas)
    rows = [*batch.puts.values(), *queued]
    if not batch.seconds:
        await views.write(tallies, rows, marks)
        return len(tallies) + len(rows)
    await views.write(tallies, rows)
    streamed = await run_seconds(views, batch.seconds)
    metrics.second_phase(batch.projection.name, streamed)
    await views.write(marks)
    return len(tallies) + len(rows) + streamed
