"""The administration in a real browser: from a workbook to printed slips to an enrolment, and pages with much on them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from admin_maker import workbook
from county_process import Township
from desk_maker import DeskCounty, Visitor, desk, printed
from looks_maker import look, strange_words

from schemas.words import NOTICE_ZH

MANY = 300
CODE = re.compile(r"[0-9A-Z]{5}-[0-9A-Z]{5}")


@dataclass
class Office:
    """A county and its administrator."""

    county: DeskCounty
    administrator: Visitor


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with desk(tmp_path_factory) as county:
        yield Office(county, county.visitor("county", "管理员甲", "administrator"))


def bring(office: Office, content: bytes, folder: Path):
    """Bring a list on the page for it."""
    (folder / "people.xlsx").write_bytes(content)
    page = office.administrator.open("/admin/import")
    page.page.set_input_files("#list", folder / "people.xlsx")
    page.page.get_by_role("button", name="核对名单").click()
    page.page.wait_for_load_state()
    return page


def test_a_list_with_faults_names_the_rows_and_gives_no_code(office: Office, tmp_path: Path) -> None:
    page = bring(office, workbook([["T01", "", "张三", "经办人"], ["T99", "", "李四", "镇长"], ["T01", "", "=A1", "经办人"]]), tmp_path)
    assert "有 2 行有误，尚未办理任何一人" in page.inner_text("main")
    assert "没有这个单位代码" in page.inner_text("tr:has-text('T99')")
    assert "没有这个角色" in page.inner_text("tr:has-text('T99')")
    assert page.page.locator("#list").is_visible(), "the corrected list is brought on the same page"
    assert page.page.get_by_role("button", name="生成").count() == 0
    assert page.axe() == page.complaints == []
    wrong = bring(office, b"no workbook at all", tmp_path)
    assert "这不是 XLSX 工作簿" in wrong.inner_text("main")
    wrong.complaints.clear()  # the browser says that it was answered 422
    assert wrong.axe() == []
    people = office.administrator.open("/admin/people")
    assert "张三" not in people.inner_text("main")
    for each in (page, wrong, people):
        each.page.close()


def test_a_list_becomes_printed_slips_and_a_slip_enrols_once(office: Office, tmp_path: Path) -> None:
    page = bring(office, workbook([["T01", "城关镇", f"经办{number:03}", "经办人"] for number in range(MANY)]), tmp_path)
    assert f"共 {MANY} 人，全部无误" in page.inner_text("main")
    assert page.is_wider_than_the_screen() is False
    page.page.get_by_role("button", name=f"生成 {MANY} 张注册单").click()
    page.page.wait_for_load_state()
    assert page.page.locator(".slip").count() == MANY
    page.page.evaluate("document.querySelectorAll('.slips').forEach((sheet, at) => at > 2 && sheet.remove())")  # fifty pages tell no more
    with pypdfium2.PdfDocument(printed(page, tmp_path / "slips.pdf")) as pdf:
        assert len(pdf) == 3
        text = pdf[0].get_textpage().get_text_range()
        found = zxingcpp.read_barcodes(pdf[0].render(scale=3).to_numpy())
        last = pdf[len(pdf) - 1].get_textpage().get_text_range()
    assert text.count("本机登记注册单") == 6
    assert text.count(NOTICE_ZH) == 7
    assert "经办017" in last
    assert len(found) == 6
    assert all(code.text.startswith(f"{office.county.url}/enrol#code=") for code in found)
    code = found[0].text.partition("#code=")[2]
    assert code in text
    fingerprint = office.county.process.invite("T02", "核对指纹")["fingerprint"]
    assert fingerprint in re.sub(r"\s", "", text)
    page.page.reload()  # the browser sends the form again
    assert "没有重复办理" in page.inner_text("main")
    assert not CODE.search(page.inner_text("main"))
    page.page.close()
    for home, expect in ("first", 0), ("second", 7):
        enrolled = Township(tmp_path / home).run("enrol", office.county.url, "--code", code, "--fingerprint", fingerprint, expect=expect)
    assert "code-wrong" in enrolled.out + enrolled.err
    listed = office.administrator.open("/admin/people?office=T01")
    assert listed.page.locator("tbody tr").count() == 100
    assert "已登记" in listed.inner_text("tbody")
    assert "已发注册码" in listed.inner_text("tbody")
    assert listed.axe() == []
    listed.page.get_by_role("link", name="下一页").click()
    listed.page.wait_for_load_state()
    assert "经办100" in listed.inner_text("tbody tr")
    listed.page.close()


def test_pages_about_one_thing_are_for_everybody_in_both_languages(office: Office) -> None:
    office.county.process.run("contact", office.county.process.folder, "--office", "T01", "--person", "保密员乙", "--phone", "0999-1")
    for path in ("/admin/people/county.1", "/admin/policy?choice=strict"):
        chinese, english = look(office.administrator, path)
        assert chinese.faults == [], path
        for seen in (chinese, english):
            assert seen.complaints == [], seen.name
            assert not seen.wide, seen.name
            assert strange_words(seen.html, seen.language) == [], seen.name


def test_the_status_looks_again_by_itself(office: Office) -> None:
    page = office.administrator.open("/admin?lang=zh-CN")
    assert page.page.get_attribute("#standing", "hx-get") == "/admin/status?looks=1"
    page.page.evaluate("htmx.ajax('GET', '/admin/status?looks=1', {target: '#standing', swap: 'outerHTML'})")
    page.page.wait_for_selector("#standing[hx-get='/admin/status?looks=2']")
    assert "还没有备份" in page.inner_text("#standing")
    assert "尚未全部检查" in page.inner_text("#standing") or "隔离措施不全" in page.inner_text("#standing")
    home = office.administrator.open("/?lang=zh-CN")
    assert "还没有备份" in home.inner_text(".matters")
    assert home.axe() == []
    assert page.complaints == []


def test_a_page_that_is_tampered_with_is_told_to_the_administrator_and_ours_never_are(office: Office) -> None:
    office.administrator.open("/admin?lang=zh-CN")
    for path in ("/", "/admin/offices", "/admin/people", "/admin/audit", "/admin/audit/acts", "/admin/audit/takings", "/search", "/style"):
        office.administrator.open(path).page.close()
    page = office.administrator.open("/admin/offices/T01")
    assert "启动以来浏览器没有报告异常" in office.administrator.open("/admin").inner_text("#standing")
    with page.page.expect_request("**/csp-report"):
        page.page.evaluate("document.body.append(Object.assign(document.createElement('script'), {textContent: 'void 0'}))")
    assert page.complaints, "the browser itself says so, too"
    status = office.administrator.open("/admin")
    while "/admin/offices/{office} script-src-elem inline" not in status.inner_text("#standing"):
        status.page.reload()
