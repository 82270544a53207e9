"""From text to promql-parser's tree; what is wrong is said in Prometheus' words."""

import re
from datetime import timedelta

import promql_parser as ast

from practice.promql.problems import BadQuery

_TYPES = {
    "got matrix": "got range vector",
    "got vector": "got instant vector",
    "expected type matrix": "expected type range vector",
    "expected type vector": "expected type instant vector",
}
_FUNCTION = re.compile(r'function with name "(\w+)"|function "(\w+)"')


_DEEPEST = 300
_TEXT = re.compile(r"""\"(?:[^"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`[^`]*`""")
_MATCHERS = re.compile(r"\{[^}]*\}")
_NESTING = re.compile(r"[-+*/%^(<>=]|\b(?:and|or|unless|atan2)\b", re.IGNORECASE)


def parse(query: str) -> ast.Expr:
    """The tree of a query; BadQuery with a position in it otherwise."""
    # The parser, and every walk over its tree, calls itself for each of them; it does not survive many thousands.
    if len(_NESTING.findall(_MATCHERS.sub("", _TEXT.sub("", query)))) > _DEEPEST:
        raise BadQuery(f"1:1: parse error: more than {_DEEPEST} operators and brackets")
    try:
        tree: ast.Expr = ast.parse(query)
    except ValueError as wrong:
        raise BadQuery(_said(query, str(wrong))) from wrong
    return tree


def unwrapped(tree: ast.Expr) -> ast.Expr:
    """Without parentheses around all of it."""
    while isinstance(tree, ast.ParenExpr):
        tree = tree.expr
    return tree


def parse_selector(text: str) -> ast.VectorSelector:
    """A series selector, as `match[]` has it."""
    tree = parse(text)
    if not isinstance(tree, ast.VectorSelector):
        raise BadQuery("1:1: parse error: unexpected expression, expected a series selector")
    return tree


def parse_duration(text: str) -> timedelta:
    """`5m`, `1h30m`; ValueError otherwise."""
    return ast.parse_duration(text)


def _said(query: str, wrong: str) -> str:
    said = re.sub(r"'([^']*)'", r'"\1"', wrong)
    for ours, theirs in _TYPES.items():
        said = said.replace(ours, theirs)
    named = _FUNCTION.search(said)
    at = query.find(named[1] or named[2]) + 1 if named else 0
    line = query.count("\n", 0, at) + 1
    return f"{line}:{max(at - (query.rfind(chr(10), 0, at) + 1), 1)}: parse error: {said}"
