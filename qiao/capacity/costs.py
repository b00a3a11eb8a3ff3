"""What one of each thing costs, in seconds of one core.

The bench knows what all processes of a machine took together, and of some what the client's process took alone. The
rest is charged to the servers: an upper bound, for the clients that made the load are in it as well.
"""

import msgspec

from qiao.capacity.measured import Measured
from qiao.capacity.workload import Rates


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """Of one thing, in core seconds, with one copy."""

    gateway: float = 0
    worker: float = 0
    servers: float = 0

    @property
    def all(self) -> float:
        """Wherever it is spent."""
        return self.gateway + self.worker + self.servers


class Costs(msgspec.Struct, frozen=True, kw_only=True):
    """By what is done."""

    registration: Cost
    page: Cost
    write: Cost
    """The request of a post, a like or a follow."""
    event: Cost
    """Folding one event, by all services; without its deliveries."""
    delivery: Cost


def costs(of: Measured) -> Costs:
    """From what was measured."""
    page_cpu, delivery_cpu = of.home_cpu_ms / 1e3, of.delivery_cpu_us / 1e6
    return Costs(
        registration=Cost(gateway=of.cores / of.registrations),
        page=Cost(gateway=page_cpu, servers=of.cores / of.homes - page_cpu),
        write=Cost(gateway=of.cores / of.follows),
        # A worker is one process with one loop: it had one core at most.
        event=Cost(worker=1 / of.posts_folded, servers=(of.cores - 1) / of.posts_folded),
        delivery=Cost(worker=delivery_cpu, servers=of.cores / of.deliveries - delivery_cpu),
    )


def spent(rates: Rates, of: Costs) -> dict[str, Cost]:
    """Cores that are busy, by what keeps them so."""
    counts = {
        "registrations": (rates.registrations, of.registration),
        "pages": (rates.pages, of.page),
        "writes": (rates.writes, of.write),
        "folding": (rates.events, of.event),
        "deliveries": (rates.deliveries, of.delivery),
    }
    return {
        name: Cost(gateway=rate * cost.gateway, worker=rate * cost.worker, servers=rate * cost.servers)
        for name, (rate, cost) in counts.items()
    }


def mix_rate(of: Measured, *, posts: float, followers: float) -> float:
    """Requests a second that a machine like the bench's makes, if this share of them (0 to 1) are posts."""
    each = costs(of)
    post = each.write.all + each.event.all + (1 + followers) * each.delivery.all
    return of.cores / ((1 - posts) * each.page.all + posts * post)
