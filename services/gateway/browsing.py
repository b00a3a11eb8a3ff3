"""Answers browsers under /debug: who is signed in, the form that signs in, the pages."""

import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from time import perf_counter
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import msgspec
from aiohttp import web

from libs.http import Problem, Rate
from libs.http.kinds import FORBIDDEN, INTERNAL, INVALID, UNAVAILABLE
from libs.http.signing import Sealer, Tampered
from libs.http.windows import network_of
from libs.telemetry import metrics, spans
from services.gateway.outages import AWAY
from services.gateway.pages import LIFETIME, Page, Pages
from services.gateway.parts import Parts
from services.gateway.requests import address_of, query_of, received
from services.gateway.responses import COMMON

ROOT, SIGN_IN, SIGN_OUT, STYLE = "/debug", "/debug/sign-in", "/debug/sign-out", "/debug/style.css"
COOKIE = "qiao_debug"
MAX_FORM = 4_096

_SAFE = COMMON | {
    # No script at all, neither ours nor one that slipped in.
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
}

Answer = Callable[[web.Request], Awaitable[web.Response]]

log = logging.getLogger(__name__)


class Ticket(msgspec.Struct, frozen=True):
    """What the cookie says."""

    account: UUID
    until: int
    """In seconds since 1970 UTC."""


class Browsing:
    """The handlers of one site."""

    def __init__(self, pages: Pages, parts: Parts) -> None:
        """Both stay as they are while the gateway runs."""
        self._pages, self._parts = pages, parts
        self._sealer = Sealer(pages.secrets, Ticket, "debug session")

    def mount(self, router: web.UrlDispatcher) -> None:
        """Add every address."""
        router.add_get(STYLE, self._guarded(STYLE, self._style))
        router.add_get(SIGN_IN, self._guarded(SIGN_IN, self._form))
        router.add_post(SIGN_IN, self._guarded(SIGN_IN, self._enter))
        router.add_post(SIGN_OUT, self._guarded(SIGN_OUT, self._leave))
        for page in self._pages.pages:
            router.add_get(page.template, self._guarded(page.template, self._shown(page)))

    def _guarded(self, template: str, answer: Answer) -> Answer:
        async def guarded(request: web.Request) -> web.Response:
            began = perf_counter()
            with spans.request(request.method, template, request.rel_url.raw_path, None, None):
                response = await self._answered(request, answer)
            metrics.request(template, request.method, response.status, perf_counter() - began)
            if self._parts.lifecycle.draining:
                response.force_close()
            return response

        return guarded

    async def _answered(self, request: web.Request, answer: Answer) -> web.Response:
        try:
            self._count(request, Rate.NORMAL)
            return await answer(request)
        except Problem as problem:
            return self._trouble(problem)
        except AWAY as error:
            log.warning("%s cannot be answered now: %r", request.rel_url.raw_path, error)
            return self._trouble(UNAVAILABLE("Try again in a moment."))
        except Exception:
            log.exception("%s failed", request.rel_url.raw_path)
            return self._trouble(INTERNAL())

    def _shown(self, page: Page) -> Answer:
        async def show(request: web.Request) -> web.Response:
            account = self._account(request)
            if account is None:
                return _redirect(SIGN_IN)
            if account not in await self._parts.admins():
                raise FORBIDDEN("Only admins may: QIAO_ADMINS names them.")
            with self._parts.pin():
                return _html(await page.render(request.match_info, query_of(request)))

        return show

    async def _style(self, request: web.Request) -> web.Response:
        return web.Response(body=self._pages.style, headers=_SAFE | {"Content-Type": "text/css; charset=utf-8"})

    async def _form(self, request: web.Request) -> web.Response:
        return _html(self._pages.frame.sign_in(""))

    async def _enter(self, request: web.Request) -> web.Response:
        _check_origin(request)
        self._count(request, Rate.STRICT)
        form = await _form_of(request)
        network = network_of(address_of(request, self._parts.trusted_proxies))
        account = await self._pages.check(form.get("handle", "").strip().lower(), form.get("password", ""), network)
        # Whether the password was right is not told to who may not come in.
        if account is None or account not in await self._parts.admins():
            return _html(self._pages.frame.sign_in("This is no admin's handle and password. 用户名或密码不正确。"), 403)
        response = _redirect(ROOT)
        ticket = self._sealer.sign(Ticket(account, int(time.time()) + LIFETIME))
        self._set(response, request, ticket, LIFETIME)
        return response

    async def _leave(self, request: web.Request) -> web.Response:
        _check_origin(request)
        response = _redirect(SIGN_IN)
        self._set(response, request, "", 0)
        return response

    def _set(self, response: web.Response, request: web.Request, value: str, seconds: int) -> None:
        secure = request.secure or (
            self._parts.trusted_proxies > 0 and request.headers.get("X-Forwarded-Proto") == "https"
        )
        response.set_cookie(
            COOKIE, value, path=ROOT, max_age=seconds, httponly=True, samesite="Strict", secure=secure or None
        )

    def _account(self, request: web.Request) -> UUID | None:
        try:
            ticket = self._sealer.open(request.cookies.get(COOKIE, ""))
        except Tampered:
            return None
        return ticket.account if ticket.until > time.time() else None

    def _count(self, request: web.Request, rate: Rate) -> None:
        limits = self._parts.limits
        if limits is not None:
            limits.count_network(network_of(address_of(request, self._parts.trusted_proxies)), rate)

    def _trouble(self, problem: Problem) -> web.Response:
        return _html(self._pages.frame.trouble(problem), problem.kind.status)


def _check_origin(request: web.Request) -> None:
    """Raises FORBIDDEN for a form that another site has sent."""
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site", "same-origin")
    if site not in ("same-origin", "none") or (origin is not None and _host_of(origin) != request.host):
        raise FORBIDDEN("This form came from another site.")


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


async def _form_of(request: web.Request) -> Mapping[str, str]:
    """The fields of a form, each once. Raises TOO_LARGE, MALFORMED, INVALID."""
    if request.content_type != "application/x-www-form-urlencoded":
        raise INVALID("Send the form of this page.")
    body = await received(request, MAX_FORM)
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=10, errors="strict")
    except ValueError:
        raise INVALID("Send the form of this page.") from None
    return {name: values[0] for name, values in fields.items()}


def _html(text: str, status: int = 200) -> web.Response:
    headers = _SAFE | {"Content-Type": "text/html; charset=utf-8"}
    return web.Response(body=text.encode(), status=status, headers=headers)


def _redirect(to: str) -> web.Response:
    return web.Response(status=303, headers=_SAFE | {"Location": to})
