"""What a browser signs and packs, sent to a real county and judged by openssl, by our strict readers and by the intake."""

import base64
import hashlib
import io
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from desk_maker import DeskCounty, Watched, desk
from entering_maker import enrol, module
from playwright.sync_api import Request, expect
from submission_maker import TEXT

from keys import cms, container
from keys.authority import read_request

PACK = """async ({ pack }, { message, files }) => {
  const { current } = await import(new URL('keys.js', new URL('../signing/', document.querySelector('script[src*="/core/page.js"]').src)));
  const chosen = files.map((file, index) => ({ ...file, origin: 'born_digital', blob: globalThis.held[index] }));
  try {
    const seen = [];
    const packed = await pack(await current(), message, chosen, { progress: ({ done, total }) => seen.push(done / total) });
    globalThis.packed = packed.blob;
    const bytes = new Uint8Array(await packed.blob.arrayBuffer());
    return { ...packed, blob: btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')), progress: seen.at(-1) };
  } catch (error) {
    return { type: error.type, message: error.message, advice: error.advice };
  }
}"""
SEND = """async (flipped) => {
  let body = globalThis.packed;
  if (flipped) body = new Blob([body.slice(0, flipped), new Uint8Array([0]), body.slice(flipped + 1)]);
  const answer = await fetch('/api/v1/submissions', { method: 'POST', body });
  return [answer.status, await answer.text()];
}"""
MESSAGE: dict[str, Any] = {
    "to": ["county"],
    "kind": "information",
    "title": "防汛准备工作情况",
    "date_issued": "2026-11-20",
    "classification": "非涉密",
}


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskCounty]:
    with desk(tmp_path_factory) as made:
        yield made


def choose(page: Watched, *paths: Path) -> None:
    """Choose files as a person does."""
    page.evaluate(
        """() => {
          const input = document.createElement('input');
          Object.assign(input, { type: 'file', multiple: true, id: 'files' });
          document.getElementById('main').replaceChildren(input);
        }"""
    )
    page.set_input_files("#files", paths)
    module(page, "signing/hash.js", "({ hold }) => { globalThis.held = [...document.getElementById('files').files].map(hold); }")


def pack(page: Watched, *names: str) -> dict[str, Any]:
    files = [{"name": name, "role": "attachment" if place else "main", "mediaType": "text/plain"} for place, name in enumerate(names)]
    at = page.evaluate("new Date().toISOString()")
    message = MESSAGE | {"secrecy_check": {"by": "张三", "at": at}}
    return dict(module(page, "signing/container.js", PACK, {"message": message, "files": files}))


def openssl(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True, check=False)


def test_a_browser_enrols_signs_and_is_given_a_receipt(county: DeskCounty, tmp_path: Path) -> None:
    visitor = county.stranger()
    asked: list[Any] = []

    def watch(request: Request) -> None:
        if request.url.endswith("/api/v1/enrolments"):
            asked.append(request.post_data_json)

    visitor.context.on("request", watch)
    page = enrol(visitor, "T01", "张三")
    (tmp_path / "csr.der").write_bytes(base64.b64decode(asked[0]["csr"]))
    told = openssl(tmp_path, "req", "-inform", "DER", "-in", "csr.der", "-verify", "-noout")
    assert "verify OK" in told.stdout + told.stderr
    read_request((tmp_path / "csr.der").read_bytes())

    main, beside = tmp_path / "防汛准备工作情况.txt", tmp_path / "雨量.txt"
    main.write_bytes(TEXT)
    beside.write_bytes("一日，二十毫米。\n".encode())
    choose(page, main, beside)
    made = pack(page, main.name, beside.name)
    assert made["progress"] == 1
    whole = container.read(io.BytesIO(base64.b64decode(made["blob"])))
    assert [part.name for part in whole.parts] == ["防汛准备工作情况.txt", "attachments/雨量.txt"]
    assert made["submission"] == whole.head.manifest_sha256
    signed = cms.verify(whole.head.signature, hashlib.sha256(whole.head.manifest).digest())

    (tmp_path / "s.p7s").write_bytes(whole.head.signature)
    (tmp_path / "content").write_bytes(whole.head.manifest)
    (tmp_path / "flipped").write_bytes(whole.head.manifest[:-1] + b"?")
    root = str(county.process.folder / "trust/root.pem")
    command = ["cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", "s.p7s", "-CAfile", root, "-purpose", "any", "-out", "out"]
    good, bad = openssl(tmp_path, *command, "-content", "content"), openssl(tmp_path, *command, "-content", "flipped")
    assert good.returncode == 0, good.stderr
    assert "CAdES Verification successful" in good.stdout + good.stderr
    assert bad.returncode != 0

    flipped = whole.parts[0].offset + 3
    status, answer = page.evaluate(SEND, flipped)
    assert (status, "digest-mismatch" in answer) == (400, True), answer
    status, answer = page.evaluate(SEND)
    assert status == 201, answer
    assert f'"submission":"{made["submission"]}"' in answer.replace(" ", "")
    assert "receipt" in answer
    assert page.evaluate(SEND) == [200, answer]
    assert signed.certificate.public_key() == read_request((tmp_path / "csr.der").read_bytes())


def test_what_cannot_be_sent_is_told_before_it_is_signed(county: DeskCounty, tmp_path: Path) -> None:
    page = enrol(county.stranger(), "T02", "李四")
    changing, gone, empty, good = (tmp_path / f"{name}.txt" for name in ("改动", "移走", "空白", "完好"))
    for path in (changing, gone, good):
        path.write_bytes(TEXT)
    empty.write_bytes(b"")
    choose(page, changing)
    changing.write_bytes(TEXT + b"more")
    refused = pack(page, changing.name)
    assert (refused["type"], "改动.txt" in refused["message"]) == ("input-changed", True)
    assert "重新选取" in refused["advice"]
    choose(page, gone)
    gone.unlink()
    assert pack(page, gone.name)["type"] == "input-changed"
    choose(page, empty)
    assert pack(page, empty.name)["type"] == "document-empty"
    choose(page, good)
    for name in ("../完好.txt", "完好\u202etxt.exe", "完" * 90):
        refused = pack(page, name)
        assert (refused["type"], bool(refused["advice"])) == ("unsafe-name", True), name
    assert "submission" in pack(page, good.name)
    expect(page.page.locator("[data-key-state]")).to_have_text("本机已登记")
