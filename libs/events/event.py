"""What an event type is: a frozen struct, declared with `@event` so that everyone knows where it is filed."""

from collections.abc import Callable, Iterator
from typing import Annotated, Any, TypeVar, get_args, get_type_hints
from uuid import UUID

import msgspec

from libs.events.shapes import parts_of

Personal = Annotated[
    str,
    # msgspec checks the pattern when it decodes, not when an event is made.
    msgspec.Meta(pattern=r"^[sp]1\.\w+\.", extra={"personal": True}, extra_json_schema={"x-personal": True}),
]
"""What a person wrote or is. Two states, and which one you hold depends only on where the event came from:

- in an event that you made, **before encoding**, the field holds the plain text;
- in an event that was **decoded**, it ALWAYS holds the sealed token (see `libs.events.sealing`), never the text.

Views carry the token as it is. It is opened at the last moment, by who shows or inspects it (`Opener`).
"""

E = TypeVar("E", bound="Event")


class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Base of every event type. A type is named in the past tense and declared with `@event`.

    Frozen facts make no cycles, so the garbage collector need not look at them (gc=False): a tenth of the time to
    decode a batch.
    """


class EventSpec(msgspec.Struct, frozen=True):
    """How an event type is filed and sealed."""

    cls: type[Event]
    type: str
    """The type's name on the wire (`ce_type`): the class's own."""
    version: int
    """The newest version of its data (`ce_dataversion`), from 1."""
    topic: str
    key: str
    """The field whose text is the record's key and `ce_subject`: a UUID or a string."""
    owner: str | None
    """The field with the account under whose key the personal fields are sealed; None if it has none."""
    personal: tuple[str, ...]
    """The fields marked `Personal`, in the order of their declaration."""


_by_type: dict[type[Event], EventSpec] = {}
_by_name: dict[str, EventSpec] = {}


def event(*, topic: str, key: str, owner: str | None = None, version: int = 1) -> Callable[[type[E]], type[E]]:
    """Declare an event type: its topic, its key field, whose key seals it, and the version of its data.

    Raises TypeError at import for a declaration that cannot work, or a name that another type has.
    """

    def declare(cls: type[E]) -> type[E]:
        hints = get_type_hints(cls, include_extras=True)
        personal = tuple(name for name, hint in hints.items() if _is_personal(hint))
        spec = EventSpec(cls, cls.__name__, version, topic, key, owner, personal)
        _check(spec, hints)
        _by_type[cls] = _by_name[spec.type] = spec
        return cls

    return declare


def spec_of(event: Event | type[Event]) -> EventSpec:
    """The declaration of an event's type. Raises TypeError for a class that lacks `@event`."""
    cls = event if isinstance(event, type) else type(event)
    spec = _by_type.get(cls)
    if spec is None:
        raise TypeError(f"{cls.__name__} is no event type: declare it with @event(topic=..., key=...)")
    return spec


def spec_named(name: str) -> EventSpec | None:
    """The declaration of the type with this name on the wire, or None for an unknown one."""
    return _by_name.get(name)


def all_specs() -> Iterator[EventSpec]:
    """Every declared type, by topic and then in the order of declaration."""
    return iter(sorted(_by_name.values(), key=lambda spec: spec.topic))


def subject_of(event: Event) -> str:
    """The text of the event's key: what it is filed under."""
    return str(getattr(event, spec_of(event).key))


def _is_personal(hint: Any) -> bool:
    """Whether a field is `Personal` or `Personal | None`."""
    optional = type(None) in get_args(hint)
    return any(map(_marks_personal, get_args(hint))) if optional else _marks_personal(hint)


def _marks_personal(hint: Any) -> bool:
    marks = (mark for mark in getattr(hint, "__metadata__", ()) if isinstance(mark, msgspec.Meta))
    return any((mark.extra or {}).get("personal") for mark in marks)


def _check(spec: EventSpec, hints: dict[str, Any]) -> None:
    other = _by_name.get(spec.type)
    if other is not None and other.cls.__module__ != spec.cls.__module__:
        raise TypeError(f"{spec.type} is declared in {other.cls.__module__} already")
    if hints.get(spec.key) not in (UUID, str):
        raise TypeError(f"{spec.type}: its key {spec.key!r} must be a field of type UUID or str")
    if spec.personal and hints.get(spec.owner or "") is not UUID:
        raise TypeError(f"{spec.type}: with personal fields, owner= must name a field of type UUID")
    hidden = [name for name in hints.keys() - set(spec.personal) if any(map(_marks_personal, parts_of(hints[name])))]
    if hidden:
        raise TypeError(f"{spec.type}: {hidden[0]!r} holds Personal inside; only a field of the event itself is sealed")
    if spec.version < 1:
        raise TypeError(f"{spec.type}: versions begin at 1")
