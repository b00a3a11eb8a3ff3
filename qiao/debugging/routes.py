"""The routes for admins."""

from collections.abc import Sequence

from libs.http import Route
from libs.projections import ViewProgress
from qiao.journeys import Journeys
from qiao.journeys import http as journeys_http
from qiao.services import projections
from qiao.settings import Settings
from qiao.stores import Stores


def journeys_of(settings: Settings, stores: Stores) -> Journeys:
    """Journeys through these stores."""
    return Journeys(projections(settings), stores.log, stores.views, ViewProgress(stores.views, stores.vault))


def debug_routes(settings: Settings, stores: Stores) -> Sequence[Route]:
    """Every route under /v1/debug."""
    told_of = [projection.name for projection in projections(settings)]
    return journeys_http.routes(journeys_of(settings, stores), told_of)
