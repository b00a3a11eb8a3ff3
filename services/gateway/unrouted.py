"""What no route answers is a problem, too: 404 for an unknown address, 405 for another method at a known one."""

from time import perf_counter

from aiohttp import web

from libs.http.kinds import METHOD_NOT_ALLOWED, NOT_FOUND
from libs.http.problems import Problem
from libs.telemetry import metrics, spans
from services.gateway.responses import problem_response


def mount_unrouted(router: web.UrlDispatcher) -> None:
    """Add it, behind every other route: aiohttp asks the resources with the longest fixed beginning first."""
    known = list(router.resources())

    async def unrouted(request: web.Request) -> web.Response:
        began, headers = perf_counter(), request.headers
        traceparent, tracestate = headers.get("traceparent"), headers.get("tracestate")
        with spans.request(request.method, "unrouted", request.rel_url.raw_path, traceparent, tracestate):
            refusal = await _refusal(request, known)
            response = problem_response(refusal, headers.get("Accept-Language", ""))
        metrics.request("unrouted", "any", response.status, perf_counter() - began)
        return response

    router.add_route("*", "/{anything:.*}", unrouted)


async def _refusal(request: web.Request, known: list[web.AbstractResource]) -> Problem:
    allowed: set[str] = set()
    for resource in known:
        _, methods = await resource.resolve(request)
        allowed |= methods
    if not allowed:
        return NOT_FOUND("There is no such address: see /v1/openapi.json.")
    methods_here = ", ".join(sorted(allowed))
    return METHOD_NOT_ALLOWED(f"It answers {methods_here}.", headers={"Allow": methods_here})
