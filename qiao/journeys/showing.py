"""A journey drawn for people."""

from collections.abc import Iterator
from uuid import UUID

from rich.text import Text
from rich.tree import Tree

from qiao.journeys.shapes import Handled, Journey, Rows, Step

_STYLES = {"folded": "green", "redriven": "green", "edited": "yellow", "on its way": "yellow"}


def as_tree(journey: Journey) -> Tree:
    """The events below what caused them, each with what the projections made of it. Times are local."""
    root = journey.steps[0]
    tree = Tree(_step(root))
    nodes = {root.event: tree}
    _add_handled(tree, root)
    for step in journey.steps[1:]:
        node = nodes.get(step.caused_by or root.event, tree).add(_step(step))
        nodes.setdefault(step.event, node)
        _add_handled(node, step)
    return tree


def remarks(journey: Journey) -> Iterator[str]:
    """What the tree does not show."""
    if journey.left_out:
        yield f"{journey.left_out} more likes, saves and replies were not looked up: --most shows more."
    if journey.not_found:
        yield f"{journey.not_found} events that tables tell of are not in the log near their time."
    if all(each.handled_ms is None for step in journey.steps for each in step.handled):
        yield "How long after its append an event was folded, and in how many tries, is not known: no trace is kept."
    if not journey.complete:
        yield "Found by the rows that events left; copies, and changes by who lacked the right, left none: --whole."


def _step(step: Step) -> Text:
    text = Text(step.type, style="bold")
    text.append(f"  {step.place}", style="cyan")
    text.append(f"  {step.appended_at.astimezone():%Y-%m-%d %H:%M:%S.%f}"[:-3], style="dim")
    text.append(f"  by {_who(step.actor, step.actor_handle)}", style="green")
    if step.caused_by:
        text.append(f"  {_took(step.after_ms)} later")
    text.append(f"  (appended {_took(step.append_ms)} after it was decided)", style="dim")
    if step.trace:
        text.append(f"  trace {step.trace}", style="dim")
    return text


def _add_handled(node: Tree, step: Step) -> None:
    for handled in step.handled:
        below = node.add(_handled(handled))
        for rows in handled.rows:
            below.add(_rows(rows))


def _handled(handled: Handled) -> Text:
    text = Text(handled.projection, style="magenta")
    text.append(f"  {handled.state}", style=_STYLES.get(handled.state, "red"))
    if handled.state == "on its way":
        text.append(f", {handled.behind} behind")
    if handled.handled_ms is not None:
        text.append(f", {_took(handled.handled_ms)} after the append", style="dim")
    if handled.batches > 1:
        text.append(f", in {handled.batches} batches", style="yellow")
    if handled.tries:
        text.append(f", tried {handled.tries} times")
    for note in (handled.error, *handled.refused, handled.trace and f"trace {handled.trace}"):
        if note:
            text.append(f"  {note}", style="red")
    if handled.actor:
        text.append(f"  by {handled.actor}: {handled.reason}")
    return text


def _rows(rows: Rows) -> Text:
    text = Text(rows.table, style="blue")
    named = rows.count == 1 and rows.keys
    text.append(f"  {rows.keys[0]}" if named else f"  {'at least ' if rows.at_least else ''}{rows.count} rows")
    for count, what in (
        (rows.as_written, "as written"),
        (rows.changed_since, "changed since"),
        (rows.missing, "missing"),
    ):
        if count:
            text.append(f"  {what if named else f'{count} {what}'}", style="red" if what == "missing" else "dim")
    if rows.lost and not named:
        text.append(f": {', '.join(rows.lost)}{', ...' if rows.missing > len(rows.lost) else ''}", style="red")
    return text


def _who(account: UUID | None, handle: str) -> str:
    return f"@{handle}" if handle else str(account) if account else "the system"


def _took(ms: int) -> str:
    return f"{ms} ms" if abs(ms) < 10_000 else f"{ms / 1000:.0f} s" if abs(ms) < 600_000 else f"{ms / 60_000:.0f} min"
