"""One audit as it was asked for: which keys of which projections, what was found, and whether it is put right."""

import logging
import time
from collections.abc import Callable, Sequence
from random import Random
from typing import NamedTuple
from uuid import UUID

import msgspec

from libs.log import Partition
from libs.projections import Projection
from libs.projections.auditing import Auditor, Drift, Found, Report, repair
from libs.projections.auditing.auditor import NOTHING
from libs.views import RowRefused
from qiao.audit.findings import Finding, Findings
from qiao.audit.homes import FEEDS, audit_home, audit_some_homes
from qiao.stores import Stores
from services.feeds.tables import HOME, PEOPLE

PASS_KEYS = 10
"""Keys of one reading of a partition."""

SOME_HOMES = 3
"""Homes that are looked at besides."""

log = logging.getLogger(__name__)


class Repair(NamedTuple):
    """Who wants rows put right, and why."""

    actor: str
    reason: str


class Audited(msgspec.Struct, frozen=True, kw_only=True):
    """What an audit came to."""

    agreed: int
    """Keys whose rows are as their events made them."""
    passed_over: int
    """Keys of which nothing is certain now."""
    found: list[Finding]


async def audit_some(
    stores: Stores, projections: Sequence[Projection], keys: int, *, random: Random, count: Callable[[int], object]
) -> Report:
    """About so many keys at random, from partitions at random. Raises LogError, ViewsUnavailable, VaultUnavailable."""
    report, left = NOTHING, keys
    for projection, place in await places_of(stores, projections, random):
        if left <= 0:
            break
        done = await Auditor(projection, stores.log, stores.views, stores.vault, random=random).some(
            place, min(PASS_KEYS, left)
        )
        audited = keys_in(done)
        left -= audited
        count(audited)
        report = report.plus(done)
    if any(projection.name == FEEDS for projection in projections):
        report = report.plus(await audit_some_homes(stores, SOME_HOMES, random=random))
    return report


async def audit_one(stores: Stores, projections: Sequence[Projection], key: str) -> Report:
    """All that came of one key's events. Raises LogError, ViewsUnavailable, VaultUnavailable."""
    report = NOTHING
    for projection in projections:
        report = report.plus(await Auditor(projection, stores.log, stores.views, stores.vault).one(key))
    if any(projection.name == FEEDS for projection in projections) and await _is_account(stores, key):
        report = report.plus(await audit_home(stores, UUID(key)))
    return report


async def audit_again(stores: Stores, projections: Sequence[Projection], drift: Drift) -> Report:
    """What an earlier drift was about. Raises LookupError for one of a projection or table that is no more."""
    projection = next((each for each in projections if each.name == drift.projection), None)
    if projection is None:
        raise LookupError(f"there is no projection {drift.projection}")
    if drift.table == HOME.name:
        return await audit_one(stores, [projection], drift.through)
    return await Auditor(projection, stores.log, stores.views, stores.vault).again(drift)


async def _is_account(stores: Stores, key: str) -> bool:
    try:
        account = UUID(key)
    except ValueError:
        return False
    return bool(await PEOPLE.people(stores.views, [account]))


def keys_in(report: Report) -> int:
    """How many keys were looked at."""
    return report.agreed + report.passed_over + len({found.drift.key for found in report.found})


async def places_of(
    stores: Stores, projections: Sequence[Projection], random: Random
) -> list[tuple[Projection, Partition]]:
    """Every partition that one of them folds, in any order. Raises LogUnavailable."""
    topics = await stores.log.topics()
    places = [
        (projection, Partition(name, number))
        for projection in projections
        for name in projection.topics
        for number in range(topics[name].partitions if name in topics else 0)
    ]
    return random.sample(places, len(places))


async def keep(stores: Stores, report: Report, wanted: Repair | None = None, about: Finding | None = None) -> Audited:
    """Keep what was found and tell it; put the rows right where that is wanted.

    `about` is the finding that was looked at again: it is over where nothing of it is left.

    Raises ViewsUnavailable, VaultUnavailable.
    """
    findings = Findings(stores.vault)
    if about is not None and about.stands and is_over(about, report):
        await findings.change(about, gone_at=_now_ms())
    kept = []
    for found in report.found:
        finding = await findings.keep(found.drift, _now_ms())
        drift = found.drift
        log.warning("audit finding %d: %s %s is %s: %s", finding.number, drift.table, drift.row, drift.kind, drift.why)
        kept.append(await _repaired(stores, findings, finding, found, wanted) if wanted else finding)
    return Audited(agreed=report.agreed, passed_over=report.passed_over, found=kept)


def is_over(finding: Finding, again: Report) -> bool:
    """Whether an audit of what the finding was about was certain, and did not come upon it."""
    looked = again.agreed or again.found
    left = any(found.drift.about == finding.drift.about for found in again.found)
    return bool(looked) and not again.passed_over and not left


async def _repaired(stores: Stores, findings: Findings, finding: Finding, found: Found, wanted: Repair) -> Finding:
    # Who and why is on record before anything is written: a death in between leaves no row that nobody owns to.
    finding = await findings.change(finding, actor=wanted.actor, reason=wanted.reason)
    if not finding.stands:  # somebody else was quicker
        return finding
    try:
        done = await repair(stores.views, found, time.time())
    except RowRefused as error:
        log.warning("audit finding %d cannot be repaired: %s", finding.number, error)
        return finding
    log.warning("audit finding %d %s by %s (%s)", finding.number, done, wanted.actor, wanted.reason)
    if done == "not repaired":
        return finding
    when = {"vanishing_at" if done == "vanishing" else "repaired_at": _now_ms()}
    return await findings.change(finding, actor=wanted.actor, reason=wanted.reason, **when)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
