"""What people do."""

from collections.abc import Mapping

import msgspec


class Workload(msgspec.Struct, frozen=True, kw_only=True):
    """A number of people and their habits."""

    accounts: int
    """That exist."""
    newcomers_a_day: float
    active: float
    """Share of the accounts that come on a day, 0 to 1."""
    pages: float = 60
    """That one of them reads on a day: homes, profiles, threads, topics."""
    posts: float = 1
    """That one of them writes on a day."""
    likes: float = 20
    follows: float = 2
    followers: float = 40
    """Mean over posts of who gets it pushed: what fan-out multiplies by."""
    peak: float = 3
    """The busiest hour against the mean of the day."""
    skew: float = 2
    """The busiest partition against their mean."""

    @property
    def people(self) -> float:
        """Who come on a day."""
        return self.accounts * self.active


class Rates(msgspec.Struct, frozen=True, kw_only=True):
    """Things a second."""

    registrations: float
    pages: float
    posts: float
    likes: float
    follows: float
    deliveries: float

    @property
    def events(self) -> float:
        """Appended to the log."""
        return self.registrations + self.posts + self.likes + self.follows

    @property
    def writes(self) -> float:
        """Requests that change something, but for registrations."""
        return self.posts + self.likes + self.follows


def mean_rates(work: Workload) -> Rates:
    """Over a day."""
    seconds = 86_400
    return Rates(
        registrations=work.newcomers_a_day / seconds,
        pages=work.people * work.pages / seconds,
        posts=work.people * work.posts / seconds,
        likes=work.people * work.likes / seconds,
        follows=work.people * work.follows / seconds,
        deliveries=work.people * work.posts * (1 + work.followers) / seconds,
    )


def peak_rates(work: Workload) -> Rates:
    """In the busiest hour."""
    return Rates(**{name: rate * work.peak for name, rate in msgspec.structs.asdict(mean_rates(work)).items()})


WORKLOADS: Mapping[str, Workload] = {
    # 700,000 newcomers within three days, as many people who were there before, all of them curious.
    "surge": Workload(
        accounts=1_400_000, newcomers_a_day=700_000 / 3, active=1.0, posts=2, likes=30, follows=10, peak=4
    ),
    "hundred-million": Workload(accounts=100_000_000, newcomers_a_day=100_000, active=0.2, followers=60),
}
"""The two that docs/operating/capacity.md goes through."""
