"""WHAT happened: the event types, the only vocabulary that services share, and how they are written down."""

from libs.events.accounts import (
    AccountDeletionRequested,
    AccountErased,
    AccountRegistered,
    AccountRestored,
    LanguagesChanged,
    ProfileChanged,
)
from libs.events.envelope import Envelope, Meta
from libs.events.event import Event, EventSpec, Personal, all_specs, event, spec_named, spec_of, subject_of
from libs.events.ids import derived_id, highest_at, lowest_at, new_id, time_of
from libs.events.operations import EventSkipped
from libs.events.posts import Audience, PostCreated, PostDeleted, PostEdited, ReplyTo
from libs.events.reactions import PostLiked, PostSaved, PostUnliked, PostUnsaved
from libs.events.relationships import (
    AccountBlocked,
    AccountFollowed,
    AccountMuted,
    AccountUnblocked,
    AccountUnfollowed,
    AccountUnmuted,
)

__all__ = [
    "AccountBlocked",
    "AccountDeletionRequested",
    "AccountErased",
    "AccountFollowed",
    "AccountMuted",
    "AccountRegistered",
    "AccountRestored",
    "AccountUnblocked",
    "AccountUnfollowed",
    "AccountUnmuted",
    "Audience",
    "Envelope",
    "Event",
    "EventSkipped",
    "EventSpec",
    "LanguagesChanged",
    "Meta",
    "Personal",
    "PostCreated",
    "PostDeleted",
    "PostEdited",
    "PostLiked",
    "PostSaved",
    "PostUnliked",
    "PostUnsaved",
    "ProfileChanged",
    "ReplyTo",
    "all_specs",
    "derived_id",
    "event",
    "highest_at",
    "lowest_at",
    "new_id",
    "spec_named",
    "spec_of",
    "subject_of",
    "time_of",
]
