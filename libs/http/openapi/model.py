"""The parts of an OpenAPI 3.1 document that Qiao uses, as structs."""

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

Schema = Mapping[str, object]
"""A JSON Schema, as msgspec makes it."""


class Reference(msgspec.Struct, frozen=True, rename={"target": "$ref"}):
    """Points at a component."""

    target: str


class Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """Base: fields in camelCase, what is not said is left out."""


class MediaType(Part, frozen=True, kw_only=True):
    """A body's schema."""

    schema: Schema


class RequestBody(Part, frozen=True, kw_only=True):
    """What is sent."""

    content: Mapping[str, MediaType]
    required: bool = False


class Parameter(Part, frozen=True, kw_only=True, rename={"place": "in"}):
    """A part of the path, a query value or a header."""

    name: str
    place: Literal["path", "query", "header"]
    schema: Schema
    required: bool = False
    description: str = ""


class Header(Part, frozen=True, kw_only=True):
    """A header of an answer."""

    schema: Schema
    description: str = ""


class Response(Part, frozen=True, kw_only=True):
    """An answer."""

    description: str
    headers: Mapping[str, Reference] = {}
    content: Mapping[str, MediaType] = {}


class Operation(Part, frozen=True, kw_only=True):
    """One method at one address."""

    operation_id: str
    summary: str
    responses: Mapping[str, Response]
    description: str = ""
    tags: Sequence[str] = ()
    parameters: Sequence[Parameter | Reference] = ()
    request_body: RequestBody | None = None
    security: Sequence[Mapping[str, Sequence[str]]] | msgspec.UnsetType = msgspec.UNSET


class SecurityScheme(Part, frozen=True, kw_only=True):
    """How a caller says who it is."""

    type: str
    scheme: str
    bearer_format: str
    description: str = ""


class Components(Part, frozen=True, kw_only=True):
    """What operations point at."""

    schemas: Mapping[str, Schema]
    headers: Mapping[str, Header]
    parameters: Mapping[str, Parameter]
    security_schemes: Mapping[str, SecurityScheme]


class Info(Part, frozen=True, kw_only=True):
    """About the interface."""

    title: str
    version: str
    description: str = ""


class Document(Part, frozen=True, kw_only=True):
    """The whole."""

    openapi: str
    info: Info
    paths: Mapping[str, Mapping[str, Operation]]
    components: Components
