"""One connection, where what is not even HTTP, and what aiohttp itself refuses, is a problem, too."""

import logging
from collections.abc import Coroutine
from http import HTTPStatus
from typing import Any

from aiohttp import web

from libs.http import Problem
from libs.http.kinds import INTERNAL, MALFORMED, NOT_FOUND
from libs.http.problems import in_header
from libs.telemetry import spans
from services.gateway.responses import problem_response

_MAX_DETAIL = 200

log = logging.getLogger(__name__)


class Connection(web.RequestHandler):
    """aiohttp's, with another answer to what it cannot read or does not serve."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = HTTPStatus.INTERNAL_SERVER_ERROR,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """A problem; the connection is closed after it. Raises ConnectionError if an answer had begun already."""
        if request.writer.output_size > 0:
            raise ConnectionError("an answer had begun when its request broke")
        if status == HTTPStatus.BAD_REQUEST:
            log.debug("a client sent no HTTP: %s", message)
            problem: Problem = MALFORMED((message or "This is no HTTP.")[:_MAX_DETAIL])
        else:
            log.error("a request failed outside of every route", exc_info=exc)
            problem = INTERNAL()
        with spans.request(request.method, "unreadable", "", None, None):
            response = problem_response(problem)
        response.force_close()
        return response

    def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> Coroutine[Any, Any, tuple[web.StreamResponse, bool]]:
        """Send an answer. One of aiohttp's own becomes a problem; the connection is closed after it."""
        if isinstance(resp, web.HTTPException):
            resp = _own_words(request, resp)
        return super().finish_response(request, resp, start_time)


def _own_words(request: web.BaseRequest, refusal: web.HTTPException) -> web.Response:
    """Routes answer with problems, and there is one for every path: so it is the Expect header, or names no path."""
    if refusal.status == HTTPStatus.EXPECTATION_FAILED:
        problem = MALFORMED("Nothing but 100-continue can be met.", in_header("Expect", "is none that is known here"))
    else:
        problem = NOT_FOUND("There is no such address: see /v1/openapi.json.")
    with spans.request(request.method, "unreadable", "", None, None):
        response = problem_response(problem, request.headers.get("Accept-Language", ""))
    response.force_close()
    return response
