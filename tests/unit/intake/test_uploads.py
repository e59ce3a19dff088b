"""Uploads in memory: whose they are, where they stand, how many there may be, and when nothing is left of them."""

from pathlib import Path
from typing import Any

import pytest

from exchange.intake.staging import Staging
from exchange.intake.uploads import MOST, Bounds, Upload, Uploads
from exchange.office.store import Person
from schemas.problems import Problem, ProblemType
from schemas.words import Role

MEMORY = 1000


class Room:
    """Uploads, a staging place and a clock."""

    def __init__(self, folder: Path, **bounds: Any) -> None:
        self.seconds = 0.0
        self.staging = Staging(folder, memory=MEMORY, room=10_000)
        self.staging.wipe()
        self.uploads = Uploads(lambda: self.seconds, Bounds(**bounds))
        self.cuts: list[str] = []

    def begin(self, person: str = "T01.1", length: int = 10) -> Upload:
        return self.uploads.begin(who(person), length, self.staging)

    def take(self, upload: Upload, content: bytes) -> None:
        with self.uploads.part(upload, upload.offset, lambda: self.cuts.append(upload.token)):
            self.uploads.write(upload, content)

    def refused(self, kind: ProblemType, *arguments: Any) -> Problem:
        with pytest.raises(Problem) as caught:
            self.begin(*arguments)
        assert caught.value.kind is kind
        return caught.value


def who(person: str) -> Person:
    office = person.partition(".")[0]
    return Person(person, office, "张三", Role.CLERK, "城关镇")


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path / "staging")


def test_what_came_in_parts_is_read_as_one(room: Room) -> None:
    upload = room.begin(length=6)
    for part in (b"ab", b"c", b"def"):
        room.take(upload, part)
    with room.uploads.whole(upload) as staged:
        assert b"".join(staged.chunks()) == b"abcdef"
    assert room.staging.free == MEMORY
    with pytest.raises(Problem, match="not-found"):
        room.uploads.find(upload.token, who("T01.1"))


def test_an_upload_is_its_makers_alone(room: Room) -> None:
    upload = room.begin("T01.1")
    assert room.uploads.find(upload.token, who("T01.1")) is upload
    for stranger in ("T01.2", "T02.1"):
        with pytest.raises(Problem, match="not-found"):
            room.uploads.find(upload.token, who(stranger))
    assert room.begin("T01.1").token != upload.token


def test_a_part_begins_where_the_upload_stands_and_nowhere_else(room: Room) -> None:
    upload = room.begin()
    room.take(upload, b"abc")
    for offset in (0, 2, 4, 10):
        with pytest.raises(Problem) as caught, room.uploads.part(upload, offset, print):
            pass
        assert (caught.value.kind, caught.value.detail) == (ProblemType.UPLOAD_OFFSET, "3")
    with pytest.raises(Problem, match="upload-offset"), room.uploads.whole(upload):
        pass
    assert room.uploads.find(upload.token, who("T01.1")).offset == 3


def test_one_part_comes_at_a_time_and_nothing_is_judged_meanwhile(room: Room) -> None:
    upload = room.begin(length=1)
    with room.uploads.part(upload, 0, print):
        room.uploads.write(upload, b"a")
        with pytest.raises(Problem) as caught, room.uploads.part(upload, 1, print):
            pass
        assert caught.value.kind is ProblemType.TOO_MANY_REQUESTS
        assert caught.value.members["retry_after"] > 0
        with pytest.raises(Problem, match="too-many-requests"), room.uploads.whole(upload):
            pass
    with room.uploads.whole(upload) as staged:
        assert staged.size == 1


def test_what_had_come_when_a_part_broke_off_counts(room: Room) -> None:
    upload = room.begin()

    def broken_off() -> None:
        with room.uploads.part(upload, 0, print):
            room.uploads.write(upload, b"abcd")
            raise Problem(ProblemType.TRUNCATED)

    with pytest.raises(Problem, match="truncated"):
        broken_off()
    room.take(upload, b"efghij")
    with room.uploads.whole(upload) as staged:
        assert b"".join(staged.chunks()) == b"abcdefghij"


def test_more_than_was_announced_is_refused_and_what_was_right_stays(room: Room) -> None:
    upload = room.begin(length=3)
    with pytest.raises(Problem, match="body-too-large"):
        room.take(upload, b"abcd")
    room.take(upload, b"abc")
    assert upload.offset == 3


def test_a_line_is_let_go_when_nothing_comes_and_its_sender_asks(room: Room) -> None:
    upload = room.begin()
    room.uploads.asked(upload)
    with room.uploads.part(upload, 0, lambda: room.cuts.append("cut")):
        room.seconds = 4
        room.uploads.asked(upload)
        assert room.cuts == []
        room.uploads.write(upload, b"a")
        room.seconds = 10
        room.uploads.asked(upload)
        assert room.cuts == ["cut"]


@pytest.mark.parametrize("kept_alive", [False, True], ids=["idle for an hour", "a day old"])
def test_what_waits_too_long_is_gone(room: Room, *, kept_alive: bool) -> None:
    upload = room.begin(length=100)
    room.take(upload, b"abc")
    for room.seconds in range(0, 86_400, 1800) if kept_alive else (3600,):
        assert room.uploads.find(upload.token, who("T01.1")) is upload
        if kept_alive:
            room.take(upload, b"a")
    assert room.staging.free < MEMORY
    room.seconds = 86_401 if kept_alive else 3601
    room.uploads.sweep()
    assert room.staging.free == MEMORY
    with pytest.raises(Problem, match="not-found"):
        room.uploads.find(upload.token, who("T01.1"))


def test_what_is_given_up_while_a_part_comes_takes_no_more(room: Room) -> None:
    upload = room.begin()
    with room.uploads.part(upload, 0, lambda: room.cuts.append("cut")):
        room.uploads.write(upload, b"a")
        room.uploads.drop(upload)
        with pytest.raises(Problem, match="not-found"):
            room.uploads.write(upload, b"b")
    assert (room.cuts, room.staging.free) == (["cut"], MEMORY)


def test_uploads_are_bounded_by_person_office_and_bytes(tmp_path: Path) -> None:
    room = Room(tmp_path / "staging", of_person=2, of_office=3, size_of_office=100, size=150)
    room.refused(ProblemType.CONTAINER_TOO_LARGE, "T01.1", MOST + 1)
    first = room.begin("T01.1", 10)
    room.begin("T01.1", 10)
    assert room.refused(ProblemType.TOO_MANY_REQUESTS, "T01.1", 10).members["retry_after"] > 0
    room.refused(ProblemType.TOO_MANY_REQUESTS, "T01.2", 81)
    room.begin("T01.2", 80)
    room.refused(ProblemType.TOO_MANY_REQUESTS, "T01.3", 0)
    room.refused(ProblemType.BUSY, "T02.1", 51)
    room.begin("T02.1", 50)
    room.uploads.drop(first)
    room.begin("T01.1", 0)


def test_a_staging_place_without_room_ends_the_upload(tmp_path: Path) -> None:
    room = Room(tmp_path / "staging")
    upload = room.begin(length=20_000)
    room.take(upload, bytes(9_000))
    with pytest.raises(Problem, match="busy"):
        room.take(upload, bytes(2_000))
    with pytest.raises(Problem, match="not-found"):
        room.uploads.find(upload.token, who("T01.1"))
    room.staging.claim(10_000)  # all of it is free again


def test_at_the_end_nothing_is_left(room: Room) -> None:
    for person in ("T01.1", "T02.1"):
        room.take(room.begin(person), b"abc")
    room.uploads.close()
    assert room.staging.free == MEMORY
