"""What more machines do not widen: one partition is folded by one worker, and a post's tallies are read at once."""

import msgspec

from qiao.capacity.costs import Costs
from qiao.capacity.hardware import Hardware
from qiao.capacity.workload import Workload, peak_rates

MOST_PARTITIONS = 100
"""See QIAO_PARTITIONS."""
THRESHOLD = 10_000
"""QIAO_FOLLOWER_THRESHOLD: nobody's post is pushed to more."""
PATIENCE = 5.0
"""Seconds of freshness that alerts allow."""


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """One of them."""

    what: str
    used: float
    """1 is full."""
    mend: str


def limits(work: Workload, of: Costs, on: Hardware) -> tuple[Limit, ...]:
    """The tightest first."""
    found = (_partition(work, of, on), _partitions(work, of, on), _burst(of))
    return tuple(sorted(found, key=lambda each: -each.used))


def _folding(work: Workload, of: Costs) -> float:
    """Cores that folding takes in the busiest hour."""
    rates = peak_rates(work)
    return rates.events * of.event.worker + rates.deliveries * of.delivery.worker


def _partition(work: Workload, of: Costs, on: Hardware) -> Limit:
    return Limit(
        what=f"the busiest of {on.partitions} partitions is folded by one core",
        used=_folding(work, of) / on.partitions * work.skew / on.used,
        mend="more partitions, which means a restored log (keys must stay put); a lower QIAO_FOLLOWER_THRESHOLD",
    )


def _partitions(work: Workload, of: Costs, on: Hardware) -> Limit:
    return Limit(
        what=f"at most {MOST_PARTITIONS} partitions, hence workers of a service",
        used=_folding(work, of) / MOST_PARTITIONS * work.skew / on.used,
        mend="a lower QIAO_FOLLOWER_THRESHOLD: more is read and less is pushed",
    )


def _burst(of: Costs) -> Limit:
    return Limit(
        what=f"one post to {THRESHOLD:,} followers holds its partition up",
        used=THRESHOLD * of.delivery.worker / PATIENCE,
        mend="a lower QIAO_FOLLOWER_THRESHOLD",
    )
