"""Administration is for the county's administrators who have just shown that it is they; each form does its act once."""

import base64
import csv
import html
import io
import json
import re
import shutil
import tomllib
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from unittest.mock import AsyncMock
from urllib.parse import parse_qs, urlsplit

import pytest
import pytest_asyncio
from admin_maker import AtDesk, at_desk, county_with_township, workbook
from county_maker import Running
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from finder_maker import until
from submission_maker import Letter, pack

from archive.ledger.database import Tx
from exchange.checking import last
from exchange.office import browsers, naming
from exchange.paging import CODE
from exchange.register_changes import Reached, reached
from exchange.sealing import backups
from exchange.web.admin.pages import pages
from exchange.web.pages import Page
from exchange.web.violations import A_MINUTE, MOST, VIOLATIONS, Violation
from schemas import instants
from schemas.messages import Envelope, decode
from schemas.problems import Problem, ProblemType
from schemas.words import NOTICE_ZH, Role

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def county(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with county_with_township(tmp_path_factory.mktemp("admin") / "county") as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def administrator(county: Running) -> AtDesk:
    return await at_desk(county, "county", "管理员甲", Role.ADMINISTRATOR)


def _counts(tx: Tx) -> tuple[int, ...]:
    periods = ("office", "office_period", "person", "person_period", "contact", "duty_desk")
    tables = (*periods, "invitation", "administration", "event", "service_scope")
    return tuple(tx.row(f"SELECT count(*) AS count FROM {table}").count for table in tables)  # noqa: S608 - constants


async def counts(county: Running) -> tuple[int, ...]:
    return await county.service.database.read(_counts)


def path_of(page: Page) -> str:
    """A path with T01 and T01.1 in the place of its names."""
    named = page.path.replace(f"{{person:{CODE}\\.[0-9]{{1,9}}}}", "T01.1").replace(f"{{office:{CODE}}}", "T01")
    return named.replace("{code:[0-9A-Z]{4}}", "0000")


@pytest.mark.parametrize("role", [Role.CLERK, Role.REVIEWER, Role.CONFIDENTIALITY, Role.ARCHIVIST, Role.AUDITOR, Role.ADMINISTRATOR])
async def test_nobody_of_a_township_gets_anywhere(county: Running, role: Role):
    visitor, before = await at_desk(county, "T01", f"某{role.value}", role), await counts(county)
    for page in pages():
        answer = await (visitor.get(path_of(page)) if page.method == "GET" else visitor.post(path_of(page)))
        assert answer.status == 403, page.path
    assert await counts(county) == before


async def test_the_countys_auditor_reads_the_audit_trail_and_nothing_else(county: Running):
    auditor = await at_desk(county, "county", "审计员", Role.AUDITOR)
    for page in pages():
        answer = await (auditor.get(path_of(page)) if page.method == "GET" else auditor.post(path_of(page)))
        assert (answer.status == 200) == page.path.startswith("/admin/audit"), page.path
    assert "/admin/offices" not in (await auditor.get("/admin/audit")).text


async def test_whoever_has_not_shown_it_for_a_while_is_sent_to_confirm_and_keeps_what_was_typed(county: Running, administrator: AtDesk):
    before = await counts(county)
    county.clock.advance(timedelta(minutes=11))
    typed = {"code": "T77", "name": "新乡", "kind": "township"}
    answer = await administrator.post("/admin/offices", typed)
    assert answer.status == 303
    assert urlsplit(answer.location).path == "/confirm"
    (back,) = parse_qs(urlsplit(answer.location).query)["next"]
    assert {name: value[0] for name, value in parse_qs(urlsplit(back).query).items()} == typed
    assert 'value="T77"' in (await administrator.get(back)).text
    for path, data in {
        "/admin/invite": {"office": "T01", "person": "张三", "role": "clerk"},
        f"/admin/people/{administrator.id}/invite": {},
        f"/admin/people/{administrator.id}/revoke": {"left": "1"},
        "/admin/accounts": {"office": "T01", "person": "OA", "scope": "submit"},
        "/admin/offices/T01/contact": {"person": "李四", "phone": "0999-1"},
        "/admin/offices/T01/name": {"name": "别名"},
        "/admin/offices/T01/close": {},
        f"/admin/people/{administrator.id}/name": {"name": "别名"},
        "/admin/policy": {"policy": "strict"},
    }.items():
        assert (await administrator.post(path, data)).location.startswith("/confirm?next="), path
    assert (await administrator.get("/admin/import")).location == "/confirm?next=%2Fadmin%2Fimport"
    assert await counts(county) == before
    # a list that was checked is not brought again: it stays on the page
    rows = workbook([["T01", "", "等待的人", "经办人"]])
    await county.service.database.write(browsers.confirm, browsers._digest(administrator.token), county.clock.now())
    checked = await administrator.bring("/admin/import", rows)
    county.clock.advance(timedelta(minutes=11))
    late = await administrator.post("/admin/import/invite", {"rows": checked.hidden("rows"), "once": checked.once})
    assert late.status == 403
    assert 'href="/confirm?next=/admin/import"' in late.text
    assert not late.codes
    await county.service.database.write(browsers.confirm, browsers._digest(administrator.token), county.clock.now())
    again = await administrator.post("/admin/import/invite", {"rows": late.hidden("rows"), "once": late.once})
    assert len(again.codes) >= 1
    assert "等待的人" in again.text


async def test_an_office_is_added_once_and_what_is_wrong_stands_at_its_field(county: Running, administrator: AtDesk):
    form = await administrator.get("/admin/offices")
    typed = {"code": "T09", "name": "东关镇", "kind": "township", "once": form.once}
    assert (await administrator.post("/admin/offices", typed)).location == "/admin/offices/T09?added=1"
    assert "东关镇" in (await administrator.get("/admin/offices/T09?added=1")).text
    before = await counts(county)
    assert (await administrator.post("/admin/offices", typed)).location == "/admin/offices"
    for wrong, said in (
        ({"code": "T09"}, "代码不可重复使用"),
        ({"code": "9"}, "代码以字母开头"),
        ({"code": "T10", "name": " "}, "1 至 60 个字"),
    ):
        answer = await administrator.post("/admin/offices", typed | wrong | {"once": ""})
        assert answer.status == 422
        assert said in answer.text
    assert await counts(county) == before


async def test_a_contact_is_named(administrator: AtDesk):
    bad = await administrator.post("/admin/offices/T01/contact", {"person": "保密员乙", "phone": "打电话"})
    assert bad.status == 422
    assert "电话号码" in bad.text
    assert 'value="保密员乙"' in bad.text
    assert (await administrator.post("/admin/offices/T01/contact", {"person": "保密员乙", "phone": "0999-1234567"})).status == 303
    assert "0999-1234567" in (await administrator.get("/admin/offices")).text
    assert (await administrator.post("/admin/offices/T55/contact", {"person": "甲", "phone": "0999-1"})).status == 404


async def test_an_office_keeps_itself_how_it_is_reached(county: Running, administrator: AtDesk):
    officer = await at_desk(county, "T01", "保密员丙", Role.CONFIDENTIALITY)
    clerk = await at_desk(county, "T01", "经办丙", Role.CLERK)
    typed = {"person": "保密员丙", "phone": "0999-7654321", "duty": "0999-7650000"}
    assert (await clerk.post("/contacts", typed)).status == 403
    assert 'action="/contacts"' not in (await clerk.get("/contacts")).text
    page = await officer.get("/contacts")
    assert (await officer.post("/contacts", typed | {"once": page.once})).location == "/contacts?done=1"
    shown = (await clerk.get("/contacts")).text
    assert 'href="tel:0999-7654321"' in shown
    assert 'href="tel:0999-7650000"' in shown
    assert "0999-7654321" in (await clerk.get("/refused")).text
    before = await counts(county)
    assert (await officer.post("/contacts", typed)).status == 303  # nothing is different
    assert (await officer.post("/contacts", typed | {"duty": "不通"})).status == 422
    assert "请填写电话号码" in (await officer.post("/contacts", typed | {"phone": ""})).text
    assert await counts(county) == before
    assert "0999-7650000" in (await administrator.get("/admin/offices/T01")).text
    assert (await administrator.post("/admin/offices/T01/contact", typed | {"duty": ""})).status == 303
    assert "0999-7650000" not in (await clerk.get("/contacts")).text
    acts = (await administrator.get("/admin/audit/acts?act=duty_desk_named")).text
    assert "保密员丙" in acts
    assert "管理员甲" in acts
    county.clock.advance(timedelta(minutes=11))
    late = await officer.post("/contacts", typed)
    assert late.location.startswith("/confirm?next=%2Fcontacts%3F")


async def test_a_form_that_comes_again_gives_no_further_code(county: Running, administrator: AtDesk):
    form = await administrator.get("/admin/invite")
    typed = {"office": "T01", "person": "赵六", "role": "clerk", "once": form.once}
    first = await administrator.post("/admin/invite", typed)
    assert first.status == 200
    assert len(first.codes) == 1
    assert "赵六" in first.text
    before = await counts(county)
    again = await administrator.post("/admin/invite", typed)
    assert again.status == 409
    assert not again.codes
    assert "没有重复办理" in again.text
    assert await counts(county) == before


async def test_a_code_stands_nowhere_in_the_ledger(county: Running, administrator: AtDesk):
    made = await administrator.post("/admin/invite", {"office": "T01", "person": "钱七", "role": "leader"})
    (code,) = made.codes
    kept = b"".join(path.read_bytes() for path in county.county.folder.glob("ledger.db*"))
    assert code.encode() not in kept
    assert code.replace("-", "").encode() not in kept


async def test_administrators_are_of_the_county_alone(administrator: AtDesk):
    answer = await administrator.post("/admin/invite", {"office": "T01", "person": "孙八", "role": "administrator"})
    assert answer.status == 422
    assert "管理员只能是县级单位的人员" in answer.text
    assert (await administrator.post("/admin/invite", {"office": "T01", "person": "孙八", "role": "service"})).status == 422


async def test_whoever_leaves_is_signed_out_and_nobody_puts_themselves_out(county: Running, administrator: AtDesk):
    leaving = await at_desk(county, "T01", "周九", Role.CLERK)
    assert (await leaving.get("/key")).status == 200
    page = await administrator.get(f"/admin/people/{leaving.id}")
    assert "周九" in page.text
    assert "有效" in page.text
    revoked = await administrator.post(f"/admin/people/{leaving.id}/revoke", {"once": page.once})
    assert revoked.location == f"/admin/people/{leaving.id}?done=revoked"
    assert "已吊销" in (await administrator.get(revoked.location)).text
    assert (await leaving.get("/key")).location.startswith("/signin")
    left = await administrator.post(f"/admin/people/{leaving.id}/revoke", {"left": "1"})
    assert left.location == f"/admin/people?left={leaving.id}"
    assert (await administrator.get(f"/admin/people/{leaving.id}")).status == 404
    assert (await administrator.post(f"/admin/people/{administrator.id}/revoke", {"left": "1"})).status == 403


async def test_a_service_account_is_registered_with_scopes_that_can_be_set_anew_and_closed(county: Running, administrator: AtDesk):
    without = await administrator.post("/admin/accounts", {"office": "T01", "person": "OA接口"})
    assert without.status == 422
    assert "至少选一项权限" in without.text
    made = await administrator.post("/admin/accounts", [("office", "T01"), ("person", "OA接口"), ("scope", "submit"), ("scope", "sent")])
    (code,) = set(made.codes) - {""}
    assert f"--code {code} --fingerprint {county.county.fingerprint}" in made.text
    (id_,) = set(re.findall(r"/admin/accounts/(T01\.[0-9]+)", (await administrator.get("/admin/accounts")).text))
    page = await administrator.get(f"/admin/accounts/{id_}")
    assert page.text.count(" checked") == 2
    assert (await administrator.post(f"/admin/accounts/{id_}/scopes", [("scope", "search")])).location.endswith("?done=scopes")
    assert (await administrator.get(f"/admin/accounts/{id_}")).text.count(" checked") == 1
    assert (await administrator.post(f"/admin/people/{id_}/revoke", {"left": "1"})).location == f"/admin/accounts?left={id_}"
    assert (await administrator.get(f"/admin/accounts/{id_}")).status == 404
    assert (await administrator.get(f"/admin/accounts/{administrator.id}")).status == 404


async def test_another_policy_is_in_force_at_once_and_says_who_chose_it(county: Running, administrator: AtDesk):
    settings = county.county.folder / "county.toml"
    settings.write_text(settings.read_text().replace('url = ""', 'url = "https://gw.example"  # ours'))
    compared = await administrator.get("/admin/policy?choice=strict")
    assert "变更是公开事件" in compared.text
    assert (await administrator.post("/admin/policy", {"policy": "../etc", "once": compared.once})).status == 400
    assert (await administrator.post("/admin/policy", {"policy": "strict", "once": compared.once})).location == "/admin/policy?done=1"
    now = await administrator.get("/admin/policy?done=1")
    assert "strict-" in now.text
    assert "管理员甲" in now.text
    (leaf,) = re.findall(r"/log/events/(\d+)", now.text)[:1]
    assert (await county.client.get(f"/log/events/{leaf}")).status == 200
    assert (await (await county.client.get("/api/v1/policy")).json())["name"] == "strict"
    assert tomllib.loads(settings.read_text())["policy"] == "strict"
    assert "# ours" in settings.read_text()


async def test_the_audit_trail_is_narrowed_paged_and_exported_without_formulas(administrator: AtDesk):
    await administrator.post("/admin/offices", {"code": "T33", "name": "=HYPERLINK(1)", "kind": "township"})
    await administrator.post("/admin/invite", {"office": "T33", "person": "@吴", "role": "clerk"})
    whole = await administrator.get("/admin/audit")
    assert "签名、条数相符" in whole.text
    assert "单位登记" in whole.text
    narrowed = await administrator.get("/admin/audit?event=PolicyChange")
    assert narrowed.text.count("/log/events/") >= 1
    assert "<td>单位登记</td>" not in narrowed.text
    assert "没有符合条件的记录" in (await administrator.get("/admin/audit?until=2020-01-01")).text
    assert (await administrator.get("/admin/audit?from=today")).status == 400
    assert (await administrator.get("/admin/audit?event=SubmissionRejection")).status == 400
    acts = await administrator.get("/admin/audit/acts?office=T33")
    assert "发放注册码" in acts.text
    assert "登记单位" in acts.text
    assert html.escape("=HYPERLINK(1)") in acts.text
    listed = await administrator.get("/admin/audit.csv?event=OfficeRegistration")
    *rows, last = csv.reader(io.StringIO(listed.body.decode("utf-8-sig")))
    assert last == [NOTICE_ZH]
    assert len(rows) > 2
    assert all(row[2] == "单位登记 OfficeRegistration" for row in rows[1:])
    assert any(row[6].startswith("单位 =HYPERLINK(1) T33") for row in rows)
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)


async def test_an_office_is_renamed_in_public_and_what_was_before_keeps_its_name(county: Running, administrator: AtDesk):
    await county.office("T20", "旧名镇")
    before = county.clock.now()
    county.clock.advance(timedelta(minutes=1))
    page = await administrator.get("/admin/offices/T20")
    typed = {"name": "新名街道", "once": page.once}
    assert (await administrator.post("/admin/offices/T20/name", typed)).location == "/admin/offices/T20?rename=1"
    shown = await administrator.get("/admin/offices/T20?rename=1")
    assert "新名街道" in shown.text
    assert "旧名镇" in shown.text  # among its names
    assert "旧名镇" not in (await administrator.get("/admin/offices")).text
    events = await administrator.get("/admin/audit?event=OfficeRenaming")
    assert '<a href="/admin/offices/T20" data-content lang="zh-CN">T20 → 新名街道</a>' in events.text
    (leaf,) = re.findall(r"/log/events/(\d+)", events.text)
    told = (await (await county.client.get(f"/log/events/{leaf}")).json())["receipt"]
    assert json.loads(base64.b64decode(told))["subject"] == "T20 新名街道"
    assert "旧名镇 → 新名街道" in (await administrator.get("/admin/audit/acts?act=office_renamed")).text
    then = await county.service.database.read(naming.offices, ["T20"], instants.write(before))
    assert (then, await county.service.database.read(naming.offices, ["T20"])) == ({"T20": "旧名镇"}, {"T20": "新名街道"})
    kept = await counts(county)
    for again, said in ((typed, ""), ({"name": "新名街道"}, "名称没有变化"), ({"name": " "}, "1 至 60 个字")):
        answer = await administrator.post("/admin/offices/T20/name", again)
        assert answer.status == (422 if said else 303)
        assert said in answer.text
    assert (await administrator.post("/admin/offices/county/name", {"name": "别名"})).status == 403
    assert (await administrator.post("/admin/offices/T99/name", {"name": "别名"})).status == 404
    assert await counts(county) == kept


async def test_an_office_is_closed_once_nobody_is_left_and_opened_again_under_its_name(county: Running, administrator: AtDesk):
    await county.office("T21", "撤并乡")
    last = await at_desk(county, "T21", "末任", Role.CLERK)
    refused = await administrator.post("/admin/offices/T21/close")
    assert refused.status == 422
    assert "还有在册人员" in refused.text
    await administrator.post(f"/admin/people/{last.id}/revoke", {"left": "1"})
    assert (await administrator.post("/admin/offices/T21/close")).location == "/admin/offices/T21?close=1"
    closed = await administrator.get("/admin/offices/T21?close=1")
    assert "撤销" in closed.text
    assert "/admin/offices/T21/name" not in closed.text
    assert (await administrator.post("/admin/invite", {"office": "T21", "person": "新人", "role": "clerk"})).status == 422
    assert (await administrator.post("/admin/offices", {"code": "T21", "name": "冒名", "kind": "township"})).status == 422
    assert (await administrator.post("/admin/offices/T21/close")).status == 404
    assert "已撤销的单位：1 个" in (await administrator.get("/admin/offices")).text
    assert (await administrator.post("/admin/offices/T21/reopen")).location == "/admin/offices/T21?reopen=1"
    assert (await administrator.post("/admin/offices/T21/reopen")).status == 404
    assert len((await administrator.post("/admin/invite", {"office": "T21", "person": "新人", "role": "clerk"})).codes) == 1
    acts = (await administrator.get("/admin/audit/acts?office=T21")).text
    assert "<td>撤销单位</td>" in acts
    assert "<td>恢复单位</td>" in acts


async def test_an_office_with_something_that_nobody_signed_for_is_not_closed(county: Running, administrator: AtDesk):
    for code, name in (("T22", "待办乡"), ("T23", "发文乡")):
        await county.office(code, name)
    last = await at_desk(county, "T22", "末任", Role.CLERK)
    sender = await county.person("T23", "经办")
    status, body = await county.submit(pack(Letter(sender="T23", to=("T22",), at=county.clock.now()), county.people[sender]))
    assert status == 201, body
    await administrator.post(f"/admin/people/{last.id}/revoke", {"left": "1"})
    refused = await administrator.post("/admin/offices/T22/close")
    assert (refused.status, "还有待签收的件" in refused.text) == (422, True)
    assert (await administrator.get("/admin/offices/T22")).text.count("/admin/offices/T22/name") == 1, "it is still an office of today"


async def test_an_office_that_is_opened_again_is_not_reached_where_it_was(county: Running, administrator: AtDesk):
    await county.office("T24", "旧号乡")
    told = {"person": "钱保密", "phone": "0571-2400", "duty": "0571-2401"}
    assert (await administrator.post("/admin/offices/T24/contact", told)).status == 303
    assert await county.service.database.read(reached, "T24") == Reached("钱保密", "0571-2400", "0571-2401")
    for act in ("close", "reopen"):
        assert (await administrator.post(f"/admin/offices/T24/{act}")).status == 303
    assert await county.service.database.read(reached, "T24") == Reached("", "", "")


async def test_a_name_is_corrected_and_the_certificate_keeps_the_old_one(county: Running, administrator: AtDesk):
    person = await at_desk(county, "T01", "张珊", Role.CLERK)
    page = f"/admin/people/{person.id}"
    assert (await administrator.post(f"{page}/name", {"name": "张姗"})).location == f"{page}?done=renamed"
    assert "张姗" in (await administrator.get(f"{page}?done=renamed")).text
    assert "张姗" in (await person.get("/key")).text  # they go on working
    assert "张珊" in county.people[person.id].certificate.subject.rfc4514_string()
    acts = await administrator.get(f"/admin/audit/acts?who={person.id}")
    assert f'<a href="{page}" data-content lang="zh-CN">张珊 → 张姗</a>' in acts.text
    assert "更正姓名" in (await administrator.get("/admin/audit/acts?who=张珊&act=person_renamed")).text
    assert (await administrator.post(f"{page}/name", {"name": "张姗"})).status == 422
    assert (await administrator.post("/admin/people/T01.999/name", {"name": "甲"})).status == 404


async def test_the_status_says_what_is_to_be_done_and_stops_asking_after_an_hour(administrator: AtDesk):
    page = await administrator.get("/admin")
    assert "还没有备份" in page.text
    assert "yizhan-county backup" in page.text
    assert 'hx-trigger="every 10s"' in page.text
    assert "3.5" in page.text  # SQLite's version
    assert (await administrator.get("/admin/status?looks=7")).text.lstrip().startswith("<div")
    ended = await administrator.get("/admin/status?looks=360")
    assert ended.status == 286
    assert "hx-get" not in ended.text


def report(**said: str) -> bytes:
    return json.dumps(
        {"csp-report": {"document-uri": "https://gw/items/" + "a" * 64 + "?q=玫瑰", "effective-directive": "script-src-elem"} | said}
    ).encode()


async def test_what_browsers_report_is_counted_by_pattern_and_keeps_nothing_of_a_page(county: Running, administrator: AtDesk):
    assert "启动以来浏览器没有报告异常" in (await administrator.get("/admin")).text
    headers = {"Content-Type": "application/csp-report", "Sec-Fetch-Site": "same-origin"}

    async def sent(body: bytes, **changed: str) -> int:
        return (await county.client.post("/csp-report", data=body, headers=headers | changed)).status

    for blocked in ("inline", "inline", "https://evil.example/玫瑰.js", "玫瑰"):
        assert await sent(report(**{"blocked-uri": blocked})) == 204
    assert await sent(report(**{"document-uri": "https://gw/nowhere/玫瑰", "effective-directive": "玫瑰"})) == 204
    shown = html.unescape((await administrator.get("/admin")).text)
    assert "拦下 5 次" in shown
    assert "/items/{submission} script-src-elem inline ×2" in shown
    assert "玫瑰" not in shown
    assert await sent(b"{") == 400
    assert await sent(report(padding="x" * 9000)) == 413
    assert await sent(report(), **{"Content-Type": "text/plain"}) == 415
    assert await sent(report(), **{"Sec-Fetch-Site": "cross-site"}) == 403
    assert 429 in [await sent(report()) for _ in range(A_MINUTE)]
    counts = county.client.app[VIOLATIONS]
    for number in range(MOST + 50):
        counts.count(Violation("script-src", f"/{number}", "inline"))
    assert len(counts.counts) <= MOST + 1


def web_certificate(name: str, begin: datetime, end: datetime) -> bytes:
    """Return a certificate of a web site, PEM."""
    key, named = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder(named, named, key.public_key(), 1, begin, end)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


def _broken(tx: Tx, submission: str, person: str, soon: str) -> None:
    """Wait for a scan that cannot be looked at whole, and let a person's certificate and the revocation lists come to their end."""
    tx.run("INSERT INTO whole_look (submission, rank, since, tries, state) VALUES (:id, 1, :at, 3, 'failed')", id=submission, at=soon)
    tx.run("UPDATE certificate SET expires_at = :at WHERE person = :person", at=soon, person=person)
    tx.run("UPDATE crl SET next_update = :at", at=soon)


async def test_what_is_really_broken_is_told_by_the_status(
    county: Running, administrator: AtDesk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    before = (await administrator.get("/admin")).text
    for said in ("还没有备份", "还没有核对过", "60 天内没有到期的", "到期前自动更新", "县级还没有登记"):
        assert said in before, said
    ending = await county.person("T01", "将到期", Role.CLERK)
    now = county.clock.now()
    status, body = await county.submit(pack(Letter(at=now), county.people[ending]))
    assert status == 201, body
    submission = decode(body, Envelope).submission or ""
    await county.service.database.write(_broken, submission, ending, instants.write(now + timedelta(days=1)))
    backups.note(county.county.folder, tmp_path / "out", now - timedelta(days=9))
    last.note(county.county.folder, problems=2, now=now)
    full = shutil._ntuple_diskusage(100 << 30, 99 << 30, 1 << 30)  # type: ignore[attr-defined]
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    monkeypatch.setattr(county.service.finder, "_step", AsyncMock(side_effect=Problem(ProblemType.INDEX_BROKEN)))
    await until(lambda: county.service.finder.state()["problem"])
    monkeypatch.setattr(county.service.watch, "stopped", "clock-jump: +90 s")
    (county.county.folder / "trust" / "tls.pem").write_bytes(web_certificate("gw.example", now, now + timedelta(days=20)))
    broken = html.unescape((await administrator.get("/admin")).text)
    for said in (
        "已停止：clock-jump: +90 s",
        "有 1 件复查失败",
        "出错：index-broken",
        "发现 2 处不符",
        "9 天前",
        "剩余 1.0 GB",
        "网站证书",
        "没有按时更新",
        "60 天内有 1 人到期：城关镇 将到期",
        "有需要处理的事项",
    ):
        assert said in broken, said
