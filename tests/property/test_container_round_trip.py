"""Whatever is packed is read back; chunks never matter; whatever is damaged is refused by name."""

import io
import zipfile

import container_maker as maker
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st

from keys import container, manifest, member_names
from schemas.problems import Problem, ProblemType

WORDS = st.text(st.sampled_from("报告〔〕（）附件1一二三 -_.%&'#+aAé𠮷"), min_size=1, max_size=20)
CHUNKS = st.lists(st.integers(0, 400), max_size=40)


@st.composite
def files(draw: st.DrawFn) -> dict[str, bytes]:
    main = draw(WORDS)
    others = draw(st.lists(st.tuples(st.sampled_from(["", "attachments/", "attachments/甲/"]), WORDS), max_size=4))
    names = [main, *[folder + name for folder, name in others]]
    try:
        for name in names:
            member_names.check_document(name)
        member_names.check_distinct(names)
    except Problem:
        reject()
    return {name: draw(st.binary(max_size=300)) for name in names}


@given(files(), st.integers(0, 3), CHUNKS)
@settings(max_examples=60, deadline=None)
def test_what_is_packed_is_read_back_in_any_chunks(given_files: dict[str, bytes], further: int, sizes: list[int]):
    content = maker.packed(given_files, further)
    found = container.read(io.BytesIO(content))
    assert {part.name: content[part.offset : part.offset + part.size] for part in found.parts} == given_files
    assert [part.name for part in found.parts] == list(given_files)
    assert maker.verdict(content, sizes) == found.sha256
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {name: archive.read(name) for name in archive.namelist()[4 + 2 * further :]} == given_files


GOOD = maker.packed(further=1)


@given(st.data(), st.binary(max_size=40), CHUNKS)
@settings(max_examples=300, deadline=None)
def test_damage_is_refused_alike_in_any_chunks(data: st.DataObject, new: bytes, sizes: list[int]):
    start = data.draw(st.integers(0, len(GOOD)))
    end = data.draw(st.integers(start, min(len(GOOD), start + 60)))
    damaged = GOOD[:start] + new + GOOD[end:]
    assume(damaged != GOOD)
    kind = maker.verdict(damaged)
    assert isinstance(kind, ProblemType)
    assert maker.verdict(damaged, sizes) is kind


@given(st.binary(max_size=200), CHUNKS)
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_refused_alike_in_any_chunks(content: bytes, sizes: list[int]):
    for start in (b"", GOOD[:69], GOOD[: GOOD.index(b"metadata.json")]):
        kind = maker.verdict(start + content)
        assert isinstance(kind, ProblemType)
        assert maker.verdict(start + content, sizes) is kind


MANIFEST = maker.manifest_xml({"metadata.json": b"{}"} | maker.FILES)
FRAGMENTS = st.sampled_from(
    [b"<", b"/>", b"&amp;", b"&#0;", b"%00", b"%2E%2E/", b"<d:DigestValue/>", b" Rootfile='1'", b"<!--", b"\xff", b"\0"]
)


@given(st.data(), st.one_of(st.binary(max_size=10), FRAGMENTS))
@settings(max_examples=300, deadline=None)
def test_a_damaged_manifest_is_read_or_refused_and_nothing_else(data: st.DataObject, new: bytes):
    start = data.draw(st.integers(0, len(MANIFEST)))
    end = data.draw(st.integers(start, min(len(MANIFEST), start + 30)))
    try:
        found = manifest.parse(MANIFEST[:start] + new + MANIFEST[end:])
    except Problem:
        return
    for listed in found.documents:
        member_names.check_document(listed.name)
    assert manifest.parse(manifest.write(found)).documents == found.documents
