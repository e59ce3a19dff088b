"""The words of the paper leg 纸质通道: which way a paper went, and why it was one."""

from typing import Final

from schemas.words import Event, Word


class PaperDirection(Word):
    """Which way a document went, as the office sees it."""

    RECEIVED = "received", "收文", "received"
    SENT = "sent", "发文", "sent"


class PaperReason(Word):
    """Why something came or went on paper."""

    COURIER = "courier", "机要", "confidential courier"
    ANNEX = "annex", "特殊附件", "an annex that no scanner takes"
    OUTAGE = "outage", "停电断网", "no power or no network"
    OUTSIDE = "outside", "外单位来文", "to or from outside the county"
    OTHER = "other", "其他", "another reason"


class ExchangeWay(Word):
    """How a document went."""

    ELECTRONIC = "electronic", "网上", "by this network"
    PAPER = "paper", "纸质", "on paper"
    OUTSIDE = "outside", "外单位纸质", "on paper, outside the county"


EVENTS: Final = {PaperDirection.RECEIVED: Event.RECEIVED_FROM_NON_ERDS, PaperDirection.SENT: Event.RELAY_TO_NON_ERDS}
