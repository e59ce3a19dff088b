"""How the reason of a return is written: what was chosen of the county's list, and what was written besides.

The documented form: what was chosen, each as its Chinese words with the code in 〔〕 behind them, then what was written, all joined by ；.

    缺少附件〔attachment-missing〕；缺签发人〔signatory-missing〕；请一并补正

A reader who knows no codes reads words; whoever counts takes the codes out of the text, the only place where they are kept: erased with
it, and under the receipt's salted digest.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from exchange.correction.builtin import BUILT_IN, Reason

_PIECE: Final = re.compile("^(?P<words>[^〔〕]{0,200})〔(?P<code>[a-z][a-z0-9-]{1,39})〕$")
_JOINED: Final = "；"
_KNOWN: Final = {reason.code: reason for reason in BUILT_IN}


class Told(NamedTuple):
    """A reason taken apart: the codes that it gives, each with the words that stand there, and what was written besides."""

    chosen: tuple[tuple[str, str], ...]
    words: str

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes alone."""
        return tuple(code for code, _ in self.chosen)


def compose(chosen: Iterable[Reason], words: str) -> str:
    """Return a reason in its documented form."""
    return _JOINED.join([*(f"{each.zh}〔{each.code}〕" for each in chosen), *([words.strip()] if words.strip() else [])])


def told(text: str) -> Told:
    """Take a reason apart; what is in no such form is words alone."""
    chosen: list[tuple[str, str]] = []
    words: list[str] = []
    for piece in text.split(_JOINED):
        found = _PIECE.fullmatch(piece.strip())
        if found is None or words:  # behind the first words everything is words
            words.append(piece)
        else:
            chosen.append((found["code"], found["words"]))
    return Told(tuple(dict(chosen).items()), _JOINED.join(words).strip())


def shown(text: str | None, *, chinese: bool, known: Mapping[str, Reason] = _KNOWN) -> str:
    """Return a reason as a person reads it: without codes, and in English where the list knows the code."""
    if not text:
        return ""
    apart = told(text)
    said = [words if chinese or code not in known else known[code].en for code, words in apart.chosen]
    return (_JOINED if chinese else "; ").join([*said, *([apart.words] if apart.words else [])])
