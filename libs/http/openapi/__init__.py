"""The OpenAPI 3.1 document, generated from the same declarations that the gateway mounts."""

from libs.http.openapi.document import document

__all__ = ["document"]
