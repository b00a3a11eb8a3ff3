"""The audit that never ends: a few keys now and then, so slowly that nobody notices."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from random import Random

from libs.log import LogError
from libs.projections import Projection
from libs.projections.auditing import Auditor
from libs.projections.auditing.auditor import NOTHING, Report
from libs.vault import VaultUnavailable
from libs.views import ViewsUnavailable
from qiao.audit.homes import FEEDS, audit_some_homes
from qiao.audit.running import keep, keys_in, places_of
from qiao.settings import Settings
from qiao.stores import Stores

PASS_KEYS = 5
EVENTS_PER_SECOND = 5_000
"""How fast it reads the log, at most."""

HOMES = 0.2
"""The share of passes that look at a home."""

log = logging.getLogger(__name__)


@asynccontextmanager
async def auditing(settings: Settings, stores: Stores, projections: Sequence[Projection]) -> AsyncIterator[None]:
    """Audit these projections for as long as the block lasts, if the settings want it."""
    if settings.audit == "off":
        yield
        return
    task = asyncio.create_task(_for_ever(stores, projections, settings.audit_rate), name="audit")
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _for_ever(stores: Stores, projections: Sequence[Projection], keys_per_minute: int) -> None:
    random = Random()  # noqa: S311 - a sample, no secret
    owed = PASS_KEYS
    while True:
        await asyncio.sleep(60 * max(1, owed) / keys_per_minute)
        owed = keys_in(await once(stores, projections, random))


async def once(stores: Stores, projections: Sequence[Projection], random: Random) -> Report:
    """A few keys of the first partition, in any order, that has some. What goes wrong is logged: the next pass may do.

    An audit must never end the process that it looks after.
    """
    try:
        if random.random() < HOMES and any(projection.name == FEEDS for projection in projections):
            return await _told(stores, await audit_some_homes(stores, 1, random=random, pace=_slowly))
        for projection, place in await places_of(stores, projections, random):
            auditor = Auditor(projection, stores.log, stores.views, stores.vault, random=random, pace=_slowly)
            report = await auditor.some(place, PASS_KEYS)
            if keys_in(report):
                return await _told(stores, report)
    except (LogError, ViewsUnavailable, VaultUnavailable) as error:
        log.warning("an audit was given up: %s", error)
    except Exception:
        log.exception("an audit failed")
    return NOTHING


async def _told(stores: Stores, report: Report) -> Report:
    await keep(stores, report)
    return report


async def _slowly(records: int) -> None:
    await asyncio.sleep(records / EVENTS_PER_SECOND)
