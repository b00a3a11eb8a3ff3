"""Every metric of Qiao, by name. Nothing else creates one.

prometheus_client directly, its children cached: an observation costs about a microsecond, through OpenTelemetry's
metrics SDK ten (docs/decisions/0005-telemetry.md). Labels are bounded: names that the code declares, never a person's.
"""

from collections import defaultdict
from typing import Generic, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

M = TypeVar("M", Counter, Gauge, Histogram)

disable_created_metrics()  # type: ignore[no-untyped-call]
REGISTRY = CollectorRegistry()

SERIES: dict[str, frozenset[str]] = {}
"""Every time series that /metrics may show, by the name it has there, with its labels: what dashboards may ask for."""

_MICROS = (1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 5e-3, 2.5e-2, 0.1, 1.0)
_MILLIS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_AGES = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0, 300.0, 3600.0, 86400.0)
_ROWS = (1, 10, 50, 100, 500, 1_000, 5_000, 10_000, 50_000)
_BYTES = (1 << 10, 1 << 13, 1 << 15, 1 << 17, 1 << 20, 1 << 22, 1 << 24)


class _Family(Generic[M]):
    """A metric with labels, its children kept at hand: `labels()` alone would cost two microseconds."""

    __slots__ = ("_children", "_metric")

    def __init__(self, metric: M) -> None:
        self._metric: M = metric
        self._children: dict[tuple[str | int, ...], M] = {}

    def __call__(self, *labels: str | int) -> M:
        child = self._children.get(labels)
        if child is None:
            child = self._children[labels] = self._metric.labels(*labels)
        return child


_PLACE = ("projection", "topic", "partition")
_REQUEST = ("route", "method", "status")


def _gauge(name: str, what: str, labels: tuple[str, ...]) -> _Family[Gauge]:
    SERIES[f"qiao_{name}"] = frozenset(labels)
    # Several gateway processes share one /metrics: what is alive is added up.
    return _Family(Gauge(f"qiao_{name}", what, labels, registry=REGISTRY, multiprocess_mode="livesum"))


def _counter(name: str, what: str, labels: tuple[str, ...]) -> _Family[Counter]:
    SERIES[f"qiao_{name}_total"] = frozenset(labels)
    return _Family(Counter(f"qiao_{name}", what, labels, registry=REGISTRY))


def _histogram(name: str, what: str, labels: tuple[str, ...], buckets: tuple[float, ...]) -> _Family[Histogram]:
    SERIES[f"qiao_{name}_bucket"] = frozenset((*labels, "le"))
    SERIES[f"qiao_{name}_sum"] = SERIES[f"qiao_{name}_count"] = frozenset(labels)
    return _Family(Histogram(f"qiao_{name}", what, labels, registry=REGISTRY, buckets=buckets))


_lag = _gauge("projection_lag_events", "Events in the log that the projection has not folded yet.", _PLACE)
_parked_keys = _gauge("projection_parked_keys", "Keys with events set aside, or queued behind one that is.", _PLACE)
_age = _histogram("event_age_seconds", "Age of a batch's oldest event once it was handled.", _PLACE[:2], _AGES)
_handler = _histogram("handler_seconds", "Time of a handler, once per batch.", ("projection", "event"), _MICROS)
_flush = _histogram("flush_seconds", "Time of writing a batch to the views.", ("projection",), _MILLIS)
_flush_rows = _histogram("flush_rows", "Rows that a batch wrote.", ("projection",), _ROWS)
_flush_bytes = _histogram("flush_bytes", "Bytes of the events whose rows a batch wrote.", ("projection",), _BYTES)
_parked = _counter("events_parked", "Events set aside after their handler failed.", _PLACE[:2])
_skipped = _counter("events_skipped", "Events not handled.", (*_PLACE[:2], "reason"))
_refused = _counter(
    "events_refused", "Events folded to nothing: their actor lacked the right.", (*_PLACE[:2], "reason")
)
_retries = _counter("retries", "Attempts made again after a passing failure.", ("what", "error"))
_request = _histogram("http_request_seconds", "Time of a request until its answer is ready.", _REQUEST, _MILLIS)
_wait = _histogram("wait_seconds", "Time that a read waited for what its reader had done.", ("outcome",), _MILLIS)
_second = _counter("second_phase_rows", "Rows that second phases wrote: fan-out and back-fill.", ("projection",))
_call = _histogram("store_call_seconds", "Time of a call to Kafka or Cassandra.", ("system", "operation"), _MILLIS)
_call_failed = _counter("store_call_failures", "Calls to Kafka or Cassandra that failed.", ("system", "operation"))
_checked = _counter("readiness_checks", "What readiness depends on, asked.", ("check", "outcome"))
_dropped = _counter("spans_dropped", "Spans of traces that were not kept.", ("reason",))
_audited = _counter("audit_keys", "Keys whose history was folded afresh.", ("projection", "outcome"))
_drifted = _counter("audit_drift", "Rows that are not what their events make of them.", ("projection", "table"))
_in_flight = _gauge("in_flight", "Work begun and not yet done.", ("what",))
_flying: defaultdict[str, int] = defaultdict(int)


def lag(projection: str, topic: str, partition: int, events: int) -> None:
    """How many events of a partition a projection has still to fold."""
    _lag(projection, topic, partition).set(events)


def parked_keys(projection: str, topic: str, partition: int, keys: int) -> None:
    """How many keys of a partition have parked or queued events."""
    _parked_keys(projection, topic, partition).set(keys)


def forget_partition(projection: str, topic: str, partition: int) -> None:
    """The partition went to another process: what this one says about it would be stale."""
    lag(projection, topic, partition, 0)
    parked_keys(projection, topic, partition, 0)


def event_age(projection: str, topic: str, seconds: float) -> None:
    """How old a batch's oldest event was, since the log's time of it, when the batch was flushed."""
    _age(projection, topic).observe(seconds)


def handler_time(projection: str, event: str, seconds: float) -> None:
    """How long one event's handler took; `event` is the event type's name."""
    _handler(projection, event).observe(seconds)


def flushed(projection: str, seconds: float, rows: int, size: int) -> None:
    """A batch was written to the views; `size` in bytes of the events that went in."""
    _flush(projection).observe(seconds)
    _flush_rows(projection).observe(rows)
    _flush_bytes(projection).observe(size)


def events_parked(projection: str, topic: str) -> None:
    """An event was set aside."""
    _parked(projection, topic).inc()


def events_skipped(projection: str, topic: str, reason: str) -> None:
    """An event was not handled; `reason` is one of a few fixed words."""
    _skipped(projection, topic, reason).inc()


def events_refused(projection: str, topic: str, reason: str) -> None:
    """An event folded to nothing; `reason` is one of a few fixed words."""
    _refused(projection, topic, reason).inc()


def retried(what: str, error: str) -> None:
    """An attempt is made again; `what` names the kind of work, `error` the exception's type."""
    _retries(what, error).inc()


def request(route: str, method: str, status: int, seconds: float) -> None:
    """A request was answered; `route` is the template, never the path."""
    _request(route, method, status).observe(seconds)


def waited(outcome: str, seconds: float) -> None:
    """A read waited for a position; `outcome` is met, or stale where it took too long."""
    _wait(outcome).observe(seconds)


def second_phase(projection: str, rows: int) -> None:
    """The second phases of a batch wrote so many rows."""
    _second(projection).inc(rows)


def store_called(system: str, operation: str, seconds: float) -> None:
    """A server answered; `system` is kafka or cassandra, `operation` append, read, write or another fixed word."""
    _call(system, operation).observe(seconds)


def store_failed(system: str, operation: str) -> None:
    """A server did not answer, or refused."""
    _call_failed(system, operation).inc()


def checked(check: str, outcome: str) -> None:
    """A check of /readyz was made; `check` is its name there, `outcome` passed or failed."""
    _checked(check, outcome).inc()


def spans_dropped(reason: str, spans: int) -> None:
    """Spans were not kept; `reason` is full (too many wait) or store (they could not be written)."""
    _dropped(reason).inc(spans)


def audited(projection: str, outcome: str, keys: int) -> None:
    """Keys were audited; `outcome` is agreed, drifted or passed over."""
    _audited(projection, outcome).inc(keys)


def drifted(projection: str, table: str) -> None:
    """A row was found that is not what its events make of it. A row that stays wrong is found again."""
    _drifted(projection, table).inc()


def none_yet(what: str) -> None:
    """Show that this process does such work, before the first is begun."""
    _flying[what] += 0


def begun(what: str) -> None:
    """One more in flight, of `requests` or another fixed word."""
    _flying[what] += 1


def ended(what: str) -> None:
    """One fewer in flight."""
    _flying[what] -= 1


def publish() -> None:
    """Show what is only counted by itself, for it changes too often: call it every second or so."""
    for what, number in _flying.items():
        _in_flight(what).set(number)
