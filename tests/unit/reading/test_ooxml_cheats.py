"""Marks that an Office program shows although they stand nowhere in the file as one text, and pictures that hide their size."""

import cheat_maker
import pytest
from ooxml_maker import BODY, MAIN, PICTURE, Part, document, docx, package

from archive.reading import ooxml
from archive.reading.reading import Reading
from exchange.policy.rules import Declared, judge, load
from schemas.problems import Problem, ProblemType
from schemas.words import UNCLASSIFIED, Outcome

POLICY = load("usual")
MAKERS = {"docx": cheat_maker.in_words, "xlsx": cheat_maker.in_cells, "pptx": cheat_maker.on_slides}
CHEATS = [(kind, name) for kind, maker in MAKERS.items() for name in maker("一", "二")]
HARMLESS = ("通", "知")


def verdict(reading: Reading) -> Outcome:
    return judge(Declared(UNCLASSIFIED), {"正文": reading}, POLICY).outcome


@pytest.mark.parametrize(("kind", "name"), CHEATS)
def test_a_level_put_together_of_pieces_does_not_pass(kind: ooxml.Kind, name: str):
    for level in ("机密", "绝密"):
        assert verdict(ooxml.read(MAKERS[kind](*level)[name], kind)) is not Outcome.PASS
    assert verdict(ooxml.read(MAKERS[kind](*HARMLESS)[name], kind)) is Outcome.PASS


@pytest.mark.parametrize("name", sorted(cheat_maker.scans()))
def test_a_page_beneath_a_picture_is_looked_at_wherever_its_size_is_said(name: str):
    content, kind = cheat_maker.scans()[name]
    assert [page.picture.reason for page in ooxml.read(content, kind).pages if page.picture] == ["scan"]


@pytest.mark.parametrize("name", sorted(cheat_maker.usual()))
def test_files_of_every_day_that_use_the_same_means_pass(name: str):
    content, kind = cheat_maker.usual()[name]
    assert verdict(ooxml.read(content, kind)) is Outcome.PASS


def test_values_are_read_with_the_words_of_their_format():
    def shown(name: str) -> list[str]:
        return [line.text for line in ooxml.read(cheat_maker.usual()[name][0], "xlsx").pages[0].lines]

    assert shown("units")[0] == "1万元"
    assert shown("days")[0].startswith("截至1899年12月31日")


@pytest.mark.parametrize("before", [" " * 600, "\n" * 300])
def test_an_encoding_that_is_named_out_of_sight_is_refused(before: str):
    content = document(BODY).replace(" encoding", f"{before} encoding").replace("UTF-8", "UTF-7")
    with pytest.raises(Problem) as caught:
        ooxml.read(package({MAIN["docx"][0]: Part(content, MAIN["docx"][1])}, [("officeDocument", MAIN["docx"][0])]), "docx")
    assert caught.value.kind is ProblemType.DOCUMENT_BROKEN


@pytest.mark.parametrize("target", ["http://example.test/a.png", "file:///a.png"])
def test_a_picture_from_elsewhere_is_refused_however_the_relationship_says_so(target: str):
    parts = {"word/a.png": Part(PICTURE, "image/png")}
    with pytest.raises(Problem) as caught:
        ooxml.read(docx(relations=[("rE", "image", target, False)], parts=parts), "docx")
    assert caught.value.kind is ProblemType.DOCUMENT_BROKEN
