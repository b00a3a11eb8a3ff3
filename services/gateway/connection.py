"""One connection, where what is not even HTTP is refused as a problem, too."""

import logging
from http import HTTPStatus

from aiohttp import web

from libs.http import Problem
from libs.http.kinds import INTERNAL, MALFORMED
from libs.telemetry import spans
from services.gateway.responses import problem_response

_MAX_DETAIL = 200

log = logging.getLogger(__name__)


class Connection(web.RequestHandler):
    """aiohttp's, with another answer to what it cannot read."""

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
