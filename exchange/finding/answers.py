"""What the search says: frozen values, as they travel."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from exchange.delivery.answers import Delivery, Listed
from schemas.messages import OfficeCode
from schemas.words import Handling, Kind

Mark = tuple[Annotated[int, Meta(ge=0)], Annotated[int, Meta(ge=1)]]
"""From where to where something was found, in characters (code points) of the text beside it; the end is not included."""

FACETS: Final = ("office", "kind", "year", "state")


class Snippet(Struct, frozen=True, kw_only=True):
    """A piece of a file's text; `page` is where what was found begins, 0 for what stands outside the pages."""

    part: str
    page: Annotated[int, Meta(ge=0)]
    text: str
    marks: tuple[Mark, ...]


class Hit(Listed, frozen=True, omit_defaults=True, kw_only=True):
    """One found submission, as the ledger has it now.

    `date` is the date of issue. `deliveries` are all recipients' positions for the sender, the own one for a recipient.
    Snippets are shown to those who may have the content: a recipient's staff has them once it opened the item.
    """

    date: str
    deliveries: tuple[Delivery, ...]
    title_marks: tuple[Mark, ...]
    number_marks: tuple[Mark, ...]
    snippets: tuple[Snippet, ...]


class FromBefore(Struct, frozen=True, kw_only=True):
    """One found document from before this exchange 历史件, taken over by the office with its old register.

    It is no submission: nobody signed it here, it has no receipt, and nothing proves where it came from. `place` says how many of
    `hits` stand before it on the page. `date` is what is written on it, "" where that is unknown; `counterpart` is the other office
    as the register calls it. On the desk it is `/paper/legacy/{item}`. Snippets are shown to those who may have its file.
    """

    item: Annotated[int, Meta(ge=1)]
    place: Annotated[int, Meta(ge=0)]
    signed: Literal[False] = False
    office: OfficeCode
    direction: Literal["received", "sent"]
    counterpart: str
    kind: Kind
    number: str | None
    title: str
    date: Annotated[str, Meta(pattern="^([0-9]{4}-[0-9]{2}-[0-9]{2})?$(?!\\n)")]
    handling: Handling
    file: str
    title_marks: tuple[Mark, ...]
    number_marks: tuple[Mark, ...]
    counterpart_marks: tuple[Mark, ...]
    snippets: tuple[Snippet, ...]


class Count(Struct, frozen=True, kw_only=True):
    """How many of all found items have one value; `label` is what people read."""

    value: str
    label: str
    count: Annotated[int, Meta(ge=1)]


class Index(Struct, frozen=True, kw_only=True):
    """Whether the ledger knows events that the answering index had not yet taken in."""

    behind: bool


class Answer(Struct, frozen=True, kw_only=True):
    """A page of answers. `query` is how the question was understood; `next` goes into `after`, null at the end.

    `total` and `facets` count all that was found and the caller may see. A hit that the ledger does not show any more is left
    out of its page. `legacy` are those of the page that are documents from before; `total` and `facets` count them too.
    """

    total: Annotated[int, Meta(ge=0)]
    hits: tuple[Hit, ...]
    facets: Mapping[str, tuple[Count, ...]]
    next: str | None
    query: str
    index: Index
    legacy: tuple[FromBefore, ...] = ()

    def in_order(self) -> Iterator[Hit | FromBefore]:
        """Yield the page as it was found: each document from before at its place among the hits."""
        places = defaultdict[int, list[FromBefore]](list)
        for each in self.legacy:
            places[each.place].append(each)
        for place, hit in enumerate(self.hits):
            yield from places[place]
            yield hit
        yield from places[len(self.hits)]
