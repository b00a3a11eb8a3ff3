"""What a workload needs: processes, nodes, brokers, disks, network; what drives the cost, and what breaks first."""

import math
from collections.abc import Mapping

import msgspec

from qiao.capacity.costs import Cost, costs, spent
from qiao.capacity.hardware import Hardware
from qiao.capacity.limits import Limit, limits
from qiao.capacity.measured import Measured
from qiao.capacity.storage import Storage, log_mb_s, storage
from qiao.capacity.workload import Rates, Workload, peak_rates

LEAST_SERVERS = 3


class Needs(msgspec.Struct, frozen=True, kw_only=True):
    """For the busiest hour, and for a year."""

    rates: Rates
    gateways: int
    """Processes, each of one core."""
    gateway_gb: float
    """Memory of all of them."""
    workers: int
    """Processes of `feeds`, each of one core; the other services' fold less."""
    partitions: int
    cassandra_nodes: int
    cassandra_for: str
    """What decides their number: processors or disks."""
    brokers: int
    storage: Storage
    disk_tb: float
    """After a year, all copies, log and tables."""
    to_clients_mb_s: float
    to_log_mb_s: float
    """Copies included."""
    drivers: Mapping[str, float]
    """Cores that each thing keeps busy, copies included, the most expensive first."""
    limits: tuple[Limit, ...]
    """What more machines do not widen, the tightest first: the first is what breaks first."""


def needs(work: Workload, of: Measured, on: Hardware) -> Needs:
    """Pure: the same for the same three."""
    rates, stored, into_log = peak_rates(work), storage(work, of), log_mb_s(work, of) * on.copies
    busy = {name: _with_copies(cost, on) for name, cost in spent(rates, costs(of)).items()}
    gateways = _whole(sum(cost.gateway for cost in busy.values()) / on.used)
    by_cores = sum(cost.servers for cost in busy.values()) / on.used / on.cores_per_node
    kept = stored.views_a_year + stored.homes + stored.accounts
    by_disk = kept * on.copies / 1e3 / on.node_tb / on.disk_used
    return Needs(
        rates=rates,
        gateways=gateways,
        gateway_gb=gateways * of.gateway_mb / 1e3,
        workers=_whole(sum(cost.worker for cost in busy.values()) * work.skew / on.used),
        partitions=on.partitions,
        cassandra_nodes=max(LEAST_SERVERS, _whole(max(by_cores, by_disk))),
        cassandra_for="processors" if by_cores >= by_disk else "disks",
        brokers=max(LEAST_SERVERS, _whole(into_log / on.broker_mb_s), _whole(_brokers_by_disk(stored, on))),
        storage=stored,
        disk_tb=(kept + stored.log_a_year) * on.copies / 1e3,
        to_clients_mb_s=rates.pages * on.page_kb / 1e3,
        to_log_mb_s=into_log,
        drivers=dict(sorted(((name, cost.all) for name, cost in busy.items()), key=lambda each: -each[1])),
        limits=limits(work, costs(of), on),
    )


def _with_copies(cost: Cost, on: Hardware) -> Cost:
    """A write goes to every copy and a read to a majority: each is charged the larger."""
    return Cost(gateway=cost.gateway, worker=cost.worker, servers=cost.servers * on.copies)


def _brokers_by_disk(stored: Storage, on: Hardware) -> float:
    return stored.log_a_year * on.copies / 1e3 / on.broker_tb / on.disk_used


def _whole(number: float) -> int:
    return max(1, math.ceil(number))
