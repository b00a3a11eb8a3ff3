"""Routes -> document."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from libs.http.implied import problem_kinds
from libs.http.openapi import conventions
from libs.http.openapi.model import (
    Components,
    Document,
    Info,
    MediaType,
    Operation,
    Parameter,
    Reference,
    RequestBody,
    Response,
    Schema,
)
from libs.http.openapi.schemas import Schemas
from libs.http.positions import POSITION_HEADER, STALE_HEADER, WAIT_HEADER
from libs.http.problems import ProblemDetails, ProblemKind
from libs.http.routes import Auth, Route

_SECURITY: Mapping[Auth, Sequence[Mapping[str, Sequence[str]]]] = {
    Auth.REQUIRED: [{"bearer": []}],
    Auth.OPTIONAL: [{}, {"bearer": []}],
    Auth.NONE: [],
    # Scopes say what a caller must be: of bearer tokens, OpenAPI 3.1 lets them name roles.
    Auth.ADMIN: [{"bearer": ["admin"]}],
}


def document(routes: Sequence[Route], *, version: str) -> Document:
    """The document of these routes. Raises ValueError if two have one name: rename a handler or give it a tag."""
    schemas = Schemas(routes)
    paths: defaultdict[str, dict[str, Operation]] = defaultdict(dict)
    for route in routes:
        paths[route.template][route.method.lower()] = _operation(route, schemas)
    names = [operation.operation_id for methods in paths.values() for operation in methods.values()]
    if len(names) != len(routes) or len(set(names)) != len(names):
        raise ValueError(f"some routes share an address or a name: {sorted(names)}")
    return Document(
        openapi="3.1.0",
        info=Info(title="Qiao", version=version, description=conventions.DESCRIPTION),
        paths=paths,
        components=Components(
            schemas=schemas.components,
            headers=conventions.HEADERS,
            parameters=conventions.PARAMETERS,
            security_schemes=conventions.SECURITY,
        ),
    )


def _operation(route: Route, schemas: Schemas) -> Operation:
    name = getattr(route.handler, "__name__", route.name)
    return Operation(
        operation_id=f"{route.tag}_{name}" if route.tag else name,
        summary=route.summary,
        description=route.description,
        tags=[route.tag] if route.tag else (),
        parameters=_parameters(route, schemas),
        request_body=RequestBody(content=_json(schemas.of(route.body)), required=True) if route.body else None,
        responses={str(route.status): _success(route, schemas)} | _refusals(route, schemas),
        security=_SECURITY[route.auth],
    )


def _parameters(route: Route, schemas: Schemas) -> list[Parameter | Reference]:
    found: list[Parameter | Reference] = [*schemas.parameters(route)]
    if route.waits_for:
        found.append(conventions.parameter(WAIT_HEADER))
    if route.method == "POST":
        found.append(conventions.parameter(conventions.KEY_HEADER))
    return found


def _success(route: Route, schemas: Schemas) -> Response:
    headers = [conventions.REQUEST_ID_HEADER]
    headers += [POSITION_HEADER] if route.writes else []
    headers += [STALE_HEADER] if route.waits_for else []
    return Response(
        description=HTTPStatus(route.status).phrase,
        headers={name: conventions.header(name) for name in headers},
        content=_json(schemas.of(route.returns)) if route.returns is not None else {},
    )


def _refusals(route: Route, schemas: Schemas) -> dict[str, Response]:
    by_status: defaultdict[int, list[ProblemKind]] = defaultdict(list)
    for kind in problem_kinds(route):
        by_status[kind.status].append(kind)
    return {str(status): _refusal(kinds, schemas) for status, kinds in by_status.items()}


def _refusal(kinds: Sequence[ProblemKind], schemas: Schemas) -> Response:
    codes = {"properties": {"code": {"enum": [kind.code for kind in kinds]}}}
    schema = {"allOf": [schemas.of(ProblemDetails), codes]}
    name = conventions.REQUEST_ID_HEADER
    return Response(
        description=" ".join(f"`{kind.code}`: {kind.title}" for kind in kinds),
        headers={name: conventions.header(name)},
        content={"application/problem+json": MediaType(schema=schema)},
    )


def _json(schema: Schema) -> dict[str, MediaType]:
    return {"application/json": MediaType(schema=schema)}
