"""WHAT happens inside: traces, metrics and logs. `spans` names every span, `metrics` every metric."""

from libs.telemetry import metrics, spans
from libs.telemetry.context import TraceContext, current, current_trace_id
from libs.telemetry.exposition import exposition
from libs.telemetry.setup import setup, shutdown

__all__ = [
    "TraceContext",
    "current",
    "current_trace_id",
    "exposition",
    "metrics",
    "setup",
    "shutdown",
    "spans",
]
