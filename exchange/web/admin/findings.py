"""How the county stands, in words: each matter with a tone and, where something is to be done, the next step. Pure rules."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal, NamedTuple

from exchange.checking.last import Last
from exchange.web.admin.store import SOON
from exchange.web.violations import Violation
from schemas import instants
from schemas.words import Label

Tone = Literal["good", "warn", "bad", "note", ""]

BACKUP_LATE: Final = timedelta(days=2)
BACKUP_OLD: Final = timedelta(days=8)
CHECK_LATE: Final = timedelta(days=35)
LIST_LATE: Final = timedelta(days=2)
DISK_LOW: Final = 20 << 30
DISK_FULL: Final = 2 << 30
MEMORY_LOW: Final = 256 << 20
LAG_LATE: Final = 60.0
LAG_BAD: Final = 600.0
QUEUE_LONG: Final = 50
_MIB: Final = 1 << 20
_GIB: Final = 1 << 30
_SHOWN: Final = 5
_GRAVEST: Final[Sequence[Tone]] = ("bad", "warn", "note")


class Ending(NamedTuple):
    """A certificate that ends: of a service, or of a person (`name` says whose)."""

    name: Label
    until: datetime


class Index(NamedTuple):
    """How the index stands."""

    engine: str
    ready: bool
    rebuilding: bool
    behind_events: int
    behind_seconds: float
    problem: str


class Queues(NamedTuple):
    """What is being looked at and what waits: documents, scans, and scans let in that are still to be looked at whole."""

    reading: int
    waiting: int
    looking: int
    scans_waiting: int
    later: int
    failed: int


class Standing(NamedTuple):
    """Everything that the page judges; None where it is not known."""

    signing_stopped: str
    queues: Queues
    search: Index
    last_check: Last | None
    last_backup: str | None
    disk_free: int
    memory_used: int | None
    memory_free: int | None
    services: Sequence[Ending]
    people: Sequence[Ending]
    people_ending: int
    missing: Sequence[Label]
    recognition: bool
    officers: int
    lists_until: str | None = None
    """When the newest revocation list ends; it is renewed by itself, half of its life before."""
    violations: int = 0
    violated: Sequence[tuple[Violation, int]] = ()
    calendar_missing: Sequence[int] = ()
    """Years whose working days are to be entered."""
    wholly_known: bool = True
    """Whether the processes that look at scans have run: what holds them is known from then on."""


class Finding(NamedTuple):
    """One matter: what it is, how it stands in words and as a tone, what to do next, if anything, and whether people are named.

    `place` is where it is seen to.
    """

    topic: Label
    tone: Tone
    said: Label
    next: Label | None = None
    names: bool = False
    place: str = "/admin"


def judge(standing: Standing, now: datetime) -> list[Finding]:
    """Return every matter, in the order of the page."""
    return [
        _signing(standing.signing_stopped),
        _queues(standing.queues),
        _index(standing.search),
        _check(standing.last_check, now),
        _backup(standing.last_backup, now),
        _disk(standing.disk_free),
        *_memory(standing),
        *_services(standing.services, now),
        *_lists(standing.lists_until, now),
        _people(standing),
        _reading(standing),
        _officers(standing.officers),
        *_calendar(standing.calendar_missing),
        _violations(standing),
    ]


def judge_apart(told: Mapping[str, Any], last_check: Last | None, last_backup: str | None, disk_free: int, now: datetime) -> list[Finding]:
    """Return the matters that can be judged on the county's machine, also while nothing runs; `told` is what `commands.status` says."""
    return [
        _signing(told["signing_stopped"]),
        _check(last_check, now),
        _backup(last_backup, now),
        _disk(disk_free),
        _officers(told["sealing"]["officers"]),
        *_calendar(told["calendar_missing"]),
    ]


def worst(findings: Sequence[Finding]) -> Tone:
    """Return the gravest tone."""
    tones = {finding.tone for finding in findings}
    return next((tone for tone in _GRAVEST if tone in tones), "good")


def _signing(stopped: str) -> Finding:
    topic = Label("签发回执", "Receipts")
    if not stopped:
        return Finding(topic, "good", Label("正常签发", "are given"))
    said = Label(f"已停止：{stopped}", f"stopped: {stopped}")
    step = Label(
        "在处理前不会接收任何文件。请核对系统时钟和台账，见运行手册“停止签发”。",
        "Nothing is accepted until this is settled. Check the clock and the ledger: docs/operate.md.",
    )
    return Finding(topic, "bad", said, step)


def _queues(queues: Queues) -> Finding:
    topic = Label("检查队列", "Inspections")
    said = Label(
        f"正在检查 {queues.reading} 个文件、识别 {queues.looking} 件扫描件；等候 {queues.waiting} 个文件、{queues.scans_waiting} 件扫描件；"
        f"另有 {queues.later} 件待全文复查",
        f"{queues.reading} documents and {queues.looking} scans are being looked at; {queues.waiting} and {queues.scans_waiting} wait;"
        f" {queues.later} are to be looked at whole",
    )
    if queues.failed:
        step = Label(
            f"有 {queues.failed} 件复查失败，重新启动后会再试；仍失败请逐件核对原件。",
            f"{queues.failed} could not be looked at whole: the next start tries again; if they fail again, look at them yourself.",
        )
        return Finding(topic, "bad", said, step)
    long = queues.waiting + queues.scans_waiting > QUEUE_LONG
    return Finding(topic, "warn" if long else "good", said, Label("等候较多，稍后再看。", "Many wait: look again later.") if long else None)


def _index(index: Index) -> Finding:
    topic = Label("检索库", "Search index")
    if index.problem:
        said = Label(f"出错：{index.problem}", f"failed: {index.problem}")
        return Finding(topic, "bad", said, Label("报送不受影响。请运行 reindex 重建。", "Sending goes on. Run reindex."))
    if index.rebuilding:
        return Finding(
            topic, "warn", Label("正在重建", "is being made anew"), Label("检索结果暂时不全。", "Searches are incomplete for a while.")
        )
    if not index.ready:
        return Finding(topic, "warn", Label("正在建立", "is being made"), Label("稍后即可检索。", "Searching begins in a little while."))
    said = Label(
        f"落后 {index.behind_events} 条、{index.behind_seconds:.0f} 秒",
        f"{index.behind_events} events, {index.behind_seconds:.0f} s behind",
    )
    if index.behind_seconds < LAG_LATE:
        current = Label("已是最新", "is up to date")
        return Finding(topic, "good", said if index.behind_events else current)
    bad = index.behind_seconds >= LAG_BAD
    step = Label("查看磁盘和内存；必要时重新启动服务。", "Look at disk and memory; start the service anew if need be.")
    return Finding(topic, "bad" if bad else "warn", said, step)


def _check(last: Last | None, now: datetime) -> Finding:
    topic = Label("全面核对", "Check of everything kept")
    step = Label("请在县端机器上运行 yizhan-county fsck。", "Run yizhan-county fsck on the county's machine.")
    if last is None:
        return Finding(topic, "warn", Label("还没有核对过，或没有记录", "none is on record"), step)
    age, day = now - instants.read(last.at), _day(instants.read(last.at))
    if not last.ok:
        said = Label(f"{day} 发现 {last.problems} 处不符", f"{day}: {last.problems} things do not fit")
        return Finding(topic, "bad", said, Label("请保存现场，查看 fsck 的输出。", "Keep everything as it is and read what fsck says."))
    late = age > CHECK_LATE
    return Finding(topic, "warn" if late else "good", Label(f"{day} 核对，全部相符", f"{day}: everything fits"), step if late else None)


def _backup(last: str | None, now: datetime) -> Finding:
    topic = Label("备份", "Backup")
    step = Label("请运行 yizhan-county backup，并把密钥备份放到另一介质。", "Run yizhan-county backup; keep the keys on another medium.")
    if last is None:
        return Finding(topic, "bad", Label("还没有备份", "there is none"), step)
    age, day = now - instants.read(last), _day(instants.read(last))
    said = Label(f"最近一次 {day}，{_days(age)} 天前", f"the last one on {day}, {_days(age)} days ago")
    if age <= BACKUP_LATE:
        return Finding(topic, "good", said)
    return Finding(topic, "bad" if age > BACKUP_OLD else "warn", said, step)


def _disk(free: int) -> Finding:
    topic, text = Label("磁盘", "Disk"), f"{free / _GIB:.1f} GB"
    tone: Tone = "bad" if free < DISK_FULL else "warn" if free < DISK_LOW else "good"
    step = Label("请尽快扩充磁盘；存满后不再接收文件。", "Make room soon: a full disk accepts nothing.") if tone != "good" else None
    return Finding(topic, tone, Label(f"剩余 {text}", f"{text} free"), step)


def _memory(standing: Standing) -> Iterator[Finding]:
    if standing.memory_used is None or standing.memory_free is None:
        return
    low = standing.memory_free < MEMORY_LOW
    used, free = f"{standing.memory_used / _MIB:.0f} MB", f"{standing.memory_free / _MIB:.0f} MB"
    step = Label("内存不足时扫描件识别会变慢或中断。", "With so little, looking at scans is slow or ends early.") if low else None
    said = Label(f"服务占用 {used}，本机可用 {free}", f"the service uses {used}; {free} are free on the machine")
    yield Finding(Label("内存", "Memory"), "warn" if low else "good", said, step)


def _services(services: Sequence[Ending], now: datetime) -> Iterator[Finding]:
    topic = Label("系统证书", "The county's certificates")
    soon = [each for each in services if each.until - now <= SOON]
    if not soon:
        first = min(services, key=lambda each: each.until)
        yield Finding(topic, "good", Label(f"最早于 {_day(first.until)} 到期", f"the first ends on {_day(first.until)}"))
    for each in soon:
        over = each.until <= now
        said = Label(f"{each.name.zh} {_day(each.until)} 到期", f"{each.name.en} ends on {_day(each.until)}")
        step = Label("请按运行手册更换。", "Replace it: docs/operate.md.")
        yield Finding(topic, "bad" if over else "warn", said, step)


def _lists(until: str | None, now: datetime) -> Iterator[Finding]:
    if until is None:
        return
    left, day = instants.read(until) - now, _day(instants.read(until))
    topic = Label("吊销列表", "Revocation list")
    if left > LIST_LATE:
        yield Finding(topic, "good", Label(f"{day} 到期前自动更新", f"is renewed by itself before {day}"))
        return
    over = left <= timedelta()
    said = Label(f"没有按时更新，{day} {'已过期' if over else '到期'}", f"was not renewed in time: {'ended' if over else 'ends'} on {day}")
    step = Label(
        "过期后不再接收文件。请查看“签发回执”一行和运行日志，排除后重新启动服务。",
        "Once it has ended nothing is accepted. See the line on receipts and the service's log; then start the service anew.",
    )
    yield Finding(topic, "bad" if over else "warn", said, step)


def _people(standing: Standing) -> Finding:
    topic = Label("人员登记", "Enrolments")
    if not standing.people_ending:
        return Finding(topic, "good", Label("60 天内没有到期的", "none ends within 60 days"))
    names_zh = "、".join(f"{each.name.zh}（{_day(each.until)}）" for each in standing.people[:_SHOWN])
    names_en = ", ".join(f"{each.name.en} ({_day(each.until)})" for each in standing.people[:_SHOWN])
    more = standing.people_ending - min(len(standing.people), _SHOWN)
    said = Label(
        f"60 天内有 {standing.people_ending} 人到期：{names_zh}{f' 等，另 {more} 人' if more else ''}",
        f"{standing.people_ending} end within 60 days: {names_en}{f' and {more} more' if more else ''}",
    )
    return Finding(topic, "warn", said, Label("请在人员页补发注册码。", "Give them new codes: Staff."), names=True)


def _reading(standing: Standing) -> Finding:
    topic = Label("检查程序", "Reading of documents")
    if not standing.recognition:
        said = Label("缺少文字识别组件", "the part that recognises scans is missing")
        return Finding(topic, "bad", said, Label("扫描件不能接收。请运行 make install。", "Scans cannot be accepted. Run make install."))
    if standing.missing:
        lacking = ("；".join(each.zh for each in standing.missing), "; ".join(each.en for each in standing.missing))
        said = Label(f"隔离措施不全：{lacking[0]}", f"not wholly confined: {lacking[1]}")
        step = Label("请换用支持这些措施的内核，见运行手册。", "Use a kernel that grants these: docs/operate.md.")
        return Finding(topic, "warn", said, step)
    if not standing.wholly_known:
        said = Label(
            "尚未全部检查（扫描件识别程序尚未启动）", "not wholly known yet: the processes that look at scans start with the first scan"
        )
        return Finding(topic, "note", said)
    return Finding(topic, "good", Label("隔离齐全，能识别扫描件", "wholly confined; scans are recognised"))


def _officers(officers: int) -> Finding:
    topic = Label("保密员", "Confidentiality officers")
    if officers:
        return Finding(topic, "good", Label(f"县级已登记 {officers} 人", f"{officers} at the county are enrolled"))
    step = Label("请登记县保密员，否则封存件只能由县密钥代管。", "Enrol one: until then what is sealed is held by the county's own key.")
    return Finding(topic, "warn", Label("县级还没有登记", "none at the county is enrolled"), step)


def _calendar(missing: Sequence[int]) -> Iterator[Finding]:
    for year in missing:
        yield Finding(
            Label("工作日历", "Working days"),
            "warn",
            Label(f"{year} 年放假调休安排尚未录入", f"the holidays of {year} are not entered yet"),
            Label(
                "国务院办公厅通知公布后，请在“期限与提醒”的工作日历中录入；录入前只按法定节假日和周末计算期限。",
                "Enter them under Deadlines once they are published; until then limits count statutory holidays and weekends alone.",
            ),
            place=f"/admin/deadlines/days?year={year}",
        )


def _violations(standing: Standing) -> Finding:
    topic = Label("页面防护", "Protection of pages")
    if not standing.violations:
        return Finding(topic, "good", Label("启动以来浏览器没有报告异常", "browsers have reported nothing since the start"))
    told = "; ".join(f"{each.page} {each.directive} {each.source} ×{count}" for each, count in standing.violated)
    said = Label(
        f"启动以来浏览器拦下 {standing.violations} 次不属于本系统的内容：{told}",
        f"browsers kept out what is not ours, {standing.violations} times since the start: {told}",
    )
    step = Label(
        "个别几次多为浏览器插件；若在多台电脑上持续出现，可能有人试图在页面中夹带内容，请连同本行告知维护人员。",
        "A few are mostly a browser's extension. If it goes on at several computers, somebody may be smuggling something into pages:"
        " tell whoever maintains the system, with this line.",
    )
    return Finding(topic, "warn", said, step)


def _day(moment: datetime) -> str:
    return moment.astimezone(instants.BEIJING).strftime("%Y-%m-%d")


def _days(age: timedelta) -> int:
    return max(0, age.days)
