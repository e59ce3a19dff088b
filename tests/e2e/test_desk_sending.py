"""Sending from a real browser: cut lines, a county that is killed, a browser that is closed, and refusals of which nothing stays."""

import json
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from desk_maker import ARGUMENTS, DeskCounty, Visitor, Watched, chromium, desk
from entering_maker import enrol, module
from playwright.sync_api import expect
from scan_maker import Scanner, Sheet, pdf, scanned
from sending_maker import begun, cut_line, everything, files, kept, listed, outcome, reached, sent

from exchange.app import operations
from exchange.client.core import final
from exchange.openapi.document import problems_of
from schemas.problems import Problem, ProblemType

PART = 4 * 2**20
LARGE = 6_000_000


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskCounty]:
    with desk(tmp_path_factory) as made:
        yield made


@pytest.fixture(scope="module")
def clerk(county: DeskCounty) -> Visitor:
    visitor = county.stranger()
    enrol(visitor, "T01", "张三").close()
    return visitor


def test_a_large_document_goes_on_from_where_the_line_was_cut(county: DeskCounty) -> None:
    with cut_line(county) as line:
        page = enrol(line.visitor(), "T01", "王一")
        submission = kept(page, "防汛", size=LARGE)
        asked: list[tuple[str, int | None]] = []
        page.page.on(
            "request",
            lambda request: (
                asked.append((request.method, int(request.headers.get("upload-offset", "-1")))) if "/uploads" in request.url else None
            ),
        )
        line.passed, line.cut_after = 0, PART + 1_500_000
        done = sent(page, submission)
        assert (done.get("status"), line.cuts) == ("accepted", 1), done
        assert line.passed < LARGE * 1.7
        offsets = [offset for method, offset in asked if method == "PATCH"]
        assert [method for method, _ in asked[:5]] == ["POST", "PATCH", "PATCH", "HEAD", "PATCH"]
        assert PART < offsets[2] < 2 * PART
        phases = [each["phase"] for each in done["phases"]]
        assert list(dict.fromkeys(phases)) == ["upload", "waiting", "receipt"]
        assert done["receipt"]["submission"] == submission
        assert (listed(page), files(page)) == ([], [])
        page.context.close()


def test_a_browser_that_was_closed_goes_on_when_it_is_opened_again(county: DeskCounty, tmp_path: Path) -> None:
    options: Any = {"executable_path": chromium(), "args": ARGUMENTS, "ignore_https_errors": True, "locale": "zh-CN"}
    with cut_line(county) as line:
        profile = county.browser.browser_type.launch_persistent_context(tmp_path, **options)
        visitor = replace(line.visitor(), context=profile)
        page = enrol(visitor, "T01", "李四")
        submission = kept(page, "抗旱", size=LARGE)
        line.passed, line.cut_after, line.closes = 0, PART + 1_500_000, True
        assert sent(page, submission, patience=0)["message"] == "连不上县端服务。"
        assert ([each["state"] for each in listed(page)], files(page)) == (["sending"], [submission])
        profile.close()
        line.closed = line.closes = False
        profile = county.browser.browser_type.launch_persistent_context(tmp_path, **options)
        page = replace(visitor, context=profile).open("/")
        page.page.get_by_role("button", name="李四").click()
        page.wait_for_url(f"https://127.0.0.1:{line.port}/")  # home: nobody asks for the sending
        ended(page)
        assert files(page) == []
        assert line.passed < LARGE * 1.7
        assert module(page, "sending/outbox.js", "async (o, id) => (await o.receiptOf(id)).envelope.submission", submission) == submission
        profile.close()


def test_a_county_that_is_started_anew_during_an_upload_gets_it_from_the_beginning(county: DeskCounty) -> None:
    with cut_line(county) as line:
        page = enrol(line.visitor(), "T01", "王二")
        submission = kept(page, "重启", size=LARGE)
        asked: list[str] = []
        page.page.on(
            "response",
            lambda response: asked.append(f"{response.request.method} {response.status}") if "/uploads" in response.url else None,
        )
        line.passed, line.cut_after, line.closes = 0, PART + 1_500_000, True
        begun(page, submission)
        reached(page, "waiting")
        county.process.stop(signal.SIGKILL)
        county.process.serve()
        line.closed = line.closes = False
        assert outcome(page) == "accepted"
        assert asked == ["POST 201", "PATCH 204", "HEAD 404", "POST 201", "PATCH 204", "PATCH 204", "POST 201"]
        assert (listed(page), files(page)) == ([], [])
        page.context.close()


def test_a_county_whose_disk_is_full_is_asked_again_and_the_document_stays(clerk: Visitor) -> None:
    page = clerk.open("/outbox")
    full = Problem(ProblemType.STORAGE_FULL)
    answer = {"status": full.kind.status, "content_type": "application/problem+json", "body": json.dumps(full.render())}
    page.route("**/api/v1/submissions", lambda route: route.fulfill(**answer), times=1)
    submission = kept(page, "磁盘已满")
    begun(page, submission)
    reached(page, "waiting")
    assert (files(page), listed(page)[0]["problem"]["type"]) == ([submission], "storage-full")
    expect(page.page.locator("#kept .why")).to_contain_text(full.kind.title.zh)
    assert outcome(page) == "accepted"
    assert files(page) == []
    page.close()


def test_while_the_county_cannot_be_reached_one_page_says_so_and_goes_on_by_itself(county: DeskCounty, tmp_path: Path) -> None:
    # a worker is only taken from a place whose certificate the browser believes
    options: Any = {"executable_path": chromium(), "args": [*ARGUMENTS, "--ignore-certificate-errors"], "locale": "zh-CN"}
    with cut_line(county) as line:
        visitor = replace(line.visitor(), context=county.browser.browser_type.launch_persistent_context(tmp_path, **options))
        page = enrol(visitor, "T01", "孙七")
        assert page.evaluate("navigator.serviceWorker.ready.then((it) => new URL(it.scope).pathname)") == "/"
        submission = kept(page, "断网期间报送")
        line.closed = True
        line.cut()
        page.goto(f"{visitor.county.url}/sent?state=returned")
        assert page.inner_text("h1") == "网络不通"
        expect(page.page.locator("main")).to_contain_text("文件已保存在本机，恢复后自动报送。")
        expect(page.page.locator("#kept")).to_have_text("本机尚未取得回执的件数： 1")
        assert page.axe() == []
        held = "(async () => { const found = []; for (const name of await caches.keys()) { const one = await caches.open(name);"
        held += " for (const { url } of await one.keys()) found.push([new URL(url).pathname, await (await one.match(url)).text()]) }"
        held += " return found })()"
        kept_pages = page.evaluate(held)
        assert {path.rpartition("/")[2] for path, _ in kept_pages} == {"offline", "page.css", "page.js"}
        assert not [text for _, text in kept_pages if "孙七" in text or "断网期间" in text]
        line.closed = False
        page.click("#again")
        assert page.inner_text("h1") == "已发"
        assert page.url.endswith("/sent?state=returned")
        ended(page)
        assert module(page, "sending/outbox.js", "async (o, id) => (await o.receiptOf(id)).envelope.submission", submission) == submission
        visitor.context.close()


def ended(page: Watched) -> None:
    """Wait until the browser keeps nothing any more."""
    for _ in range(120):
        if not listed(page):
            return
        page.wait_for_timeout(250)
    raise AssertionError(listed(page))


def test_a_county_killed_while_it_looks_at_a_scan_gets_it_again(county: DeskCounty, clerk: Visitor) -> None:
    scan = pdf([scanned(Sheet(), Scanner(dots=150, seed=1))], 150)
    page = clerk.open("/outbox")
    submission = kept(page, "扫描件", scan=scan)
    begun(page, submission)
    reached(page, "checking")
    county.process.stop(signal.SIGKILL)
    assert listed(page)[0]["state"] == "checking"
    county.process.serve()
    assert outcome(page) == "accepted"
    assert [each["phase"] for each in page.evaluate("phases")].count("upload") > 1 or len(scan) < PART
    assert (listed(page), files(page)) == ([], [])
    page.close()


@pytest.mark.parametrize("size", [100, 2_000_000], ids=["at once", "in parts"])
def test_of_what_is_refused_time_rule_and_next_step_stay_and_nothing_else(clerk: Visitor, size: int) -> None:
    page = clerk.open("/outbox")
    if size < PART // 4:  # a browser that cannot write files of its own keeps the bytes in rows
        page.evaluate("delete FileSystemFileHandle.prototype.createWritable")
    submission = kept(page, f"鹿鸣{size}（机密★1年）", size=size)
    expect(page.page.locator("#kept .title")).to_have_text(f"鹿鸣{size}（机密★1年）")
    held = "async (outbox, id) => (await outbox.bytesOf(id))?.size > 100"
    assert module(page, "sending/outbox.js", held, submission)
    assert files(page) == ([] if size < PART // 4 else [submission])
    assert sent(page, submission)["error"] == "secrecy-mark"
    assert (listed(page), files(page)) == ([], [])
    assert not module(page, "sending/outbox.js", held, submission)
    assert not [word for word in ("鹿鸣", submission) if word in everything(page)]
    (refused,) = module(page, "sending/outbox.js", "(o) => o.refusals()")
    assert refused["problem"]["rules"]
    section = page.page.locator("#refused")
    expect(section).to_contain_text("发现疑似国家秘密标志")
    expect(section).to_contain_text(refused["problem"]["advice"])
    assert page.axe() == []
    section.get_by_role("button", name="从列表中移除").click()
    expect(section).to_be_hidden()
    page.close()


SWEPT = """async (outbox, { submission, entry }) => {
  const request = navigator.locks.request.bind(navigator.locks);
  navigator.locks.request = async (name, ...more) => {
    const done = await request(name, ...more);
    if (name === "sending keeping" && more[0].mode === "shared") await outbox.sweep(); // another tab's, the moment it may
    return done;
  };
  await outbox.keep({ ...entry, submission, reference: "r", blob: new Blob(["signed"]) });
  navigator.locks.request = request;
  const held = (await outbox.bytesOf(submission))?.size ?? null;
  await outbox.discard(submission);
  return held;
}"""


def test_another_tab_that_sweeps_takes_no_bytes_whose_entry_is_about_to_be_written(clerk: Visitor) -> None:
    page = clerk.open("/outbox")
    entry = {"title": "扫除", "to": ["county"], "anchor": {"issuing": None, "log": None}}
    assert module(page, "sending/outbox.js", SWEPT, {"submission": "5" * 64, "entry": entry}) == len("signed")
    page.close()


def test_bytes_that_a_closed_browser_left_without_an_entry_are_swept_also_where_they_are_rows(clerk: Visitor) -> None:
    page = clerk.open("/outbox")
    left = "(rows) => rows.transact(rows.BYTES, 'readwrite', (store) => store.put(new Blob(['left behind']), '4'.repeat(64)))"
    module(page, "sending/rows.js", left)
    module(page, "sending/outbox.js", "(outbox) => outbox.sweep()")
    assert module(page, "sending/rows.js", "(rows) => rows.transact(rows.BYTES, 'readonly', (store) => store.getAllKeys())") == []
    page.close()


def test_what_was_put_off_by_a_clock_that_was_set_back_since_is_due_now(clerk: Visitor) -> None:
    page = clerk.open("/outbox")
    day, now = 86_400_000, 1_795_000_000_000
    act = """(again, cases) => cases.map(([nextAt, kept, patience]) =>
      again.dueIn({ nextAt, keptAt: new Date(kept).toISOString() }, patience, cases[0][1]))"""
    cases = [(0, now, 0), (0, now - 5000, 0), (now + 9000, now - day, 0), (now + 9000, now - day, 60_000)]
    cases += [(now + day, now - day, 0), (0, now + day, 0), (now + day, now + day, 0), (now + 3_600_000, now - day, 0)]
    due = module(page, "sending/again.js", act, cases)
    assert [due[0], due[2], due[7]] == [3000, 9000, 3_600_000]
    assert [each <= 0 for each in due] == [False, True, False, True, True, True, True, False]
    page.close()


def test_a_line_that_says_nothing_any_more_is_not_waited_for_for_ever(clerk: Visitor) -> None:
    page = clerk.open("/outbox")
    page.route("**/healthz", lambda _route: None)  # neither an answer nor an end, as after a change of networks
    name = "(api) => api.ask('GET', '/healthz', { patience: 200 }).catch((error) => error.constructor.name)"
    assert module(page, "core/api.js", name) == "Unreachable"
    stopped = """async (api) => {
      const stop = new AbortController();
      setTimeout(() => stop.abort(), 100);
      return api.ask("GET", "/healthz", { patience: 60_000, signal: stop.signal }).catch((error) => error.name);
    }"""
    assert module(page, "core/api.js", stopped) == "AbortError"
    page.close()


def test_two_tabs_send_once_and_both_are_told(clerk: Visitor) -> None:
    first, second = clerk.open("/outbox"), clerk.open("/outbox")
    submission = kept(first, "两个页面", size=2_000_000)
    first.page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    second.page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    posts: list[str] = []
    begun(first, submission)
    assert sent(second, submission)["status"] == "accepted"
    assert outcome(first) == "accepted"
    assert len(posts) == 2, posts  # one upload, one submission
    first.close()
    second.close()


TAMPER = """async (receipts, { envelope, submission, container, anchor }) => {
  const changed = (name, at, to) => {
    const bytes = Uint8Array.from(atob(envelope[name]), (letter) => letter.charCodeAt(0));
    bytes[at < 0 ? bytes.length + at : at] ^= to ?? 1;
    return { ...envelope, [name]: btoa(String.fromCharCode(...bytes)) };
  };
  const judged = async (one, about = {}) => {
    try {
      return (await receipts.verify(one, { submission, container, ...about })).logged;
    } catch (error) {
      return error.step ?? String(error);
    }
  };
  const length = atob(envelope.proof).length;
  const flips = [];
  for (const name of ["receipt", "signature", "timestamp", "proof"])
    for (let at = 3; at < atob(envelope[name]).length; at += 11) flips.push([name, at, await judged(changed(name, at, 1))]);
  return {
    good: await judged(envelope),
    unchanged: flips.filter(([, , step]) => step === true).map(([name, at]) => [name, at]),
    failed: [...new Set(flips.map(([, , step]) => step))],
    submission: await judged(envelope, { submission: "0".repeat(64) }),
    container: await judged(envelope, { container: "0".repeat(64) }),
    envelope: await judged({ ...envelope, submission: "0".repeat(64) }),
    anchor: await judged(envelope, { anchor }),
    consignment: await judged({ ...envelope, ...anchor.other }),
  };
}"""


def test_a_receipt_counts_only_when_every_part_of_it_is_right(clerk: Visitor) -> None:
    page = clerk.open("/outbox")
    submission = kept(page, "回执")
    (entry,) = listed(page)
    done = sent(page, submission)
    receipts = page.evaluate("async (id) => (await (await fetch(`/api/v1/submissions/${id}/receipts`)).json()).receipts", submission)
    assert receipts[0] == done["receipt"]
    key = "k => k.current().then(({ log, certificate }) => ({ log, issuing: certificate }))"
    act = f"""async (receipts, about) => {{
      const keys = await import(new URL("../signing/keys.js", document.querySelector('script[src*="/core/page.js"]').src));
      const anchor = await ({key})(keys);
      return ({TAMPER})(receipts, {{ ...about, anchor: {{ ...anchor, other: about.other }} }});
    }}"""
    about = {"envelope": done["receipt"], "submission": submission, "container": entry["container"], "other": receipts[1]}
    found = module(page, "sending/receipts.js", act, about)
    # of the time stamp's answer and the log's path every byte counts; what is outside the signatures is read strictly or not at all
    assert (found["good"], found["submission"], found["container"], found["envelope"]) == (True, "submission", "submission", "submission")
    assert (found["anchor"], found["consignment"]) == ("time stamp's certificate", "submission")
    assert {"form", "signature", "time stamp", "log"} <= set(found["failed"])
    assert found["unchanged"] == []
    page.close()


def test_a_refusal_is_for_good_for_the_browser_when_it_is_for_the_command(clerk: Visitor) -> None:
    page = clerk.open("/outbox")
    answering = [each for each in operations() if each.id in ("submit", "submitUpload", "followInspection")]
    kinds = sorted({kind for each in answering for found in problems_of(each).values() for kind in found}, key=lambda kind: kind.type)
    told = [{"status": kind.status, "type": kind.type, "members": Problem(kind).render()} for kind in kinds]
    told += [{"status": 422, "type": "new", "members": {"type": "/problems/new"}}, {"status": 422, "type": "", "members": {}}]
    judged = module(page, "sending/send.js", "(sending, told) => told.map(sending.isFinal)", told)
    assert dict(zip(kinds, judged, strict=False)) == {kind: final(Problem(kind), kind.status) for kind in kinds}
    assert judged[-2:] == [True, False]
    waits = module(
        page, "sending/send.js", "(sending) => [1, 2, 3, 30].map((n) => sending.waitAfter(n, 0, 1)).concat(sending.waitAfter(1, 99))"
    )
    assert waits == [1, 2, 4, 60, 99]
    page.close()
