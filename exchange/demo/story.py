"""The demo county's day: founding, 42 enrolments, papers up and down, refusals, returns, proof; then it keeps serving.

Everything goes through the doors that real offices use: the county's commands, the service over HTTPS, and the township's
command line in processes of their own.
"""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from exchange import fsck, terminal
from exchange.app import make_app, running
from exchange.clock import SystemClock
from exchange.commands import Desk, invite, office_add, status
from exchange.config import Settings
from exchange.control import hold, listening
from exchange.county import County, open_folder, server_tls
from exchange.demo import papers
from exchange.demo.table import Day, Tally, show
from exchange.demo.year.playing import Wanted, play
from exchange.demo.year.recount import Recount
from exchange.demo.year.telling import as_told
from exchange.demo.year.telling import show as show_year
from exchange.founding import found_county
from exchange.service import Service
from schemas.problems import Exit, Problem, ProblemType
from schemas.words import COUNTY, Label, Role

AT_ONCE: Final = os.cpu_count() or 2
STAFF: Final = (
    (COUNTY, Role.REVIEWER),
    (COUNTY, Role.REVIEWER),
    (COUNTY, Role.LEADER),
    (COUNTY, Role.CONFIDENTIALITY),
    (COUNTY, Role.ARCHIVIST),
    (COUNTY, Role.CLERK),
)
"""The county's six; each of the 18 offices has a clerk and a leader: 42 in all."""


@dataclass
class Stage:
    """Where the demo plays."""

    folder: Path
    desk: Desk
    url: str
    places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    day: Day = field(default_factory=Day)

    def home(self, person: str) -> Path:
        """Return the folder in which a person's client keeps its keys and its outbox."""
        return self.folder / "homes" / person

    async def client(self, person: str, *arguments: str, expect: int = Exit.OK) -> list[Any]:
        """Run the township's command line as a person; returns the JSON values that it printed."""
        command = [sys.executable, "-m", "exchange.client.cli", "--home", str(self.home(person)), "--json", *arguments]
        async with self.places:
            process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
            printed, complaint = await process.communicate()
        if process.returncode != expect:
            detail = f"yizhan {arguments[0]} as {person}: {process.returncode}, expected {expect}: {complaint.decode()[-400:]}"
            raise Problem(ProblemType.INTERNAL, detail)
        return [json.loads(line) for line in printed.decode().splitlines() if line.strip()]


async def run(folder: Path | None, port: int, *, once: bool, as_json: bool = False) -> int:
    """Play the day in `folder`, or in a folder of its own that goes when the demo ends. Raises Problem."""
    folder, temporary = _place(folder)
    try:
        await _serve(folder, port, once=once, as_json=as_json)
    finally:
        if temporary:
            shutil.rmtree(folder, ignore_errors=True)
    return Exit.OK


async def run_year(folder: Path | None, port: int, documents: int, *, once: bool, as_json: bool = False) -> int:
    """Play a whole year in `folder`, or in a folder of its own that goes when the demo ends. Raises Problem."""
    folder, temporary = _place(folder)

    async def tell(service: Service, url: str, found: Recount) -> None:
        report = await fsck.check(service.county)
        checked = report["checked"] if report["ok"] else {}
        if as_json:
            terminal.show(as_told(found, checked) | {"url": url, "folder": str(service.county.folder)}, as_json=True)
        else:
            show_year(found, checked)
        if not once and not as_json:
            print(f"\n服务仍在运行 still serving: {url}\n县端目录 county folder: {service.county.folder}", flush=True)  # noqa: T201 - the demo speaks
        if not once:
            await _stopped()

    try:
        found = await play(folder, port, Wanted(documents=documents), tell)
    finally:
        if temporary:
            shutil.rmtree(folder, ignore_errors=True)
    return Exit.INTEGRITY if found.wrong else Exit.OK


def _place(folder: Path | None) -> tuple[Path, bool]:
    """Return where to play, and whether it goes afterwards. Raises Problem FOLDER_EXISTS."""
    place = (folder or Path(tempfile.mkdtemp(prefix="yizhan-demo-"))).absolute()
    if place.exists() and any(place.iterdir()):
        raise Problem(ProblemType.FOLDER_EXISTS, str(place))
    return place, folder is None


async def _serve(folder: Path, port: int, *, once: bool, as_json: bool) -> None:
    home = folder / "county"
    await found_county(home, Settings(name=papers.COUNTY), SystemClock().now())
    county = open_folder(home)
    with hold(home):
        async with running(county) as service, contextlib.AsyncExitStack() as stack:
            runner = web.AppRunner(make_app(service), access_log=None)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await web.TCPSite(runner, "127.0.0.1", port, ssl_context=server_tls(county, ["127.0.0.1", "localhost"])).start()
            url = f"https://127.0.0.1:{runner.addresses[0][1]}"
            desk = Desk(county, service.database, service.watch, service.reload_trust, service.counters, service)
            await stack.enter_async_context(listening(home, desk))
            stage = Stage(folder, desk, url)
            await _play(stage, county, speaking=not as_json)
            slips = [] if once else [await _slip(stage, *guest) for guest in GUESTS]
            if as_json:
                terminal.show({**asdict(stage.day), "url": url, "folder": str(home), "invited": slips}, as_json=True)
            elif not once:
                _tell(stage, slips)
            if not once:
                await _stopped()


async def _play(stage: Stage, county: County, *, speaking: bool) -> None:
    def say(text: Label) -> None:
        """Say what comes next; to a program that reads the answer, beside it."""
        print(f"{text.zh}……\n  {text.en} …", file=sys.stdout if speaking else sys.stderr, flush=True)

    say(Label("演示县：建立单位、签发注册码、注册 42 人", "the demo county: offices, one-time codes, 42 people enrol"))
    await _enrol_everyone(stage)
    say(
        Label("报送：18 个乡镇（区）各报三件，三分之二是无文号的材料", "18 townships submit three papers each, two thirds without a number")
    )
    await asyncio.gather(*(_submit_papers(stage, *office[:3]) for office in papers.OFFICES))
    say(
        Label(
            "两件不该收的：一件申报为秘密，一件签名被破坏", "two that must be refused: one declared as secret, one with a broken signature"
        )
    )
    await _refused_for_its_level(stage)
    await _broken_signature(stage)
    say(
        Label(
            "县里：阅读、签收、退回一件；乡镇改正后再报；县里下发一件",
            "the county reads, signs for, returns one; it comes corrected; a notice goes down",
        )
    )
    await _review(stage)
    await _notice_down(stage)
    say(Label("检索：县里找得到，别的乡镇找不到", "a search: the county finds it, another township does not"))
    await _find(stage)
    await _prove(stage)
    report = await fsck.check(county)
    stage.day.checked = report["checked"] if report["ok"] else {}
    stage.day.status = await status(stage.desk)
    if speaking:
        show(stage.day)


async def _enrol_everyone(stage: Stage) -> None:
    staff = list(STAFF)
    for code, name, _, kind in papers.OFFICES:
        await office_add(stage.desk, code=code, name=name, kind=kind)
        staff += [(code, Role.CLERK), (code, Role.LEADER)]
        stage.day.offices[code] = Tally(name)

    async def enrol(turn: int, office: str, role: Role) -> None:
        slip = await invite(stage.desk, office=office, person=papers.name_of(turn), role=role.value, url=stage.url)
        await stage.client(slip["person"], "enrol", stage.url, "--code", slip["code"], "--fingerprint", slip["fingerprint"])
        stage.day.enrolled += 1

    # the county's own one by one and clerks before leaders, so that county.1 reviews and T01.1 sends
    people = list(enumerate(staff))
    for turn, (office, role) in people[: len(STAFF)]:
        await enrol(turn, office, role)
    for wanted in (Role.CLERK, Role.LEADER):
        await asyncio.gather(*(enrol(turn, office, role) for turn, (office, role) in people[len(STAFF) :] if role is wanted))


async def _submit_papers(stage: Stage, code: str, place: str, issuer: str) -> None:
    folder = stage.folder / "papers" / code
    folder.mkdir(parents=True)
    lines = []
    for turn, paper in enumerate(papers.papers_of(code, place, issuer)):
        path = folder / f"{paper.stem}.{'txt' if turn == 1 else 'pdf'}"
        (papers.write_text if turn == 1 else papers.write_pdf)(paper, place, path)
        entry = {"main": str(path), "title": paper.title, "kind": paper.kind.value, "to": [COUNTY]}
        lines.append(entry | ({"number": paper.number} if paper.number else {}) | ({"urgency": "urgent"} if turn == 0 else {}))
    listed = folder / "list.jsonl"
    listed.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    answers = await stage.client(f"{code}.1", "submit", "--from", str(listed))
    tally = stage.day.offices[code]
    tally.accepted += sum(answer["status"] == "accepted" for answer in answers)
    tally.unnumbered += sum("number" not in line for line in lines)


async def _refused_for_its_level(stage: Stage) -> None:
    """Declare 秘密: the client refuses before anything leaves, and so would the county."""
    path = stage.folder / "papers" / "T02" / "内部情况.txt"
    path.write_text("这是一份演示用的虚构材料。\n", "utf-8")
    declared = ("--title", "有关情况", "--kind", "信息", "--to", COUNTY, "--classification", "秘密")
    await stage.client("T02.1", "submit", str(path), *declared, expect=Exit.POLICY)
    stage.day.offices["T02"].refused += 1


async def _broken_signature(stage: Stage) -> None:
    source, out = stage.folder / "papers" / "T03" / "便函.txt", stage.folder / "papers" / "T03" / "broken.asice"
    source.write_text("商请派员参加下周的植保培训。\n", "utf-8")
    await stage.client("T03.1", "pack", str(source), "--title", "植保培训便函", "--kind", "便函", "--to", COUNTY, "--out", str(out))
    whole = bytearray(out.read_bytes())
    at = whole.find(b"META-INF/signature001.p7s") + 900  # inside the first signature, well behind its local header
    whole[at] ^= 1
    out.write_bytes(whole)
    await stage.client("T03.1", "send", str(out), expect=Exit.INTEGRITY)
    stage.day.offices["T03"].broken += 1


async def _inbox(stage: Stage, person: str) -> list[dict[str, Any]]:
    (answer,) = await stage.client(person, "inbox")
    items: list[dict[str, Any]] = answer["items"]
    return items


async def _review(stage: Stage) -> None:
    """Sign for most; return one, which comes again corrected, and is signed for."""
    items = await _inbox(stage, "county.1")
    returned = next(item for item in items if item["from"] == "T05" and item["number"])
    await asyncio.gather(*(_read_and_sign(stage, "county.1", item) for item in items[::2] if item is not returned))
    await stage.client("county.1", "open", returned["submission"], "--out", str(stage.folder / "desk"))
    await stage.client("county.1", "return", returned["submission"], "--reason", "缺少概算附件，请补正后重新报送")
    stage.day.offices["T05"].returned += 1
    await _resubmit(stage, returned)


async def _read_and_sign(stage: Stage, person: str, item: dict[str, Any]) -> None:
    await stage.client(person, "open", item["submission"], "--out", str(stage.folder / "desk" / item["submission"][:8]))
    await stage.client(person, "sign-for", item["submission"])
    if item["from"] in stage.day.offices:
        stage.day.offices[item["from"]].signed += 1


async def _resubmit(stage: Stage, returned: dict[str, Any]) -> None:
    folder = stage.folder / "papers" / "T05"
    main = next(folder.glob("*.pdf"))
    annex = folder / "概算表.txt"
    annex.write_text("项目，数量，单价（元），合计（元）\n屋面防水，460，180，82800\n", "utf-8")
    (answer,) = await stage.client(
        "T05.1", "submit", str(main), "--attach", str(annex), "--title", returned["title"], "--kind", returned["kind"],
        "--number", returned["number"], "--to", COUNTY, "--replaces", returned["submission"],
    )  # fmt: skip
    stage.day.offices["T05"].resubmitted += 1
    await _read_and_sign(stage, "county.2", {"submission": answer["submission"], "from": "T05"})


async def _notice_down(stage: Stage) -> None:
    """Send one notice to all eighteen; two thirds of them sign for it."""
    path = stage.folder / "papers" / "关于做好冬季防火工作的通知.txt"
    path.write_text("各乡镇（区）：\n请做好冬季防火巡查，每周五前报送情况。\n", "utf-8")
    everyone = [argument for office in papers.OFFICES for argument in ("--to", office[0])]
    (answer,) = await stage.client(
        "county.6", "submit", str(path), "--title", path.stem, "--kind", "通知", "--number", "云政办发〔2026〕31号", *everyone
    )
    stage.day.notices += 1

    async def sign(code: str) -> None:
        await stage.client(f"{code}.1", "open", answer["submission"], "--out", str(stage.folder / "homes" / f"{code}.1" / "papers"))
        await stage.client(f"{code}.1", "sign-for", answer["submission"])
        stage.day.notices_signed += 1

    await asyncio.gather(*(sign(office[0]) for turn, office in enumerate(papers.OFFICES) if turn % 3 != 2))  # noqa: PLR2004


async def _find(stage: Stage) -> None:
    """Ask for a word, for the same in traditional characters, for a number spelled another way; then as another township."""
    items = await _inbox(stage, "county.1")
    numbered = next(item for item in items if item["number"])
    spelled = numbered["number"].replace("〔", "（").replace("〕", "）第0").translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    stranger = next(code for code, *_ in papers.OFFICES if code != numbered["from"])
    for person, query in (
        ("county.1", "冬季防火"),
        ("T01.1", "冬季防火"),
        ("T01.1", "鄉鎮 巡查"),
        ("county.1", f"文号:{spelled}"),
        (f"{stranger}.1", f"文号:{spelled}"),
    ):
        stage.day.searches.append((person, query, await _found(stage, person, query)))


async def _found(stage: Stage, person: str, query: str) -> int:
    """Return how many a person finds, once the index has caught up with what has just happened."""
    while True:
        (answer,) = await stage.client(person, "search", query)
        if not answer["index"]["behind"]:
            return int(answer["total"])
        await asyncio.sleep(0.1)


async def _prove(stage: Stage) -> None:
    """Write the evidence of one submission and let it prove itself with bash, openssl and xxd."""
    items = await _inbox(stage, "county.1")
    proved = next(item for item in items if item["review"] == "signed_for")
    sender = f"{proved['from']}.1"
    bundle, unpacked = stage.folder / "evidence.zip", stage.folder / "evidence"
    await stage.client(sender, "evidence", proved["submission"], "--out", str(bundle))
    await stage.client(sender, "verify", str(bundle))
    await asyncio.to_thread(shutil.unpack_archive, bundle, unpacked)
    process = await asyncio.create_subprocess_exec(
        "bash", str(unpacked / "verify.sh"), cwd=unpacked, env=os.environ | {"ROOT": stage.desk.county.fingerprint},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    printed, _ = await process.communicate()
    if process.returncode != 0:
        raise Problem(ProblemType.INTERNAL, printed.decode()[-400:])
    stage.day.proved = proved["submission"]


GUESTS: Final = (
    ("T01", "周新来", Role.CLERK),
    (COUNTY, "郑收文", Role.REVIEWER),
    (COUNTY, "管理员", Role.ADMINISTRATOR),
)
"""For whom a browser can be enrolled once the day is over."""


async def _slip(stage: Stage, office: str, person: str, role: Role) -> dict[str, str]:
    slip = await invite(stage.desk, office=office, person=person, role=role.value, url=stage.url)
    return {"person": slip["person"], "name": person, "role": role.value, "address": f"{stage.url}/enrol#code={slip['code']}"}


def _tell(stage: Stage, slips: list[dict[str, str]]) -> None:
    lines = [f"  {terminal.both(Role(one['role']))}（{one['name']}）: {one['address']}" for one in slips]
    print(  # noqa: T201 - the demo speaks
        f"\n服务仍在运行 still serving: {stage.url}\n县端目录 county folder: {stage.folder / 'county'}\n"
        "在浏览器打开 open in a browser（每个地址只能登记一台电脑，请各用一个浏览器窗口或用户 one computer each）:\n"
        + "\n".join(lines)
        + "\n  浏览器会提示证书不受信任：演示县用自己的根证书，可继续前往，或先导入\n"
        f"  the browser warns: the demo has an authority of its own; go on, or import {stage.folder / 'county/trust/root.pem'}\n"
        f"试试命令 try commands:\n  .venv/bin/yizhan --home {stage.home('T01.1')} status\n"
        f"  .venv/bin/yizhan --home {stage.home('county.1')} inbox\n"
        f"  .venv/bin/yizhan --home {stage.home('county.1')} search 防火\n"
        f"  .venv/bin/yizhan-county status {stage.folder / 'county'}\n  {stage.url}/api/   （接口说明 the API）\n"
        "按 Ctrl-C 结束 / Ctrl-C ends it",
        flush=True,
    )


async def _stopped() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
