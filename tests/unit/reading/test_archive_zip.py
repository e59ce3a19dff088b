"""ZIP files: what usual programs write is read whole, and what two programs could take for different files is refused."""

import io
import random
import zipfile

import archive_maker
import ofd_maker
import ooxml_maker
import pytest
from archive_maker import DESCRIBED, UTF8, Member, read, streamed, written, zipped
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from archive.reading.nested import MAXIMUM_PARTS
from archive.reading.reading import flowing, unseen, within
from exchange.policy.rules import Declared, judge, load
from schemas.problems import Problem, ProblemType
from schemas.words import UNCLASSIFIED, Outcome

TEXT = "关于做好防汛工作的通知，请各村按时报送材料。".encode()
FILES = {"通知.txt": TEXT, "报表/一季度.txt": TEXT}
BROKEN = ProblemType.DOCUMENT_BROKEN
BOMB = ProblemType.DOCUMENT_BOMB
NESTED = ProblemType.NESTED_TOO_DEEP


def refused(content: bytes) -> Problem:
    with pytest.raises(Problem) as caught:
        read(content)
    return caught.value


def names(content: bytes) -> list[str]:
    return [name for name, _ in read(content).parts]


def scan() -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").resize((827, 1169)).save(out, "JPEG", dpi=(100, 100))
    return out.getvalue()


def windows(files: dict[str, bytes]) -> bytes:
    """As the explorer of Chinese Windows writes it: names in GBK, without saying so."""
    return written({name: Member(content, raw=name.encode("gbk")) for name, content in files.items()})


def macos(files: dict[str, bytes]) -> bytes:
    """As the finder of macOS writes it: UTF-8 names that are not said to be, descriptors, and a shadow of each file."""
    shadow = b"\0\5\x16\7\0\2\0\0Mac OS X        \0\2" + bytes(80) + b"com.apple.quarantine"
    shadows = {f"__MACOSX/{'/'.join((*name.split('/')[:-1], '._' + name.split('/')[-1]))}": shadow for name in files}
    return written({name: Member(content, flags=DESCRIBED) for name, content in {**files, **shadows}.items()})


@pytest.mark.parametrize(
    "made",
    [
        zipped(FILES),
        zipped(FILES, zipfile.ZIP_STORED),
        zipped({"报表/": b"", **FILES}),
        windows(FILES),
        macos(FILES),
        streamed(FILES),
        streamed(FILES, marked=False),
        streamed(FILES, long=True),
        written({name: Member(content, flags=UTF8, long=True) for name, content in FILES.items()}),
        written({name: Member(content, flags=UTF8) for name, content in FILES.items()}, long_end=True),
        zipped(FILES, comment="县政府办公室".encode("gbk")),
    ],
    ids=[
        "Python", "stored", "folders", "Windows", "macOS", "streamed", "streamed without a mark", "streamed long", "ZIP64",
        "long end", "comment",
    ],
)  # fmt: skip
def test_what_usual_programs_write_is_read_whole(made: bytes):
    assert zipfile.ZipFile(io.BytesIO(made)).testzip() is None
    reading = read(made)
    assert reading.format == "zip"
    assert not reading.pages
    assert [name for name, _ in reading.parts] == list(FILES)
    assert all(flowing(part.pages) == TEXT.decode() for _, part in reading.parts)


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(st.text("ab甲乙/ ", min_size=1, max_size=8), st.binary(max_size=60), min_size=1, max_size=5),
    st.sampled_from([zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED]),
)
def test_names_and_contents_come_out_as_another_program_put_them_in(files: dict[str, bytes], compression: int):
    files = {f"{number}/{name.replace('/', '_').strip() or 'x'}.txt": TEXT + name.encode() for number, name in enumerate(files)}
    made = zipped(files, compression)
    assert {name: flowing(part.pages).encode() for name, part in read(made).parts} == {
        name: content.strip() for name, content in files.items()
    }


def test_a_zip_in_a_zip_in_a_zip_is_read_with_all_that_it_holds():
    inner = zipped({"表.xlsx": ooxml_maker.xlsx(), "扫描.jpg": scan(), "红头.ofd": ofd_maker.ofd(), "无扩展名": ooxml_maker.docx()})
    reading = read(zipped({"甲/内.zip": zipped({"再内.zip": inner}), "通知.txt": TEXT}))
    assert [(path, part.format) for path, part in within(reading)] == [
        ("", "zip"),
        ("甲/内.zip", "zip"),
        ("甲/内.zip/再内.zip", "zip"),
        ("甲/内.zip/再内.zip/表.xlsx", "xlsx"),
        ("甲/内.zip/再内.zip/扫描.jpg", "image"),
        ("甲/内.zip/再内.zip/红头.ofd", "ofd"),
        ("甲/内.zip/再内.zip/无扩展名", "docx"),
        ("通知.txt", "text"),
    ]
    assert unseen(reading) == [("甲/内.zip/再内.zip/扫描.jpg", 1)]


def test_pages_of_files_inside_are_drawn_by_their_path():
    pictured = ofd_maker.pictured(ofd_maker.page(ofd_maker.image()), r7=scan())
    content = zipped({"内.zip": zipped({"甲.jpg": scan(), "乙.ofd": pictured}), "丙.jpg": scan()})
    wanted = unseen(read(content))
    assert wanted == [("内.zip/甲.jpg", 1), ("内.zip/乙.ofd", 1), ("丙.jpg", 1)]
    assert archive_maker.shown(content, wanted) == wanted
    assert archive_maker.shown(content, [("丙.jpg", 1), ("没有.jpg", 1), ("内.zip/乙.ofd", 7)]) == [("丙.jpg", 1)]
    assert archive_maker.shown(scan(), [("", 1)], "扫描.jpg", "image/jpeg") == [("", 1)]


@pytest.mark.parametrize(
    "carrier",
    [
        {"通知.txt": "机密★1年".encode() + TEXT},
        {"内.zip": zipped({"通知.docx": ooxml_maker.docx(ooxml_maker.paragraph("机密★1年"))})},
        {"机密★1年 通知.txt": TEXT},
    ],
    ids=["text", "document in a zip", "name"],
)
def test_a_mark_inside_is_judged(carrier: dict[str, bytes]):
    reading = read(zipped(carrier))
    assert judge(Declared(UNCLASSIFIED), {"附件.zip": reading}, load("usual")).outcome is not Outcome.PASS


def test_a_mark_in_a_comment_or_the_name_of_an_empty_folder_is_given_as_text():
    content = zipped({"机密★1年/": b"", "通知.txt": TEXT}, comment="绝密★".encode("gbk"))
    assert set(read(content).texts) == {("comment", "绝密★"), ("name", "机密★1年/")}


def test_a_name_that_reads_in_two_ways_is_given_in_both():
    raw = "魔.txt".encode("gbk")  # which is valid UTF-8 for something else
    reading = read(written({"a": Member(TEXT, raw=raw)}))
    assert [name for name, _ in reading.parts] == ["魔.txt"]
    assert ("name", raw.decode("utf-8")) in reading.texts


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("旧.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500) + "WordDocument".encode("utf-16-le"), ProblemType.FORMAT_OLD),
        ("旧.et", b"abc", ProblemType.FORMAT_OLD),
        ("包.rar", b"Rar!\x1a\x07\x01\x00", ProblemType.ARCHIVE_NOT_INSPECTABLE),
        ("包.txt", b"7z\xbc\xaf\x27\x1c" + bytes(90), ProblemType.ARCHIVE_NOT_INSPECTABLE),
        ("空.txt", b"", ProblemType.DOCUMENT_EMPTY),
        ("程序.exe", b"MZ\x90\x00", ProblemType.DOCUMENT_ACTIVE),
        ("照片.heic", b"\x00\x00\x00\x18ftypheic", ProblemType.FORMAT_NOT_INSPECTABLE),
        ("网页.html", b"<html><body>abc</body></html>", ProblemType.FORMAT_NOT_INSPECTABLE),
        ("数据.bin", bytes(range(256)), ProblemType.FORMAT_NOT_INSPECTABLE),
        ("Thumbs.db", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), ProblemType.FORMAT_NOT_INSPECTABLE),
        ("半个.docx", ooxml_maker.docx()[:900], ProblemType.DOCUMENT_CUT_SHORT),
    ],
)
def test_a_file_inside_that_cannot_be_read_is_named_with_its_path(name: str, content: bytes, kind: ProblemType):
    problem = refused(zipped({"好.txt": TEXT, "内.zip": zipped({f"甲/{name}": content})}))
    assert problem.kind is kind
    assert f"甲/{name}" in problem.detail
    assert len(problem.detail) <= 120


def encrypted() -> bytes:
    return written({"a.txt": Member(TEXT, flags=1)})


def with_links() -> bytes:
    return written({"a.txt": Member(b"/etc/passwd", made=3 << 8 | 20, outer=0o120777 << 16)})


def overlapping() -> bytes:
    """Many rows of the directory for one member, as the bombs do that need no nesting."""
    made = written({"a.txt": Member(TEXT), "b.txt": Member(TEXT)})
    second = made.rindex(b"PK\1\2")
    return made[: second + 42] + bytes(4) + made[second + 46 :]


def hidden() -> bytes:
    """A member that the directory does not list."""
    made = written({"a.txt": Member(TEXT), "b.txt": Member(TEXT)})
    first, second = made.index(b"PK\1\2"), made.rindex(b"PK\1\2")
    end = made.index(b"PK\5\6")
    fields = bytearray(made[end:])
    fields[8:12] = b"\1\0\1\0"
    fields[12:16] = (end - second).to_bytes(4, "little")
    return made[:first] + made[second:end] + bytes(fields)


TRICKS = {
    "bytes before": b"MZ" * 8 + zipped(FILES),
    "bytes after": zipped(FILES) + b"more",
    "a second zip after": zipped(FILES) + zipped({"b.txt": TEXT}),
    "overlap": overlapping(),
    "a hidden member": hidden(),
    "the same name twice": written({"a.txt": Member(TEXT), "b": Member(TEXT, raw=b"a.txt")}),
    "the same name in another case": zipped({"A.txt": TEXT, "a.TXT": TEXT}),
    "the same name in another width": zipped({"Ａ.txt": TEXT, "A.txt": TEXT}),
    "a file that is a folder": zipped({"a": TEXT, "a/b.txt": TEXT}),
    "another name in the local header": zipped(FILES).replace(
        b"PK\3\4" + zipped(FILES)[4:30] + "通知".encode(), b"PK\3\4" + zipped(FILES)[4:30] + "通告".encode(), 1
    ),
    "a lying size": written({"a.txt": Member(TEXT, size=10)}),
    "a lying size that is larger": written({"a.txt": Member(TEXT, size=1000)}),
    "a lying descriptor": streamed(FILES).replace(b"PK\7\x08", b"PK\7\x09"),
    "a name that leads out": zipped({"../a.txt": TEXT}),
    "an absolute name": zipped({"/a.txt": TEXT}),
    "a drive": zipped({"C:a.txt": TEXT}),
    "a name that turns": zipped({"a\u202etxt.exe": TEXT}),
    "a link": with_links(),
    "a wrong checksum": zipped(FILES, zipfile.ZIP_STORED).replace(TEXT, TEXT[::-1], 1),
    "two formats": zipped({"OFD.xml": "<a/>", "[Content_Types].xml": "<a/>"}),
}


@pytest.mark.parametrize("trick", TRICKS)
def test_what_two_programs_could_read_differently_is_refused(trick: str):
    assert refused(TRICKS[trick]).kind is (ProblemType.EXTENSION_MISMATCH if trick == "bytes before" else BROKEN)


def test_a_password_an_odd_compression_and_half_a_file_each_have_their_own_reason():
    assert refused(encrypted()).kind is ProblemType.DOCUMENT_ENCRYPTED
    for compression in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        assert refused(zipped(FILES, compression)).kind is ProblemType.ARCHIVE_NOT_INSPECTABLE
    for length in (40, 200, len(zipped(FILES)) - 3):
        assert refused(zipped(FILES)[:length]).kind is ProblemType.DOCUMENT_CUT_SHORT
    for empty in (zipped({}), zipped({"空/": b""}), b""):
        assert refused(empty).kind is ProblemType.DOCUMENT_EMPTY


def quine() -> bytes:
    """A zip that holds itself as often as anyone looks: each level holds the next."""
    content = zipped({"r.txt": TEXT})
    for _ in range(6):
        content = zipped({"r.zip": content})
    return content


BOMBS = {
    "a member of zeros": (lambda: zipped({"a.txt": bytes(40 << 20)}), BOMB),
    "levels": (quine, NESTED),
    "files": (lambda: zipped({f"{number}.txt": TEXT for number in range(MAXIMUM_PARTS + 1)}), NESTED),
    "files in zips": (
        lambda: zipped({f"{number}.zip": zipped({f"{inner}.txt": TEXT for inner in range(40)}) for number in range(3)}),
        NESTED,
    ),
    "ten thousand members": (lambda: zipped({f"{number}.txt": b"" for number in range(10_000)}, zipfile.ZIP_STORED), NESTED),
    "folders in folders": (lambda: zipped({"a/" * 200 + "b.txt": TEXT}), NESTED),
    "a name of folders without end": (lambda: zipped({"a/" * 30_000 + "b.txt": TEXT}), NESTED),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_what_costs_too_much_is_refused_by_its_kind(bomb: str):
    made, kind = BOMBS[bomb]
    assert refused(made()).kind is kind


def test_what_unpacks_to_too_much_in_all_its_levels_together_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("archive.reading.nested.SMALL", 1 << 20)
    long = ("防汛值班安排。\n" * 20_000).encode()
    assert len(read(zipped({"内.zip": zipped({"1.txt": long}), "2.txt": long})).parts) == 2
    content = zipped({f"{number}.zip": zipped({"1.txt": long}) for number in range(3)})
    assert refused(content).kind is BOMB


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_zip_is_refused_or_read_as_it_was(data: st.DataObject):
    whole = zipped(FILES)
    changed = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 3))):
        changed[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        reading = read(bytes(changed))
    except Problem:
        return
    texts = [flowing(part.pages) for _, part in reading.parts]
    assert texts == [TEXT.decode()] * 2


def test_noise_behind_the_magic_is_refused():
    noise = random.Random(4)
    for _ in range(50):
        assert refused(b"PK\3\4" + noise.randbytes(noise.randrange(1, 400))).kind in {BROKEN, ProblemType.DOCUMENT_CUT_SHORT}
