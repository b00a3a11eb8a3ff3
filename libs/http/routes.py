"""How a service declares what it answers: the whole contract of an address as one value.

Whoever reads a service's http.py sees every status and shape; OpenAPI is generated from the same values.
"""

import enum
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Literal

import msgspec
from typing_extensions import TypeVar

from libs.http.answers import Answer, Done
from libs.http.calls import B, Call, P, Q
from libs.http.declaring import check_handler, check_template
from libs.http.problems import Problem, ProblemKind

A = TypeVar("A", default=None)
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Handler = Callable[[Call[B, P, Q]], Awaitable[A | Answer[A] | Done | Problem]]

MAX_BODY = 64 * 1024


class Auth(enum.Enum):
    """Who may come. A token that is sent is always checked, except on NONE; on ADMIN it must be an admin's."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    NONE = "none"
    ADMIN = "admin"


class Rate(enum.Enum):
    """Which limit counts the request: STRICT is for sign-in and registration."""

    NORMAL = "normal"
    STRICT = "strict"


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One method at one address. Made by `route`."""

    method: Method
    template: str
    handler: Callable[[Call[Any, Any, Any]], Awaitable[object]]
    body: type | None
    path: type | None
    query: type | None
    returns: Any
    status: int
    auth: Auth
    waits_for: tuple[str, ...]
    problems: tuple[ProblemKind, ...]
    rate: Rate
    max_body: int
    summary: str
    description: str
    tag: str

    @property
    def name(self) -> str:
        """`GET /v1/posts/{id}`: how metrics and spans call it."""
        return f"{self.method} {self.template}"

    @property
    def writes(self) -> bool:
        """Whether an answer may carry a position."""
        return self.method != "GET"


def route(
    method: Method,
    template: str,
    handler: Handler[B, P, Q, A],
    *,
    returns: type[A] | None,
    summary: str,
    body: type[B] | None = None,
    path: type[P] | None = None,
    query: type[Q] | None = None,
    status: int | None = None,
    auth: Auth = Auth.REQUIRED,
    waits_for: Sequence[str] = (),
    problems: Sequence[ProblemKind] = (),
    rate: Rate = Rate.NORMAL,
    max_body: int = MAX_BODY,
    description: str = "",
    tag: str = "",
) -> Route:
    """Declare a route. `status` is 200, or 204 where `returns` is None, unless said otherwise.

    `path` and `query` are structs whose fields are the parts of the template and the query values; `waits_for` names
    the projections that a `Qiao-Wait-For` waits on; `problems` are those beyond the ones that the declaration implies
    (401 and 403 by `auth`, 404 by `path`, 400/413/415/422 by `body`, 400/422 by `query`); `tag` groups routes in the
    document.
    Raises TypeError for a declaration that contradicts itself or the annotations of its handler.
    """
    check_template(template, path)
    check_handler(handler, body=body, path=path, query=query, returns=returns)
    return Route(
        method=method,
        template=template,
        handler=handler,
        body=body,
        path=path,
        query=query,
        returns=returns,
        status=status or (204 if returns is None else 200),
        auth=auth,
        waits_for=tuple(waits_for),
        problems=tuple(problems),
        rate=rate,
        max_body=max_body,
        summary=summary,
        description=description,
        tag=tag,
    )
