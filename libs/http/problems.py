"""What went wrong, as RFC 9457 problem details: a value that decisions return and an exception that borders raise."""

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

Source = Literal["body", "query", "path", "header"]


class FieldError(msgspec.Struct, frozen=True, rename={"source": "in"}):
    """Which part of the request is at fault, and why."""

    source: Source
    field: str
    """A JSON pointer into the body (`/reads/0`), or the name of the query value, path part or header."""
    message: str


class ProblemKind(msgspec.Struct, frozen=True):
    """A kind of problem. Declared once beside what raises it, named by every route that may answer with it."""

    status: int
    """The HTTP status, 400-499; 503 where the same request may do later."""
    code: str
    """Stable, kebab-case; clients act on it. The `type` is `urn:qiao:problem:<code>`."""
    title: str
    """One short sentence for people, in English."""
    zh: str
    """The same in Chinese."""

    @property
    def type(self) -> str:
        """The URI that RFC 9457 calls `type`."""
        return f"urn:qiao:problem:{self.code}"

    def __call__(self, detail: str = "", *errors: FieldError, headers: Mapping[str, str] | None = None) -> "Problem":
        """A problem of this kind. `detail` says what to do about this very case."""
        return Problem(self, detail, errors, headers)


class Problem(Exception):
    """One refusal. Decisions return it, what stands at the border raises it; the answer is the same."""

    def __init__(
        self,
        kind: ProblemKind,
        detail: str = "",
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """`headers` go with the answer (`WWW-Authenticate`, `Retry-After`, `Allow`)."""
        super().__init__(kind.code, detail, *errors)
        self.kind = kind
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})

    def __eq__(self, other: object) -> bool:
        """Equal in kind, detail and errors: tests compare decisions."""
        return isinstance(other, Problem) and self.args == other.args and self.kind == other.kind

    def __hash__(self) -> int:
        """Fits `__eq__`."""
        return hash((self.kind, self.detail, self.errors))


def in_body(pointer: str, message: str) -> FieldError:
    """An error in the body; `pointer` is a JSON pointer such as `/handle`."""
    return FieldError("body", pointer, message)


def in_query(name: str, message: str) -> FieldError:
    """An error in a query value."""
    return FieldError("query", name, message)


def in_path(name: str, message: str) -> FieldError:
    """An error in a part of the path."""
    return FieldError("path", name, message)


def in_header(name: str, message: str) -> FieldError:
    """An error in a header."""
    return FieldError("header", name, message)


class ProblemDetails(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A problem as it is answered: `application/problem+json`."""

    type: str
    status: int
    title: str
    code: str
    detail: str = ""
    errors: tuple[FieldError, ...] = ()
    request_id: str = ""
    """Names the request in logs and traces; the same as the header Qiao-Request-Id."""


def details_of(problem: Problem, *, language: Literal["en", "zh"] = "en", request_id: str = "") -> ProblemDetails:
    """The answer for a problem, its title in the reader's language."""
    kind = problem.kind
    return ProblemDetails(
        type=kind.type,
        status=kind.status,
        title=kind.zh if language == "zh" else kind.title,
        code=kind.code,
        detail=problem.detail,
        errors=problem.errors,
        request_id=request_id,
    )
