"""Into an aiohttp response: bodies, positions, problems, and the headers that every answer has."""

from typing import Literal

import msgspec
from aiohttp import web
from multidict import CIMultiDict

from libs.http.openapi.conventions import REQUEST_ID_HEADER
from libs.http.problems import Problem, details_of
from libs.telemetry import current_trace_id

_encode = msgspec.json.Encoder().encode
COMMON = {"Server": "qiao", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
# aiohttp copies these faster than it would a dict.
_EMPTY = CIMultiDict(COMMON)
_JSON = CIMultiDict(COMMON | {"Content-Type": "application/json"})
_PROBLEM = COMMON | {"Content-Type": "application/problem+json", "Vary": "Accept-Language"}


def json_response(body: object, status: int = 200) -> web.Response:
    """A struct as JSON."""
    response = web.Response(body=_encode(body), status=status, headers=_JSON)
    response.headers[REQUEST_ID_HEADER] = current_trace_id()
    return response


def empty_response(status: int) -> web.Response:
    """Nothing but the status."""
    response = web.Response(status=status, headers=_EMPTY)
    response.headers[REQUEST_ID_HEADER] = current_trace_id()
    return response


def problem_response(problem: Problem, accept_language: str = "") -> web.Response:
    """A problem, its title in the reader's language."""
    language, trace = preferred(accept_language), current_trace_id()
    headers = _PROBLEM | {REQUEST_ID_HEADER: trace, "Content-Language": language} | problem.headers
    body = _encode(details_of(problem, language=language, request_id=trace))
    return web.Response(body=body, status=problem.kind.status, headers=headers)


def preferred(accept_language: str) -> Literal["en", "zh"]:
    """English, unless Chinese is named with a higher weight, or earlier with the same."""
    weights = {"en": 0.0, "zh": 0.0}
    for entry in accept_language[:500].split(","):
        tag, _, weight = entry.partition(";")
        language = tag.strip().lower().partition("-")[0]
        if language in weights and not weights[language]:
            weights[language] = _weight(weight)
    return "zh" if weights["zh"] > weights["en"] or _first_of_equals(accept_language, weights) else "en"


def _weight(text: str) -> float:
    name, _, value = text.strip().partition("=")
    try:
        return min(1.0, max(0.0, float(value))) if name == "q" else 1.0
    except ValueError:
        return 0.0


def _first_of_equals(accept_language: str, weights: dict[str, float]) -> bool:
    low = accept_language.lower()
    return weights["zh"] == weights["en"] > 0 and low.find("zh") < low.find("en")
