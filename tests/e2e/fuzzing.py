"""Schemathesis over any gateway: load its document, then hold every answer against it."""

import re
from uuid import uuid4

import hypothesis
import requests
import schemathesis
from hypothesis import strategies as st
from schemathesis import Response
from schemathesis.config import SchemathesisConfig
from schemathesis.generation.case import Case
from schemathesis.specs.openapi.schemas import OpenApiSchema

from libs.http.openapi.conventions import KEY_HEADER, KEY_PATTERN
from services.gateway.server import MAX_HEADER

TIMEOUT = 30.0
_REFUSED = 400

_KEY = re.compile(KEY_PATTERN)

# What fits the schema may still be no cursor of ours (400), or refused by a service for what it says (422, but never
# as "invalid": see below). `make test-fast` tries a few examples and no boundary values.
_CONFIG = """
[generation]
max-examples = {examples}

[phases.coverage]
enabled = {thorough}

[checks.positive_data_acceptance]
expected-statuses = ["2xx", "400", "401", "403", "404", "409", "422", "429"]
"""
_THOROUGH = 100
"""The examples of hypothesis's default profile."""


def _config() -> SchemathesisConfig:
    examples = hypothesis.settings().max_examples
    thorough = str(examples >= _THOROUGH).lower()
    return SchemathesisConfig.from_str(_CONFIG.format(examples=max(1, examples // 4), thorough=thorough))


def load(address: str, position: str) -> OpenApiSchema:
    """The document of the gateway at `address`. `position` is a Qiao-Position that it gave."""
    schemathesis.openapi.format("qiao-position", st.just(position))
    return schemathesis.openapi.from_url(f"{address}/v1/openapi.json", config=_config(), timeout=TIMEOUT)


def hold(case: Case, token: str) -> None:
    """Send one generated request as the bearer of `token`. Fails for an answer that is not as declared."""
    if _KEY.fullmatch(str(case.headers.get(KEY_HEADER, ""))):
        case.headers[KEY_HEADER] = str(uuid4())  # one key for two requests is another promise than this one
    response = case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, timeout=TIMEOUT)
    if response.status_code >= _REFUSED:
        _hold_problem(case, response)


def _hold_problem(case: Case, response: Response) -> None:
    problem = response.json()
    assert response.headers["content-type"] == ["application/problem+json"]
    assert problem["status"] == response.status_code
    assert problem["title"]
    if problem["code"] == "invalid":
        assert case.meta is None or not case.meta.generation.mode.is_positive, "what fits the schema is not invalid"
    if problem["code"] in ("invalid", "malformed") and len(response.request.url or "") < MAX_HEADER:
        assert problem["errors"], "a refusal of data names the field"


def post(address: str, path: str, body: object, token: str = "") -> requests.Response:
    """A plain request, to prepare what the fuzzing needs."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    response = requests.post(f"{address}{path}", json=body, headers=headers, timeout=TIMEOUT)
    response.raise_for_status()
    return response
