"""The elements of a submission, as its metadata declares them, and its kept text says them. Pure."""

from collections.abc import Sequence
from datetime import date

from archive.reading.kept import KeptPart
from exchange.elements.rules import Elements
from exchange.elements.said import Said, of_text
from schemas.messages import Submission
from schemas.words import DocumentRole


def elements(message: Submission, today: date, said: Said | None = None) -> Elements:
    """Return what the rules look at; `said` is what its main document's text says."""
    return Elements(
        kind=message.kind,
        number=message.number or "",
        title=message.title,
        date_issued=message.date_issued,
        sender=message.from_,
        to=tuple(message.to),
        today=today,
        signatory=message.signatory or "",
        urgency=message.urgency,
        annexes=tuple(each.name for each in message.documents if each.role is DocumentRole.ATTACHMENT),
        said=said,
    )


def said(message: Submission, parts: Sequence[KeptPart]) -> Said | None:
    """Return what the kept text of the main document says; None where there is none."""
    main = next(each.name for each in message.documents if each.role is DocumentRole.MAIN)
    return next((of_text(part.text) for part in parts if part.name == main and part.text.strip()), None)
