"""The container: what our writer makes and our reader takes, judged by zipfile, unzip and openssl."""

import base64
import hashlib
import io
import os
import pathlib
import shutil
import subprocess
import tracemalloc
import zipfile
from xml.etree import ElementTree as ET

import container_maker as maker
import pytest

from keys import container
from keys.container import Limits, Part, Reader, Source
from schemas.problems import Problem, ProblemType


def test_reader_returns_what_the_writer_was_given():
    content = maker.packed()
    found = container.read(io.BytesIO(content))
    assert found.size == len(content)
    assert found.sha256 == hashlib.sha256(content).hexdigest()
    assert [part.name for part in found.parts] == list(maker.FILES)
    for part in found.parts:
        stored = content[part.offset : part.offset + part.size]
        assert stored == maker.FILES[part.name]
        assert hashlib.sha256(stored).hexdigest() == part.sha256
        assert part.media_type == maker.media_type(part.name)
    assert found.head.signature == maker.sign(found.head.manifest)
    assert found.head.manifest_sha256 == hashlib.sha256(found.head.manifest).hexdigest()
    assert container.main_document(found).name == container.main_document(found.head).name == maker.MAIN


def test_writer_returns_the_digest_of_the_manifest_and_signs_its_bytes():
    out, signed = io.BytesIO(), []
    digest = container.pack(out, maker.metadata_of, maker.sources(maker.FILES), lambda manifest: signed.append(manifest) or b"p7s")
    assert hashlib.sha256(signed[0]).hexdigest() == digest
    assert container.read(io.BytesIO(out.getvalue())).head.manifest == signed[0]


def test_same_input_gives_same_bytes_and_write_equals_pack():
    parts = [
        (Part(source.name, source.media_type, len(content), hashlib.sha256(content).hexdigest()), source.open)
        for source, content in zip(maker.sources(maker.FILES), maker.FILES.values(), strict=True)
    ]
    out = io.BytesIO()
    container.write(out, maker.metadata_of([part for part, _ in parts]), parts, maker.sign)
    assert out.getvalue() == maker.packed() == maker.packed()


def test_the_format_stays_what_it_is():
    """A change of this digest is a change of the format: older clients' containers would differ from ours."""
    assert hashlib.sha256(maker.packed()).hexdigest() == "c305bf80294638951a53f45e6e95b4c1e76cadfb2247a24a746bd66a14771412"


def test_zipfile_would_write_the_very_same_bytes():
    content = maker.packed(further=1)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        again = maker.zipped([(name, archive.read(name)) for name in archive.namelist()])
    assert again == content


def test_members_stand_in_the_order_of_the_profile():
    with zipfile.ZipFile(io.BytesIO(maker.packed(further=2))) as archive:
        assert archive.namelist() == [
            "mimetype",
            "META-INF/ASiCManifest001.xml",
            "META-INF/signature001.p7s",
            "META-INF/ASiCManifest002.xml",
            "META-INF/signature002.p7s",
            "META-INF/ASiCManifest003.xml",
            "META-INF/signature003.p7s",
            "metadata.json",
            *maker.FILES,
        ]
        assert archive.read("mimetype") == b"application/vnd.etsi.asic-e+zip"


def test_further_signatures_sign_their_own_manifest_with_the_same_list():
    head = container.read(io.BytesIO(maker.packed(further=2))).head
    assert len(head.further) == 2
    for number, (manifest, signature) in enumerate(head.further, start=2):
        assert signature == maker.sign(manifest)
        assert manifest.replace(b"signature%03d" % number, b"signature001") == head.manifest


def test_head_is_known_as_soon_as_the_metadata_is_complete():
    content = maker.packed()
    complete = container.read(io.BytesIO(content)).parts[0].offset - 30 - len(maker.MAIN.encode())
    reader = Reader()
    reader.feed(content[: complete - 1])
    assert reader.head is None
    reader.feed(content[complete - 1 : complete])
    assert reader.head is not None
    assert [part.name for part in reader.head.parts] == list(maker.FILES)


def test_reader_keeps_no_hold_on_the_fed_buffer():
    reader, buffer = Reader(), bytearray(maker.packed())
    reader.feed(memoryview(buffer)[:700])
    del buffer[:700]
    reader.feed(memoryview(buffer))
    buffer.clear()
    assert len(reader.finish().parts) == len(maker.FILES)


def test_after_a_problem_every_call_repeats_it():
    reader = Reader()
    for call in (lambda: reader.feed(b"%PDF"), lambda: reader.feed(b"more"), reader.finish):
        with pytest.raises(Problem) as raised:
            call()
        assert raised.value.kind is ProblemType.NOT_A_CONTAINER


@pytest.mark.parametrize("later", [b"shorter", b"the same lengtH", b"longer than it was before"])
def test_a_file_that_changes_between_the_passes_is_refused(later: bytes):
    contents = iter([b"the same length", later])
    source = Source("a.txt", "text/plain", lambda: io.BytesIO(next(contents)))
    with pytest.raises(Problem) as raised:
        container.pack(io.BytesIO(), maker.metadata_of, [source], maker.sign)
    assert raised.value.kind is ProblemType.INPUT_CHANGED


def test_a_file_that_differs_from_its_part_is_refused_before_anything_is_signed_or_written():
    out = io.BytesIO()
    part = Part("a.txt", "text/plain", 1, hashlib.sha256(b"b").hexdigest())
    with pytest.raises(Problem) as raised:
        container.write(out, b"{}", [(part, lambda: io.BytesIO(b"a"))], pytest.fail)
    assert raised.value.kind is ProblemType.INPUT_CHANGED
    assert out.getvalue() == b""


@pytest.mark.parametrize(
    ("limits", "kind"),
    [
        (Limits(part=20), ProblemType.PART_TOO_LARGE),
        (Limits(head=1500), ProblemType.HEAD_TOO_LARGE),
        (Limits(container=2400), ProblemType.CONTAINER_TOO_LARGE),
        (Limits(members=6), ProblemType.TOO_MANY_MEMBERS),
    ],
)
def test_writer_and_reader_hold_the_same_limits(limits: Limits, kind: ProblemType):
    content, out = maker.packed(), io.BytesIO()
    assert maker.verdict(content, limits=limits) is kind
    with pytest.raises(Problem) as raised:
        container.pack(out, maker.metadata_of, maker.sources(maker.FILES), maker.sign, limits=limits)
    assert raised.value.kind is kind
    assert out.getvalue() == b""


def test_exact_limits_are_within_limits():
    content = maker.packed()
    found = container.read(io.BytesIO(content))
    head = found.parts[0].offset - 30 - len(maker.MAIN.encode())
    exact = Limits(container=len(content), part=max(part.size for part in found.parts), head=head, members=4 + len(found.parts))
    assert maker.verdict(content, limits=exact) == found.sha256


def test_more_than_twenty_signatures_are_not_written():
    assert len(container.read(io.BytesIO(maker.packed(further=19))).head.further) == 19
    with pytest.raises(Problem) as raised:
        maker.packed(further=20)
    assert raised.value.kind is ProblemType.TOO_MANY_MEMBERS


class Zeros(io.RawIOBase):
    """A file of zeros that exists nowhere."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.left = size

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        taken = min(size, self.left)
        self.left -= taken
        return bytes(taken)


class Wire(io.RawIOBase):
    """Feeds a reader with what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.reader = Reader()

    def writable(self) -> bool:
        return True

    def write(self, chunk: bytes) -> int:
        self.reader.feed(chunk)
        return len(chunk)


def test_a_large_file_is_written_and_read_in_constant_memory():
    size, wire = 64 * 2**20, Wire()
    tracemalloc.start()
    try:
        container.pack(wire, maker.metadata_of, [Source("影像.bin", "video/mp4", lambda: Zeros(size))], maker.sign)
        found = wire.reader.finish()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found.parts[0].size == size
    assert peak < 4 * 2**20


@pytest.mark.skipif(shutil.which("unzip") is None, reason="unzip is not installed")
def test_unzip_reads_it_with_the_right_names(tmp_path: pathlib.Path):
    path = tmp_path / "a.asice"
    path.write_bytes(maker.packed())
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    tested = subprocess.run(["unzip", "-t", path], capture_output=True, check=True, env=environment)
    assert b"No errors detected" in tested.stdout
    subprocess.run(["unzip", "-q", path, "-d", tmp_path / "out"], check=True, env=environment)
    for name, content in maker.FILES.items():
        assert (tmp_path / "out" / name).read_bytes() == content


@pytest.mark.skipif(shutil.which("openssl") is None or shutil.which("unzip") is None, reason="openssl or unzip is not installed")
def test_a_stranger_verifies_it_with_unzip_and_openssl_alone(tmp_path: pathlib.Path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    new = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=T01"]
    subprocess.run([*new, "-keyout", key, "-out", certificate], check=True, capture_output=True)

    def sign(manifest: bytes) -> bytes:
        command = ["openssl", "cms", "-sign", "-binary", "-outform", "DER", "-signer", certificate, "-inkey", key]
        return subprocess.run(command, input=manifest, check=True, capture_output=True).stdout

    with (tmp_path / "a.asice").open("wb") as out:
        container.pack(out, maker.metadata_of, maker.sources(maker.FILES), sign)
    subprocess.run(["unzip", "-q", "a.asice"], cwd=tmp_path, check=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
    manifest = "META-INF/ASiCManifest001.xml"
    verify = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", "META-INF/signature001.p7s", "-content", manifest]
    subprocess.run([*verify, "-CAfile", certificate, "-out", os.devnull], cwd=tmp_path, check=True, capture_output=True)
    values = [element.text for element in ET.parse(tmp_path / manifest).iter() if element.tag.endswith("DigestValue")]  # noqa: S314 - our own
    for name, value in zip(["metadata.json", *maker.FILES], values, strict=True):
        digest = subprocess.run(["openssl", "dgst", "-sha256", "-binary", name], cwd=tmp_path, check=True, capture_output=True)
        assert base64.b64encode(digest.stdout).decode() == value
