"""Traces that a process keeps itself: spans without OpenTelemetry's SDK, given away in parts."""

from libs.telemetry.local.parts import KeptSpan, Part, SpanRef
from libs.telemetry.local.recorder import LocalRecorder

__all__ = ["KeptSpan", "LocalRecorder", "Part", "SpanRef"]
