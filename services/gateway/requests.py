"""Out of an aiohttp request: who, from where, with what body, waiting for what."""

import asyncio
import codecs
from collections.abc import Mapping
from uuid import UUID

from aiohttp import web

from libs.http import Tokens
from libs.http.identity import refused
from libs.http.kinds import INVALID, MALFORMED, TOO_LARGE, UNSUPPORTED_TYPE
from libs.http.problems import in_body, in_header, in_query
from libs.http.routes import Auth

JSON = "application/json"
BODY_TIMEOUT = 10.0

_BEARER = "bearer "


def viewer_of(request: web.Request, auth: Auth, tokens: Tokens) -> UUID | None:
    """Who is signed in. Raises SIGN_IN for a bad token, or none where one is required."""
    if auth is Auth.NONE:
        return None
    header = request.headers.get("Authorization")
    if header is None:
        if auth is not Auth.OPTIONAL:
            raise refused("Send the access token: Authorization: Bearer <access_token>.")
        return None
    if header[: len(_BEARER)].lower() != _BEARER:
        raise refused("Send Authorization: Bearer <access_token>.")
    return tokens.verify(header[len(_BEARER) :].strip())


def address_of(request: web.Request, trusted_proxies: int) -> str:
    """Where the request comes from, as the outermost proxy of ours saw it."""
    if trusted_proxies:
        chain = ",".join(request.headers.getall("X-Forwarded-For", ())).split(",")
        if len(chain) >= trusted_proxies:
            return chain[-trusted_proxies].strip()
    return request.remote or ""


def query_of(request: web.Request) -> Mapping[str, str]:
    """The query's values. Raises INVALID for one that is there twice."""
    query = request.rel_url.query
    if len(query) != len(set(query)):
        name = next(name for name in query if len(query.getall(name)) > 1)
        raise INVALID("", in_query(name, "is there more than once"))
    return query


async def body_of(request: web.Request, max_body: int) -> bytes:
    """The body's bytes. Raises UNSUPPORTED_TYPE, TOO_LARGE, MALFORMED for a body that breaks off."""
    _check_type(request)
    return await received(request, max_body)


async def received(request: web.Request, max_body: int) -> bytes:
    """What came as the body, in BODY_TIMEOUT at most. Raises TOO_LARGE, MALFORMED."""
    if (request.content_length or 0) > max_body:
        raise _too_large(max_body)
    try:
        body = await _read(request)
    except TimeoutError:
        raise MALFORMED(f"The body did not come within {BODY_TIMEOUT:g} s.", in_body("", "is not complete")) from None
    except web.HTTPRequestEntityTooLarge:
        raise _too_large(max_body) from None
    except (web.RequestPayloadError, ConnectionError) as error:
        # Whoever hung up hears no answer; it is none of our failures.
        raise MALFORMED("The body breaks off or is wrongly framed.", in_body("", str(error))) from None
    if len(body) > max_body:
        raise _too_large(max_body)
    return body


async def _read(request: web.Request) -> bytes:
    if request.content.is_eof():  # nearly always: it came with the head
        return await request.read()
    async with asyncio.timeout(BODY_TIMEOUT):
        return await request.read()


def _check_type(request: web.Request) -> None:
    kind = request.headers.get("Content-Type", "")
    # The parsed form costs more than the rest of the request, so the usual spelling goes first.
    if kind != JSON and (request.content_type != JSON or not _is_utf8(request.charset)):
        raise UNSUPPORTED_TYPE("", in_header("Content-Type", f"must be {JSON}, in UTF-8"))
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise UNSUPPORTED_TYPE("", in_header("Content-Encoding", "send the body uncompressed"))


def _is_utf8(charset: str | None) -> bool:
    try:
        return charset is None or codecs.lookup(charset).name == "utf-8"
    except LookupError:
        return False


def _too_large(max_body: int) -> Exception:
    return TOO_LARGE(f"The body may have {max_body} bytes.", in_body("", f"is longer than {max_body} bytes"))
