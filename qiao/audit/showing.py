"""Findings as text."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from libs.events.standins import with_stand_ins
from libs.projections.auditing import Drift, EventRef
from qiao.audit.findings import Finding
from qiao.audit.running import Audited
from qiao.times import from_ms


def summary(audited: Audited) -> list[str]:
    """One line each: what an audit came to, then what it found."""
    lines = [line_of(finding) for finding in audited.found]
    told = f"{audited.agreed} keys are as their events made them"
    if audited.passed_over:
        told += f", of {audited.passed_over} nothing is certain now"
    if not audited.found:
        return [f"{told}; no drift."]
    return [*lines, f"{told}; {_rows(audited.found)}: qiao audit show ID explains."]


def _rows(found: Sequence[Finding]) -> str:
    count, repaired = len(found), sum(each.repaired_at is not None for each in found)
    vanishing = sum(each.vanishing_at is not None and each.stands for each in found)
    if vanishing:
        told = _rows([each for each in found if each.vanishing_at is None]) + ", " if vanishing < count else ""
        return f"{told}{vanishing} too many, rewritten to vanish within a minute: look again then"
    if repaired == count:
        return "1 row was not, and is repaired" if count == 1 else f"{count} rows were not, and are repaired"
    told = "1 row is not" if count == 1 else f"{count} rows are not"
    return f"{told}, {repaired} of them repaired" if repaired else told


def line_of(finding: Finding) -> str:
    """A finding in one line."""
    drift, state = finding.drift, _state(finding)
    return f"{finding.number:>4}  {drift.kind:<10}  {drift.table or drift.projection} {drift.row}  {state}"


def explained(finding: Finding, names: Mapping[UUID, str]) -> str:
    """Everything about one. `names` has the handles of accounts that it speaks of."""
    drift = finding.drift
    about = {
        "finding": f"{finding.number}, {_state(finding)}",
        "projection": drift.projection,
        "table": drift.table or "-",
        "row": drift.row,
        "events": f"{drift.topic}[{drift.partition}], key {drift.key}",
        "kind": f"{drift.kind}: {drift.why}",
        "agree after": _event(drift.agreed),
        "part after": _event(drift.parted),
        "found": _seen(finding),
        "who is who": ", ".join(f"{account} is @{handle}" for account, handle in names.items()) or "-",
    }
    lines = [f"{name:<12} {value}" for name, value in about.items()]
    return "\n".join([*lines, *_difference(drift), _advice(finding)])


def ids_in(drift: Drift) -> Sequence[UUID]:
    """The ids that the row's key and the events' key name."""
    found = []
    for text in (drift.key, *msgspec.json.decode(drift.row)):
        try:
            found.append(UUID(str(text)))
        except ValueError:
            continue
    return list(dict.fromkeys(found))


def _difference(drift: Drift) -> list[str]:
    """Column by column, only those that differ where both rows are there."""
    stands, should = _columns(drift.stands), _columns(drift.should)
    names = [name for name in {**stands, **should} if stands.get(name) != should.get(name)]
    sides = (("-", stands), ("+", should))
    lines = [f"  {sign} {name}: {with_stand_ins(row[name])}" for name in names for sign, row in sides if name in row]
    return ["difference   - stands, + should be", *lines] if lines else []


def _columns(row: str | None) -> dict[str, str]:
    found = msgspec.json.decode(row, type=dict[str, msgspec.Raw]) if row else {}
    return {name: bytes(value).decode() for name, value in found.items()}


def _advice(finding: Finding) -> str:
    drift = finding.drift
    if finding.repaired_at is not None:
        return f"Repaired by {finding.actor}: {finding.reason}"
    if finding.gone_at is not None:
        return "Looked at again, the row is what its events make of it."
    if finding.vanishing_at is not None:
        return (
            f"Rewritten by {finding.actor} to vanish within a minute: {finding.reason}\n"
            f"qiao audit --finding {finding.number} tells whether it has; if not, it was written from outside with a "
            "timestamp above any of ours, and must be deleted there."
        )
    if drift.kind == "unfoldable":
        return "There is no row to repair: the handler must be mended, or the event discarded."
    if drift.kind == "count" and drift.stands == drift.should:
        return "There is nothing to repair yet: mend the handler of the event after which they part, and look again."
    return f"qiao audit --finding {finding.number} looks again; with --repair --reason '...' it puts it right."


def _state(finding: Finding) -> str:
    if finding.repaired_at is not None:
        return f"repaired {_time(finding.repaired_at)}"
    if finding.gone_at is not None:
        return f"gone {_time(finding.gone_at)}"
    return "stands" if finding.vanishing_at is None else f"rewritten to vanish {_time(finding.vanishing_at)}"


def _seen(finding: Finding) -> str:
    if finding.times == 1:
        return _time(finding.found_at)
    return f"{_time(finding.found_at)}, {finding.times} times, last {_time(finding.seen_at)}"


def _event(event: EventRef | None) -> str:
    return f"{event.type} at {event.place}, {_time(event.at)}, id {event.id}" if event else "-"


def _time(ms: int) -> str:
    return f"{from_ms(ms).astimezone():%Y-%m-%d %H:%M:%S %z}"
