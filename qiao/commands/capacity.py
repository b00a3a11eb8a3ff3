"""`qiao capacity`."""

from collections.abc import Callable, Mapping
from typing import TypeVar

import click
import msgspec
from rich.console import Console
from rich.table import Table

from qiao.capacity import MEASURED, WORKLOADS, Hardware, Measured, Needs, Workload, needs
from qiao.commands.piping import piped

F = TypeVar("F", bound=Callable[..., object])
S = TypeVar("S", bound=msgspec.Struct)


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked, and what it needs."""

    workload: Workload
    hardware: Hardware
    measured: Measured
    needs: Needs


def _option(name: str, help_text: str) -> Callable[[F], F]:
    return click.option(f"--{name}", type=click.FloatRange(0, min_open=True), help=help_text)


@click.command("capacity")
@click.option(
    "--workload", "name", type=click.Choice(list(WORKLOADS)), default="surge", show_default=True, help="To begin with."
)
@click.option("--accounts", type=click.IntRange(1), help="People who have one.")
@_option("newcomers-a-day", "Registrations.")
@click.option("--active", type=click.FloatRange(0, 1, min_open=True), help="Share of the accounts that come on a day.")
@_option("pages", "Read by one of them on a day.")
@_option("posts", "Written by one of them on a day.")
@_option("likes", "By one of them on a day.")
@_option("follows", "By one of them on a day.")
@_option("followers", "Mean over posts.")
@_option("peak", "The busiest hour against the mean.")
@click.option("--partitions", type=click.IntRange(1, 100), help="QIAO_PARTITIONS.")
@click.option("--cores-per-node", type=click.IntRange(1), help="Of a Cassandra node.")
@_option("node-tb", "Disk of a Cassandra node.")
@click.option("--used", type=click.FloatRange(0, 1, min_open=True), help="How busy processors may get.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: what was asked, what was measured, what it needs.")
def capacity_command(name: str, as_json: bool, **changed: float | None) -> None:
    """Reckon what a number of people needs, from what the bench measured.

    Gateways, workers, Cassandra nodes, brokers, disks and network for the busiest hour and for a year; what drives the
    cost, and what breaks first. docs/operating/capacity.md tells how it is reckoned and how far to trust it.

    \b
    qiao capacity
    qiao capacity --workload hundred-million --used 0.5
    qiao capacity --accounts 20000 --newcomers-a-day 500 --partitions 12 --json
    """
    given = {name: value for name, value in changed.items() if value is not None}
    workload, hardware = _replaced(WORKLOADS[name], given), _replaced(Hardware(), given)
    answer = Answer(workload=workload, hardware=hardware, measured=MEASURED, needs=needs(workload, MEASURED, hardware))
    with piped():
        if as_json:
            click.echo(msgspec.json.format(msgspec.json.encode(answer), indent=2))
        else:
            _show(answer, Console())


def _replaced(of: S, given: Mapping[str, float]) -> S:
    return msgspec.structs.replace(of, **{name: given[name] for name in given.keys() & set(of.__struct_fields__)})


def _show(answer: Answer, console: Console) -> None:
    found, work = answer.needs, answer.workload
    console.print(f"{work.accounts:,} accounts, {work.people:,.0f} people a day; the busiest hour:", highlight=False)
    table = Table(show_header=False, show_edge=False)
    for what, text in _lines(found):
        table.add_row(what, text)
    console.print(table)
    total = sum(found.drivers.values())
    drivers = ", ".join(f"{name} {cores / total:.0%}" for name, cores in found.drivers.items())
    console.print(f"what keeps processors busy: {drivers}", highlight=False)
    console.print("what breaks first, whatever is added:", highlight=False)
    for limit in found.limits:
        console.print(f"  {limit.used:.0%} used: {limit.what}; then: {limit.mend}", highlight=False)


def _lines(found: Needs) -> list[tuple[str, str]]:
    rates, stored = found.rates, found.storage
    return [
        (
            "requests/s",
            f"{rates.pages:,.0f} pages, {rates.writes:,.0f} writes, {rates.registrations:,.1f} registrations",
        ),
        ("events/s", f"{rates.events:,.0f}, and {rates.deliveries:,.0f} deliveries"),
        ("gateway processes", f"{found.gateways:,} of one core, {found.gateway_gb:,.1f} GB together"),
        ("workers of a service", f"{found.workers:,} of one core, for {found.partitions} partitions"),
        ("Cassandra nodes", f"{found.cassandra_nodes:,}, for their {found.cassandra_for}"),
        ("Kafka brokers", f"{found.brokers:,}, taking in {found.to_log_mb_s:,.2f} MB/s"),
        ("to clients", f"{found.to_clients_mb_s:,.0f} MB/s"),
        ("a year of log", f"{stored.log_a_year:,.0f} GB, one copy"),
        (
            "a year of tables",
            f"{stored.views_a_year:,.0f} GB, homes {stored.homes:,.0f}, accounts {stored.accounts:,.0f}",
        ),
        ("disks after a year", f"{found.disk_tb:,.1f} TB, all copies"),
    ]
