"""Questions in the words of tantivy: filters, phrases and aggregations, and nothing that counts words over documents."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from tantivy import FieldType, Occur, Query, Schema

from archive.search import han, number, query
from archive.search.fields import readers
from archive.search.question import And, Between, Everything, Node, Not, Number, OneOf, Or, Question, Viewer, Words
from archive.search.syntax import SIDES
from archive.search.tantivy_files import ONES

# more than any county has of offices, kinds, years or states: the counts are complete
_MOST: Final = 10_000
_FURTHEST: Final = 2**63 - 1
_FACETS: Final = {"office": "from", "kind": "kind", "year": "year", "state": "standing"}
_TOTAL: Final = "total"


class Tier(NamedTuple):
    """One group of answers: its number and what holds in it."""

    number: int
    query: Query


class Compiled(NamedTuple):
    """A question as tantivy understands it: everything that matches, and the same in the order of its groups."""

    matching: Query
    tiers: tuple[Tier, ...]


def compiled(schema: Schema, question: Question) -> Compiled:
    """Return the queries of one question; each of them holds the viewer's own filter."""
    compiler = _Compiler(schema, question.viewer)
    matching = compiler.all_of(question.node)
    titled = query.titled(question.node) if question.order == "best" else None
    if titled is None:
        return Compiled(matching, (Tier(1, matching),))
    return Compiled(
        matching,
        (Tier(0, compiler.all_of(question.node, titled)), Tier(1, compiler.all_of(question.node, Not(titled)))),
    )


def before(schema: Schema, matching: Query, accepted: int) -> Query:
    """Return what matches and was accepted earlier than `accepted`."""
    bound = max(0, min(accepted, _FURTHEST))
    earlier = Query.range_query(schema, "accepted", FieldType.Unsigned, None, bound, include_upper=False)
    return Query.boolean_query([(Occur.Must, matching), (Occur.Must, earlier)])


def aggregations(question: Question) -> dict[str, Any]:
    """Return the aggregations that count all matches, and the facets when they are asked for.

    Standings are counted for every office and only the viewer's are taken: to let the engine filter them costs 2 ms more.
    """
    total = {_TOTAL: {"value_count": {"field": "accepted"}}}
    if not question.facets:
        return total
    return total | {name: {"terms": {"field": field, "size": _MOST}} for name, field in _FACETS.items()}


def counted(answer: Mapping[str, Any], viewer: Viewer) -> tuple[int, dict[str, dict[str, int]]]:
    """Return `Found.total` and `Found.facets` from the answer to `aggregations`."""
    own = f"{viewer.office}:"
    facets = {
        name: {str(bucket["key"]): int(bucket["doc_count"]) for bucket in found["buckets"]}
        for name, found in answer.items()
        if name != _TOTAL
    }
    if "state" in facets:
        facets["state"] = {state.removeprefix(own): count for state, count in facets["state"].items() if state.startswith(own)}
    return int(answer[_TOTAL]["value"]), facets


class _Compiler:
    """Turns nodes into queries for one viewer."""

    def __init__(self, schema: Schema, viewer: Viewer) -> None:
        self._schema = schema
        self._viewer = viewer

    def all_of(self, *nodes: Node) -> Query:
        """Return where all nodes hold, among what the viewer may see."""
        seen = self._terms("reader", readers(self._viewer))
        return Query.boolean_query([(Occur.Must, seen), *(self._clause(node) for node in nodes)])

    def _clause(self, node: Node) -> tuple[Occur, Query]:
        if isinstance(node, Not):
            return Occur.MustNot, self._query(node.node)
        return Occur.Must, self._query(node)

    def _query(self, node: Node) -> Query:  # noqa: PLR0911 - one answer a kind of node
        match node:
            case Words():
                return self._words(node)
            case Number():
                return self._term("number_key", number.key(node))
            case OneOf():
                return self._one_of(node)
            case Between():
                first, last = (max(-_FURTHEST, min(_FURTHEST, bound)) for bound in (node.first, node.last))
                return Query.range_query(self._schema, node.span, FieldType.Integer, first, last)
            case Everything():
                return Query.all_query()
            case Or(nodes):
                return Query.boolean_query([(Occur.Should, self._query(each)) for each in nodes])
            case Not() | And():
                parts = node.nodes if isinstance(node, And) else (node,)
                # a query of exclusions alone matches nothing, hence the first clause
                return Query.boolean_query([(Occur.Must, Query.all_query()), *(self._clause(each) for each in parts)])

    def _words(self, node: Words) -> Query:
        text = han.fold(node.text)
        if not text:
            return Query.all_query()
        if len(text) == 1:
            return self._term(node.where + ONES, text)
        tokens = han.phrase(text)
        if len(tokens) == 1:
            return self._term(node.where, tokens[0][1])
        return Query.phrase_query(self._schema, node.where, list(tokens))

    def _one_of(self, node: OneOf) -> Query:
        if node.keyword != "state":
            return self._terms(node.keyword, node.values)
        own = (f"{self._viewer.office}:{state}" for value in node.values for state in (value, *(f"{side}:{value}" for side in SIDES)))
        return self._terms("standing", tuple(own))

    def _term(self, field: str, value: str) -> Query:
        return Query.term_query(self._schema, field, value)

    def _terms(self, field: str, values: tuple[str, ...]) -> Query:
        return Query.boolean_query([(Occur.Should, self._term(field, value)) for value in values])
