"""Telemetry begins and ends with the process."""

import logging
import os
import sys
from collections.abc import Callable
from typing import Literal, TextIO

from libs.telemetry import spans
from libs.telemetry.logs import log_handler

LogStyle = Literal["json", "text", "auto"]

_NOISY = ("aiokafka", "cassandra", "opentelemetry")


def setup(
    service: str,
    *,
    version: str = "",
    instance: str = "",
    otlp_endpoint: str = "",
    sample: float = 1.0,
    local: Callable[[], spans.Recorder] | None = None,
    log_style: LogStyle = "auto",
    log_level: str = "INFO",
    log_stream: TextIO | None = None,
) -> None:
    """Begin logging, and tracing if there is somewhere to send traces or to keep them.

    `otlp_endpoint` is a collector's OTLP/HTTP base address; without it, that of OTEL_EXPORTER_OTLP_ENDPOINT.
    `sample` is the share of traces to record there. Without an endpoint `local`, if given, makes what keeps them all.
    Logs are text on a terminal and JSON elsewhere, unless told. Calling it again replaces what was set up before.
    """
    shutdown()
    _set_up_logs(service, log_style, log_level, log_stream or sys.stderr)
    endpoint = otlp_endpoint or os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "")
    if endpoint and sample > 0:
        resource = {"service.namespace": "qiao", "service.name": service}
        resource |= {"service.version": version} if version else {}
        resource |= {"service.instance.id": instance} if instance else {}
        _export_traces(resource, endpoint.rstrip("/"), sample)
    elif not endpoint and local is not None:
        spans.record_with(local())


def shutdown() -> None:
    """Export or keep the spans that are left, within some seconds. Blocks; safe to call twice, or without `setup`."""
    recorder = spans.record_with(None)
    if recorder is not None:
        recorder.close()


def _set_up_logs(service: str, style: LogStyle, level: str, stream: TextIO) -> None:
    json = style == "json" or (style == "auto" and not stream.isatty())
    root = logging.getLogger()
    for handler in list(root.handlers):
        root.removeHandler(handler)
    root.addHandler(log_handler(service, json=json, stream=stream))
    root.setLevel(level)
    for name in _NOISY:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def _export_traces(resource: dict[str, str], endpoint: str, sample: float) -> None:
    # Imported here: a process that exports nothing need not pay a second and 20 MB for it.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    from libs.telemetry.live import Live

    exporter = OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces")
    spans.record_with(Live(resource, BatchSpanProcessor(exporter), sample))
