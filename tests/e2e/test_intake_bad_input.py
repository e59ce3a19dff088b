"""Every bad submission is refused by its own name, and what is refused leaves nothing behind."""

import base64
import hashlib
import hmac
import io
import json
import struct
import warnings
import zipfile
import zlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import authority_maker
import container_maker
import paper_maker
import pytest
import pytest_asyncio
import raw_request_maker as raw
from asn1crypto import cms as oracle  # type: ignore[import-untyped]  # it has no stubs
from county_maker import Running, found, serving
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from submission_maker import TEXT, Letter, head_of, pack, pack_with

from exchange.clock import FakeClock
from exchange.config import Limits
from exchange.office import store
from keys import cms, zip_stream
from keys.authority import Subject
from keys.custody import KeySigner
from keys.trust import Purpose
from schemas.messages import Refusal
from schemas.problems import Exit, ProblemType
from schemas.words import Kind, Role

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
P = ProblemType
TITLE = "独一无二的标题甲乙丙丁"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def county(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    folder = tmp_path_factory.mktemp("bad-input") / "county"
    await found(folder, NOW - timedelta(days=10), Limits(failures_per_address_per_minute=100_000))
    clock = FakeClock(NOW)
    async with serving(folder, clock) as running:
        clock.advance(timedelta(minutes=1))  # the revocation list of this start begins with the second after it
        for office in ("T01", "T02"):
            await running.office(office)
            await running.person(office)
        await running.person("T01", "审计员", Role.AUDITOR)
        await running.person("county", "收文员", Role.REVIEWER)
        yield running


def letter(county: Running, **fields: Any) -> Letter:
    return Letter(at=county.clock.now(), title=TITLE, fields=fields)


def good(county: Running, **fields: Any) -> bytes:
    return pack(letter(county, **fields), county.people["T01.1"])


async def refused(county: Running, content: bytes, kind: ProblemType) -> dict[str, Any]:
    """Send, and see that it is refused by this name and that nothing is kept, not even a row."""
    before = await county.kept()
    status, body = await county.submit(content)
    problem = dict(json.loads(body))
    assert (problem["type"], status) == (f"/problems/{kind.type}", kind.status)
    assert await county.kept() == before
    assert TITLE not in problem.get("detail", "")
    return problem


# ---- the bytes


def tail_of(content: bytes) -> int:
    return content.index(b"PK\x01\x02")


def swapped_directory(content: bytes) -> bytes:
    """Let the central directory tell another size of the main document than its local header."""
    place = content.rindex(b"PK\x01\x02")
    return content[: place + 24] + struct.pack("<I", 7) + content[place + 28 :]


def members_of(content: bytes) -> list[tuple[str | zipfile.ZipInfo, bytes]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return [(name, archive.read(name)) for name in archive.namelist()]


def with_member(content: bytes, name: str, member: bytes) -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile only warns of a name that it writes twice
        return container_maker.zipped([*members_of(content), (name, member)])


def with_bomb(content: bytes) -> bytes:
    *head, (name, _) = members_of(content)
    bomb = container_maker.information(str(name))
    bomb.compress_type = zipfile.ZIP_DEFLATED
    return container_maker.zipped([*head, (bomb, bytes(50_000_000))])


def renamed(content: bytes, name: str) -> bytes:
    """Let the main document bear another name in both headers."""
    members = members_of(content)
    entries = list(
        zip_stream.laid_out([(str(known), zlib.crc32(body), len(body)) for known, body in [*members[:-1], (name, members[-1][1])]])
    )
    out = b"".join(zip_stream.local_header(entry) + body for entry, (_, body) in zip(entries, members, strict=True))
    return out + zip_stream.tail(entries)


def other_document(content: bytes) -> bytes:
    *head, (name, _) = members_of(content)
    return container_maker.zipped([*head, (name, b"other bytes")])


BYTES: dict[str, tuple[ProblemType, Callable[[bytes], bytes]]] = {
    "nothing": (P.TRUNCATED, lambda _: b""),
    "cut in the head": (P.TRUNCATED, lambda good: good[:300]),
    "cut in the document": (P.TRUNCATED, lambda good: good[: tail_of(good) - 5]),
    "cut before the last byte": (P.TRUNCATED, lambda good: good[:-1]),
    "a byte behind": (P.TRAILING_BYTES, lambda good: good + b"\0"),
    "no zip": (P.NOT_A_CONTAINER, lambda _: paper_maker.pdf()),
    "deflate bomb": (P.MEMBER_COMPRESSED, with_bomb),
    "sixty thousand members": (P.NOT_A_CONTAINER, lambda _: container_maker.zipped([(f"{at}", b"") for at in range(60_000)])),
    "sixty thousand members behind a good head": (
        P.UNLISTED_MEMBER,
        lambda good: container_maker.zipped([*members_of(good), *((f"{at}.txt", b"") for at in range(60_000))]),
    ),
    "a name twice": (P.DUPLICATE_NAME, lambda good: with_member(good, "防汛准备工作情况.txt", TEXT)),
    "a name that climbs": (P.UNSAFE_NAME, lambda good: renamed(good, "../../etc/passwd")),
    "an absolute name": (P.UNSAFE_NAME, lambda good: renamed(good, "/etc/passwd")),
    "directory differs from headers": (P.HEADER_MISMATCH, swapped_directory),
    "a member that nobody signed": (P.UNLISTED_MEMBER, lambda good: with_member(good, "attachments/more.txt", b"x")),
    "other bytes than were signed": (P.DIGEST_MISMATCH, other_document),
    "a head of more than 1 MiB": (
        P.HEAD_TOO_LARGE,
        lambda good: container_maker.zipped([*members_of(good)[:2], ("META-INF/signature001.p7s", bytes(2**20))]),
    ),
}


@pytest.mark.parametrize("name", BYTES)
async def test_bytes_that_are_no_good_container_leave_nothing(county: Running, name: str):
    kind, make = BYTES[name]
    await refused(county, make(good(county)), kind)


async def test_a_declared_length_below_the_real_one_is_truncated_and_the_rest_is_no_second_request(county: Running):
    content, before = good(county), await county.kept()
    async with raw.wire(raw.port_of(county.client)) as wire:
        await wire.send(raw.head(len(content) - 40) + content)
        answers = await wire.closed()
    assert answers.split(b" ", 2)[1] == b"400"
    assert b" 201 " not in answers
    assert await county.kept() == before


async def test_a_sender_who_goes_away_before_the_declared_length_leaves_nothing(county: Running):
    content, before = good(county), await county.kept()
    async with raw.wire(raw.port_of(county.client)) as wire:
        await wire.send(raw.head(len(content) + 10) + content)
    assert (await county.submit(good(county)))[0] == 201  # the service has heard of the end by now
    after = await county.kept()
    assert (len(after.blobs), after.rows["submission"]) == (len(before.blobs) + 1, before.rows["submission"] + 1)
    assert after.staged == []


@pytest.mark.parametrize("expecting", [False, True], ids=["plain", "100-continue"])
async def test_a_size_over_the_limit_is_said_before_a_byte_of_the_body_is_sent(county: Running, expecting: bool):  # noqa: FBT001 - a parameter of the table
    async with raw.wire(raw.port_of(county.client)) as wire:
        await wire.send(raw.head(500_000_001, **({"Expect": "100-continue"} if expecting else {})))
        answer = await wire.answer()
    assert (answer.status, answer.kind) == (413, P.CONTAINER_TOO_LARGE.type)


async def test_a_sender_who_waits_is_invited_and_gets_the_receipt(county: Running):
    content = good(county)
    async with raw.wire(raw.port_of(county.client)) as wire:
        await wire.send(raw.head(len(content), Expect="100-continue"))
        assert (await wire.answer()).status == 100
        await wire.send(content)
        assert (await wire.answer()).status == 201


async def test_a_body_without_a_length_is_taken_in_chunks_and_bounded_all_the_same(county: Running):
    content = good(county)
    async with raw.wire(raw.port_of(county.client)) as wire:
        await wire.send(raw.head(None, Transfer_Encoding="chunked") + raw.chunked(content[:100], content[100:]))
        assert (await wire.answer()).status == 201


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_body_packed_once_more_is_not_unpacked(county: Running, encoding: str):
    before = await county.kept()
    async with raw.wire(raw.port_of(county.client)) as wire:
        await wire.send(raw.head(1000, Content_Encoding=encoding))
        answer = await wire.answer()
    assert (answer.status, answer.kind) == (400, P.REQUEST_MALFORMED.type)
    assert await county.kept() == before


# ---- the signer


Sign = Callable[[bytes], bytes]


def rebuilt(change: Callable[[Any, bytes], None], by: KeySigner, at: datetime) -> Sign:
    """Return a signing function whose result a forger changes at leisure."""

    def sign(manifest: bytes) -> bytes:
        loaded = oracle.ContentInfo.load(cms.sign(hashlib.sha256(manifest).digest(), by, at))
        change(loaded["content"], manifest)
        return bytes(loaded.dump(force=True))

    return sign


def certified(
    county: Running, purpose: Purpose = Purpose.SUBMISSION, *, at: timedelta = timedelta(), days: int = 365, **names: str
) -> KeySigner:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = Subject("王五", **({"office": "T01", "office_name": "城关镇", "person": "T01.1"} | names))
    made = county.county.issuer.issue(subject, key.public_key(), purpose, county.clock.now() + at, days)
    return KeySigner(key, made, (county.county.issuer.certificate,))


def twice(data: Any, _manifest: bytes) -> None:
    data["signer_infos"].append(data["signer_infos"][0].copy())


def without_attributes(key: ec.EllipticCurvePrivateKey) -> Callable[[Any, bytes], None]:
    def change(data: Any, manifest: bytes) -> None:
        data["signer_infos"][0]["signed_attrs"] = None
        data["signer_infos"][0]["signature"] = key.sign(manifest, ec.ECDSA(hashes.SHA256()))

    return change


SIGNERS: dict[str, tuple[ProblemType, Callable[[Running], tuple[KeySigner, Sign | None]]]] = {
    "no signature": (P.SIGNATURE_MALFORMED, lambda c: (c.people["T01.1"], lambda _: b"")),
    "random bytes": (P.SIGNATURE_MALFORMED, lambda c: (c.people["T01.1"], lambda _: b"\x30\x80" + bytes(200))),
    "over something else": (
        P.SIGNATURE_INVALID,
        lambda c: (c.people["T01.1"], lambda _: cms.sign(bytes(32), c.people["T01.1"], c.clock.now())),
    ),
    "another county's signer": (P.SIGNER_UNKNOWN, lambda c: (authority_maker.make_county(c.clock.now()).person_signer(), None)),
    "expired": (P.SIGNER_EXPIRED, lambda c: (certified(c, at=timedelta(days=-5), days=1), None)),
    "not yet valid": (P.SIGNER_NOT_YET_VALID, lambda c: (certified(c, at=timedelta(days=3)), None)),
    "the receipt service's key": (P.SIGNER_PURPOSE, lambda c: (c.county.notary.receipts, None)),  # type: ignore[dict-item, return-value]  # a KeySigner, behind its seam
    "another office's clerk": (P.SIGNER_OTHER_OFFICE, lambda c: (c.people["T02.1"], None)),
    "nobody of today": (P.SIGNER_UNKNOWN, lambda c: (certified(c, person="T01.999"), None)),
    "an auditor": (P.NOT_ALLOWED, lambda c: (c.people["T01.2"], None)),
    "two signers in one file": (P.SEVERAL_SIGNERS, lambda c: (c.people["T01.1"], rebuilt(twice, c.people["T01.1"], c.clock.now()))),
    "no signed attributes": (
        P.SIGNED_ATTRIBUTES_MISSING,
        lambda c: (c.people["T01.1"], rebuilt(without_attributes(c.people["T01.1"].private_key), c.people["T01.1"], c.clock.now())),
    ),
}


@pytest.mark.parametrize("name", SIGNERS)
async def test_a_signer_who_may_not_send_leaves_nothing(county: Running, name: str):
    kind, make = SIGNERS[name]
    signer, sign = make(county)
    await refused(county, pack_with(letter(county), signer, sign=sign), kind)


async def test_a_further_signature_is_judged_like_the_first(county: Running):
    stranger = authority_maker.make_county(county.clock.now()).person_signer()
    await refused(county, pack_with(letter(county), county.people["T01.1"], further=[stranger]), P.SIGNER_UNKNOWN)
    status, _ = await county.submit(pack_with(letter(county), county.people["T01.1"], further=[county.people["T02.1"]]))
    assert status == 201


async def test_one_who_was_revoked_and_one_who_left_send_no_more(county: Running):
    revoked, left = await county.person("T02", "已吊销"), await county.person("T02", "已离岗")
    content = {person: pack(Letter(sender="T02", at=county.clock.now(), title=TITLE), county.people[person]) for person in (revoked, left)}
    await county.leave(revoked)
    await county.service.database.write(store.leave, left, county.clock.now())
    county.clock.advance(timedelta(seconds=2))  # type: ignore[attr-defined]  # a fake
    assert (await refused(county, content[revoked], P.SIGNER_REVOKED))["status"] == 403
    assert (await refused(county, content[left], P.SIGNER_UNKNOWN))["detail"] == "left"


@pytest.mark.parametrize(
    ("off", "status"),
    [
        (timedelta(minutes=11), 403),
        (timedelta(minutes=10), 201),
        (-timedelta(days=31), 403),
        (-timedelta(days=30) + timedelta(minutes=1), 201),
    ],
    ids=["11 min ahead", "10 min ahead", "31 days old", "almost 30 days old"],
)
async def test_the_signing_time_is_bounded(county: Running, off: timedelta, status: int):
    signed = Letter(at=county.clock.now() + off, title=TITLE)
    content = pack(signed, county.people["T01.1"])
    if status == 403:
        await refused(county, content, P.SIGNING_TIME)
    else:
        assert (await county.submit(content))[0] == 201


# ---- the metadata


def edited(**changes: Any) -> Callable[[bytes], bytes]:
    """Return a change of the metadata's fields; None takes a field out."""

    def change(text: bytes) -> bytes:
        fields = json.loads(text) | changes
        return json.dumps({name: value for name, value in fields.items() if value is not None}, ensure_ascii=False).encode()

    return change


def document(**changes: Any) -> Callable[[bytes], bytes]:
    def change(text: bytes) -> bytes:
        fields = json.loads(text)
        fields["documents"][0] |= changes
        return json.dumps(fields, ensure_ascii=False).encode()

    return change


def replaced(old: str, new: str) -> Callable[[bytes], bytes]:
    def change(text: bytes) -> bytes:
        assert old.encode() in text
        return text.replace(old.encode(), new.encode(), 1)

    return change


ID = "0" * 64
CHECK = {"by": "张三", "at": "2026-13-22T25:00:00.000Z"}
METADATA: dict[str, tuple[ProblemType, Callable[[bytes], bytes]]] = {
    "no JSON": (P.METADATA_MALFORMED, lambda _: b"<submission/>"),
    "not UTF-8": (P.METADATA_MALFORMED, lambda text: text.replace("张三".encode(), "张三".encode("gbk"))),
    "byte order mark": (P.METADATA_MALFORMED, lambda text: b"\xef\xbb\xbf" + text),
    "nested without end": (P.METADATA_MALFORMED, lambda _: b"[" * 100_000),
    "not a number": (P.METADATA_MALFORMED, replaced('"version":1', '"version":NaN')),
    "an unknown field": (P.METADATA_MALFORMED, edited(colour="red")),
    "an unknown field of a document": (P.METADATA_MALFORMED, document(colour="red")),
    "a field twice": (P.METADATA_MALFORMED, replaced('"version":1', '"version":1,"version":1')),
    "a document's field twice": (P.METADATA_MALFORMED, replaced('"role":"main"', '"role":"main","role":"main"')),
    "no title": (P.METADATA_MALFORMED, edited(title=None)),
    "an empty title": (P.METADATA_MALFORMED, edited(title="")),
    "a title with a line end": (P.METADATA_MALFORMED, edited(title="一\n二")),
    "half a character": (P.METADATA_MALFORMED, replaced('"version":1', '"version":1,"notes":"\\ud800"')),
    "no classification": (P.METADATA_MALFORMED, edited(classification=None)),
    "no secrecy check": (P.METADATA_MALFORMED, edited(secrecy_check=None)),
    "a secrecy check at no time": (P.METADATA_MALFORMED, edited(secrecy_check=CHECK)),
    "a secrecy review at no time": (P.METADATA_MALFORMED, edited(secrecy_review=CHECK | {"conclusion": "可以"})),
    "an unknown kind": (P.METADATA_MALFORMED, edited(kind="gossip")),
    "another version of the schema": (P.METADATA_MALFORMED, edited(type="submission/v2")),
    "a reference that is none": (P.METADATA_MALFORMED, edited(reference="1")),
    "version as text": (P.METADATA_MALFORMED, edited(version="1")),
    "a day that does not exist": (P.METADATA_MALFORMED, edited(date_issued="2026-02-30")),
    "a date with a time": (P.METADATA_MALFORMED, edited(date_issued="2026-02-20T00:00")),
    "an answer by a day that does not exist": (P.METADATA_MALFORMED, edited(respond_by="2027-02-29")),
    "nobody to send to": (P.METADATA_MALFORMED, edited(to=[])),
    "the sender as recipient": (P.METADATA_MALFORMED, edited(to=["county", "T01"])),
    "a recipient twice": (P.METADATA_MALFORMED, edited(to=["county", "county"])),
    "a recipient also in copy": (P.METADATA_MALFORMED, edited(cc=["county"])),
    "an unknown recipient": (P.RECIPIENT_UNKNOWN, edited(to=["T99"])),
    "a code in another case": (P.RECIPIENT_UNKNOWN, edited(to=["COUNTY"])),
    "an unknown recipient in copy": (P.RECIPIENT_UNKNOWN, edited(cc=["T99"])),
    "an unknown addressee": (P.RECIPIENT_UNKNOWN, edited(addressees=["county.99"])),
    "an addressee of an office that gets nothing": (P.RECIPIENT_UNKNOWN, edited(addressees=["T02.1"])),
    "a statutory kind without number": (P.NUMBER_REQUIRED, edited(kind="report")),
    "another size": (P.DOCUMENT_LIST_MISMATCH, document(size=1)),
    "another digest": (P.DOCUMENT_LIST_MISMATCH, document(sha256=ID)),
    "another name": (P.DOCUMENT_LIST_MISMATCH, document(name="别的.txt")),
    "another media type": (P.DOCUMENT_LIST_MISMATCH, document(media_type="application/pdf")),
    "no main document": (P.DOCUMENT_LIST_MISMATCH, document(role="attachment")),
    "it replaces what nobody sent": (P.REPLACES_UNKNOWN, edited(replaces=ID)),
}


@pytest.mark.parametrize("name", METADATA)
async def test_metadata_that_is_not_right_leaves_nothing(county: Running, name: str):
    kind, change = METADATA[name]
    await refused(county, pack_with(letter(county), county.people["T01.1"], change=change), kind)


async def test_a_list_in_another_order_or_with_two_main_documents_or_shorter_is_refused(county: Running):
    paper = letter(county)
    paper.files["attachments/雨情.txt"] = TEXT

    def change(make: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> Callable[[bytes], bytes]:
        return lambda text: json.dumps(json.loads(text) | {"documents": make(json.loads(text)["documents"])}, ensure_ascii=False).encode()

    for make in (lambda d: d[::-1], lambda d: d[:1], lambda d: [d[0], d[1] | {"role": "main"}], lambda d: [*d, d[1]]):
        await refused(county, pack_with(paper, county.people["T01.1"], change=change(make)), P.DOCUMENT_LIST_MISMATCH)


NUMBERS = """
12|城政发[2026]12号|城政发（2026）12号|城政发〔26〕12号|城政发〔2126〕12号|城政发〔2026〕012号|城政发〔2026〕0号|城政发〔2026〕第12号
城政发〔2026〕12|城政发〔2026〕123456号|〔2026〕12号|城政发 〔2026〕12号|城政发〔2026〕12号 |城政发〔2026〕12号（副本）
"""


@pytest.mark.parametrize("number", NUMBERS.strip("\n").replace("\n", "|").split("|"))
async def test_a_malformed_number_is_refused(county: Running, number: str):
    await refused(county, good(county, kind=Kind.REPORT, number=number), P.NUMBER_MALFORMED)


async def test_a_reference_belongs_to_one_manifest_and_a_manifest_to_one_container(county: Running):
    paper = letter(county, reference="11111111-2222-4333-8444-555555555555")
    first = pack(paper, county.people["T01.1"])
    status, body = await county.submit(first)
    assert status == 201
    again = pack(paper, county.people["T01.1"])
    assert again != first  # ECDSA signs anew, the manifest is the same
    await refused(county, again, P.ALREADY_SENT_OTHER_SIGNATURE)
    paper.title += "（二）"
    await refused(county, pack(paper, county.people["T01.1"]), P.REFERENCE_USED)
    paper.sender = "T02"
    assert (await county.submit(pack(paper, county.people["T02.1"])))[0] == 201  # unique within an office, not beyond
    assert await county.submit(first) == (200, body)


async def test_only_what_was_returned_can_be_replaced_and_only_by_its_sender(county: Running):
    sent = json.loads((await county.submit(good(county)))[1])["submission"]
    await refused(county, good(county, replaces=sent), P.REPLACES_UNKNOWN)
    status, _ = await county.ask("POST", f"/api/v1/inbox/{sent}/return", "county.1", b'{"reason":"\xe7\xbc\xba\xe9\x99\x84\xe4\xbb\xb6"}')
    assert status == 200
    foreign = Letter(sender="T02", at=county.clock.now(), title=TITLE, fields={"replaces": sent})
    await refused(county, pack(foreign, county.people["T02.1"]), P.REPLACES_UNKNOWN)
    assert (await county.submit(good(county, replaces=sent)))[0] == 201


# ---- the policy


@dataclass
class Policy:
    """A submission that the policy refuses, and how."""

    kind: ProblemType
    files: dict[str, bytes] | None = None
    fields: dict[str, Any] | None = None
    types: dict[str, str] | None = None


BROKEN = paper_maker.pdf()[:-200]
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
DOCX = container_maker.zipped([("[Content_Types].xml", b"<Types/>"), ("word/document.xml", b"<document/>")])
MARKED = "机密★1年\n关于有关工作的情况\n" + "正文内容。\n" * 5
POLICY: dict[str, Policy] = {
    "an encrypted PDF": Policy(P.DOCUMENT_ENCRYPTED, {"件.pdf": paper_maker.encrypted("secret")}),
    "a PDF with a script": Policy(P.DOCUMENT_ACTIVE, {"件.pdf": paper_maker.ACTIVE["script on opening"]}),
    "half a PDF": Policy(P.DOCUMENT_CUT_SHORT, {"件.pdf": paper_maker.hostile()["half a file"]}),
    "a picture of few dots": Policy(P.SCAN_TOO_COARSE, {"件.pdf": paper_maker.picture_only()}),
    "an empty text": Policy(P.DOCUMENT_EMPTY, {"件.txt": b""}),
    "a word processor's file": Policy(P.FORMAT_NOT_INSPECTABLE, {"件.docx": DOCX}),
    "a word processor's file called PDF": Policy(P.FORMAT_NOT_INSPECTABLE, {"件.pdf": DOCX}),
    "an old word processor's file": Policy(P.FORMAT_OLD, {"件.doc": OLE}, types={"件.doc": "application/msword"}),
    "a mark in the text": Policy(P.SECRECY_MARK, {"件.txt": MARKED.encode()}),
    "a mark in a PDF": Policy(P.SECRECY_MARK, {"件.pdf": paper_maker.pdf([paper_maker.Mark("秘密★5年")])}),
    "a mark in the second file": Policy(P.SECRECY_MARK, {"件.txt": TEXT, "attachments/附.txt": MARKED.encode()}),
    "a declared level": Policy(P.CLASSIFIED_DECLARED, fields={"classification": "秘密"}),
    "a mark in the title": Policy(P.SECRECY_MARK, fields={"title": "关于某事的报告（机密）"}),
    "a mark in the notes": Policy(P.SECRECY_MARK, fields={"notes": "绝密★"}),
    "a mark in a file name": Policy(P.SECRECY_MARK, {"机密★1年.txt": TEXT}),
    "work secrets": Policy(P.SECRECY_REVIEW_NEEDED, {"件.txt": b"\xe5\xb7\xa5\xe4\xbd\x9c\xe7\xa7\x98\xe5\xaf\x86\n" + TEXT}),
}  # fmt: skip


def refused_letter(county: Running, name: str) -> bytes:
    case = POLICY[name]
    paper = letter(county, **(case.fields or {}))
    paper.files, paper.media_types = case.files or paper.files, case.types or {}
    return pack(paper, county.people["T01.1"])


def receipt_of(problem: dict[str, Any]) -> dict[str, Any]:
    return dict(json.loads(base64.b64decode(problem["receipt"]["receipt"])))


@pytest.mark.parametrize("name", POLICY)
async def test_what_the_policy_refuses_leaves_one_receipt_that_says_nothing_of_the_content(county: Running, name: str):
    before, case = await county.kept(), POLICY[name]
    content = refused_letter(county, name)
    status, body = await county.submit(content)
    problem = json.loads(body)
    assert (problem["type"], status) == (f"/problems/{case.kind.type}", case.kind.status)
    assert case.kind.exit is (Exit.REVIEW if case.kind is P.SECRECY_REVIEW_NEEDED else Exit.POLICY)
    after = await county.kept()
    assert after.rows == before.rows | {"event": before.rows["event"] + 1, "checkpoint": before.rows["checkpoint"] + 1}
    assert (after.blobs, after.staged, after.free) == (before.blobs, [], before.free)
    receipt = receipt_of(problem)
    assert set(receipt) == {"type", "event", "evidence_id", "office", "sequence", "received_at", "at", "asserted_by", "refusal", "log"}
    assert receipt["event"] == "SubmissionRejection"
    assert set(receipt["refusal"]) == set(Refusal.__struct_fields__)
    manifest = dict(members_of(content))["META-INF/ASiCManifest001.xml"]
    assert hashlib.sha256(manifest).hexdigest() not in body.decode()


@pytest.mark.parametrize("name", ["a mark in the title", "a mark in the notes", "a declared level", "a mark in a file name"])
async def test_what_is_declared_is_judged_before_the_documents_are_sent(county: Running, name: str):
    content = refused_letter(county, name)
    async with raw.wire(raw.port_of(county.client)) as wire:
        await wire.send(raw.head(len(content) + 100_000_000) + head_of(content))
        answer = await wire.answer()
    assert (answer.status, answer.kind) == (422, POLICY[name].kind.type)
    assert "SubmissionRejection" in json.dumps(receipt_of(json.loads(answer.body)))


async def test_the_signer_is_judged_before_the_documents_are_sent(county: Running):
    content = pack(letter(county), county.people["T02.1"])
    async with raw.wire(raw.port_of(county.client)) as wire:
        await wire.send(raw.head(len(content)) + head_of(content))
        assert (await wire.answer()).kind == P.SIGNER_OTHER_OFFICE.type


async def test_the_same_refused_manifest_is_recognised_by_whoever_holds_the_paper_and_the_years_key(county: Running):
    content = refused_letter(county, "a mark in the text")
    found = [receipt_of(json.loads((await county.submit(content))[1]))["refusal"]["manifest_hmac"] for _ in range(2)]
    assert found[0] == found[1]
    key = (county.county.folder / "keys" / "refusal" / "2026.key").read_bytes()
    manifest = dict(members_of(content))["META-INF/ASiCManifest001.xml"]
    assert hmac.new(key, manifest, "sha256").hexdigest() == found[0]
