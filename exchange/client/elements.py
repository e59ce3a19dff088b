"""What the elements are likely to be returned for, said before anything is sent. It predicts; exit codes are not its business."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from archive.reading.reading import Reading
from exchange.client import speech
from exchange.elements import lone, submitted
from exchange.elements.answers import Hint, hints
from exchange.elements.said import of_reading
from schemas import instants
from schemas.messages import Submission
from schemas.words import DocumentRole


def found(message: Submission, readings: Mapping[str, Reading], now: datetime) -> tuple[Hint, ...]:
    """Return what the rules find in a message, held against what was read of its main document, by member name."""
    main = next((readings[each.name] for each in message.documents if each.role is DocumentRole.MAIN and each.name in readings), None)
    said = None if main is None else of_reading(main)
    return hints(submitted.elements(message, now.astimezone(instants.BEIJING).date(), said), {}).items


def found_in(reading: Reading, now: datetime) -> tuple[Hint, ...]:
    """Return what the rules find in one document by itself, from what stands on it."""
    return tuple(Hint.of(each) for each in lone.findings(reading, now.astimezone(instants.BEIJING).date()))


def members(items: tuple[Hint, ...]) -> dict[str, Any]:
    """Return the member of an answer that holds them; nothing where there are none."""
    return {"elements": msgspec.to_builtins(items)} if items else {}


def tell(shown: Mapping[str, Any]) -> None:
    """Say them to a person, beside the result."""
    for each in shown.get("elements", ()):
        sign = "！可能被退回" if each["severity"] == "likely" else "？请再核对"
        named = each.get("clause", "")
        clause = f"（{'GB/T 9704-2012 ' if named[:1].isdigit() else ''}{named}）" if named else ""
        speech.note(f"  {sign}：{each['zh']}{clause}\n    {each['en']}")
