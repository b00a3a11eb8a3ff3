"""JSON Schemas of everything that routes take and give, made by msgspec in one go so that names stay unique."""

from collections.abc import Sequence
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

import msgspec

from libs.http.openapi.model import Parameter, Schema
from libs.http.problems import ProblemDetails
from libs.http.routes import Route

_TEMPLATE = "#/components/schemas/{name}"


class Schemas:
    """The schemas of all routes."""

    def __init__(self, routes: Sequence[Route]) -> None:
        """Collects every type that the routes name."""
        types = dict.fromkeys(kind for route in routes for kind in _types(route))
        types[ProblemDetails] = None
        schemas, components = msgspec.json.schema_components(types, ref_template=_TEMPLATE)
        self._schemas: dict[Any, Schema] = dict(zip(types, schemas, strict=True))
        self.components: dict[str, Schema] = components
        """By name: what the others point at."""

    def of(self, kind: Any) -> Schema:
        """The schema of a type that a route names."""
        return self._schemas[kind]

    def parameters(self, route: Route) -> list[Parameter]:
        """The parts of the path and the query values."""
        return [
            *(self._parameter(field, "path") for field in _fields(route.path)),
            *(self._parameter(field, "query") for field in _fields(route.query)),
        ]

    def _parameter(self, field: msgspec.structs.FieldInfo, place: Any) -> Parameter:
        schema = {key: value for key, value in self.of(_plain(field.type)).items() if key != "description"}
        description = str(self.of(_plain(field.type)).get("description", ""))
        if field.default is not msgspec.NODEFAULT and field.default is not None:
            schema["default"] = msgspec.to_builtins(field.default)
        return Parameter(
            name=field.encode_name,
            place=place,
            schema=schema,
            required=place == "path" or field.required,
            description=description,
        )


def _types(route: Route) -> list[Any]:
    whole = [kind for kind in (route.body, route.returns) if kind is not None]
    return whole + [_plain(field.type) for kind in (route.path, route.query) for field in _fields(kind)]


def _fields(kind: type | None) -> Sequence[msgspec.structs.FieldInfo]:
    return msgspec.structs.fields(kind) if kind is not None else ()


def _plain(kind: Any) -> Any:
    """Without None: a value that is not there is left out, never sent as null."""
    if get_origin(kind) not in (Union, UnionType):
        return kind
    return Union[tuple(part for part in get_args(kind) if part is not NoneType)]  # noqa: UP007 - made at run time
