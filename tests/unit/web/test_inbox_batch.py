"""What a form of many items names: each once, and signed by the person altogether or not at all."""

import pytest
from multidict import MultiDict

from exchange.web.inbox.batch import Asked, _asked
from schemas.problems import Problem, ProblemType

ONE, OTHER = f"{'a' * 64}:1", f"{'b' * 64}:2"


def form(*items: str, statements: tuple[str, ...] = (), signatures: tuple[str, ...] = ()) -> MultiDict[str]:
    given = MultiDict[str]()
    for name, values in (("items", items), ("statements", statements), ("signatures", signatures)):
        for value in values:
            given.add(name, value)
    return given


def test_each_is_named_once() -> None:
    assert _asked(form(ONE, OTHER, ONE)) == [Asked("a" * 64, 1), Asked("b" * 64, 2)]
    signed = form(ONE, OTHER, statements=("MQ==", "Mg=="), signatures=("Mw==", "NA=="))
    assert _asked(signed) == [Asked("a" * 64, 1, b"1", b"3"), Asked("b" * 64, 2, b"2", b"4")]


@pytest.mark.parametrize(
    ("statements", "signatures"),
    [(("MQ==",), ("Mw==",)), (("MQ==", ""), ("Mw==", "")), (("", ""), ("", "")), (("MQ==", "Mg=="), ()), (("MQ==", "Mg=="), ("Mw==", ""))],
)
def test_a_form_that_is_signed_in_part_is_none(statements: tuple[str, ...], signatures: tuple[str, ...]) -> None:
    with pytest.raises(Problem) as refused:
        _asked(form(ONE, OTHER, statements=statements, signatures=signatures))
    assert refused.value.kind is ProblemType.REQUEST_MALFORMED
