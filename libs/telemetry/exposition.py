"""What /metrics answers: Qiao's metrics and the process's own, of all processes that share the port."""

import os

from prometheus_client import GC_COLLECTOR, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from libs.telemetry.metrics import REGISTRY, publish

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SHARED_DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"
"""Set before Python starts in every process of a group: then any of them answers for all."""


def exposition() -> bytes:
    """All metrics as Prometheus reads them. Takes some milliseconds: call it off the loop."""
    publish()
    if SHARED_DIRECTORY not in os.environ:
        return generate_latest(REGISTRY) + generate_latest(_PROCESS)
    shared = CollectorRegistry()
    MultiProcessCollector(shared)  # type: ignore[no-untyped-call]
    return generate_latest(shared)


_PROCESS = CollectorRegistry()
ProcessCollector(registry=_PROCESS)
_PROCESS.register(GC_COLLECTOR)
