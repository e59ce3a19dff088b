"""The erasable rows of one submission: taken out of their tables when it is sealed, put back when it is released."""

from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from archive.ledger.database import Tx
from schemas.messages import decode
from schemas.problems import Problem, ProblemType

_EVENTS: Final = (
    "(SELECT evidence_id FROM event WHERE submission = :id UNION SELECT correction.evidence_id FROM register_correction AS correction"
    " JOIN register_entry USING (office, book, year, number) WHERE register_entry.submission = :id"
    " UNION SELECT evidence_id FROM printing WHERE submission = :id UNION SELECT evidence_id FROM paper_scan WHERE submission = :id"
    " UNION SELECT correction.evidence_id FROM register_correction AS correction JOIN register_entry AS entry"
    " USING (office, book, year, number) JOIN paper_scan ON paper_scan.evidence_id = entry.evidence_id WHERE paper_scan.submission = :id)"
)
"""The events of a submission, those that corrected a register's entry of it, and those of its prints and of papers whose scan it is,
with what corrected these: what they say may tell its content."""


class Reason(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Why somebody did something with the submission."""

    evidence_id: str
    salt: bytes
    text: str


class Statement(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What somebody signed of an act on the submission."""

    evidence_id: str
    body: bytes
    signature: bytes


class Review(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The secrecy review on which it was let in."""

    rules: str
    basis: str
    approver: str
    approved_by: str | None
    series: str | None
    valid_until: str | None
    at: str


class Look(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A whole look that was still to come when it was sealed: its rank, and since when it waits."""

    rank: int
    since: str


class PaperWords(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What was typed of a paper whose scan it is."""

    evidence_id: str
    counterpart: str | None
    number: str | None
    title: str | None
    late: str | None


class Content(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the ledger held of a submission's text. `metadata` are the container's own bytes, `kept` is packed text."""

    type: Annotated[str, Meta(pattern="^sealed-rows/v1$")] = "sealed-rows/v1"
    number: str | None
    title: str
    metadata: bytes
    kept: bytes | None
    reasons: list[Reason]
    review: Review | None
    look: Look | None = None
    statements: list[Statement] = []
    papers: list[PaperWords] = []


def take(tx: Tx, submission: str) -> bytes:
    """Take the rows out of their tables and return them as JSON. Raises Problem NOT_FOUND when there are none."""
    text = tx.row("SELECT number, title, metadata FROM submission_text WHERE submission = :id", id=submission)
    if text is None:
        raise Problem(ProblemType.NOT_FOUND)
    kept = tx.row("SELECT body FROM kept_text WHERE submission = :id", id=submission)
    review = tx.row(
        "SELECT rules, basis, approver, approved_by, series, valid_until, at FROM secrecy_review WHERE submission = :id", id=submission
    )
    look = tx.row("SELECT rank, since FROM whole_look WHERE submission = :id", id=submission)
    content = Content(
        number=text.number,
        title=text.title,
        metadata=bytes(text.metadata),
        kept=None if kept is None else bytes(kept.body),
        statements=[
            Statement(evidence_id=row.evidence_id, body=bytes(row.body), signature=bytes(row.signature))
            for row in _statements(tx, submission)
        ],
        reasons=[Reason(evidence_id=row.evidence_id, salt=bytes(row.salt), text=row.text) for row in _reasons(tx, submission)],
        review=None if review is None else Review(**review._asdict()),
        look=None if look is None else Look(rank=look.rank, since=look.since),
        papers=[PaperWords(**row._asdict()) for row in _papers(tx, submission)],
    )
    for table in ("submission_text", "kept_text", "secrecy_review", "whole_look"):
        tx.run(f"DELETE FROM {table} WHERE submission = :id", id=submission)  # noqa: S608 - constants
    for paper in content.papers:
        _say_of_paper(tx, PaperWords(evidence_id=paper.evidence_id, counterpart=None, number=None, title=None, late=None))
    erase_reasons(tx, submission)
    return msgspec.json.encode(content)


def give_back(tx: Tx, submission: str, body: bytes) -> None:
    """Put the rows back as they were, but for the words of a paper that were taken out for good meanwhile: erased, or with another scan.

    Raises Problem LEDGER_DAMAGED for what `take` did not give, and ACTION_NOT_POSSIBLE where that would tell what a paper is called of
    which another scan is still sealed: that one is released first.
    """
    content, erased = decode(body, Content, ProblemType.LEDGER_DAMAGED), _erased(tx, submission)
    if {paper.evidence_id for paper in content.papers} & _closed(tx, submission):
        raise Problem(ProblemType.ACTION_NOT_POSSIBLE, "another scan of the same paper is sealed")
    tx.run(
        "INSERT INTO submission_text (submission, number, title, metadata) VALUES (:id, :number, :title, :metadata)",
        id=submission,
        number=content.number,
        title=content.title,
        metadata=content.metadata,
    )
    for paper in content.papers:
        if paper.evidence_id not in erased:
            _say_of_paper(tx, paper)
    if content.kept is not None:
        tx.run("INSERT INTO kept_text (submission, body) VALUES (:id, :body)", id=submission, body=content.kept)
    for reason in (each for each in content.reasons if each.evidence_id not in erased):
        tx.run(
            "INSERT INTO reason (evidence_id, salt, text) VALUES (:evidence_id, :salt, :text)",
            evidence_id=reason.evidence_id,
            salt=reason.salt,
            text=reason.text,
        )
    for statement in (each for each in content.statements if each.evidence_id not in erased):
        tx.run(
            "INSERT INTO statement (evidence_id, body, signature) VALUES (:evidence_id, :body, :signature)",
            **msgspec.structs.asdict(statement),
        )
    if content.review is not None:
        tx.run(
            "INSERT INTO secrecy_review (submission, rules, basis, approver, approved_by, series, valid_until, at)"
            " VALUES (:id, :rules, :basis, :approver, :approved_by, :series, :valid_until, :at)",
            id=submission,
            **msgspec.structs.asdict(content.review),
        )
    if content.look is not None:  # what nobody has looked at whole must not be passed over because it was sealed for a while
        tx.run(
            "INSERT INTO whole_look (submission, rank, since) VALUES (:id, :rank, :since)",
            id=submission,
            rank=content.look.rank,
            since=content.look.since,
        )


_OTHER_SCANS: Final = (
    "SELECT mine.evidence_id FROM paper_scan AS mine JOIN paper_scan AS other"
    " ON other.evidence_id = mine.evidence_id AND other.submission != mine.submission"
    " JOIN sealing ON sealing.submission = other.submission WHERE mine.submission = :id AND sealing.state"
)
"""The papers with this scan of which another scan is sealed, and how."""


def _closed(tx: Tx, submission: str) -> set[str]:
    """Return the papers with this scan of which another one lies under seal."""
    rows = tx.rows(f"{_OTHER_SCANS} IN ('contained', 'sealed', 'ordered') ORDER BY 1", id=submission)
    return {row.evidence_id for row in rows}


def _erased(tx: Tx, submission: str) -> set[str]:
    """Return the events of papers with this scan that were erased, or destroyed with another scan, and those that corrected them."""
    rows = tx.rows(
        "WITH erased AS (SELECT paper AS evidence_id FROM erasure JOIN paper_scan ON paper_scan.evidence_id = erasure.paper"  # noqa: S608 - a constant
        f"  WHERE paper_scan.submission = :id UNION {_OTHER_SCANS} IN ('destroying', 'destroyed'))"
        " SELECT evidence_id FROM erased UNION SELECT correction.evidence_id FROM register_correction AS correction"
        " JOIN register_entry AS entry USING (office, book, year, number) JOIN erased ON erased.evidence_id = entry.evidence_id",
        id=submission,
    )
    return {row.evidence_id for row in rows}


def _papers(tx: Tx, submission: str) -> list[Any]:
    return tx.rows(
        "SELECT paper_item.evidence_id, counterpart, number, title, late FROM paper_item JOIN paper_scan USING (evidence_id)"
        " WHERE paper_scan.submission = :id AND title IS NOT NULL ORDER BY paper_item.evidence_id",
        id=submission,
    )


def _say_of_paper(tx: Tx, words: PaperWords) -> None:
    tx.run(
        "UPDATE paper_item SET counterpart = :counterpart, number = :number, title = :title, late = :late WHERE evidence_id = :evidence_id",
        **msgspec.structs.asdict(words),
    )


def erase_reasons(tx: Tx, submission: str, but: str = "") -> None:
    """Erase the texts and salts of all reasons of a submission, and what people signed of their acts, but for one event's.

    With them goes what recognises the requests that brought them: an unsalted digest, by which a reason could be guessed.
    """
    tx.run(
        f"DELETE FROM idempotency WHERE evidence_id != :but AND evidence_id IN {_EVENTS}",  # noqa: S608 - constants
        but=but,
        id=submission,
    )
    tx.run(
        f"DELETE FROM statement WHERE evidence_id != :but AND evidence_id IN {_EVENTS}",  # noqa: S608 - constants
        but=but,
        id=submission,
    )
    tx.run(
        f"DELETE FROM reason WHERE evidence_id != :but AND evidence_id IN {_EVENTS}",  # noqa: S608 - constants
        but=but,
        id=submission,
    )


def _statements(tx: Tx, submission: str) -> list[Any]:
    return tx.rows(
        "SELECT statement.evidence_id, body, statement.signature FROM statement JOIN event USING (evidence_id)"  # noqa: S608 - constants
        f" WHERE evidence_id IN {_EVENTS} ORDER BY event.id",
        id=submission,
    )


def _reasons(tx: Tx, submission: str) -> list[Any]:
    return tx.rows(
        "SELECT reason.evidence_id, salt, text FROM reason JOIN event USING (evidence_id)"  # noqa: S608 - constants
        f" WHERE evidence_id IN {_EVENTS} ORDER BY event.id",
        id=submission,
    )
