"""Stored events, one file per (type, version), written once and never again: they must be readable for ever.

`python -m tests.unit.libs.events.samples` adds those that are missing, sealed with a fixed key.
"""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import msgspec

from libs.events import (
    AccountBlocked,
    AccountDeletionRequested,
    AccountErased,
    AccountFollowed,
    AccountMuted,
    AccountRegistered,
    AccountRestored,
    AccountUnblocked,
    AccountUnfollowed,
    AccountUnmuted,
    Envelope,
    Event,
    EventSkipped,
    EventSuperseded,
    LanguagesChanged,
    PostCreated,
    PostDeleted,
    PostEdited,
    PostLiked,
    PostSaved,
    PostUnliked,
    PostUnsaved,
    ProfileChanged,
    ReplyTo,
    SealingKey,
    derived_id,
    spec_of,
    to_record_parts,
)
from libs.events.reference.json_schema import schema_name

DIRECTORY = Path(__file__).parents[3] / "data" / "events"
KEY = bytes(range(64))
"""The key of every account in the samples."""

_BEGIN = UUID("019461d4-6e40-7000-8000-000000000000")


class Sample(msgspec.Struct, frozen=True):
    """A record as it was stored, and what its personal fields said."""

    key: str
    headers: dict[str, str]
    value: str
    texts: dict[str, str]


def load(path: Path) -> Sample:
    """A stored sample."""
    return msgspec.json.decode(path.read_bytes(), type=Sample)


def _id(name: str) -> UUID:
    return derived_id(_BEGIN, name)


MING, ROSA, POST, REPLY = map(_id, ("ming", "rosa", "post", "reply"))
PLACE = ReplyTo(post=POST, author=MING, root=POST)

TEXT = "Cat tax paid! 猫税已交 😺\n#cats @ming"

EVENTS: tuple[Event, ...] = (
    AccountRegistered(account=MING, handle="ming", display_name="小明 🐱", reads=("zh-Hans", "en"), writes="zh-Hans"),
    ProfileChanged(account=MING, display_name="小明", bio="", avatar=_id("photo")),
    LanguagesChanged(account=MING, reads=("zh-Hans",), writes="zh-Hant"),
    AccountDeletionRequested(account=MING),
    AccountRestored(account=MING),
    AccountErased(account=MING),
    AccountFollowed(account=ROSA, target=MING),
    AccountUnfollowed(account=ROSA, target=MING),
    AccountBlocked(account=ROSA, target=MING),
    AccountUnblocked(account=ROSA, target=MING),
    AccountMuted(account=ROSA, target=MING),
    AccountUnmuted(account=ROSA, target=MING),
    PostCreated(
        post=REPLY,
        author=ROSA,
        text=TEXT,
        lang="en",
        audience="followers",
        reply_to=PLACE,
        topics=("cats", "猫税"),
        mentions=(MING,),
        media=(_id("photo"),),
    ),
    PostEdited(post=REPLY, author=ROSA, revision=1, text="Cat tax.", lang="en", topics=("cats",), mentions=(MING,)),
    PostDeleted(post=REPLY, author=ROSA, reply_to=PLACE),
    PostLiked(account=ROSA, post=POST),
    PostUnliked(account=ROSA, post=POST),
    PostSaved(account=ROSA, post=POST),
    PostUnsaved(account=ROSA, post=POST),
    EventSkipped(
        subject=str(POST),
        projection="feeds",
        topic="posts",
        partition=3,
        offset=4711,
        reason="broken",
        account=MING,
        event=_id("skipped"),
        operator="rosa",
    ),
    EventSuperseded(
        subject=str(POST),
        projection=None,
        topic="posts",
        partition=3,
        offset=4711,
        event=_id("superseded"),
        event_type="PostDeleted",
        version=1,
        data=f'{{"post":"{POST}","author":"{ROSA}"}}',
        reason="broken",
        account=MING,
        operator="rosa",
    ),
)


def envelope_of(event: Event) -> Envelope:
    """The same envelope every time, with every attribute set."""
    spec = spec_of(event)
    return Envelope(
        id=_id(spec.type),
        type=spec.type,
        version=spec.version,
        source="/samples",
        time=datetime(2025, 1, 14, 3, 0, 0, 250_000, tzinfo=UTC),
        subject=str(getattr(event, spec.key)),
        actor=ROSA,
        correlation=_BEGIN,
        causation=_id("cause"),
        traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        tracestate="qiao=1",
    )


def sample_of(event: Event) -> Sample:
    """The event as it is stored today."""
    spec = spec_of(event)
    key = SealingKey(getattr(event, spec.owner), KEY) if spec.owner else None
    parts = to_record_parts(event, envelope_of(event), key)
    headers = {name: value.decode() for name, value in parts.headers}
    return Sample(
        parts.key.decode(), headers, parts.value.decode(), {field: getattr(event, field) for field in spec.personal}
    )


def main() -> None:
    """Add what is missing; what is there stays, whatever the code says today."""
    for event in EVENTS:
        path = DIRECTORY / f"{schema_name(spec_of(event))}.json"
        if not path.exists():
            path.write_bytes(msgspec.json.format(msgspec.json.encode(sample_of(event)), indent=2) + b"\n")


if __name__ == "__main__":
    main()
