"""`yizhan`: what a clerk runs. Exit codes are the outer contract's (`schemas.problems.Exit`).

Only the words of the commands are here, so that `--help` is quick; `commands` is imported when one is run.
"""

import argparse
import contextlib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from exchange.arguments import Parser, Version
from exchange.client.home import default_folder
from exchange.client.speech import refuse
from exchange.terminal import uncaught
from schemas.problems import Problem

PATIENCE = 20.0
MOST = 1000
MOST_LISTED = 100_000
_ID = "报送编号（如 T01-2026-000012），或编号前 8 位以上 / filing number, or 8 or more digits of the id"
_SHOWN = "原因，发文单位可见 / why; the sender is shown it"
_EPILOGUE = """例 examples:
  yizhan enrol https://gw.example:8443 --code ABCDE-12345 --fingerprint 9f86d0…
  yizhan submit 报告.pdf --attach 附表.pdf --title 关于防汛工作的报告 --number 城政发〔2026〕12号 --kind 报告 --to county
  yizhan status        yizhan inbox        yizhan sign-for T01-2026-000012        yizhan verify 证据.zip
  yizhan search 防汛 来自:柳河乡        yizhan watch 待报送        yizhan doctor

本系统为非涉密系统，严禁处理、存储、传输国家秘密。
This is a non-classified system: no state secret may be processed, stored or sent here."""


def _parser() -> argparse.ArgumentParser:
    shared = Parser(add_help=False)
    shared.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="输出 JSON / print JSON")
    shared.add_argument("--home", type=Path, default=argparse.SUPPRESS, help="本机目录 / this township's home (YIZHAN_HOME, ~/.yizhan)")
    parser = Parser(
        prog="yizhan",
        description="公文驿站·乡镇端 / Yizhan, the township's side",
        epilog=_EPILOGUE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[shared],
    )
    parser.add_argument("--version", action=Version)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", title="命令 commands")

    def command(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, description=text, parents=[shared])

    _enrolling(command)
    _preparing(command)
    _asking(command)
    _watching(command)
    _sealed(command, shared)
    return parser


def _enrolling(command: Callable[[str, str], argparse.ArgumentParser]) -> None:
    enrol = command("enrol", "注册 / enrol with the code on the slip")
    enrol.add_argument("url", metavar="URL", help="注册单上的网址 / the address on the slip")
    enrol.add_argument("--code", required=True, help="注册单上的注册码 / the code on the slip")
    enrol.add_argument("--fingerprint", required=True, help="注册单上的根证书指纹 / the root's fingerprint on the slip")
    check = command("check", "发送前检查 / look for secrecy marks before sending")
    check.add_argument("files", nargs="+", type=Path, metavar="FILE", help="文件或数据包 / documents or containers")


def _preparing(command: Callable[[str, str], argparse.ArgumentParser]) -> None:
    pack = command("pack", "打包并签名 / pack and sign, without sending")
    _order(pack)
    pack.add_argument("--out", type=Path, metavar="X.asice", help="写到哪个文件 / the file to write")
    pack.add_argument("--out-dir", type=Path, metavar="D", help="与 --from 同用 / with --from")
    submit = command("submit", "打包、签名并报送 / pack, sign and send")
    _order(submit)
    send = command("send", "报送已打包的数据包 / send packed containers")
    send.add_argument("files", nargs="+", type=Path, metavar="X.asice", help="数据包 / containers")
    countersign = command("countersign", "会签：给已打包的数据包加签 / add one's own signature to a packed container")
    countersign.add_argument("files", nargs="+", type=Path, metavar="X.asice", help="数据包 / containers")
    outbox = command("outbox", "待发箱 / what waits, and what was refused")
    outbox.add_argument("--retry", action="store_true", help="立即重发 / send what waits")
    patience = "网络不通时重试多久 / how long to keep trying"
    for sending in (submit, send, outbox):
        sending.add_argument("--patience", type=float, default=PATIENCE, metavar="SECONDS", help=patience)
        no_wait = "不等扫描件识别完 / do not wait while scans are looked at (exit 3)"
        sending.add_argument("--no-wait", action="store_true", help=no_wait)


def _order(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("main", nargs="?", metavar="MAIN", help="正文 / the main document: PDF, OFD, DOCX, XLSX, PPTX or TXT")
    add("--from", dest="list", type=Path, metavar="LIST.jsonl", help="每行一件 / one object a line, with these options' names")
    add("--attach", action="append", metavar="F", help="附件，可多次 / an attachment, repeatable")
    add("--editable", metavar="F", help="可编辑稿 / the editable version")
    add("--title", help="标题 / title")
    add("--number", help="发文字号，如 城政发〔2026〕12号 / document number")
    add("--kind", help="文种：代码、中文或英文 / kind: code, Chinese or English")
    add("--to", action="append", metavar="OFFICE", help="主送单位代码或 @单位组，可多次 / recipient office or @group, repeatable")
    add("--cc", action="append", metavar="OFFICE", help="抄送单位代码或 @单位组 / copy to")
    add("--urgency", help="平件、加急、特急 / normal, urgent, extra_urgent")
    add("--classification", help="密级申报，默认 非涉密 / declared level; anything else is refused")
    add("--date", metavar="YYYY-MM-DD", help="成文日期，默认今天 / date of issue")
    add("--signatory", help="签发人 / who signed the document")
    add("--joint", action="append", metavar="OFFICE", help="联合发文单位，须会签 / issued together with this office, which countersigns")
    add("--addressee", action="append", metavar="ID", help="指定签收人 / only these persons see it")
    add(
        "--replaces",
        metavar="ID",
        help="所更正的被退回件（报送编号，或编号前 8 位） / the returned submission that this one corrects",
    )
    add("--in-reply-to", metavar="ID", help="所答复的来文，报送填好的报表时用 / the submission that this one answers")
    add("--reply-form", metavar="FORM.json", help="要求回执：回执单的 JSON / asks the recipients to reply")
    add("--origin", help="电子原件或盖章件扫描 / born_digital or scan_of_sealed_paper")
    add("--handling", help="一般或内部 / normal or internal")
    add("--notes", help="附注 / notes")
    add("--checked-by", metavar="NAME", help="保密检查人，默认本人 / who looked for secrecy marks")
    _reviewed(parser)


def _reviewed(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--review-form", metavar="F", help="保密审查表（扫描件） / the form of a secrecy review")
    add("--review-by", metavar="LEADER", help="保密审查人，须会签 / who reviewed it and will countersign")
    add("--review-conclusion", metavar="TEXT", help="保密审查结论 / with what result")
    add("--review-series", metavar="NAME", help="此审查也适用于同类文件 / what else this review covers")
    add("--review-months", type=int, metavar="N", help="适用几个月，默认 12 / for how many months")
    add("--approved-by", metavar="ID", help="所依据的同类审查件 / the submission that began the series")


def _forms(about: Callable[..., argparse.ArgumentParser]) -> None:
    asked = about("forms", "回执单：列表、填报情况、汇总 / reply forms: the lists, who has answered, the merged workbook", optional=True)
    asked.add_argument("--period", metavar="YYYY-MM", help="哪一期 / which month")
    asked.add_argument("--out", type=Path, metavar="X.xlsx", help="汇总成一个 XLSX / merge what was filed")
    asked.add_argument("--close", action="store_true", help="停止按月收取 / ask for a monthly form no more")
    reply = about("answer", "填报回执单 / answer a reply form")
    reply.add_argument("--form", type=Path, required=True, metavar="ANSWER.json", help="填报内容：rows，或 nil / rows, or nil")
    reply.add_argument("--sign-for", action="store_true", help="同时签收 / sign for the document as well")


def _asking(command: Callable[[str, str], argparse.ArgumentParser]) -> None:
    def about(name: str, text: str, *, optional: bool = False) -> argparse.ArgumentParser:
        made = command(name, text)
        made.add_argument("id", metavar="ID", nargs="?" if optional else None, help=_ID)
        return made

    sent = about("status", "办理状态；不带 ID 列出已发的件并核对回执 / what became of it; without ID what was sent", optional=True)
    sent.add_argument("--returned", action="store_true", help="只看有退回的 / those alone that came back")
    _narrowing(sent, "只看有待签收的 / those alone that somebody has not signed for", "只看送这些单位的 / to these offices alone")
    taking = about("receipts", "取回执 / fetch the receipts; with --from, verify those that a medium brought", optional=True)
    taking.add_argument("--out", type=Path, metavar="DIR", help="写到哪个目录 / the folder to write to")
    taking.add_argument(
        "--from", dest="source", type=Path, metavar="PATH", help="介质、目录或回执文件 / a medium, a folder, or one receipt"
    )
    medium = command("medium", "断网时用介质往来 / without a network: put what waits on a medium, take its receipts")
    medium.add_argument("folder", type=Path, metavar="DIR", help="介质的目录 / where the medium is")
    came = command("inbox", "收件箱：待签收的在前，急件最先 / what the office received; what waits first, the urgent before the rest")
    _narrowing(came, "只看待签收的 / those alone that wait to be signed for", "只看这些单位来的 / from these offices alone")
    _register(command("register", "登记簿 / the office's own register of a year"))
    command("offices", "单位代码和名称 / the county's offices: codes and names, for --to and --cc")
    command("staff", "人员备案：本单位人员、代班 / the office's staff registry: people, deputies")
    about("open", "阅读：记录已阅并取出文件 / record the first reading, write the documents").add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="写到哪个目录 / the folder to write to"
    )
    about("sign-for", "签收 / sign for it")
    back_again = about("return", "退回补正 / return it for correction")
    back_again.add_argument("--reason", default="", metavar="R", help="文字说明 / in words")
    back_again.add_argument("--code", action="append", metavar="C", help="退回原因代码，可多次 / a reason of the county's list, repeatable")
    about("misdirect", "误投退件，内容随即关闭 / give it back as misdirected; it is closed to the office").add_argument(
        "--reason", required=True, metavar="R", help="应送哪里、为何误投，发文单位可见 / for whom it is; the sender is shown it"
    )
    command("return-reasons", "退回原因清单 / the county's reasons for returning, with their codes")
    back = about("recall", "撤回：未阅的立即撤回，已阅的申请撤回 / take it back: at once where unread, else by asking")
    back.add_argument("--office", action="append", metavar="OFFICE", help="只从这些单位撤回 / from these offices alone")
    back.add_argument("--reason", required=True, metavar="R", help="收文单位可见 / the recipients are shown it")
    about("consent", "同意对方撤回 / consent to a recall")
    about("refuse-recall", "不同意撤回 / refuse a recall").add_argument("--reason", required=True, metavar="R", help=_SHOWN)
    further = about("add-recipient", "补发、增发 / send it to further offices")
    further.add_argument("office", nargs="+", metavar="OFFICE", help="单位代码或 @单位组 / office or @group")
    further.add_argument("--copy", action="store_true", help="作为抄送 / as a copy")
    further.add_argument("--reason", metavar="R", help="原因 / why")
    further.add_argument("--respond-by", metavar="DAY", help="新增单位的回复期限 / by when the new offices are to answer")
    command("groups", "收文单位组 / groups of recipients, for --to @NAME")
    _forms(about)
    about("matrix", "签收矩阵 / who received, opened and signed for what was sent").add_argument(
        "--waiting", action="store_true", help="只看未签收 / those alone who have not"
    )
    urging = about("urge", "催办，默认全部未签收单位 / urge those who have not signed for it")
    urging.add_argument("--office", action="append", metavar="OFFICE", help="只催这些单位 / these offices alone")
    urging.add_argument("--phone", action="store_true", help="记录已电话通知 / record that they were told by telephone")
    urging.add_argument("--note", metavar="N", help="备注，对方可见 / a remark that the recipient may read")
    proof = about("evidence", "导出证据包 / export evidence that a stranger can verify")
    proof.add_argument("--out", type=Path, required=True, metavar="X.zip", help="写到哪个文件 / the file to write")
    proof.add_argument("--slip", action="store_true", help="连同本单位的文件处理笺 / with the office's own handling slip")
    search = command("search", "检索 / search what the office sent and received")
    search.add_argument(
        "query", nargs="+", metavar="QUERY", help="词、“短语”、-排除、OR、文号: 标题: 来自: 日期: / words, phrases, fields (docs/search.md)"
    )
    search.add_argument("--most", type=_count, default=20, metavar="N", help="最多列出几件 / how many to list (20)")
    search.add_argument("--order", choices=("best", "newest"), default="best", help="标题命中在前，或只按时间 / titles first, or by time")
    verify = command("verify", "离线核验 / verify an evidence zip, a container or a receipt, offline")
    verify.add_argument("file", type=Path, metavar="FILE", help="证据包、数据包或回执 / an evidence zip, a container or a receipt")
    verify.add_argument("--root", metavar="HEX", help="应为的根证书指纹 / the expected root fingerprint")


def _narrowing(parser: argparse.ArgumentParser, waiting: str, office: str) -> None:
    parser.add_argument("--waiting", action="store_true", help=waiting)
    parser.add_argument("--office", action="append", metavar="OFFICE", help=office)
    most = "最多列出几件（默认 40；--json 默认全部） / how many to list (40; with --json all)"
    parser.add_argument("--most", type=_many, metavar="N", help=most)


def _register(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("book", choices=("incoming", "outgoing"), help="收文或发文 / what came in, or went out")
    parser.add_argument("--year", type=int, metavar="YYYY", help="年度，默认本年 / the year, by default the present one")
    parser.add_argument("--month", type=int, choices=range(1, 13), metavar="M", help="只要这一月 / this month alone")
    parser.add_argument("--out", type=Path, metavar="FILE", help="存为 X.xlsx 或 X.pdf / save it as X.xlsx or X.pdf")


def _watching(command: Callable[[str, str], argparse.ArgumentParser]) -> None:
    watch = command("watch", "监视文件夹，放入即报送 / a folder becomes an outbox: what is dropped there is sent")
    watch.add_argument("folder", type=Path, metavar="DIR", help="监视的目录 / the folder")
    watch.add_argument("--to", action="append", metavar="OFFICE", help="主送单位，默认 county / recipient office (county)")
    watch.add_argument("--cc", action="append", metavar="OFFICE", help="抄送单位 / copy to")
    watch.add_argument("--kind", default="information", help="文种，默认 信息 / kind (information)")
    watch.add_argument("--urgency", help="平件、加急、特急 / normal, urgent, extra_urgent")
    watch.add_argument("--origin", help="电子原件或盖章件扫描 / born_digital or scan_of_sealed_paper")
    watch.add_argument("--checked-by", metavar="NAME", help="保密检查人，默认本人 / who looked for secrecy marks")
    watch.add_argument("--once", action="store_true", help="处理现有文件后结束 / end when what lies there is done")
    watch.add_argument("--settle", type=float, default=3.0, metavar="SECONDS", help="几秒不变才算放好 / unchanged for so long (3)")
    watch.add_argument("--patience", type=float, default=PATIENCE, metavar="SECONDS", help="网络不通时重试多久 / how long to keep trying")
    command("doctor", "自检 / look at home, key, clock, network, county and receipts")


def _sealed(command: Callable[[str, str], argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    refusals = command("refusals", "未予接收记录 / what was refused: when, whose, by which rules")
    refusals.add_argument("--months", action="store_true", help="按月计数（审计、领导、保密员） / counts a month")
    sealed = command("sealed", "封存件（县保密员） / what is sealed: for the county's confidentiality officers")
    acts = sealed.add_subparsers(dest="act", metavar="ACT")

    def act(name: str, text: str, *, reason: bool = False) -> argparse.ArgumentParser:
        made = acts.add_parser(name, help=text, description=text, parents=[shared])
        made.add_argument("id", metavar="ID", help=_ID)
        if reason:
            made.add_argument("--reason", required=True, metavar="R", help="不得摘抄文件内容 / must not quote the document")
        return made

    acts.add_parser("list", help="清单 / the list", parents=[shared])
    acts.add_parser("rewrap", help="为现任保密员重新加密 / wrap the keys for the officers of now", parents=[shared])
    act("report", "报告发现标志，立即封存 / report a find: it is sealed at once", reason=True)
    looking = act("open", "在本机打开（有登记） / open it here; the look is recorded")
    looking.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="写到哪个目录 / the folder to write to")
    act("release", "误报，解除封存 / a false alarm: release it", reason=True)
    act("destroy", "申请销毁 / order its destruction", reason=True)
    act("confirm", "确认销毁（县分管领导） / confirm the destruction: the county's leader")
    incident = act("incident", "事件单、销毁证明 / the incident sheet or certificate of destruction")
    incident.add_argument("--out", type=Path, required=True, metavar="X.pdf", help="X.pdf 或 X.json / X.pdf or X.json")


def _count(text: str, most: int = MOST) -> int:
    """Return a number from 1 on. Raises ArgumentTypeError."""
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise argparse.ArgumentTypeError(f"1–{most}")
    return int(text)


def _many(text: str) -> int:
    return _count(text, MOST_LISTED)


def _complete(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    """Fill in the shared options, and end with a usage error when `pack` and `submit` lack what they need."""
    if args.command == "search":
        args.query = " ".join(args.query)
    args.json, args.home = getattr(args, "json", False), getattr(args, "home", None) or default_folder()
    if args.command == "receipts" and args.source is None and (args.id is None or args.out is None):
        parser.error("ID 和 --out，或 --from / ID and --out, or --from")
    if args.command == "return" and not args.reason and not args.code:
        parser.error("--code 或 --reason，至少写一项 / --code or --reason, at least one")
    if args.command == "status" and args.id is not None and (args.waiting or args.returned or args.office or args.most):
        parser.error("写了 ID 就不用 --waiting、--returned、--office、--most / with ID there is nothing to narrow")
    if args.command not in ("pack", "submit"):
        return
    if (args.main is None) == (args.list is None):
        parser.error("MAIN 或 --from LIST.jsonl，二者取一 / either MAIN or --from LIST.jsonl")
    missing = [f"--{name}" for name in ("title", "kind", "to") if args.main is not None and not getattr(args, name)]
    if args.command == "pack":
        wanted = "out" if args.main is not None else "out_dir"
        missing += [f"--{wanted.replace('_', '-')}"] if getattr(args, wanted) is None else []
    if missing:
        parser.error(f"缺少 {'、'.join(missing)} / missing: {', '.join(missing)}")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    os.umask(0o077)
    sys.excepthook = uncaught
    for stream in (sys.stdout, sys.stderr):
        _speak_unicode(stream)
    parser = _parser()
    args = parser.parse_args(argv)
    _complete(parser, args)
    try:
        from exchange.client import commands  # noqa: PLC0415 - the wire, the reader and the keys take a while to import

        return commands.run(args)
    except Problem as problem:
        return refuse(problem, as_json=args.json)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - nobody reads any more; the interpreter flushes it at the end
        return 1
    finally:
        with contextlib.suppress(BrokenPipeError, AttributeError):
            sys.stdout.flush()


def _speak_unicode(stream: Any) -> None:
    """Chinese must not fail on a console or a pipe whose locale knows none."""
    if hasattr(stream, "reconfigure") and (stream.encoding or "").lower() not in ("utf-8", "utf8"):
        stream.reconfigure(encoding="utf-8" if not stream.isatty() else None, errors="replace")


if __name__ == "__main__":
    sys.exit(main())
