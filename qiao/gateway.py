"""The gateway's role: routes over the stores, behind one listening address."""

import asyncio
from collections.abc import Mapping, Sequence
from hashlib import sha256
from importlib.metadata import version

from libs.http import Cursors, Positions, Tokens, Waits
from libs.projections import Host, ViewProgress
from qiao.admins import Admins
from qiao.debugging import debug_routes, debug_site
from qiao.services import projections, routes
from qiao.settings import Settings, address
from qiao.stores import Stores
from qiao.workers import Workers
from services.accounts.guesses import Guesses
from services.gateway.app import build_app, build_health_app
from services.gateway.health import Check, Lifecycle, answers, clock_agrees
from services.gateway.idempotency import Idempotency
from services.gateway.limits import Limits, LimitSettings
from services.gateway.parts import Parts
from services.gateway.server import Listening, Server


def gateway_server(
    settings: Settings, stores: Stores, *, workers: Workers | None = None, shared: bool = False
) -> Server:
    """A gateway that is ready to start.

    `workers` are those of this very process: they count for its health, and who waits for them is woken by them.
    """
    lifecycle = Lifecycle()
    app = build_app(_parts(settings, stores, lifecycle, workers))
    host, port = settings.address
    listening = Listening(host=host, port=port, shared=shared, drain_delay=settings.drain_delay)
    return Server(app, lifecycle, listening)


def health_server(settings: Settings, stores: Stores, hosts: Sequence[Host]) -> Server:
    """A worker's health and metrics, at `metrics_listen`."""
    lifecycle = Lifecycle()
    host, port = address(settings.metrics_listen, "QIAO_METRICS_LISTEN")
    app = build_health_app(checks(stores, hosts), lifecycle)
    return Server(app, lifecycle, Listening(host=host, port=port))


def _parts(settings: Settings, stores: Stores, lifecycle: Lifecycle, workers: Workers | None) -> Parts:
    secrets = stores.secrets
    tokens = Tokens(_named(secrets.derived("access tokens")))
    guesses = Guesses() if settings.rate_limits == "on" else None
    return Parts(
        routes=[*routes(stores, tokens, guesses), *debug_routes(settings, stores)],
        tokens=tokens,
        cursors=Cursors(secrets.derived("cursors")),
        positions=Positions(secrets.derived("positions")),
        waits=_waits(settings, stores, workers),
        idempotency=Idempotency(stores.vault, *secrets.derived("idempotency")),
        checks=checks(stores, workers.hosts if workers else ()),
        lifecycle=lifecycle,
        admins=Admins(settings, stores.vault).accounts,
        pages=debug_site(settings, stores, guesses),
        limits=Limits(_limits(settings)) if settings.rate_limits == "on" else None,
        trusted_proxies=settings.trusted_proxies,
        pin=stores.pin,
        version=version("qiao"),
    )


def _limits(settings: Settings) -> LimitSettings:
    return LimitSettings(
        per_address=settings.limit_per_address,
        per_account=settings.limit_per_account,
        strict_per_address=settings.limit_strict_per_address,
    )


def _waits(settings: Settings, stores: Stores, workers: Workers | None) -> Waits:
    topics = {projection.name: projection.topics for projection in projections(settings)}
    pause = workers.moves.pause if workers else asyncio.sleep
    return Waits(ViewProgress(stores.views, stores.vault), topics, pause=pause)


def _named(keys: Sequence[bytes]) -> Mapping[str, bytes]:
    """Each key under a name made of its digest, the same in every process."""
    return {sha256(key).hexdigest()[:8]: key for key in keys}


def checks(stores: Stores, hosts: Sequence[Host]) -> Mapping[str, Check]:
    """What readiness depends on."""
    found: dict[str, Check] = {
        "log": answers(stores.log),
        "views": answers(stores.views),
        "vault": answers(stores.vault),
        "clock": clock_agrees(stores.log.skew),
    }
    return found | {f"projection {host.projection.name}": _moving(host) for host in hosts}


def _moving(host: Host) -> Check:
    async def check() -> str | None:
        return host.trouble

    return check
