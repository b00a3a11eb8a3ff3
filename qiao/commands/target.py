"""Which gateway a command talks to."""

import os

import click

from qiao.load import AddressRefused, Gateway
from qiao.settings import load


def gateway_at(url: str | None) -> Gateway:
    """The gateway of --url, else the one that QIAO_LISTEN names. Raises SettingsInvalid, click.BadParameter."""
    if url is None:
        return Gateway.listening_on(*load(os.environ).address)
    try:
        return Gateway.at(url)
    except AddressRefused as error:
        raise click.BadParameter(str(error), param_hint="--url") from error
