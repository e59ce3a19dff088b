"""`yizhan-county`: what the county's administrator runs. Exit codes are the outer contract's (`schemas.problems.Exit`)."""

import argparse
import base64
import contextlib
import io
import logging
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import uvloop

from exchange.arguments import Parser, Version
from exchange.clock import SystemClock
from exchange.config import Settings
from exchange.control import call
from exchange.county import open_folder
from exchange.county_words import checked, labelled
from exchange.founding import found_county
from exchange.terminal import at_beijing, both, columns, complain, show, uncaught
from schemas.problems import Exit, Problem, ProblemType
from schemas.words import COUNTY, OfficeKind, Role, Scope

MOST_PORT: Final = 65535
_OFFICE_HELP: Final = "单位代码 / the office's code"
_PERSON_HELP: Final = "人员编号，用 people 命令列出 / the person's id: `people` lists them"
_URL_HELP: Final = "乡镇访问的网址，默认为建县时所写 / what townships open; that of the county by default"
_NO_URL: Final = "（未登记，请用 --url 写明 / none is set: give --url）"


async def _init(args: argparse.Namespace) -> int:
    url = args.url or ""
    settings = Settings(
        name=args.name,
        url=url,
        policy=args.policy,
        host="0.0.0.0" if url else "127.0.0.1",  # noqa: S104 - an address was asked for
        port=_port_of(url) if url else 8443,
    )
    county = await found_county(args.folder, settings, SystemClock().now())
    show(
        {"county": settings.name, "folder": str(args.folder), "fingerprint": county.fingerprint},
        args.json,
        f"✓ 已建立 founded  {settings.name}  {args.folder}\n根证书指纹 root fingerprint:\n  {county.fingerprint}\n"
        f"请把 {args.folder}/keys/root.key.pem 移到离线介质；\n"
        f"{args.folder}/keys/passphrase 留在原处（服务运行需要它），副本另行保管。\n"
        "Move keys/root.key.pem to an offline medium. The service needs keys/passphrase where it is; keep a copy of it apart.",
    )
    return Exit.OK


def _port_of(url: str) -> int:
    """Return the port of the county's address. Raises Problem CONFIG_INVALID for what no township could open."""
    with contextlib.suppress(ValueError):
        parts = urlsplit(url)
        if parts.scheme == "https" and parts.hostname and not parts.path.strip("/") and not parts.query:
            return parts.port or 443
    raise Problem(ProblemType.CONFIG_INVALID, f"{url}: 应为 https 网址，如 https://gw.example:8443 / an address as https://gw.example:8443")


async def _office_add(args: argparse.Namespace) -> int:
    answer = await call(open_folder(args.folder), "office-add", code=args.code, name=args.name, kind=args.kind)
    show(answer, args.json, f"✓ 已登记单位 office registered  {answer['office']} {answer['name']}")
    return Exit.OK


async def _office_list(args: argparse.Namespace) -> int:
    answer = await call(open_folder(args.folder), "offices")
    lines = columns([(one["code"], one["name"], both(OfficeKind(one["kind"]))) for one in answer["offices"]])
    show(answer, args.json, "\n".join(lines))
    return Exit.OK


async def _invite(args: argparse.Namespace) -> int:
    asked = {"office": args.office, "person": args.person, "role": args.role, "url": args.url or "", "scope": args.scope}
    answer = await call(open_folder(args.folder), "invite", **asked)
    show(
        answer,
        args.json,
        f"注册码 code: {answer['code']}（24 小时内一次有效 / works once, within 24 hours）\n指纹 fingerprint: {answer['fingerprint']}\n"
        f"网址 url: {answer['url'] or _NO_URL}\n人员 person: {answer['person']} {args.person}\n"
        "登记：用浏览器打开上面的网址，输入注册码；用命令行的，在其电脑上运行：\n"
        "to enrol: open the url in a browser and type the code; or, for the command line, run there:\n"
        f"  yizhan enrol {answer['url'] or 'URL'}"
        f" --code {answer['code']} --fingerprint {answer['fingerprint']}",
    )
    return Exit.OK


async def _duty_code(args: argparse.Namespace) -> int:
    asked = {"office": args.office, "person": args.person, "called": args.called, "answered": args.answered or "", "url": args.url or ""}
    answer = await call(open_folder(args.folder), "duty-code", **asked)
    show(
        answer,
        args.json,
        f"临时注册码 code: {answer['code']}\n至 {at_beijing(answer['ends_at'])} 为止，一次有效；所领证书同时到期\n"
        f"It works once, until {at_beijing(answer['ends_at'])} (Beijing time); its certificate ends then, too.\n"
        f"指纹 fingerprint: {answer['fingerprint']}\n网址 url: {answer['url'] or _NO_URL}\n"
        f"人员 person: {answer['person']} {args.person}{'（代班 / deputy）' if answer['deputy'] else ''}",
    )
    return Exit.OK


async def _take_back(args: argparse.Namespace) -> int:
    answer = await call(open_folder(args.folder), "take-back", code=args.code)
    ended = f"，所领证书已吊销 {answer['revoked']} 张 certificates revoked" if answer["revoked"] else ""
    show(answer, args.json, f"已作废注册码 taken back: {answer['code']}… {answer['person']}{ended}")
    return Exit.OK


async def _revoke(args: argparse.Namespace) -> int:
    answer = await call(open_folder(args.folder), "revoke", person=args.person, left=args.left)
    text = f"✓ 已吊销 {answer['person']} 的 {answer['revoked']} 张证书 / certificates revoked: {answer['revoked']}"
    left = f"\n已登记离岗，移交在办 {answer['handed']} 件 / has left; open items handed over: {answer['handed']}" if args.left else ""
    show(answer, args.json, text + left)
    return Exit.OK


async def _people(args: argparse.Namespace) -> int:
    answer = await call(open_folder(args.folder), "people")
    rows = [
        (
            one["id"],
            one["name"],
            both(Role(one["role"])),
            f"{one['office_name']}（{one['office']}）",
            f"有效证书 certificates: {one['certificates']}",
            f"权限 scopes: {_shown(one['scopes'])}" if "scopes" in one else "",
        )
        for one in answer["people"]
    ]
    show(answer, args.json, "\n".join(columns(rows)) or "还没有登记人员 / nobody is registered yet")
    return Exit.OK


def _shown(scopes: list[str]) -> str:
    return "，".join(f"{scope} {Scope(scope).zh}" for scope in scopes)


async def _staff(args: argparse.Namespace) -> int:
    answer = await call(open_folder(args.folder), "staff", office=args.office)
    try:
        args.out.write_bytes(base64.b64decode(answer.pop("workbook")))
    except OSError as error:
        raise Problem(ProblemType.FOLDER_READ_ONLY, str(args.out)) from error
    show(answer | {"out": str(args.out)}, args.json, f"✓ {args.out}（{answer['offices']} 个单位 offices，{answer['people']} 人 people）")
    return Exit.OK


async def _scopes(args: argparse.Namespace) -> int:
    answer = await call(open_folder(args.folder), "scopes", person=args.person, scope=args.scope)
    show(answer, args.json, f"✓ {answer['person']} 现有权限 scopes: {_shown(answer['scopes'])}")
    return Exit.OK


async def _contact(args: argparse.Namespace) -> int:
    answer = await call(open_folder(args.folder), "contact", office=args.office, person=args.person, phone=args.phone)
    show(
        answer,
        args.json,
        f"✓ 保密员 confidentiality officer  {answer['office_name']}（{answer['office']}）  {answer['name']} {answer['phone']}",
    )
    return Exit.OK


async def _status(args: argparse.Namespace) -> int:
    answer = await call(open_folder(args.folder), "status")
    show(answer, args.json, labelled(answer))
    return Exit.NETWORK if answer["signing_stopped"] else Exit.OK


async def _doctor(args: argparse.Namespace) -> int:
    """Show what is to be seen to. The exit code is that of what stops work, or of a check that failed; what only warns is no fault."""
    from exchange.checking import last  # noqa: PLC0415 - what only one command needs does not slow the start of `serve`
    from exchange.sealing import backups  # noqa: PLC0415 - as above
    from exchange.web.admin import findings  # noqa: PLC0415 - as above

    county = open_folder(args.folder)
    told, made, kept = await call(county, "status"), backups.made(county.folder), last.last(county.folder)
    backup = made[-1][1] if made else None
    found = findings.judge_apart(told, kept, backup, shutil.disk_usage(county.folder).free, SystemClock().now())
    answer = {
        "matters": [{"topic": one.topic.en, "tone": one.tone, "said": one.said.en, "next": one.next and one.next.en} for one in found]
    }
    lines = [f"{'✓' if one.tone == 'good' else '!'} {one.topic.zh} {one.topic.en}: {one.said.zh} / {one.said.en}" for one in found]
    steps = ["" if one.next is None else f"\n    → {one.next.zh} / {one.next.en}" for one in found]
    show(answer, args.json, "\n".join(line + step for line, step in zip(lines, steps, strict=True)))
    if told["signing_stopped"]:
        return Exit.NETWORK
    return Exit.OK if kept is None or kept.ok else Exit.INTEGRITY


async def _fsck(args: argparse.Namespace) -> int:
    from exchange import fsck  # noqa: PLC0415 - what only one command needs does not slow the start of `serve`
    from exchange.checking import last  # noqa: PLC0415 - as above

    report = await fsck.check(open_folder(args.folder))
    with contextlib.suppress(Problem):  # a folder that cannot be written is checked all the same
        last.note(args.folder, problems=len(report["problems"]), now=SystemClock().now())
    show(report, args.json, checked(report))
    return Exit.OK if report["ok"] else Exit.INTEGRITY


async def _export_medium(args: argparse.Namespace) -> int:
    from exchange.paper import medium_command  # noqa: PLC0415 - as above

    return await medium_command.export(open_folder(args.folder), args.office, args.place, as_json=args.json)


async def _import_medium(args: argparse.Namespace) -> int:
    from exchange.paper import medium_command  # noqa: PLC0415 - as above

    return await medium_command.run(open_folder(args.folder), args.places, args.out, as_json=args.json)


async def _import_legacy(args: argparse.Namespace) -> int:
    from exchange.legacy import command  # noqa: PLC0415 - as above

    wanted = {"dry": args.dry_run, "skip": args.skip_bad, "as_json": args.json}
    return await command.run(open_folder(args.folder), args.register, args.files, args.office, **wanted)


async def _erase(args: argparse.Namespace) -> int:
    from exchange.at_service import asking  # noqa: PLC0415 - as above

    async with asking(open_folder(args.folder)) as ask:
        answer = await ask("erase", {"item": args.item})
    show(answer, args.json, f"已清除 erased: {answer['erased']}")
    return Exit.OK


async def _reindex(args: argparse.Namespace) -> int:
    from exchange import reindexing  # noqa: PLC0415 - as above

    answer = await reindexing.reindex(open_folder(args.folder), None if args.json else reindexing.draw)
    text = f"检索库已重建 the index is made anew: {answer['entries']} 件 entries, {answer['entries_per_second']} 件/秒 entries/s"
    show(answer, args.json, text)
    return Exit.OK


async def _backup(args: argparse.Namespace) -> int:
    from exchange import backup  # noqa: PLC0415 - as above

    answer = await backup.backup(open_folder(args.folder), args.out)
    show(answer, args.json, labelled(answer))
    return Exit.OK if answer["ok"] else Exit.INTEGRITY


async def _restore(args: argparse.Namespace) -> int:
    from exchange import backup  # noqa: PLC0415 - as above

    answer = await backup.restore(args.source, args.folder, checkpoint=args.confirm, waiver=args.waive)
    if answer["signing_stopped"]:
        answer["next"] = "核对后再运行 restore … --confirm 检查点文件 / then restore … --confirm CHECKPOINT (docs/operate.md)"
    show(answer, args.json, labelled(answer))
    return Exit.OK


async def _serve(args: argparse.Namespace) -> int:
    from exchange import serving  # noqa: PLC0415 - the whole service is imported by who serves alone

    files = None if args.tls_cert is None else (args.tls_cert, args.tls_key)
    await serving.serve(open_folder(args.folder), args.host, args.port, files, as_json=args.json)
    return Exit.OK


async def _demo(args: argparse.Namespace) -> int:
    from exchange.demo import story  # noqa: PLC0415 - as above

    if args.year:
        return await story.run_year(args.folder, args.port, args.documents, once=args.once, as_json=args.json)
    return await story.run(args.folder, args.port, once=args.once, as_json=args.json)


def _port(text: str) -> int:
    """Return a port from 0 to 65535. Raises ArgumentTypeError."""
    if not text.isdecimal() or int(text) > MOST_PORT:
        raise argparse.ArgumentTypeError(f"0–{MOST_PORT}")
    return int(text)


def _people_commands(command: Callable[..., argparse.ArgumentParser]) -> None:
    invite = command("invite", _invite, "签发一次性注册码 / make a one-time enrolment code")
    invite.add_argument("--office", required=True, help=_OFFICE_HELP)
    invite.add_argument("--person", required=True, metavar="NAME", help="姓名 / the person's name")
    invite.add_argument("--role", default="clerk", help=f"岗位，默认经办人 / role: {', '.join(f'{word.value} {word.zh}' for word in Role)}")
    scope_text = f"接口账号的权限，可多次 / what a service account may do, repeatable: {', '.join(Scope)}"
    invite.add_argument("--scope", action="append", default=[], metavar="SCOPE", help=scope_text)
    invite.add_argument("--url", help=_URL_HELP)
    duty_code = command("duty-code", _duty_code, "签发12小时临时注册码 / a code for the night, after a call back: it ends after 12 hours")
    duty_code.add_argument("--office", required=True, help=_OFFICE_HELP)
    duty_code.add_argument("--person", required=True, help="姓名或人员编号 / a name, or a person's id")
    duty_code.add_argument("--called", required=True, metavar="NUMBER", help="回拨的电话 / the number that was called back")
    duty_code.add_argument("--answered", metavar="NAME", help="接电话的人，默认为本人 / who took the call; the person without one")
    duty_code.add_argument("--url", help=_URL_HELP)
    back = command("take-back", _take_back, "作废注册码及凭它领取的证书 / take back a one-time code, and the certificate that it brought")
    back.add_argument("--code", required=True, metavar="CODE", help="整个注册码，或前四位 / the code, or its first four characters")
    revoke = command("revoke", _revoke, "吊销证书 / revoke a person's certificates")
    revoke.add_argument("--person", required=True, metavar="ID", help=_PERSON_HELP)
    revoke.add_argument("--left", action="store_true", help="此人已离岗 / the person has left")
    command("people", _people, "人员名单 / who is registered, with the ids that revoke takes")
    staff = command("staff", _staff, "人员备案表（XLSX） / the staff registry's filing form, as a workbook")
    staff.add_argument("--office", default="", help="单位代码，默认全县 / one office; the whole county by default")
    staff.add_argument("--out", type=Path, required=True, metavar="X.xlsx", help="写到哪个文件 / the file to write")
    contact = command("contact", _contact, "登记保密员电话 / whom to call: an office's confidentiality officer")
    contact.add_argument("--office", required=True, help=_OFFICE_HELP)
    contact.add_argument("--person", required=True, metavar="NAME", help="保密员姓名 / the officer's name")
    contact.add_argument("--phone", required=True, metavar="NUMBER", help="电话 / telephone number")
    scopes = command("scopes", _scopes, "更换接口账号的权限 / replace a service account's scopes")
    scopes.add_argument("--person", required=True, metavar="ID", help=_PERSON_HELP)
    scopes.add_argument("--scope", action="append", required=True, metavar="SCOPE", help=scope_text)


def _bringing_commands(command: Callable[..., argparse.ArgumentParser]) -> None:
    medium = command("import-medium", _import_medium, "接收介质带来的数据包 / take in what a medium brought; receipts go back on it")
    medium.add_argument(
        "places", nargs="+", type=Path, metavar="X.asice|MEDIUM", help="数据包，或介质的目录 / containers, or a medium's folder"
    )
    medium.add_argument("--out", type=Path, metavar="MEDIUM", help="回执写到哪里 / where the receipts go")
    given = command("export-medium", _export_medium, "断网时把来文封装到介质 / put what lies unopened for an office on a medium, sealed")
    given.add_argument("--office", required=True, help="单位代码 / the office's code")
    given.add_argument("place", type=Path, metavar="MEDIUM", help="介质的目录 / the medium's folder")
    legacy = command("import-legacy", _import_legacy, "导入历史件 / take over documents from before, with their register")
    legacy.add_argument("register", type=Path, metavar="REGISTER.xlsx", help="登记簿 / the register")
    legacy.add_argument("files", type=Path, metavar="FOLDER", help="登记簿所列文件的目录 / the folder with its files")
    legacy.add_argument("--office", default=COUNTY, metavar="CODE", help="归属单位，默认 county / the office they belong to")
    legacy.add_argument("--dry-run", action="store_true", help="只核对，不导入 / look at every row and file, keep nothing")
    legacy.add_argument("--skip-bad", action="store_true", help="跳过有问题的行 / leave bad rows out; without it, all or nothing")
    erase = command("erase", _erase, "清除一件历史件或纸质登记的内容 / erase the words and the file of one legacy or paper item, for good")
    erase.add_argument("item", metavar="ID", help="历史件序号，或纸质登记编号 / a legacy item's number, or a paper's id")


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="yizhan-county", description="公文驿站·县端 / Yizhan, the county's side")
    parser.add_argument("--version", action=Version)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", title="命令 commands")

    def command(name: str, run: Any, text: str, *, folder: bool = True) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text)
        made.set_defaults(run=run)
        made.add_argument("--json", action="store_true", help="输出 JSON / print JSON")
        if folder:
            made.add_argument("folder", type=Path, metavar="DIR", help="县端目录 / the county folder")
        return made

    init = command("init", _init, "建立县端 / found a county")
    init.add_argument("--name", required=True, help="县端名称，写入根证书 / the county's name, which stands in its root certificate")
    init.add_argument("--url", help="乡镇访问的网址 / what townships open, for instance https://gw.example:8443")
    init.add_argument(
        "--policy",
        default="usual",
        metavar="NAME|FILE",
        help="保密规则：usual 常用、strict 从严，或文件 / secrecy rules: usual, strict, or a file",
    )
    office = commands.add_parser("office", help="单位 / offices").add_subparsers(dest="office_command", required=True, metavar="ACT")
    add = office.add_parser("add", help="登记单位 / register an office")
    add.set_defaults(run=_office_add)
    add.add_argument("folder", type=Path, metavar="DIR", help="县端目录 / the county folder")
    add.add_argument("--code", required=True, help="单位代码，如 T01，此后不变 / the office's code, for good")
    add.add_argument("--name", required=True, help="单位名称 / what it is called")
    add.add_argument(
        "--kind", default="township", help=f"类别，默认乡镇 / kind: {', '.join(f'{word.value} {word.zh}' for word in OfficeKind)}"
    )
    add.add_argument("--json", action="store_true", help="输出 JSON / print JSON")
    listed = office.add_parser("list", help="单位清单 / every office, with its code")
    listed.set_defaults(run=_office_list)
    listed.add_argument("folder", type=Path, metavar="DIR", help="县端目录 / the county folder")
    listed.add_argument("--json", action="store_true", help="输出 JSON / print JSON")
    _people_commands(command)
    serve = command("serve", _serve, "启动服务 / serve")
    serve.add_argument("--host", help="监听地址 / the address to listen on")
    serve.add_argument("--port", type=_port, metavar="N", help="端口 / the port")
    serve.add_argument("--tls-cert", type=Path, metavar="FILE", help="自备的 TLS 证书 / a TLS certificate of one's own")
    serve.add_argument("--tls-key", type=Path, metavar="FILE", help="其私钥 / its private key")
    demo = command("demo", _demo, "演示县 / the demo county", folder=False)
    demo.add_argument("folder", nargs="?", type=Path, metavar="DIR", help="放在哪里，默认临时目录 / where; a temporary folder by default")
    demo.add_argument("--port", type=_port, default=0, metavar="N", help="端口，默认任选 / the port; any by default")
    demo.add_argument("--year", action="store_true", help="演示一整年 / play a whole year through the interface; takes hours")
    demo.add_argument("--documents", type=int, default=20_000, metavar="N", help="一年的件数 / how many documents in the year")
    demo.add_argument("--once", action="store_true", help="演示完即退出 / stop after the table")
    command("status", _status, "查看状态 / how the county stands")
    command("doctor", _doctor, "自检：需要处理的事项 / what is to be seen to: receipts, check, backup, disk, officers, calendar")
    _bringing_commands(command)
    command("reindex", _reindex, "重建检索库 / make the search index anew, beside the one in use")
    command("fsck", _fsck, "全面核对 / check blobs, rows, log and receipts against each other")
    backup_ = command("backup", _backup, "备份 / back up: ledger first, blobs after, keys apart")
    backup_.add_argument("out", type=Path, metavar="OUT", help="备份写到哪里 / where the backup goes")
    restore = command("restore", _restore, "恢复 / restore a backup into a new folder", folder=False)
    restore.add_argument("source", type=Path, metavar="OUT", help="备份 / the backup")
    restore.add_argument("folder", type=Path, metavar="DIR", help="新的县端目录 / the new county folder")
    restore.add_argument("--confirm", metavar="CHECKPOINT", help="某乡镇保存的最新检查点文件 / a township's last checkpoint, a file")
    restore.add_argument("--waive", metavar="REASON", help="无检查点可核对的原因，记入日志 / why there is none to compare; logged")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that knows no Chinese still gets the rest
    os.umask(0o077)
    sys.excepthook = uncaught
    args = _parser().parse_args(argv)
    try:
        return int(uvloop.run(args.run(args)))
    except Problem as problem:
        return complain(problem, as_json=args.json)
    except KeyboardInterrupt:
        return 130
    finally:
        with contextlib.suppress(BrokenPipeError):
            sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
