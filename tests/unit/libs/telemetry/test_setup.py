"""Traces reach a collector over OTLP, or are kept here."""

import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from libs.telemetry import setup, shutdown, spans
from libs.telemetry.local import LocalRecorder, Part


class Collector(BaseHTTPRequestHandler):
    """Keeps what it is sent."""

    got: ClassVar[list[tuple[str, bytes]]] = []

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.got.append((self.path, self.rfile.read(length)))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named by http.server
        """Quiet."""


@pytest.fixture
def collector() -> Iterator[str]:
    """A collector's base address."""
    Collector.got.clear()
    server = HTTPServer(("127.0.0.1", 0), Collector)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """`setup` replaces the root's handlers."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.may_stall
def test_spans_are_exported_by_the_time_shutdown_returns(collector: str) -> None:
    setup("gateway", version="0.1", instance="gateway-0", otlp_endpoint=collector)
    with spans.request("GET", "/v1/home", "/v1/home", None, None):
        pass
    shutdown()
    ((path, body),) = Collector.got
    (resource,) = ExportTraceServiceRequest.FromString(body).resource_spans
    assert path == "/v1/traces"
    assert [span.name for scope in resource.scope_spans for span in scope.spans] == ["GET /v1/home"]
    named = {attribute.key: attribute.value.string_value for attribute in resource.resource.attributes}
    assert (named["service.namespace"], named["service.name"]) == ("qiao", "gateway")
    assert (named["service.version"], named["service.instance.id"]) == ("0.1", "gateway-0")


def test_without_an_endpoint_opentelemetry_is_not_even_imported() -> None:
    code = "import sys; from libs import telemetry; telemetry.setup('x'); print('opentelemetry.sdk' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "False"


def test_with_an_endpoint_nothing_is_kept_here_not_even_what_is_sampled_out(collector: str) -> None:
    def local() -> spans.Recorder:
        raise AssertionError("a collector gets the traces")

    setup("up", otlp_endpoint=collector, sample=0.0, local=local)


def test_without_an_endpoint_traces_are_kept_here() -> None:
    kept: list[Part] = []
    setup("up", local=lambda: LocalRecorder("up", kept.append, lambda: None))
    with spans.request("GET", "/v1/home", "/v1/home", None, None):
        pass
    shutdown()
    assert [part.root.name for part in kept] == ["GET /v1/home"]


def test_shutdown_without_setup_does_nothing() -> None:
    shutdown()
    shutdown()
