"""What a person signs when they act: the act in words of ours, under their own key, so that a receipt need not ask to be believed."""

import hashlib
from datetime import datetime, timedelta
from typing import Final

from keys import cms
from keys.custody import Signer
from keys.trust import Identity, Purpose, Trust, validate
from schemas import instants
from schemas.messages import Receipt, Statement, canonical, decode
from schemas.problems import Problem, ProblemType
from schemas.words import WHOLE_EVENTS

LONGEST_AGO: Final = timedelta(minutes=15)
"""How far the instant that a person signed may be from the receipt's: the service takes ten minutes, and a receipt never goes back.

What was signed and refused must not be brought out again later as that person's word.
"""


def sign(statement: Statement, signer: Signer, now: datetime) -> tuple[bytes, bytes]:
    """Return the statement's bytes and a detached CAdES signature over them (DER)."""
    body = canonical(statement)
    return body, cms.sign(hashlib.sha256(body).digest(), signer, now)


def digest(body: bytes, signature: bytes) -> str:
    """Return what a receipt says of a statement: SHA-256(statement followed by CAdES), hexadecimal."""
    return hashlib.sha256(body + signature).hexdigest()


def check(body: bytes, signature: bytes, trust: Trust, *, at: datetime, kind: ProblemType) -> tuple[Statement, Identity]:
    """Return a statement and who signed it, once it is strictly read, canonical, and signed by a certificate good at that instant.

    Raises Problem(kind).
    """
    statement = decode(body, Statement, kind)
    if canonical(statement) != body:
        raise Problem(kind, "not in canonical form")
    try:
        instants.read(statement.at)
    except ValueError as error:  # a day that is none
        raise Problem(kind, "not an instant") from error
    try:
        signed = cms.verify(signature, hashlib.sha256(body).digest())
        identity = validate(signed.certificate, signed.certificates, trust, at=at, purpose=Purpose.SUBMISSION)
    except Problem as problem:
        raise Problem(kind, problem.detail or problem.kind.type) from problem
    if (identity.office, identity.person) != (statement.office, statement.person):
        raise Problem(kind, "signed by another person")
    return statement, identity


def check_in_receipt(receipt: Receipt, body: bytes, signature: bytes, trust: Trust, *, at: datetime) -> None:
    """Check the statement that comes with a receipt at the receipt's instant. Raises Problem RECEIPT_STATEMENT.

    A receipt on the service's own word has none. One that names a statement may have lost it: it is erasable.
    """
    kind = ProblemType.RECEIPT_STATEMENT
    if (receipt.asserted_by == "person") != (receipt.statement is not None):
        raise Problem(kind, "on whose word it is, is not clear")
    if not body and not signature:
        return
    if digest(body, signature) != receipt.statement:
        raise Problem(kind, "another statement")
    statement, _ = check(body, signature, trust, at=at, kind=kind)
    if abs(instants.read(statement.at) - at) > LONGEST_AGO:
        raise Problem(kind, "it was signed at another time")
    if statement.subject is not None:  # an office's own matter, which is no delivery
        told = (statement.event, statement.subject, statement.office, statement.person, statement.recipient)
        if told != (receipt.event, receipt.subject, receipt.office, receipt.by, receipt.recipient) or receipt.submission is not None:
            raise Problem(kind, "it is about another act")
        return
    if receipt.event in WHOLE_EVENTS:  # what the sender does to the item as a whole names no recipient
        told_of = (statement.event, statement.submission, statement.office, statement.person, statement.recipient)
        if told_of != (receipt.event, receipt.submission, receipt.office, receipt.by, None) or receipt.recipient is not None:
            raise Problem(kind, "it is about another act")
        return
    # what the sender does with a recipient's delivery names both; what a recipient does, itself
    concerned = (statement.office, None) if statement.recipient is None else (statement.recipient, statement.office)
    done = (receipt.recipient, None if statement.recipient is None else receipt.office)
    if (statement.event, statement.submission, statement.person) != (receipt.event, receipt.submission, receipt.by) or concerned != done:
        raise Problem(kind, "it is about another act")
