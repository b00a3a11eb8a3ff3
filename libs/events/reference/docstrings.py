"""The docstrings of fields. They are the one source of what a field means; Python itself does not keep them."""

import ast
import inspect
import textwrap
from itertools import pairwise

import msgspec


def field_docs(cls: type[msgspec.Struct]) -> dict[str, str]:
    """What each field means, by its name in Python: the string that follows it in the class's source."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    docs: dict[str, str] = {}
    for field, after in pairwise(next(node for node in tree.body if isinstance(node, ast.ClassDef)).body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            text = _text(after)
            if text is not None:
                docs[field.target.id] = inspect.cleandoc(text)
    return docs


def class_doc(cls: type) -> str:
    """The class's docstring, cleaned; empty if it has none."""
    return inspect.getdoc(cls) or ""


def _text(node: ast.stmt) -> str | None:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        return node.value.value
    return None
