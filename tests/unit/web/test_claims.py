"""「正在办理」: believed for a while, among an office's own people alone, and of one item a person."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from exchange.web.inbox.claims import LASTS, Claims

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Somebody:
    """As much of a person as a claim needs."""

    id: str
    office: str
    name: str


ZHANG: Any = Somebody("T01.1", "T01", "张三")
LI: Any = Somebody("T01.2", "T01", "李四")
WANG: Any = Somebody("T02.1", "T02", "王五")


def test_a_claim_without_a_sign_of_life_is_no_longer_believed() -> None:
    claims = Claims()
    assert claims.take(ZHANG, "one", NOW) is None
    assert claims.take(LI, "one", NOW) == "张三"
    assert claims.others(LI, NOW + LASTS - timedelta(seconds=1)) == {"one": "张三"}
    assert claims.others(LI, NOW + LASTS) == {}
    assert claims.take(LI, "one", NOW + LASTS) is None


def test_a_person_is_at_one_item_and_only_the_own_office_is_told() -> None:
    rung: list[str] = []
    claims = Claims(rung.append)
    claims.take(ZHANG, "one", NOW)
    claims.take(ZHANG, "two", NOW)
    claims.take(ZHANG, "two", NOW)
    assert (claims.others(LI, NOW), claims.others(ZHANG, NOW), claims.others(WANG, NOW)) == ({"two": "张三"}, {}, {})
    claims.release(LI, "two")
    claims.release(ZHANG, "two")
    assert claims.others(LI, NOW) == {}
    assert rung == ["T01", "T01", "T01"]
