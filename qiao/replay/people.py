"""Who is who while one steps through a replay: handles in conditions, and in what a stop shows."""

import re
from collections.abc import Mapping
from uuid import UUID

from libs.log import Record
from qiao.looking.naming import Registrations
from qiao.looking.who import NobodyNamed, account_named
from qiao.replay.expressions import Expression, ExpressionInvalid
from qiao.sources import Source
from qiao.tailing.lines import accounts_in, line_of

_HANDLE = re.compile(r"""(["'])@(\w+)\1""")


class People:
    """Those of one log."""

    def __init__(self, source: Source) -> None:
        """Reads the log as it needs to."""
        self._source, self._handles = source, Registrations(source.log, source.bounds)

    async def meant(self, condition: Expression) -> Expression:
        """The same with "@lin" for the id of their account. Raises ExpressionInvalid, LogUnavailable."""
        ids = {found[2]: await self._id(condition.text, found) for found in _HANDLE.finditer(condition.text)}
        return Expression(_HANDLE.sub(lambda found: f'"{ids[found[2]]}"', condition.text)) if ids else condition

    async def named_in(self, record: Record) -> Mapping[UUID, str]:
        """The handles of who is named in it. Raises LogUnavailable."""
        return await self._handles.of(accounts_in(line_of(record)))

    async def _id(self, text: str, found: re.Match[str]) -> UUID:
        try:
            return await account_named(self._source, found[2])
        except NobodyNamed as error:
            raise ExpressionInvalid(f"{error}\n  {text}\n  {' ' * (found.start() + 1)}^") from None
