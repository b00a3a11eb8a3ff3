"""Parts of addresses that more than one service answers at."""

from typing import Annotated
from uuid import UUID

import msgspec

from libs.http.inputs import Input


class HandlePath(Input, frozen=True):
    """Whose account."""

    handle: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class PostPath(Input, frozen=True):
    """Which post."""

    id: UUID
