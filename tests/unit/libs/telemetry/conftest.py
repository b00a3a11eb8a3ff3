"""Recorded spans, at hand instead of exported."""

from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from libs.telemetry import shutdown, spans
from libs.telemetry.live import Live


@pytest.fixture
def recorded() -> Iterator[InMemorySpanExporter]:
    """Where spans go while a test records them."""
    exporter = InMemorySpanExporter()
    spans.record_with(Live({"service.name": "tests"}, SimpleSpanProcessor(exporter)))
    yield exporter
    shutdown()
