"""The pages under /debug: what they read, and the templates that show it."""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from urllib.parse import urlencode
from uuid import UUID

import jinja2

from libs.events import all_specs
from libs.http import Problem
from libs.http.kinds import INVALID, POST_UNKNOWN
from libs.projections import Projection, ViewProgress
from qiao.debugging.lags import lags
from qiao.debugging.recent import Asked, actors_of, recent
from qiao.journeys import Journeys, PostNotInLog
from qiao.journeys.shapes import Step
from qiao.looking.who import account_in
from qiao.parking.lot import Waiting, waiting_in
from qiao.stores import Stores
from qiao.tailing.lines import as_data
from services.feeds.tables import PEOPLE
from services.gateway.pages import Page

_STATES = {
    "folded": "已处理",
    "on its way": "途中",
    "parked": "已搁置",
    "queued": "排队中",
    "redriven": "已重试",
    "edited": "已修改",
    "discarded": "已放弃",
    "skipped": "已跳过",
}

TEMPLATES = jinja2.Environment(
    loader=jinja2.PackageLoader("qiao.debugging"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    lstrip_blocks=True,
)
# A page that stands alone has no way to the others: nobody is signed in.
TEMPLATES.globals["alone"] = False
STYLE = files("qiao.debugging").joinpath("style.css").read_bytes()


class SiteFrame:
    """See `services.gateway.pages.Frame`."""

    def sign_in(self, refusal: str) -> str:
        """The form."""
        return TEMPLATES.get_template("sign_in.html").render(alone=True, refusal=refusal)

    def trouble(self, problem: Problem) -> str:
        """A page that says what is wrong."""
        return TEMPLATES.get_template("trouble.html").render(alone=True, kind=problem.kind, detail=problem.detail)


class DebugPages:
    """Reads what the pages show. Every method raises what the stores raise."""

    def __init__(self, projections: Sequence[Projection], stores: Stores, journeys: Journeys) -> None:
        """Through these stores."""
        self._projections, self._stores, self._journeys = projections, stores, journeys

    @property
    def pages(self) -> Sequence[Page]:
        """By address."""
        return (
            Page("/debug", self.events),
            Page("/debug/posts/{id}", self.journey),
            Page("/debug/parked", self.parked),
            Page("/debug/lag", self.lag),
        )

    async def events(self, _path: Mapping[str, str], query: Mapping[str, str]) -> str:
        """The newest events that fit. Raises INVALID for a query that cannot be."""
        asked = _asked(query)
        found = await recent(self._stores.log, asked._replace(actor=await self._id_of(asked.actor)))
        people = await PEOPLE.people(self._stores.views, actors_of(found.events))
        return TEMPLATES.get_template("events.html").render(
            asked=asked,
            found=found,
            older=urlencode({**{name: query[name] for name in query if query[name]}, "before": found.older}),
            handles={account: f"@{person.handle}" for account, person in people.items()},
            topics=sorted(await self._stores.log.topics()),
            types=sorted(spec.type for spec in all_specs()),
            text_of=as_data,
        )

    async def _id_of(self, actor: str) -> str:
        """Their id, of a handle, too; of nobody's what was asked for, which no event has."""
        account = await account_in(self._stores.views, actor) if actor else None
        return str(account) if account else actor

    async def journey(self, path: Mapping[str, str], _query: Mapping[str, str]) -> str:
        """One post's. Raises POST_UNKNOWN."""
        try:
            journey = await self._journeys.of(UUID(path["id"]))
        except (PostNotInLog, ValueError) as error:
            raise POST_UNKNOWN(str(error)) from error
        caused: dict[UUID | None, list[Step]] = {}
        for step in journey.steps[1:]:
            caused.setdefault(step.caused_by, []).append(step)
        return TEMPLATES.get_template("journey.html").render(journey=journey, caused=caused, states=_STATES)

    async def parked(self, _path: Mapping[str, str], _query: Mapping[str, str]) -> str:
        """Everything that waits."""
        rows = await waiting_in(self._stores.views, self._projections, await self._stores.log.topics())
        return TEMPLATES.get_template("parked.html").render(parked=[Waiting.of(row) for row in rows])

    async def lag(self, _path: Mapping[str, str], _query: Mapping[str, str]) -> str:
        """By projection and topic."""
        progress = ViewProgress(self._stores.views, self._stores.vault)
        found = await lags(self._projections, self._stores.log, progress)
        return TEMPLATES.get_template("lag.html").render(lags=found)


def _asked(query: Mapping[str, str]) -> Asked:
    unknown = query.keys() - set(Asked._fields)
    before = query.get("before", "")
    if unknown or (before and not (before.isdecimal() and len(before) <= 15)):
        raise INVALID("This filter cannot be read.")
    topic, type_, key, actor = (query.get(name, "").strip() for name in ("topic", "type", "key", "actor"))
    return Asked(topic, type_, key, actor, int(before) if before else None)
