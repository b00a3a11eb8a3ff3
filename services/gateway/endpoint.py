"""One mounted route: from the request to its answer, measured and traced."""

import logging
from time import perf_counter

from aiohttp import web

from libs.http import Answer, Done, Problem, Route
from libs.http.kinds import IN_DOUBT, INTERNAL, UNAVAILABLE
from libs.http.openapi.conventions import KEY_HEADER
from libs.http.positions import POSITION_HEADER, STALE_HEADER, Position
from libs.log import LogUnavailable
from libs.telemetry import metrics, spans
from libs.vault import VaultUnavailable
from services.gateway.outages import AWAY, Outages
from services.gateway.parts import Parts
from services.gateway.reading import RequestReader
from services.gateway.responses import empty_response, json_response, problem_response

_MAYBE_DONE = (LogUnavailable, VaultUnavailable, TimeoutError)
"""After these a write may have happened. The views are only read here."""

_FAILED = 500

log = logging.getLogger(__name__)


class Endpoint:
    """Answers the requests of one route."""

    def __init__(self, route: Route, parts: Parts, outages: Outages) -> None:
        """Route and parts stay as they are while the gateway runs; `outages` are those of all its routes."""
        self._route, self._parts, self._outages = route, parts, outages
        self._reader = RequestReader(route, parts)

    async def answer(self, request: web.Request) -> web.Response:
        """Answer, whatever happens: refusals and failures are answers, too."""
        began, route, headers = perf_counter(), self._route, request.headers
        metrics.begun("requests")
        try:
            with spans.request(
                route.method,
                route.template,
                request.rel_url.raw_path,
                headers.get("traceparent"),
                headers.get("tracestate"),
            ) as span:
                try:
                    response = await self._answer(request)
                    self._outages.answered(route.name)
                except Exception as error:  # noqa: BLE001 - sorted below: what nobody expected is logged, and a 500
                    response = self._refused(request, error)
                self._describe(span, response)
        finally:
            metrics.ended("requests")
        metrics.request(route.template, route.method, response.status, perf_counter() - began)
        return response

    def _describe(self, span: spans.Span, response: web.Response) -> None:
        if span.recorded:
            span.set("http.response.status_code", response.status)
            if response.status >= _FAILED:
                span.fail(str(response.status))
        if self._parts.lifecycle.draining:
            response.force_close()

    def _refused(self, request: web.Request, error: Exception) -> web.Response:
        if isinstance(error, Problem):
            refusal = error
        elif isinstance(error, AWAY):
            self._outages.failed(self._route.name, error)
            refusal = self._unavailable(request, error)
        else:
            log.error("%s failed", self._route.name, exc_info=error)
            refusal = INTERNAL()
        return problem_response(refusal, request.headers.get("Accept-Language", ""))

    def _unavailable(self, request: web.Request, error: Exception) -> Problem:
        """Only a POST makes something new each time; the others may be repeated as they are."""
        again = {"Retry-After": "1"}
        if self._route.method != "POST" or not isinstance(error, _MAYBE_DONE):
            return UNAVAILABLE("Try again in a moment.", headers=again)
        if KEY_HEADER in request.headers:
            return IN_DOUBT("Then it is done once, whether or not it was done before.", headers=again)
        return IN_DOUBT(f"This one had no {KEY_HEADER}: sent again, it may be done twice.", headers=again)

    async def _answer(self, request: web.Request) -> web.Response:
        call = await self._reader.read(request)
        position = self._reader.position(request)
        waited = position is None or await self._wait(position)
        # Once the wait is over: it looks where serves what it waits for, however often that changes.
        with self._parts.pin():
            response = self._respond(await self._route.handler(call))
        if not waited:
            response.headers[STALE_HEADER] = "true"
        return response

    async def _wait(self, position: Position) -> bool:
        """Whether the projections got there in time: freshness, as people see it."""
        began = perf_counter()
        met = await self._parts.waits.wait(self._route.waits_for, position)
        metrics.waited("met" if met else "stale", perf_counter() - began)
        return met

    def _respond(self, result: object) -> web.Response:
        if isinstance(result, Problem):
            raise result
        if isinstance(result, Answer):
            response = json_response(result.body, self._route.status)
        elif isinstance(result, Done):
            response = empty_response(self._route.status)
        else:
            return empty_response(204) if result is None else json_response(result, self._route.status)
        if result.position:
            response.headers[POSITION_HEADER] = self._parts.positions.sign(result.position)
        response.headers.update(result.headers)
        return response
