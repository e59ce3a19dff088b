"""Sealed packages: whoever holds a key reads all of it, everybody else and every changed byte is refused."""

from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as some

from keys import sealed
from schemas.problems import Problem, ProblemType

KEY, CONTEXT = bytes(range(32)), b"c" * 32
PRIVATE = ec.derive_private_key(7, ec.SECP256R1())


def refusal(call: object, *arguments: object) -> ProblemType | None:
    try:
        result = call(*arguments)  # type: ignore[operator]
        if not isinstance(result, bytes):
            b"".join(result)
    except Problem as problem:
        return problem.kind
    return None


@given(size=some.integers(0, 3 * sealed.RECORD), step=some.integers(1000, 2 * sealed.RECORD))
def test_what_was_sealed_is_what_is_read_however_it_is_cut(size: int, step: int):
    plain = b"0123456789abcdef" * (size // 16) + b"x" * (size % 16)
    package = b"".join(sealed.seal(KEY, CONTEXT, (plain[at : at + step] for at in range(0, size, step))))
    assert len(package) == size + sealed.TAG * max(1, -(-size // sealed.RECORD))
    assert b"".join(sealed.unseal(KEY, CONTEXT, (package[at : at + step] for at in range(0, len(package), step)))) == plain


def test_a_package_that_was_changed_cut_or_put_together_otherwise_is_refused():
    plain = bytes(2 * sealed.RECORD) + b"end"
    package, record = b"".join(sealed.seal(KEY, CONTEXT, [plain])), sealed.RECORD + sealed.TAG
    first, second, last = package[:record], package[record : 2 * record], package[2 * record :]
    spoilt = {
        "changed": package[:5] + bytes([package[5] ^ 1]) + package[6:],
        "cut": first + second,
        "cut in a record": package[:-1],
        "lengthened": package + b"x",
        "exchanged": second + first + last,
        "doubled": first + first + second + last,
        "empty": b"",
    }
    assert {name: refusal(sealed.unseal, KEY, CONTEXT, [content]) for name, content in spoilt.items()} == dict.fromkeys(
        spoilt, ProblemType.LEDGER_DAMAGED
    )
    assert refusal(sealed.unseal, KEY, b"d" * 32, [package]) is ProblemType.LEDGER_DAMAGED
    assert refusal(sealed.unseal, bytes(32), CONTEXT, [package]) is ProblemType.LEDGER_DAMAGED
    assert refusal(sealed.unseal, b"short", CONTEXT, [package]) is ProblemType.KEY_UNREADABLE
    assert refusal(sealed.unseal, KEY, CONTEXT, [package]) is None


def test_a_key_is_unwrapped_by_its_recipient_alone_and_for_its_own_package():
    wrapped = sealed.wrap(KEY, PRIVATE.public_key(), CONTEXT)
    assert sealed.unwrap(wrapped, PRIVATE, CONTEXT) == KEY
    other = ec.derive_private_key(8, ec.SECP256R1())
    assert refusal(sealed.unwrap, wrapped, other, CONTEXT) is ProblemType.KEY_UNREADABLE
    assert refusal(sealed.unwrap, wrapped, PRIVATE, b"d" * 32) is ProblemType.KEY_UNREADABLE
    assert refusal(sealed.unwrap, wrapped[:-1], PRIVATE, CONTEXT) is ProblemType.KEY_UNREADABLE
    assert refusal(sealed.unwrap, b"", PRIVATE, CONTEXT) is ProblemType.KEY_UNREADABLE
    assert refusal(sealed.unwrap, sealed.wrap(b"short", PRIVATE.public_key(), CONTEXT), PRIVATE, CONTEXT) is ProblemType.KEY_UNREADABLE


def test_a_recipient_is_named_by_the_key_alone():
    assert sealed.recipient(PRIVATE.public_key()) == sealed.recipient(ec.derive_private_key(7, ec.SECP256R1()).public_key())
    assert sealed.recipient(PRIVATE.public_key()) != sealed.recipient(ec.derive_private_key(8, ec.SECP256R1()).public_key())
