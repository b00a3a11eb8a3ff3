"""WHAT happened: the event types, the only vocabulary that services share, and how they are written down."""

from libs.events.accounts import (
    AccountDeletionRequested,
    AccountErased,
    AccountRegistered,
    AccountRestored,
    LanguagesChanged,
    ProfileChanged,
)
from libs.events.codec import Decoded, RecordParts, UnknownType, decode, decode_data, to_record_parts
from libs.events.envelope import Envelope, Meta, envelope_for
from libs.events.errors import DataInvalid, EnvelopeInvalid, EventInvalid, KeyGone, NewerVersion, Undecodable
from libs.events.event import Event, EventSpec, Personal, all_specs, event, spec_named, spec_of, subject_of
from libs.events.headers import decode_envelope
from libs.events.ids import derived_id, highest_at, lowest_at, moment_of, new_id, time_of
from libs.events.opening import Keys, Opener
from libs.events.operations import EventSkipped, EventSuperseded
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
from libs.events.sealing import NoSealing, SealBroken, SealingKey, open_token, owner_of, seal
from libs.events.versions import upcaster

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
    "DataInvalid",
    "Decoded",
    "Envelope",
    "EnvelopeInvalid",
    "Event",
    "EventInvalid",
    "EventSkipped",
    "EventSpec",
    "EventSuperseded",
    "KeyGone",
    "Keys",
    "LanguagesChanged",
    "Meta",
    "NewerVersion",
    "NoSealing",
    "Opener",
    "Personal",
    "PostCreated",
    "PostDeleted",
    "PostEdited",
    "PostLiked",
    "PostSaved",
    "PostUnliked",
    "PostUnsaved",
    "ProfileChanged",
    "RecordParts",
    "ReplyTo",
    "SealBroken",
    "SealingKey",
    "Undecodable",
    "UnknownType",
    "all_specs",
    "decode",
    "decode_data",
    "decode_envelope",
    "derived_id",
    "envelope_for",
    "event",
    "highest_at",
    "lowest_at",
    "moment_of",
    "new_id",
    "open_token",
    "owner_of",
    "seal",
    "spec_named",
    "spec_of",
    "subject_of",
    "time_of",
    "to_record_parts",
    "upcaster",
]
