"""What holds for every route: headers, sign-in, and how to read your own writes."""

from libs.http.openapi.model import Header, Parameter, Reference, SecurityScheme
from libs.http.positions import POSITION_HEADER, STALE_HEADER, WAIT_HEADER

REQUEST_ID_HEADER = "Qiao-Request-Id"
KEY_HEADER = "Idempotency-Key"
KEY_PATTERN = r"^[\x21-\x7e]{1,128}$"

DESCRIPTION = """\
Qiao (桥, "bridge"): an event-sourced social platform for two language communities that meet overnight.

**Errors** are RFC 9457 problems (`application/problem+json`). `code` is stable; `errors` name the field at fault.
400: the request cannot be read. 422: it can be read, but something in it is not allowed. Unknown fields and unknown
query values are refused. Titles come in English or Chinese, by `Accept-Language`.

**Read your own writes.** A write answers with `Qiao-Position`. Send it back as `Qiao-Wait-For` with a later request
(several with commas between): it waits until the write shows. If that takes more than two seconds the request is
answered anyway, with `Qiao-Stale: true`.

**Retries.** A POST with `Idempotency-Key` may be sent again with the same body for 24 hours and makes the same thing:
what the first try created is never refused to a retry. After a 503 send it again with the same key. Sessions are the
exception: a refresh token is spent once, key or not.

**Lists** come in pages, newest first. Send `next_cursor` back as `cursor`; null is the end.
"""

HEADERS = {
    REQUEST_ID_HEADER: Header(
        schema={"type": "string", "pattern": "^[0-9a-f]{32}$"},
        description="Names the request in logs and traces: the trace id of its `traceparent`, if it sent one.",
    ),
    POSITION_HEADER: Header(
        schema={"type": "string"}, description="Where the write stands in the log. Send it back as `Qiao-Wait-For`."
    ),
    STALE_HEADER: Header(
        schema={"type": "string", "const": "true"},
        description="The wait timed out: what `Qiao-Wait-For` asked for may be missing.",
    ),
}

PARAMETERS = {
    WAIT_HEADER: Parameter(
        name=WAIT_HEADER,
        place="header",
        schema={"type": "string", "format": "qiao-position", "minLength": 1},
        description="A `Qiao-Position`, or a few with commas between: wait until these writes show.",
    ),
    KEY_HEADER: Parameter(
        name=KEY_HEADER,
        place="header",
        schema={"type": "string", "pattern": KEY_PATTERN},
        description="Makes a retry harmless: 1 to 128 visible ASCII characters of your choice, new for each new thing.",
    ),
}

SECURITY = {
    "bearer": SecurityScheme(
        type="http",
        scheme="bearer",
        bearer_format="JWT",
        description="The `access_token` of a session; it holds for 15 minutes.",
    )
}


def header(name: str) -> Reference:
    """A pointer at a header of an answer."""
    return Reference(f"#/components/headers/{name}")


def parameter(name: str) -> Reference:
    """A pointer at a header of a request."""
    return Reference(f"#/components/parameters/{name}")
