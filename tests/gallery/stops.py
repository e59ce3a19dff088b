"""Where one looks, state by state: every page of the desk by its address, and what only a few steps on a page lead to."""

from typing import Final

import paper_maker
import preview_maker
from desk_maker import Watched
from gallery.looking import Stop
from gallery.scene import LONG_FILE, Scene, to_be_countersigned
from playwright.sync_api import expect

_EVERYDAY: Final = ("/", "/inbox", "/sent", "/search", "/refused", "/submit", "/outbox", "/groups", "/returns")
_PAPER: Final = ("/paper", "/paper/rate", "/paper/legacy")
_ADMINISTRATION: Final = (
    "/admin",
    "/admin/offices",
    "/admin/offices/T01",
    "/admin/people",
    "/admin/people/T01.1",
    "/admin/staff",
    "/admin/invite",
    "/admin/import",
    "/admin/accounts",
    "/admin/policy",
    "/admin/deadlines",
    "/admin/deadlines/days",
    "/admin/policy?choice=strict",
    "/admin/returns",
    "/admin/audit",
    "/admin/audit/acts",
    "/admin/audit/takings",
)


def _by_address(who: str, *paths: str) -> list[Stop]:
    return [Stop(path.strip("/").replace("/", "_").replace("?", "-") or "home", who, path) for path in paths]


def empty(_: Scene) -> list[Stop]:
    """Return what somebody finds who comes before everybody else."""
    return [
        *_by_address("stranger", "/signin", "/signin/password", "/enrol", "/offline", "/style"),
        Stop("verify", "stranger", f"/verify/{'0' * 64}/{'0' * 64}", refused=True),
        *_by_address(
            "newcomer",
            *_EVERYDAY,
            "/contacts",
            "/duty",
            "/duty/roster",
            "/staff",
            "/staff/arrival",
            "/staff/form",
            "/countersign",
            "/account",
            "/account/password",
            "/key",
            "/confirm?next=%2Faccount",
        ),
        *_by_address("sender", "/", "/submit", "/outbox", "/key"),
        *_by_address("reviewer", "/", "/inbox", "/sent", "/refused", *_PAPER, "/paper/medium"),
        *_by_address("administrator", "/", *_ADMINISTRATION),
        # what asks for a person who has just shown who they are, before ten minutes are over
        Stop("slip", "administrator", "/admin/invite", _slip),
        Stop("wrong-list", "administrator", "/admin/import", _wrong_list, refused=True),
        *_by_address("keyed", "/admin/offices/T04"),
        Stop("renamed", "keyed", "/admin/offices/T04", _renamed),
        Stop("closed", "keyed", "/admin/offices/T05", _closed),
        *_by_address("auditor", "/", "/inbox"),
        *_by_address("leader", "/", "/inbox"),
        Stop("keys", "reviewer", "/inbox", _keys),
    ]


def normal(scene: Scene) -> list[Stop]:
    """Return what an ordinary day shows."""
    items = scene.items
    receipts = {name: _receipts(scene, items[name]) for name in ("paper", "signed", "returned")}
    return [
        *_by_address("clerk", "/", "/sent", "/refused", "/inbox", "/search?q=城关镇", "/account"),
        *(Stop(f"item-{name.replace(' ', '-')}", "clerk", f"/items/{items[name]}") for name in items),
        *(Stop(f"receipt-{number}", "clerk", path) for number, path in enumerate([*receipts["returned"][:1], *receipts["signed"][-1:]])),
        Stop("print-receipt", "clerk", f"{receipts['signed'][-1]}/print"),
        Stop("verified", "stranger", _verified(scene, receipts["signed"][-1])),
        Stop("received", "clerk", f"/inbox/{items['down']}"),
        *_by_address("clerk", "/forms"),
        Stop("form", "clerk", f"/forms/{items['meeting']}"),
        Stop("replies", "reviewer", f"/forms/{items['meeting']}"),
        Stop("sign_in_sheet", "reviewer", f"/forms/{items['meeting']}/sheet"),
        *_by_address(
            "reviewer", "/", "/inbox", "/search?q=防火", "/inbox?folder=signed_for", "/inbox?folder=returned", "/inbox?order=urgent"
        ),
        Stop("unopened", "reviewer", f"/inbox/{items['long']}"),
        Stop("returned", "reviewer", f"/inbox/{items['returned']}?folder=returned"),
        Stop("viewer", "reviewer", f"/inbox/{items['paper']}", _viewer),
        Stop("verdict", "reviewer", f"/inbox/{items['paper']}", _verdict),
        Stop("giving-back", "reviewer", f"/inbox/{items['paper']}", lambda page: page.click("#giving-back summary")),
        Stop("slip", "reviewer", f"/inbox/{items['signed']}/slip"),
        *_by_address("reviewer", "/registers/incoming", "/registers/outgoing", "/registers/incoming/print"),
        *_by_address("clerk", "/registers/outgoing", "/registers/outgoing/carried", "/registers/outgoing/lock"),
        *_shown(scene),
        *(Stop(f"preview-{number}", "reviewer", f"/items/{items['paper']}/parts/{number}/preview") for number in (2, 3, 4)),
        *(Stop(f"text-{number}", "reviewer", f"/items/{items['paper']}/parts/{number}/text") for number in (1, 2, 4, 5)),
        Stop("handled", "reviewer", f"/inbox/{items['signed']}?folder=signed_for"),
        Stop("handled-page", "leader", f"/inbox/{items['signed']}", lambda page: page.locator("#slip").scroll_into_view_if_needed()),
        Stop("whole-item", "reviewer", f"/items/{items['signed']}"),
        Stop("all-that-match", "reviewer", "/inbox?office=T03", _all_that_match),
        Stop("batch", "reviewer", "/inbox?folder=all", lambda page: _batch(page, items)),
        Stop("focused", "reviewer", "/inbox", lambda page: [page.keyboard.press(key) for key in "jj"]),
        *_by_address("auditor", "/", "/inbox", "/admin/audit", "/admin/audit/acts", "/admin/audit/takings"),
        Stop("looked-at", "auditor", f"/inbox/{items['both']}"),
        *_by_address("officer", "/", "/inbox", "/refused", "/contacts"),
        *_by_address("clerk", "/contacts"),
        *_by_address(
            "administrator", "/", "/admin", "/admin/offices", "/admin/offices/county", "/admin/audit", "/admin/audit/acts", "/contacts"
        ),
        Stop("opened", "head", "/countersign", lambda page: _opened(page, scene)),
        Stop("countersigned", "head", "/countersign", lambda page: _countersigned(page, scene)),
        Stop("not-mine-to-sign", "sender", "/countersign", lambda page: _opened(page, scene)),
        Stop("chosen", "sender", "/submit", _chosen),
        Stop("what-you-sign", "sender", "/submit", _confirm),
        Stop("number-twice", "sender", "/submit", _twice),
        Stop("needs-a-review", "sender", "/submit", _review),
        Stop("a-scan", "sender", "/submit", _scan),
        Stop("correction", "sender", f"/submit?replaces={items['returned']}"),
        Stop("preview", "clerk", "/search?q=防火", lambda page: page.focus("#hits a.title")),
    ]


def error(scene: Scene) -> list[Stop]:
    """Return what goes wrong, in words."""
    return [
        Stop("nowhere", "clerk", "/nowhere", refused=True),
        Stop("not-yours", "clerk", "/admin", refused=True),
        Stop("not-there", "clerk", f"/items/{'0' * 64}", refused=True),
        Stop("not-received", "clerk", f"/inbox/{scene.items['paper']}", refused=True),
        Stop("no-such-choice", "clerk", "/sent?state=none", refused=True),
        Stop("misread", "clerk", "/search?q=(防汛 OR", refused=True),
        Stop("nothing-found", "clerk", "/search?q=无此内容"),
        Stop("signed-out", "stranger", "/inbox"),
        Stop("wrong-code", "stranger", "/enrol#code=00000-00000", lambda page: page.click("#enrol button"), refused=True),
        Stop("wrong-password", "stranger", "/signin/password", _wrong_password, refused=True),
        Stop("fields-missing", "sender", "/submit", _missing, refused=True),
        Stop("a-mark", "sender", "/submit", _marked, refused=True),
        Stop("nobody-chosen", "reviewer", "/inbox", lambda page: page.click("button[value=sign_for]"), refused=True),
    ]


def many(_: Scene) -> list[Stop]:
    """Return the pages that hold much."""
    return [
        *_by_address("clerk", "/", "/sent", "/refused", "/search?q=报表", "/search"),
        *_by_address("reviewer", "/", "/inbox?size=300", "/inbox", "/search?q=防汛"),
        *_by_address("administrator", "/admin/people", "/admin/audit", "/admin/audit/acts", "/admin/people?office=T03"),
    ]


def _receipts(scene: Scene, submission: str) -> list[str]:
    request = scene.who["clerk"].context.request
    page = request.get(f"{scene.county.url}/items/{submission}").text()
    return [piece.partition('"')[0] for piece in page.split('href="') if f"/items/{submission}/receipts/" in piece.partition('"')[0]]


def _verified(scene: Scene, receipt: str) -> str:
    page = scene.who["clerk"].context.request.get(scene.county.url + receipt).text()
    return "/verify/" + page.partition("/verify/")[2].partition("<")[0].strip()


def _keys(page: Watched) -> None:
    page.keyboard.press("?")
    page.locator("dialog[open]").wait_for()


def _viewer(page: Watched) -> None:
    page.frame_locator("#viewer iframe").locator(".textLayer span").first.wait_for(state="attached")
    page.wait_for_timeout(500)


def _shown(scene: Scene) -> list[Stop]:
    """Return where every kind of document is shown, beside the list and on the sender's page."""
    where = (("reviewer", f"/inbox/{scene.items['paper']}"), ("clerk", f"/items/{scene.items['paper']}"))
    return [
        Stop(f"shown-{ending}-{who}", who, path, lambda page, ending=ending: _shows(page, f".{ending}"))  # type: ignore[misc]
        for who, path in where
        for ending in ("pdf", "docx", "xlsx", "ofd", "tiff", "txt")
    ]


def _shows(page: Watched, ending: str) -> None:
    link = page.locator(".documents a.show", has_text=ending)
    link.click()
    expect(page.locator("#viewer")).not_to_have_attribute("aria-busy", "true", timeout=20_000)
    page.wait_for_timeout(400)


def _batch(page: Watched, items: dict[str, str]) -> None:
    """Choose what was done by oneself, by somebody else, and what was moved meanwhile; nothing of it is done."""
    for name, version in (("signed", "9"), ("returned", None), ("both", "9"), ("paper", "9")):
        box = page.locator(f"#row-{items[name]} input[name=items]")
        if version is not None:
            box.evaluate("(box, version) => { box.value = `${box.value.split(':')[0]}:${version}` }", version)
        box.check()
    page.locator("#batch > button[value=sign_for]").click()
    page.locator("#results").wait_for()


def _renamed(page: Watched) -> None:
    field = page.locator("form[action$='/name'] input[name=name]")
    field.fill("旧石镇" if field.input_value() == "旧石乡" else "旧石乡")
    page.click("form[action$='/name'] button")
    page.wait_for_load_state()
    page.locator("h1").wait_for()


def _closed(page: Watched) -> None:
    button = page.locator("form[action$='/close'] button")
    if button.count():
        page.locator("details.closing summary").click()
        button.click()
        page.wait_for_load_state()
        page.locator("h1").wait_for()


def _opened(page: Watched, scene: Scene) -> None:
    package = {"name": "值班情况专报.asice", "mimeType": "application/vnd.etsi.asic-e+zip", "buffer": to_be_countersigned(scene)}
    page.set_input_files("#file", files=[package])
    page.locator("#opened").wait_for(timeout=20_000)
    page.wait_for_timeout(800)


def _countersigned(page: Watched, scene: Scene) -> None:
    _opened(page, scene)
    page.click("#sign-save")
    page.wait_for_timeout(1500)


def _verdict(page: Watched) -> None:
    page.locator(".verdict summary").first.click()


def _all_that_match(page: Watched) -> None:
    page.locator("[data-everything]").evaluate("button => button.form.requestSubmit(button)")
    page.wait_for_load_state()


def _slip(page: Watched) -> None:
    page.select_option("#office", "T03")
    page.fill("#person", "欧阳慧敏")
    page.click("main form button")
    page.wait_for_load_state()


def _choose(page: Watched, *files: tuple[str, str, bytes]) -> None:
    given = [{"name": name, "mimeType": kind, "buffer": content} for name, kind, content in files]
    with page.expect_file_chooser() as chooser:
        page.click("#choose")
    chooser.value.set_files(given)
    page.locator(".document").first.wait_for()
    page.wait_for_timeout(1500)


def _begin_anew(page: Watched) -> None:
    """Delete the draft of the visit before, whose question may be open again."""
    page.wait_for_timeout(500)
    if page.locator("dialog.look[open]").count():
        page.locator("dialog.look .toolbar button").last.click()
    if page.locator(".document").count():
        page.click("#clear")
        page.click("#cleared")
        expect(page.locator(".document")).to_have_count(0)
        page.reload()
        page.wait_for_timeout(250)


def _chosen(page: Watched) -> None:
    _begin_anew(page)
    _choose(page, ("请示.pdf", "application/pdf", paper_maker.pdf()), (LONG_FILE, "text/plain", "物资\n".encode()))


def _confirm(page: Watched) -> None:
    _chosen(page)
    page.fill("#title", "关于申请拨付农村公路养护资金的请示")
    page.fill("#number", "城政请〔2026〕5号")
    page.select_option("#kind", "request")
    page.fill("#date_issued", "2026-11-20")
    page.click("#next")
    expect(page.locator("#confirm")).to_be_visible()


def _twice(page: Watched) -> None:
    _chosen(page)
    page.fill("#number", "城政请〔2026〕4号")
    page.locator("#number").blur()
    page.locator(".twice").wait_for()


def _scan(page: Watched) -> None:
    """Choose a scan; the question about its head is open."""
    _begin_anew(page)
    _choose(page, ("扫描.tiff", "image/tiff", preview_maker.many_pages(2)))
    page.wait_for_timeout(1000)


def _review(page: Watched) -> None:
    _begin_anew(page)
    _choose(page, ("值班情况专报.txt", "text/plain", "工作秘密\n城关镇值班情况专报\n".encode()))
    page.locator("#review").wait_for()
    page.get_by_role("radio").filter(visible=True).last.check()
    page.click("#next")


def _missing(page: Watched) -> None:
    _begin_anew(page)
    page.click("#next")


def _marked(page: Watched) -> None:
    _begin_anew(page)
    _choose(page, ("要件.txt", "text/plain", "机密★1年\n关于某事的报告\n".encode()))


def _wrong_password(page: Watched) -> None:
    page.select_option("#office", index=1)
    for name, value in (("#name", "张三"), ("#password", "不是这个口令啊啊啊"), ("#code", "000000")):
        page.fill(name, value)
    page.click("form.entering button")
    page.wait_for_load_state()


def _wrong_list(page: Watched) -> None:
    page.locator("#list").set_input_files(files=[{"name": "people.xlsx", "mimeType": "application/zip", "buffer": b"no workbook"}])
    page.click("main form button")
    page.wait_for_load_state()
