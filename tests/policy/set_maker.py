"""The set: classes of cases, drawn evenly from templates, carriers, marks and disguises; the same for the same seed."""

import functools
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final, Generic, TypeVar

from policy import marks, negatives_held_out, negatives_tuning, templates_held_out, templates_tuning
from policy.carriers import CARRIERS, MEDIA, Carrier
from policy.cases import FOUND, KEPT_OUT, LET_IN, REFUSED, Case
from policy.drawings import LATER, ON_FIRST
from policy.papers import Half, Paper, Template
from policy.uninspectable import UNREADABLE

from schemas.words import Handling

T = TypeVar("T")

SEED: Final = 20261122


class Wheel(Generic[T]):
    """Gives each of its values once a round, in a new order each round."""

    def __init__(self, values: Sequence[T], choice: random.Random) -> None:
        self._values, self._choice = list(values), choice
        self._left: list[T] = []

    def turn(self) -> T:
        if not self._left:
            self._left = self._values[:]
            self._choice.shuffle(self._left)
        return self._left.pop()


class Hand:
    """The wheels of one class and half: what is drawn from them is all that chance decides."""

    def __init__(self, kind: str, half: Half, seed: int) -> None:
        self.kind, self.half = kind, half
        self.choice = random.Random(f"{kind}|{half}|{seed}")
        self.templates: Wheel[Template] = Wheel(templates(half), self.choice)
        self.levels = Wheel(marks.LEVELS, self.choice)
        self.terms = Wheel(marks.TERMS, self.choice)
        self.words = negatives_tuning if half == "tuning" else negatives_held_out

    def paper(self, mark: str = "", drawing: str = "plain", more: tuple[str, ...] = (), pages: int = 1) -> Paper:
        return Paper(self.templates.turn(), mark, drawing, more, pages, self.choice.randrange(1 << 30))

    def mark(self, form: str) -> str:
        return marks.mark_of(self.levels.turn(), self.terms.turn(), form)

    def case(self, carrier: Carrier, paper: Paper, disguise: str, expected: frozenset[str], *, file: str = "", **more: object) -> Case:
        name = file or f"{paper.template.title[:24].strip('《》“”')}.{carrier.ending}"
        make = functools.partial(carrier.make, paper)
        media = MEDIA[carrier.ending]
        return Case(self.kind, self.half, carrier.name, disguise, paper.template.name, name, media, make, expected, **more)  # type: ignore[arg-type]


def templates(half: Half) -> tuple[Template, ...]:
    return templates_tuning.TEMPLATES if half == "tuning" else templates_held_out.TEMPLATES


def _found(carrier: Carrier) -> frozenset[str]:
    return KEPT_OUT if carrier.may_refuse else FOUND


def marks_in_text(hand: Hand) -> Iterator[Case]:
    """Give the forms that papers know, in every carrier, in the place where the layout wants them."""
    carriers, forms = Wheel(CARRIERS, hand.choice), Wheel(tuple(marks.FORMS), hand.choice)
    while True:
        carrier, form = carriers.turn(), forms.turn()
        yield hand.case(carrier, hand.paper(hand.mark(form)), form, _found(carrier))


def _by_letters(hand: Hand, carriers: Wheel[Carrier], disguises: Wheel[str]) -> Case:
    carrier, name = carriers.turn(), disguises.turn()
    held_out = hand.half == "held-out"
    change = (marks.DISGUISES | (marks.HELD_OUT_DISGUISES if held_out else {}))[name]
    form = hand.choice.choice((marks.STAR, marks.TERM) if carrier.beside else tuple(marks.FORMS))
    return hand.case(carrier, hand.paper(change(hand.mark(form), hand.choice)), f"letters: {name}", KEPT_OUT)


def evasions(hand: Hand) -> Iterator[Case]:
    """Give marks that are disguised: by their letters, by how they are drawn, by where they stand, by other words, by name."""
    letters = Wheel(tuple(marks.DISGUISES) + (tuple(marks.HELD_OUT_DISGUISES) if hand.half == "held-out" else ()), hand.choice)
    worded = Wheel([carrier for carrier in CARRIERS if carrier.words], hand.choice)
    drawn = Wheel([carrier for carrier in CARRIERS if carrier.drawn], hand.choice)
    anywhere = Wheel([carrier for carrier in CARRIERS if not carrier.beside and not carrier.may_refuse], hand.choice)
    drawings = Wheel([name for name in ON_FIRST if name != "plain"] + list(LATER), hand.choice)
    others, forms = Wheel(tuple(marks.OTHER_FORMS), hand.choice), Wheel(tuple(marks.FORMS), hand.choice)
    while True:
        for _ in range(5):
            yield _by_letters(hand, worded, letters)
        for _ in range(4):
            drawing = drawings.turn()
            yield hand.case(drawn.turn(), hand.paper(hand.mark(forms.turn()), drawing), f"drawn: {drawing}", KEPT_OUT)
        form = others.turn()
        yield hand.case(anywhere.turn(), hand.paper(hand.mark(form)), f"form: {form}", KEPT_OUT)
        carrier = anywhere.turn()
        paper = hand.paper()
        name = f"{hand.mark(hand.choice.choice((marks.STAR, marks.TERM)))} {paper.template.title[:12]}.{carrier.ending}"
        yield hand.case(carrier, paper, "name of the file", KEPT_OUT, file=name)


def _let_in(carrier: Carrier) -> frozenset[str]:
    return LET_IN | {REFUSED} if carrier.may_refuse else LET_IN


def ordinary(hand: Hand) -> Iterator[Case]:
    """Give papers without a mark, some with a word of another kind where a mark would stand."""
    carriers, headed = Wheel(CARRIERS, hand.choice), Wheel(hand.words.HEADED, hand.choice)
    while True:
        carrier = carriers.turn()
        word = headed.turn() if hand.choice.random() < 0.4 else ""
        pages = hand.choice.choice((1, 1, 1, 2, 4))
        yield hand.case(carrier, hand.paper(word, pages=pages), f"head: {word}" if word else "nothing", _let_in(carrier))


def talk_of_secrecy(hand: Hand) -> Iterator[Case]:
    """Give papers whose title or text speaks of secrecy and secrets."""
    carriers = Wheel(CARRIERS, hand.choice)
    sentences, titles = Wheel(hand.words.SENTENCES, hand.choice), Wheel(hand.words.TITLES, hand.choice)
    while True:
        carrier = carriers.turn()
        more = tuple(sentences.turn() for _ in range(hand.choice.choice((1, 1, 2, 3))))
        paper = hand.paper(more=more)
        if hand.choice.random() < 0.4:
            paper = paper.titled(titles.turn())
        yield hand.case(carrier, paper, "words of secrecy", _let_in(carrier))


_QUOTES: Final[dict[Half, tuple[str, ...]]] = {
    "tuning": (
        "标注为“{}”的文件应当按规定保管，不得携带外出。",
        "密级和保密期限用3号黑体字，如“{}”，顶格编排在版心左上角第二行。",
        "培训材料以{}为例，说明密级、标识和保密期限的写法。",
    ),
    "held-out": (
        "课件第三页的示例写作“{}”，意思是等级在前、期限在后。",
        "收到写有{}字样的信封，先登记，后拆封。",
        "考题：下列写法正确的一项是（  ）A. {}",
    ),
}


def quoted(hand: Hand) -> Iterator[Case]:
    """Give papers that quote a whole mark in a sentence: a person must look, whatever the reason."""
    carriers = Wheel([carrier for carrier in CARRIERS if not carrier.may_refuse], hand.choice)
    sentences = Wheel(_QUOTES[hand.half], hand.choice)
    while True:
        more = (sentences.turn().format(hand.mark(marks.TERM)),)
        yield hand.case(carriers.turn(), hand.paper(more=more), "quoted in a sentence", FOUND)


def declassified(hand: Hand) -> Iterator[Case]:
    """Give papers whose mark is struck by the word that it no longer holds."""
    carriers = Wheel([carrier for carrier in CARRIERS if not carrier.may_refuse and not carrier.beside], hand.choice)
    while True:
        yield hand.case(carriers.turn(), hand.paper(f"{hand.mark(marks.TERM)}　解密"), "解密", FOUND)


_HANDLED: Final = ("内部资料", "内部文件", "内部资料 注意保存", "内 部 资 料", "【内部文件】")
_SECRETS: Final = ("工作秘密", "商业秘密", "工作秘密★1年", "【工作秘密】", "商 业 秘 密")


def _internal(words: Sequence[str], preset: str, expected: frozenset[str], handling: Handling | None) -> Callable[[Hand], Iterator[Case]]:
    def give(hand: Hand) -> Iterator[Case]:
        usable = [carrier for carrier in CARRIERS if not carrier.may_refuse and not carrier.beside and carrier.words]
        carriers, wheel = Wheel(usable, hand.choice), Wheel(words, hand.choice)
        while True:
            word = wheel.turn()
            yield hand.case(carriers.turn(), hand.paper(word), word, expected, preset=preset, handling=handling)

    return give


def _internal_in_words(preset: str) -> Callable[[Hand], Iterator[Case]]:
    def give(hand: Hand) -> Iterator[Case]:
        carriers = Wheel([carrier for carrier in CARRIERS if not carrier.may_refuse], hand.choice)
        wheel = Wheel(hand.words.INTERNAL_IN_WORDS, hand.choice)
        while True:
            paper = hand.paper(more=(wheel.turn(),))
            yield hand.case(carriers.turn(), paper, "in a sentence", LET_IN, preset=preset, handling=Handling.NORMAL)

    return give


def uninspectable(hand: Hand) -> Iterator[Case]:
    """Give files that nobody can inspect, each in turn."""
    while True:
        for row in UNREADABLE:
            make = functools.partial(row.make, replace(hand.paper(), pages=1))
            yield Case(
                hand.kind, hand.half, row.name, "uninspectable", "", row.file, row.media_type, make, frozenset({REFUSED}),
                problems=row.problems, pictures=any(word in row.name for word in ("scan", "jpeg", "photograph")),
            )  # fmt: skip


TEXT_CLASSES: Final[dict[str, Callable[[Hand], Iterator[Case]]]] = {
    "marks in text": marks_in_text,
    "evasions": evasions,
    "ordinary papers": ordinary,
    "talk of secrecy": talk_of_secrecy,
    "mark quoted in a sentence": quoted,
    "declassified": declassified,
    "internal, usual: let in as internal": _internal(_HANDLED, "usual", LET_IN, Handling.INTERNAL),
    "work and trade secrets, usual": _internal(_SECRETS, "usual", FOUND, None),
    "internal marks, strict": _internal(_HANDLED + _SECRETS, "strict", FOUND, None),
    "internal words in text, usual": _internal_in_words("usual"),
    "internal words in text, strict": _internal_in_words("strict"),
    "uninspectable": uninspectable,
}
