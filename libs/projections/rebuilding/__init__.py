"""Rebuild: filling a new generation of a projection's tables beside the live ones, then handing over to it."""

from libs.projections.rebuilding.comparing import Compared, Difference
from libs.projections.rebuilding.following import DecidedLate
from libs.projections.rebuilding.ground import Ground, open_ground
from libs.projections.rebuilding.lease import LeaseHeld, LeaseLost
from libs.projections.rebuilding.rebuild import (
    Differs,
    NothingToDo,
    Paused,
    Progress,
    Rebuild,
    StillStands,
    ask_to_pause,
    rebuilding,
)
from libs.projections.rebuilding.swapping import NobodyStopped

__all__ = [
    "Compared",
    "DecidedLate",
    "Difference",
    "Differs",
    "Ground",
    "LeaseHeld",
    "LeaseLost",
    "NobodyStopped",
    "NothingToDo",
    "Paused",
    "Progress",
    "Rebuild",
    "StillStands",
    "ask_to_pause",
    "open_ground",
    "rebuilding",
]
