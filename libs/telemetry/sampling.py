"""Which traces are recorded: a share of the requests, and whatever follows from one of them."""

from random import random

from libs.telemetry.context import TraceContext

_LOW = (1 << 64) - 1
_RECORDED = 1


class Sampling:
    """Decides where a trace begins; what follows goes by what was decided there."""

    def __init__(self, share: float) -> None:
        """`share` of all traces, 0 to 1."""
        self._share = share
        self._bound = round(share * (1 << 64))

    def request(self, remote: TraceContext | None) -> bool:
        """Whether a request is recorded; by the caller's trace id, if it sent one, so everywhere or nowhere.

        That the caller records its own part does not count: strangers must not be able to switch recording on.
        """
        if remote is None:
            return random() < self._share  # noqa: S311 - a sample, no secret
        return int(remote.trace_id, 16) & _LOW < self._bound

    def work(self) -> bool:
        """Whether to record work that no recorded request is behind."""
        return random() < self._share  # noqa: S311 - a sample, no secret


def recorded(context: TraceContext) -> bool:
    """Whether whoever is in this span recorded it."""
    return bool(int(context.flags, 16) & _RECORDED)
