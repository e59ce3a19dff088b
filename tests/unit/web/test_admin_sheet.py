"""A list of people as a workbook: every fault is named at its row, and what is no list is refused in words."""

import contextlib
import io
import zipfile

import openpyxl
import pytest
from admin_maker import workbook
from finder_maker import NOW

from exchange.web.admin import sheet
from exchange.web.admin.invitations import carried, carry
from exchange.web.admin.sheet import Register, Row
from exchange.web.admin.store import Office
from schemas.problems import Problem
from schemas.words import Label, OfficeKind, Role


def _office(code: str, name: str) -> Office:
    return Office(code, name, OfficeKind.TOWNSHIP, "2026-11-01T00:00:00.000Z", 0, None, None)


OFFICES = {"T01": _office("T01", "城关镇"), "county": _office("county", "示例县")}
REGISTER = Register(OFFICES, {("T01", "张三"): [Role.CLERK], ("T01", "王五"): [Role.CLERK, Role.CLERK], ("T01", "赵六"): [Role.LEADER]})


def refusal(content: bytes) -> Label:
    with pytest.raises(Problem) as caught:
        sheet.read(content)
    label = caught.value.members["label"]
    assert isinstance(label, Label)
    return label


def test_every_fault_is_named_at_its_row_and_the_others_are_right():
    rows = sheet.read(
        workbook(
            [
                ["T01", "城关镇", "李四", "经办人"],
                ["T99", "", "甲", "经办人"],
                ["T01", "河西乡", "乙", "经办人"],
                ["T01", "", "李四", "clerk"],
                ["T01", "", '=CONCAT("丙")', "经办人"],
                [],
                ["T01", "", "", "经办人"],
                ["T01", "", "丁" * 61, "经办人"],
                ["T01", "", "戊", "镇长"],
                ["T01", "", "己", "管理员"],
                ["county", "", "庚", "管理员"],
                ["T01", "", "辛", "接口账号"],
                ["T01", "", "张三", "经办人"],
                ["T01", "", "王五", "经办人"],
                ["T01", "", "赵六", "经办人"],
            ]
        )
    )
    found = {one.number: (one.fault or one.note) for one in sheet.check(rows, REGISTER, NOW)}
    assert found == {
        2: None,
        3: sheet.UNKNOWN_OFFICE,
        4: sheet.OTHER_OFFICE,
        5: Label("与第 2 行重复。", "The same as row 2."),
        6: sheet.FORMULA,
        8: sheet.WRONG_NAME,
        9: sheet.WRONG_NAME,
        10: sheet.UNKNOWN_ROLE,
        11: sheet.COUNTY_ROLE,
        12: None,
        13: sheet.SERVICE_ROLE,
        14: sheet.AGAIN,
        15: sheet.SEVERAL,
        16: sheet.OTHER_ROLE,
    }


def test_what_is_no_list_is_refused():
    assert refusal(b"") == sheet.NOT_A_WORKBOOK
    assert refusal("单位代码,单位,姓名,角色".encode()) == sheet.NOT_A_WORKBOOK
    assert refusal(b"\xd0\xcf\x11\xe0" + bytes(2000)) == sheet.NOT_A_WORKBOOK  # an XLS, or an encrypted XLSX
    whole = workbook([["T01", "", "张三", "经办人"]])
    assert refusal(whole[: len(whole) // 2]) == sheet.NOT_A_WORKBOOK
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    assert refusal(other.getvalue()) == sheet.NOT_A_WORKBOOK


def test_damage_anywhere_in_the_workbook_is_refused_in_words_or_does_no_harm():
    whole = workbook([["T01", "", "张三", "经办人"]] * 3)
    for at in range(0, len(whole), 97):
        damaged = whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]
        with contextlib.suppress(Problem):
            sheet.read(damaged)


def test_a_list_without_people_with_other_columns_or_too_long_is_refused():
    assert refusal(workbook([])) == sheet.NO_ROWS
    assert refusal(workbook([["", "", "", ""]])) == sheet.NO_ROWS
    assert refusal(workbook([["张三", "T01"]], ["姓名", "单位"])) == sheet.WRONG_COLUMNS
    assert refusal(workbook([["T01", "", f"人{number}", "经办人"] for number in range(501)])) == sheet.TOO_MANY
    assert len(sheet.read(workbook([["T01", "", f"人{number}", "经办人"] for number in range(500)]))) == 500


def test_a_workbook_that_unpacks_to_too_much_is_not_unpacked():
    bomb = io.BytesIO(workbook([["T01", "", "张三", "经办人"]]))
    with zipfile.ZipFile(bomb, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/more.xml", bytes(20 << 20))
    assert len(bomb.getvalue()) < sheet.MOST_BYTES
    assert refusal(bomb.getvalue()) == sheet.TOO_MANY


def test_the_template_opens_elsewhere_and_can_be_filled_in():
    book = openpyxl.load_workbook(io.BytesIO(sheet.template(list(OFFICES.values()))))
    people, offices = book.worksheets
    assert [cell.value for cell in people[1]] == [*sheet.COLUMNS, *sheet.FILED]
    assert [row[0].value for row in offices.iter_rows(min_row=2)] == list(OFFICES)
    people.append(["T01", "城关镇", "李四", "经办人"])
    out = io.BytesIO()
    book.save(out)
    assert [one.fault for one in sheet.check(sheet.read(out.getvalue()), REGISTER, NOW)] == [None]


def test_rows_are_carried_between_two_forms_unchanged_and_nothing_else_is():
    rows = [Row(2, ("T01", "", "张三", "经办人")), Row(9, ("T01", None, "'\"<&", ""))]
    assert carried(carry(rows)) == rows
    for text in ("", "x", carry(rows)[:-8], carry([Row(2, (1, "", "", ""))])):  # type: ignore[arg-type]
        with pytest.raises(Problem):
            carried(text)


def filed(rows: list[list[str]]) -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in [[*sheet.COLUMNS, *sheet.FILED], *rows]:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


def test_the_columns_of_the_registry_are_taken_along_and_their_faults_named():
    rows = sheet.read(
        filed(
            [
                ["T01", "", "李四", "经办人", "科员", "13800000001", "1990", "专职", "2024-03", "否"],
                ["T01", "", "周七", "经办人", "", "", "", "", "", ""],
                ["T01", "", "吴八", "经办人", "科员", "无", "", "", "", ""],
                ["T01", "", "郑九", "经办人", "科员", "", "90后", "", "", ""],
                ["T01", "", "冯十", "经办人", "科员", "", "", "全职", "", ""],
                ["T01", "", "陈一", "经办人", "科员", "=1+1", "", "", "", ""],
                ["T01", "", "褚二", "经办人", "科员", "", "", "", "2099-01", ""],
            ]
        )
    )
    assert carried(carry(rows)) == rows
    found = sheet.check(rows, REGISTER, NOW)
    names = ("mobile", "birth_year", "full_time")
    assert [one.fault for one in found] == [
        None, None, *(sheet.WRONG_FILED[name] for name in names), sheet.FORMULA, sheet.WRONG_FILED["since"]
    ]  # fmt: skip
    first = found[0].filing
    assert first is not None
    assert (first.post, first.mobile, first.birth_year, first.full_time, first.since, first.in_charge) == (
        "科员", "13800000001", 1990, True, "2024-03", False
    )  # fmt: skip
    assert found[1].filing is None, "nothing is filed of whom the list says nothing"


def test_other_columns_than_the_registrys_are_refused():
    book, out = openpyxl.Workbook(), io.BytesIO()
    book.active.append([*sheet.COLUMNS, "备注"])
    book.active.append(["T01", "", "李四", "经办人", "x"])
    book.save(out)
    assert refusal(out.getvalue()) == sheet.WRONG_COLUMNS
