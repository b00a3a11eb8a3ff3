"""What operators decided about single events is honoured by every fold, where it fits, and passed over where not."""

from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from libs.events import EventSkipped, EventSuperseded, decode_envelope
from libs.log import Record
from libs.log.embedded import open_log
from libs.projections.amendments import Amendments, load_amendments
from tests.unit.libs.projections.lab import AMY, BOB, REACTIONS, Lab, an_id, like

SWAPPED = f'{{"account":"{AMY}","post":"{an_id(199)}"}}'


@pytest.fixture
async def record(lab: Lab) -> Record:
    """AMY's like, as it stands in the log."""
    await lab.append(like(AMY))
    return (await lab.records(REACTIONS))[0]


def _skipped(record: Record, **other: object) -> EventSkipped:
    made = EventSkipped(
        subject=record.key.decode(),
        projection="toy",
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        reason="made by a test",
    )
    return msgspec.structs.replace(made, **other)


def _superseded(record: Record, **other: object) -> EventSuperseded:
    made = EventSuperseded(
        subject=record.key.decode(),
        projection="toy",
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        event=decode_envelope(record.headers).id,
        event_type="PostLiked",
        version=1,
        data=SWAPPED,
        reason="made by a test",
    )
    return msgspec.structs.replace(made, **other)


async def _decided(lab: Lab, *events: EventSkipped | EventSuperseded) -> Amendments:
    await lab.append(*events)
    return await load_amendments(lab.log)


async def test_a_record_that_nobody_amended_stays_as_it_is(lab: Lab, record: Record) -> None:
    amendments = await load_amendments(lab.log)
    assert amendments.apply("toy", record) == record
    assert len(amendments) == 0


async def test_a_log_without_operations_has_no_amendments(tmp_path: Path) -> None:
    log = await open_log(tmp_path / "other.db")
    assert len(await load_amendments(log)) == 0
    await log.close()


async def test_a_skipped_event_is_left_out_by_its_projection_only(lab: Lab, record: Record) -> None:
    amendments = await _decided(lab, _skipped(record, event=decode_envelope(record.headers).id))
    assert amendments.apply("toy", record) is None
    assert amendments.apply("other", record) == record


async def test_a_superseded_event_is_folded_with_the_other_data_under_its_own_envelope(
    lab: Lab, record: Record
) -> None:
    amended = (await _decided(lab, _superseded(record))).apply("toy", record)
    assert amended == msgspec.structs.replace(record, value=SWAPPED.encode())


async def test_what_is_superseded_for_all_is_so_for_every_projection(lab: Lab, record: Record) -> None:
    amended = (await _decided(lab, _superseded(record, projection=None))).apply("whichever", record)
    assert amended is not None
    assert amended.value == SWAPPED.encode()


async def test_the_newest_decision_about_an_event_holds(lab: Lab, record: Record) -> None:
    assert (await _decided(lab, _skipped(record), _superseded(record, projection=None))).apply("toy", record)
    assert (await _decided(lab, _skipped(record))).apply("toy", record) is None


async def test_a_late_copy_of_a_decision_does_not_outdo_the_one_after_it(lab: Lab, record: Record) -> None:
    [first] = await lab.append(_skipped(record))
    await lab.append(_superseded(record))
    await lab.copy((await lab.records(REACTIONS._replace(topic="operations")))[first.offset])
    assert (await load_amendments(lab.log)).apply("toy", record) is not None


@pytest.mark.parametrize(
    "wrong",
    [
        {"subject": str(BOB)},
        {"event": UUID(int=an_id(9).int)},
        {"event_type": "PostUnliked"},
        {"version": 2},
        {"data": "{}"},
        {"data": "no JSON"},
        {"data": f'{{"account":"{BOB}","post":"{an_id(199)}"}}'},
    ],
    ids=lambda wrong: "-".join(wrong) if isinstance(wrong, dict) else None,
)
async def test_an_amendment_that_does_not_fit_is_passed_over_for_the_one_before_it(
    lab: Lab, record: Record, wrong: dict[str, object], counted: list[str]
) -> None:
    amendments = await _decided(lab, _superseded(record, **wrong))
    assert amendments.apply("toy", record) == record
    assert counted == ["amendment does not fit"]
    assert (await _decided(lab, _skipped(record), _superseded(record, **wrong))).apply("toy", record) is None


async def test_what_cannot_be_read_on_the_record_is_counted_and_hides_nothing(
    lab: Lab, record: Record, counted: list[str]
) -> None:
    await lab.append(_skipped(record))
    await lab.append_raw("operations", record.key.decode(), {"ce_type": "EventSkipped"}, b"{")
    assert (await load_amendments(lab.log)).apply("toy", record) is None
    assert counted == ["amendment does not fit"]


async def test_what_was_decided_later_does_not_hold_as_of_then(lab: Lab, record: Record) -> None:
    await lab.append(_skipped(record))
    [decided] = await lab.records(REACTIONS._replace(topic="operations"))
    assert (await load_amendments(lab.log, decided.timestamp)).apply("toy", record) == record
    assert (await load_amendments(lab.log, decided.timestamp + 1)).apply("toy", record) is None


async def test_records_are_amended_in_their_order(lab: Lab, record: Record) -> None:
    await lab.append(like(BOB), like(AMY, 1))
    records = await lab.records(REACTIONS)
    amended = (await _decided(lab, _skipped(records[1]))).apply_all("toy", records)
    assert amended == [records[0], records[2]]


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Why amendments were passed over."""
    reasons: list[str] = []
    monkeypatch.setattr(
        "libs.projections.amendments.metrics.events_skipped", lambda projection, topic, reason: reasons.append(reason)
    )
    return reasons
