"""Stored events of every type and version are readable for ever, and what is written today looks as it did then."""

from pathlib import Path

import msgspec
import pytest

from libs.events import Decoded, Event, SealingKey, decode, open_token, owner_of, spec_of
from libs.events.reference.json_schema import schema_name, vocabulary
from tests.unit.libs.events.samples import DIRECTORY, EVENTS, KEY, Sample, load, sample_of

PATHS = sorted(DIRECTORY.glob("*.json"))


def decoded(sample: Sample) -> Decoded:
    found = decode(tuple((name, value.encode()) for name, value in sample.headers.items()), sample.value.encode())
    assert isinstance(found, Decoded)
    return found


def test_every_version_of_every_type_has_a_sample() -> None:
    wanted = {schema_name(spec, version) for spec in vocabulary() for version in range(1, spec.version + 1)}
    assert {path.stem for path in PATHS} == wanted, "run: python -m tests.unit.libs.events.samples"


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_stored_event_is_read_and_opened_as_it_was_meant(path: Path) -> None:
    sample = load(path)
    envelope, event = decoded(sample)
    assert f"{envelope.type}.v{envelope.version}" == path.stem
    assert envelope.subject == sample.key
    for field, text in sample.texts.items():
        token = getattr(event, field)
        assert open_token(token, SealingKey(owner_of(token), KEY)) == text


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: spec_of(event).type)
def test_what_is_written_today_looks_as_it_did_then(event: Event) -> None:
    stored, today = load(DIRECTORY / f"{schema_name(spec_of(event))}.json"), sample_of(event)
    assert (today.key, today.headers) == (stored.key, stored.headers)
    # Fields with a default may have come since.
    then = msgspec.json.decode(stored.value)
    assert then.items() <= msgspec.json.decode(today.value, type=dict[str, object]).items()
