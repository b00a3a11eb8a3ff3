"""`qiao audit`: whether the tables are what the log makes of them."""

import os
import sys
from collections.abc import Sequence
from random import Random

import click
import msgspec
import uvloop

from libs.projections import Projection
from libs.projections.auditing import Report
from qiao.audit.findings import Finding, Findings
from qiao.audit.running import Audited, Repair, audit_again, audit_one, audit_some, keep, keys_in
from qiao.audit.showing import explained, ids_in, line_of, summary
from qiao.commands.interrupting import interruptible
from qiao.commands.operator import operator
from qiao.commands.piping import piped
from qiao.commands.printing import json_text
from qiao.commands.progress import counting
from qiao.looking.who import account_in
from qiao.services import SERVICES, projections
from qiao.settings import load
from qiao.stores import Stores, open_stores
from qiao.trouble import Trouble
from services.feeds.tables import PEOPLE

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for."""

    projections: tuple[str, ...]
    keys: int
    key: str | None
    finding: int | None
    repair: Repair | None


@click.group("audit", invoke_without_command=True)
@click.option("--projection", "only", multiple=True, type=click.Choice(list(SERVICES)), help="Only this one's tables.")
@click.option("--keys", type=click.IntRange(1, 100_000), default=50, show_default=True, help="So many, at random.")
@click.option("--key", metavar="KEY", help="This one: the id of a post or an account, or a handle.")
@click.option("--finding", type=click.IntRange(1), metavar="ID", help="What this finding was about, once more.")
@click.option("--repair", is_flag=True, help="Put right what is found. Needs --reason.")
@click.option("--reason", metavar="TEXT", help="Why it is repaired, for the record.")
@_JSON
@click.pass_context
def audit_group(
    context: click.Context,
    only: tuple[str, ...],
    keys: int,
    key: str | None,
    finding: int | None,
    repair: bool,
    reason: str | None,
    as_json: bool,
) -> None:
    """Fold the history of some keys afresh and compare it with the live rows.

    It works beside a running platform and never calls a row wrong that is being folded just now. Status 1: a row was
    found that is not what its events make of it. --repair writes just those rows, a revision above what they are;
    whatever is folded meanwhile outranks it. `qiao up` and `qiao worker` do the same slowly all the time (QIAO_AUDIT).

    \b
    qiao audit
    qiao audit --projection feeds --keys 500 --json
    qiao audit --key @mei
    qiao audit --finding 17 --repair --reason 'counts were off after the outage'
    qiao audit show
    """
    if context.invoked_subcommand is not None:
        return
    if repair != (reason is not None):
        raise click.UsageError("--repair and --reason go together")
    if key is not None and finding is not None:
        raise click.UsageError("--key or --finding, not both")
    wanted = Wanted(
        projections=only,
        keys=keys,
        key=key,
        finding=finding,
        repair=Repair(operator(), reason) if reason is not None else None,
    )
    try:
        audited = uvloop.run(interruptible(_audit(wanted)))
    except LookupError as error:
        raise Trouble(str(error)) from error
    with piped():
        click.echo(json_text(audited) if as_json else "\n".join(summary(audited)))
    sys.exit(1 if audited.found else 0)


@audit_group.command("show")
@click.argument("number", type=click.IntRange(1), required=False, metavar="[ID]")
@_JSON
def show_command(number: int | None, as_json: bool) -> None:
    """List what audits have found, or explain one of it.

    A hundred findings are kept; the same drift found again is the same finding. What people wrote is sealed in it.

    \b
    qiao audit show
    qiao audit show 17
    """
    findings, text = uvloop.run(_show(number))
    with piped():
        click.echo(json_text(findings if number is None else findings[0]) if as_json else text)


async def _audit(wanted: Wanted) -> Audited:
    settings = load(os.environ)
    async with open_stores(settings, beside=True) as stores:
        about = await _finding(Findings(stores.vault), wanted.finding) if wanted.finding is not None else None
        return await keep(stores, await _report(stores, wanted, about), wanted.repair, about)


async def _report(stores: Stores, wanted: Wanted, about: Finding | None) -> Report:
    folded = projections(load(os.environ), wanted.projections)
    if about is not None:
        return await audit_again(stores, folded, about.drift)
    if wanted.key is not None:
        return await _of_key(stores, folded, wanted.key)
    with counting("Auditing keys", wanted.keys) as count:
        return await audit_some(stores, folded, wanted.keys, random=Random(), count=count)  # noqa: S311 - a sample


async def _of_key(stores: Stores, folded: Sequence[Projection], text: str) -> Report:
    report = await audit_one(stores, folded, await _key(stores, text))
    if keys_in(report) == 0:
        raise Trouble(f"no event that was folded has the key {text}: give the id of a post or an account, or a handle")
    return report


async def _key(stores: Stores, text: str) -> str:
    """The account's id of a handle; what is none is taken as it is."""
    account = await account_in(stores.views, text)
    if account is None and text.startswith("@"):
        raise click.BadParameter(f"nobody has the handle {text}", param_hint="--key")
    return str(account) if account else text


async def _show(number: int | None) -> tuple[list[Finding], str]:
    async with open_stores(load(os.environ), beside=True) as stores:
        findings = Findings(stores.vault)
        if number is None:
            found = list(await findings.all())
            return found, "\n".join(map(line_of, found)) or "No audit has found anything."
        one = await _finding(findings, number)
        people = await PEOPLE.people(stores.views, ids_in(one.drift))
        return [one], explained(one, {account: person.handle for account, person in people.items()})


async def _finding(findings: Findings, number: int) -> Finding:
    found = await findings.get(number)
    if found is None:
        raise click.BadParameter(f"there is no finding {number}: qiao audit show lists them", param_hint="ID")
    return found
