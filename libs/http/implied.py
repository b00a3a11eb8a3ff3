"""Which kinds of problem a declaration implies, beyond those that the route names itself."""

from collections.abc import Iterator

from libs.http import kinds
from libs.http.problems import ProblemKind
from libs.http.routes import Auth, Route


def problem_kinds(route: Route) -> tuple[ProblemKind, ...]:
    """Every kind of problem that the route may answer with, each once, by status."""
    found = dict.fromkeys((*route.problems, *_implied(route)))
    return tuple(sorted(found, key=lambda kind: (kind.status, kind.code)))


def _implied(route: Route) -> Iterator[ProblemKind]:
    yield from (kinds.MALFORMED, kinds.INVALID, kinds.TOO_MANY, kinds.UNAVAILABLE)
    if route.auth is not Auth.NONE:
        yield kinds.SIGN_IN
    if route.auth is Auth.ADMIN:
        yield kinds.FORBIDDEN
    if route.path is not None:
        yield kinds.NOT_FOUND
    if route.body is not None:
        yield from (kinds.TOO_LARGE, kinds.UNSUPPORTED_TYPE)
    if route.method == "POST":
        yield from (kinds.KEY_REUSED, kinds.IN_DOUBT)
