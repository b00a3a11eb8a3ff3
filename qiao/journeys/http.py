"""The route for admins that tells a journey."""

from collections.abc import Sequence

from libs.http import Auth, Call, Problem, Route, route
from libs.http.kinds import POST_UNKNOWN
from libs.http.paths import PostPath
from qiao.journeys.journey import Journeys, PostNotInLog
from qiao.journeys.shapes import Journey


class JourneyRoutes:
    """Handlers over the journeys."""

    def __init__(self, journeys: Journeys) -> None:
        """They answer."""
        self._journeys = journeys

    async def journey(self, call: Call[None, PostPath]) -> Journey | Problem:
        """One journey."""
        try:
            return await self._journeys.of(call.path.id)
        except PostNotInLog as error:
            return POST_UNKNOWN(str(error))


def routes(journeys: Journeys, waits_for: Sequence[str]) -> Sequence[Route]:
    """Every route about journeys. `waits_for`: the projections that they tell of."""
    return (
        route(
            "GET",
            "/v1/debug/posts/{id}/journey",
            JourneyRoutes(journeys).journey,
            path=PostPath,
            returns=Journey,
            auth=Auth.ADMIN,
            waits_for=waits_for,
            problems=(POST_UNKNOWN,),
            summary="What a post caused",
            description="Which events, appended where and when, what each projection made of them. Told from the log "
            "and the tables alone; what people wrote is not in it. At most 20 likes, saves and replies each.",
            tag="debug",
        ),
    )
