"""The frame of every page: who is led where, and the way to the other language."""

import pytest
from yarl import URL

from exchange.office.store import Person
from exchange.web.frame import Place, in_language, is_here, places
from schemas.words import Label, Role


def person(role: Role, office: str = "T01") -> Person:
    return Person("p1", office, "张三", role, "城关镇")


def test_nobody_is_led_anywhere_before_signing_in() -> None:
    assert places(None) == ()


@pytest.mark.parametrize(
    ("role", "office", "first", "further"),
    [
        (Role.CLERK, "T01", "/", {"/submit"}),
        (Role.LEADER, "T01", "/", {"/submit"}),
        (Role.CLERK, "county", "/", {"/submit"}),
        (Role.REVIEWER, "T01", "/", {"/submit"}),
        (Role.REVIEWER, "county", "/", {"/submit"}),
        (Role.DUTY, "county", "/", {"/submit"}),
        (Role.CONFIDENTIALITY, "county", "/", set()),
        (Role.ADMINISTRATOR, "county", "/", {"/admin"}),
        (Role.ARCHIVIST, "county", "/", set()),
        (Role.AUDITOR, "county", "/", set()),
    ],
)
def test_people_are_led_to_what_is_theirs(role: Role, office: str, first: str, further: set[str]) -> None:
    paths = [place.path for place in places(person(role, office))]
    assert paths[0] == first
    assert {"/submit", "/admin"} & set(paths) == further
    assert {"/inbox", "/sent", "/search"} <= set(paths)


def test_every_role_of_people_has_places() -> None:
    assert [role for role in Role if role is not Role.SERVICE and not places(person(role))] == []


def test_the_place_of_a_page_is_marked() -> None:
    def here(place: str, path: str) -> bool:
        return is_here(Place(place, Label("", "")), path)

    assert here("/", "/")
    assert not here("/", "/sent")
    assert here("/sent", "/sent")
    assert here("/sent", "/sent/ab12")
    assert not here("/sent", "/sentences")


def test_the_other_language_keeps_the_whole_address() -> None:
    address = URL("/search?q=%E9%98%B2%E7%81%AB+2026&kind=report&kind=letter&lang=zh-CN")
    switched = URL(in_language(address, "en", readable=True))
    assert switched.path == "/search"
    assert switched.query["lang"] == "en"
    assert switched.query.getall("kind") == ["report", "letter"]
    assert switched.query["q"] == "防火 2026"
    assert switched.query.getall("lang") == ["en"]


def test_after_a_form_the_other_language_is_that_of_the_first_page() -> None:
    assert in_language(URL("/inbox/12/return"), "en", readable=False) == "/?lang=en"
