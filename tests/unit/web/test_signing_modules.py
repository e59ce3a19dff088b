"""What the browser signs and packs, run in Node and judged by openssl, by our strict readers, and byte for byte by our own writers."""

import hashlib
import io
import subprocess
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from multidict import CIMultiDict
from script_maker import ScriptError, Scripts, blob, key, scripts
from signer_maker import AT, authority
from submission_maker import Letter, pack_with

from exchange.request_signature import Message, verify_request
from keys import cms, container, member_names
from keys.authority import read_request
from keys.custody import KeySigner
from schemas import instants
from schemas.messages import Submission, canonical, decode
from schemas.problems import Problem, ProblemType

SIGNER = authority().signer()
CONTENT = "<asic:ASiCManifest>公文</asic:ASiCManifest>".encode()
FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scripts]:
    with scripts(tmp_path_factory.mktemp("scripts")) as running:
        yield running


def browser_key(signer: KeySigner = SIGNER) -> dict[str, Any]:
    der = signer.certificate.public_bytes(Encoding.DER)
    return {
        "privateKey": key(signer.private_key),
        "certificate": der,
        "issuing": signer.chain[0].public_bytes(Encoding.DER),
        "office": "T01",
        "fingerprint": hashlib.sha256(der).hexdigest(),
    }


def openssl(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True, check=False)


# ---- request and signature


def test_openssl_and_the_authority_accept_a_certificate_request(run: Scripts, tmp_path: Path) -> None:
    for _ in range(10):  # r and s are sometimes short, sometimes have their highest bit set
        der = run("signing/csr.js", "request", {"$pair": True})
        assert isinstance(read_request(der), ec.EllipticCurvePublicKey)
    (tmp_path / "csr.der").write_bytes(der)
    told = openssl(tmp_path, "req", "-inform", "DER", "-in", "csr.der", "-verify", "-noout", "-subject")
    assert "verify OK" in told.stdout + told.stderr
    assert "CN = yizhan" in told.stdout


@FEW
@given(st.datetimes(datetime(2026, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC)), st.binary(min_size=32, max_size=32))  # noqa: DTZ001 - given a zone
def test_a_signature_is_what_ours_is_but_for_its_value(run: Scripts, at: datetime, digest: bytes) -> None:
    at = at.replace(microsecond=at.microsecond // 1000 * 1000)  # a browser's clock knows no smaller unit
    signed = run("signing/cms.js", "sign", browser_key(), digest, at)
    found = cms.verify(signed, digest)
    assert found.certificate == SIGNER.certificate
    assert found.certificates == SIGNER.chain
    assert found.signing_time == cms.whole_seconds(at)
    theirs, ours = cms.decode(cms.ContentInfo, signed), cms.decode(cms.ContentInfo, cms.sign(digest, SIGNER, at))
    assert cms.encode(theirs) == signed  # nothing but DER
    for parsed in (theirs, ours):
        (signer,) = parsed.content.signers.as_list()
        object.__setattr__(signer, "signature", b"")
    assert _parts(theirs) == _parts(ours)


def _parts(parsed: cms.ContentInfo) -> list[bytes]:
    (signer,) = parsed.content.signers.as_list()
    embedded = [certificate.public_bytes(Encoding.DER) for certificate in parsed.content.certificates or []]
    rest = (signer, parsed.content.digest_algorithms, parsed.content.encapsulated, parsed.content_type)
    return [*map(cms.encode, rest), *embedded]


def test_openssl_verifies_a_signature_and_refuses_a_flipped_byte(run: Scripts, tmp_path: Path) -> None:
    (tmp_path / "s.p7s").write_bytes(run("signing/cms.js", "sign", browser_key(), hashlib.sha256(CONTENT).digest(), AT))
    authority().write_root(tmp_path)
    command = ["cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", "s.p7s", "-CAfile", "root.pem", "-attime"]
    command += [str(int(AT.timestamp())), "-purpose", "any", "-out", "out", "-content"]
    (tmp_path / "content").write_bytes(CONTENT)
    (tmp_path / "flipped").write_bytes(CONTENT[:-1] + b"?")
    good, bad = openssl(tmp_path, *command, "content"), openssl(tmp_path, *command, "flipped")
    assert good.returncode == 0, good.stderr
    assert "CAdES Verification successful" in good.stderr + good.stdout
    assert bad.returncode != 0


def test_a_certificate_is_read_as_it_stands(run: Scripts) -> None:
    read = run("signing/der.js", "certificate", SIGNER.certificate.public_bytes(Encoding.DER))
    assert read["notAfter"] == SIGNER.certificate.not_valid_after_utc  # 2070: a GeneralizedTime
    assert read["issuer"] == SIGNER.certificate.issuer.public_bytes()
    assert int.from_bytes(read["serial"][2:]) == SIGNER.certificate.serial_number
    with pytest.raises(ScriptError):
        run("signing/der.js", "certificate", SIGNER.certificate.public_bytes(Encoding.DER)[:100])


# ---- signed requests


@pytest.mark.parametrize(
    ("path", "body", "also"),
    [
        ("/api/v1/sessions", None, {}),
        ("/api/v1/search?q=%E9%98%B2%E6%B1%9B&limit=20", None, {"Yizhan-Checkpoint": "YWJj"}),
        ("/api/v1/deliveries/1/acts", '{"act":"sign_for","reason":"收悉"}', {"Idempotency-Key": "k", "If-Match": '"3"'}),
    ],
)
def test_a_signed_request_is_one_of_ours(run: Scripts, path: str, body: str | None, also: dict[str, str]) -> None:
    now = datetime.now(UTC)
    headers = run("signing/requests.js", "signedHeaders", browser_key(), "POST", path, body, also, now)
    message = Message("POST", f"https://county{path}", CIMultiDict(headers))
    content = b"" if body is None else body.encode()
    public_key = SIGNER.private_key.public_key()
    assert verify_request(message, content, public_key, now)
    for other in (
        Message("PUT", message.url, message.headers),
        Message("POST", f"{message.url}x", message.headers),
        *(Message("POST", message.url, CIMultiDict(headers | {name: "other"})) for name in also),
    ):
        with pytest.raises(Problem) as caught:
            verify_request(other, content, public_key, now)
        assert caught.value.kind is ProblemType.REQUEST_SIGNATURE_INVALID
    with pytest.raises(Problem):
        verify_request(message, content, public_key, now + timedelta(minutes=6))


# ---- digests


@FEW
@given(st.binary(max_size=400), st.integers(0, 400))
def test_crc_goes_on_where_it_stopped(run: Scripts, content: bytes, cut: int) -> None:
    first = run("signing/zip.js", "crc32", 0, content[:cut])
    assert run("signing/zip.js", "crc32", first, content[cut:]) == zlib.crc32(content)


def test_digests_of_small_and_large_files(run: Scripts, tmp_path: Path) -> None:
    for name, size in (("empty", 0), ("odd", 2**20 + 7), ("large", 65 * 2**20 + 1)):
        content = b"0123456789abcdef" * (size // 16) + b"x" * (size % 16)
        (tmp_path / name).write_bytes(content)
        assert run("signing/hash.js", "sha256", {"$path": str(tmp_path / name)}) == hashlib.sha256(content).digest(), name


# ---- the container

MESSAGE: dict[str, Any] = {
    "to": ["county"],
    "cc": [],
    "kind": "report",
    "number": "城政发〔2026〕12号",
    "title": '关于“防汛”的报告 \\ "引号" \t\u2028𠮷',
    "urgency": "normal",
    "handling": "internal",
    "date_issued": "2026-03-01",
    "signatory": None,
    "classification": "非涉密",
    "secrecy_check": {"by": "张三", "at": instants.write(AT)},
    "secrecy_review": {"by": "李四", "at": instants.write(AT), "conclusion": "可以报送", "series": {"name": "周报", "months": 6}},
    "reference": "1b4e28ba-2fa1-11d2-883f-0016d3cca427",
    "copies": 3,
}
FILES = {"关于防汛工作的报告(定稿)~1!.pdf": b"%PDF-1.7 main", "attachments/雨量 a&b'.csv": b"day,mm\n1,20\n", "attachments/空 格.txt": b"."}


def chosen(files: dict[str, bytes]) -> list[dict[str, Any]]:
    letter = Letter(files=files)
    roles = ["main"] + ["attachment"] * (len(files) - 1)
    return [
        {
            "name": name.removeprefix("attachments/"),
            "blob": blob(content),
            "role": role,
            "origin": "born_digital",
            "mediaType": letter.media_type(name),
        }
        for (name, content), role in zip(files.items(), roles, strict=True)
    ]


def packed(run: Scripts, files: dict[str, bytes], at: datetime = AT, **fields: Any) -> dict[str, Any]:
    return dict(run("signing/container.js", "pack", browser_key(), MESSAGE | fields, chosen(files), {"at": at}))


def test_a_container_is_byte_for_byte_what_our_own_writer_makes_of_the_same(run: Scripts) -> None:
    made = packed(run, FILES)
    whole = container.read(io.BytesIO(made["blob"]))
    assert [part.name for part in whole.parts] == list(FILES)
    assert made["submission"] == whole.head.manifest_sha256
    assert (made["size"], made["reference"]) == (whole.size, MESSAGE["reference"])
    message = decode(whole.head.metadata, Submission)
    assert canonical(message) == whole.head.metadata
    assert message.title == MESSAGE["title"]
    assert cms.verify(whole.head.signature, hashlib.sha256(whole.head.manifest).digest()).signing_time == AT
    again = pack_with(
        Letter(files=FILES, at=AT),
        SIGNER,
        change=lambda _: whole.head.metadata,
        sign=lambda _: whole.head.signature,
    )
    assert again == made["blob"]


names = st.lists(
    st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=40),
    min_size=1,
    max_size=4,
    unique=True,
)


@FEW
@given(names, st.binary(min_size=1, max_size=50))
def test_whatever_is_packed_is_read_again(run: Scripts, names: list[str], content: bytes) -> None:
    files = {("attachments/" if place else "") + f"{name}.txt": content + bytes([place]) for place, name in enumerate(names)}
    try:
        made = packed(run, files)
    except ScriptError as error:
        if error.type not in {"unsafe-name", "duplicate-name"}:
            raise
        return
    whole = container.read(io.BytesIO(made["blob"]))
    assert [part.size for part in whole.parts] == [len(content) + 1] * len(files)


@pytest.mark.parametrize(
    ("name", "type_"),
    [
        ("../../etc/passwd", "unsafe-name"),
        ("..\\x.txt", "unsafe-name"),
        ("/x.txt", "unsafe-name"),
        ("报告\u202efdp.exe", "unsafe-name"),
        ("报\u200b告.pdf", "unsafe-name"),
        ("报" * 85 + ".pdf", "unsafe-name"),
        ("x.txt.", "unsafe-name"),
        ("CON.pdf", "unsafe-name"),
        ("META-INF", "unsafe-name"),
        ("a:b.pdf", "unsafe-name"),
        ("", "unsafe-name"),
        ("\ud800.pdf", "unsafe-name"),
    ],
)
def test_names_that_are_not_safe_everywhere_are_refused_in_words(run: Scripts, name: str, type_: str) -> None:
    with pytest.raises(ScriptError) as caught:
        packed(run, {name: b"x"})
    assert caught.value.type == type_
    assert caught.value.advice == "Rename the file, then choose it again."
    assert not {"\u202e", "\u200b"} & set(caught.value.message)
    with pytest.raises((Problem, UnicodeEncodeError)):
        member_names.check_document(name)


def test_names_are_brought_into_one_form(run: Scripts) -> None:
    whole = container.read(io.BytesIO(packed(run, {"re\u0301sume\u0301.pdf": b"x"})["blob"]))
    assert whole.parts[0].name == "résumé.pdf"


@pytest.mark.parametrize(
    ("files", "fields", "type_"),
    [
        ({"a.pdf": b""}, {}, "document-empty"),
        ({"a.pdf": b"x", "attachments/b.pdf": b"x", "attachments/B.pdf": b"y"}, {}, "duplicate-name"),
        ({"a.pdf": b"x"} | {f"attachments/{n}.pdf": b"x" for n in range(100)}, {}, "too-many-members"),
        ({"a.pdf": b"x"}, {"title": "a\x01b"}, "metadata-malformed"),
        ({"a.pdf": b"x"}, {"notes": "D:\\user"}, "metadata-malformed"),
        ({"a.pdf": b"x"}, {"title": "\ud800"}, "metadata-malformed"),
    ],
)
def test_what_the_county_would_refuse_is_refused_before_signing(
    run: Scripts, files: dict[str, bytes], fields: dict[str, Any], type_: str
) -> None:
    with pytest.raises(ScriptError) as caught:
        packed(run, files, **fields)
    assert caught.value.type == type_
    assert caught.value.advice


def test_a_file_of_another_digest_than_was_shown_is_not_signed(run: Scripts) -> None:
    files = chosen({"a.pdf": b"x"})
    (measured,) = run("signing/container.js", "measure", files)
    assert measured["sha256"] == hashlib.sha256(b"x").hexdigest()
    with pytest.raises(ScriptError) as caught:
        run("signing/container.js", "pack", browser_key(), MESSAGE, [files[0] | {"sha256": "0" * 64}])
    assert caught.value.type == "input-changed"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("k7mq2-9tx4b", "K7MQ29TX4B"),
        (" K7MQ2 — 9TX4B\n", "K7MQ29TX4B"),
        ("Ｋ７ＭＱ２９ＴＸ４Ｂ", "K7MQ29TX4B"),
        ("oil00-00000", "0110000000"),
    ],
)
def test_a_code_is_read_however_it_is_typed(run: Scripts, typed: str, code: str) -> None:
    assert run("signing/keys.js", "normalised", typed) == code


@pytest.mark.parametrize(
    ("left", "text", "href"),
    [
        (None, "Not enrolled", "/enrol"),
        (timedelta(days=400), "Enrolled", "/key"),
        (timedelta(days=30, seconds=1), "Enrolled", "/key"),
        (timedelta(days=30), "Enrolment ends in 30 days", "/key"),
        (timedelta(hours=1), "Enrolment ends in 1 days", "/key"),
        (timedelta(0), "Enrolment ended", "/enrol"),
    ],
)
def test_every_page_says_how_long_this_computer_is_enrolled(run: Scripts, left: timedelta | None, text: str, href: str) -> None:
    state = run("entering/keystate.js", "stateOf", None if left is None else {"notAfter": AT + left}, AT)
    assert (state["text"], state["href"]) == (text, href)
