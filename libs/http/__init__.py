"""WHAT a service needs to offer a route: typed declarations, problems, cursors, positions, identity.

Nothing here knows aiohttp: `services.gateway` mounts what is declared.
"""

from libs.http.answers import Answer, Done, Page
from libs.http.calls import Call
from libs.http.cursors import Cursors, Paging
from libs.http.identity import Tokens
from libs.http.inputs import Input
from libs.http.kinds import FORBIDDEN, INVALID, NOT_FOUND, SIGN_IN, UNAVAILABLE
from libs.http.positions import Positions
from libs.http.problems import FieldError, Problem, ProblemKind, in_body, in_header, in_path, in_query
from libs.http.routes import Auth, Rate, Route, route
from libs.http.waits import Progress, Waits

__all__ = [
    "FORBIDDEN",
    "INVALID",
    "NOT_FOUND",
    "SIGN_IN",
    "UNAVAILABLE",
    "Answer",
    "Auth",
    "Call",
    "Cursors",
    "Done",
    "FieldError",
    "Input",
    "Page",
    "Paging",
    "Positions",
    "Problem",
    "ProblemKind",
    "Progress",
    "Rate",
    "Route",
    "Tokens",
    "Waits",
    "in_body",
    "in_header",
    "in_path",
    "in_query",
    "route",
]
