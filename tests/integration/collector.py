"""A collector of traces: takes spans over OTLP/HTTP, and keeps them as the story that they tell."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, Span


class Ref(NamedTuple):
    """A span of whatever trace."""

    trace: str
    span: str


class Told(NamedTuple):
    """A span as it came."""

    ref: Ref
    parent: Ref | None
    """None where it began its trace."""
    links: tuple[Ref, ...]
    service: str
    kind: str
    """SERVER, PRODUCER, CONSUMER or CLIENT."""
    name: str
    attributes: dict[str, str]
    failed: bool


class Story:
    """Every span that came so far."""

    def __init__(self) -> None:
        """Nobody has told anything."""
        self.spans: dict[Ref, Told] = {}

    def all(self, name: str, service: str = "") -> list[Told]:
        """The spans of this name, of one service or of all."""
        return [each for each in self.spans.values() if each.name == name and service in ("", each.service)]

    def below(self, parent: Ref) -> list[Told]:
        """Its children."""
        return [each for each in self.spans.values() if each.parent == parent]

    def connected(self, start: Ref) -> set[Ref]:
        """What hangs together with `start`, by parents and links."""
        near: dict[Ref, set[Ref]] = {}
        for each in self.spans.values():
            for other in (*each.links, *([each.parent] if each.parent else [])):
                near.setdefault(each.ref, set()).add(other)
                near.setdefault(other, set()).add(each.ref)
        found, todo = {start}, [start]
        while todo:
            fresh = near.get(todo.pop(), set()) - found
            found |= fresh
            todo += fresh
        return found

    async def take(self, request: web.Request) -> web.Response:
        """POST /v1/traces, as an exporter of OpenTelemetry sends it."""
        assert request.content_type == "application/x-protobuf"
        for resource in ExportTraceServiceRequest.FromString(await request.read()).resource_spans:
            self.spans |= {told.ref: told for told in _told(resource)}
        answer = ExportTraceServiceResponse().SerializeToString()
        return web.Response(body=answer, content_type="application/x-protobuf")


@asynccontextmanager
async def collecting(story: Story) -> AsyncIterator[str]:
    """A collector's base address for as long as the block lasts."""
    app = web.Application()
    app.router.add_post("/v1/traces", story.take)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def _told(resource: ResourceSpans) -> Iterator[Told]:
    [service] = [each.value.string_value for each in resource.resource.attributes if each.key == "service.name"]
    for scope in resource.scope_spans:
        for span in scope.spans:
            yield Told(
                ref=_ref(span.trace_id, span.span_id),
                parent=_ref(span.trace_id, span.parent_span_id) if span.parent_span_id else None,
                links=tuple(_ref(link.trace_id, link.span_id) for link in span.links),
                service=service,
                kind=Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
                name=span.name,
                attributes={each.key: each.value.string_value for each in span.attributes},
                failed=span.status.code == span.status.STATUS_CODE_ERROR,
            )


def _ref(trace: bytes, span: bytes) -> Ref:
    return Ref(trace.hex(), span.hex())
