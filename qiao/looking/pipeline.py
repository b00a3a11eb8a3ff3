"""From records to lines that can be shown."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from libs.events import Keys
from libs.log import Record
from qiao.looking.naming import Registrations
from qiao.looking.opening import says, with_texts
from qiao.tailing.lines import Line, accounts_in, line_of


class Pipeline:
    """What is done with records that were found. Made for one command."""

    def __init__(self, *, keys: Keys | None = None, text: str = "", handles: Registrations | None = None) -> None:
        """Without `keys` everything stays sealed, without `handles` accounts stay ids."""
        self._keys, self._text, self._handles = keys, text, handles

    async def lines(self, records: Sequence[Record]) -> list[Line]:
        """Those that say the text, in the same order. Raises LogUnavailable, VaultUnavailable, WrongMasterKey."""
        lines = [line_of(record) for record in records]
        if self._keys is not None:
            lines = await with_texts(lines, self._keys)
        return [line for line in lines if says(line, self._text)] if self._text else lines

    async def names(self, lines: Sequence[Line]) -> Mapping[UUID, str]:
        """The handles of who is named in these lines. Raises LogUnavailable."""
        if self._handles is None:
            return {}
        return await self._handles.of({account for line in lines for account in accounts_in(line)})
