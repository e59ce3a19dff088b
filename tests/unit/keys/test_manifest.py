"""ASiCManifest: any spelling of the same list is read; whatever the list does not need is refused."""

import hashlib

import container_maker as maker
import pytest

from keys import manifest, member_names
from keys.manifest import Listed, Manifest
from schemas.problems import Problem, ProblemType

DIGEST = hashlib.sha256(b"").hexdigest()
FILES = {"metadata.json": b"{}", "报告 1%.pdf": b"main", "attachments/a&b'(c).csv": b""}
GOOD = maker.manifest_xml(FILES).decode()


def made(*names: str, media_type: str = "application/pdf") -> Manifest:
    documents = tuple(Listed(name, media_type, DIGEST) for name in names)
    return Manifest("META-INF/signature001.p7s", Listed("metadata.json", "application/json", DIGEST), documents)


def kind_of(content: bytes | str, most: int = manifest.MOST) -> ProblemType:
    with pytest.raises(Problem) as raised:
        manifest.parse(content.encode() if isinstance(content, str) else content, most)
    return raised.value.kind


def test_what_is_written_is_read_again():
    listed = made("报告 1%.pdf", "attachments/a&b'(c)+#;=.csv", "第二件.docx")
    content = manifest.write(listed)
    assert content.isascii()
    assert manifest.parse(content) == listed


def test_another_spelling_means_the_same():
    found = manifest.parse(GOOD.encode())
    assert found.signature == "META-INF/signature001.p7s"
    assert [found.metadata.name, *(listed.name for listed in found.documents)] == list(FILES)
    assert [listed.sha256 for listed in found.documents] == [hashlib.sha256(content).hexdigest() for content in list(FILES.values())[1:]]


@pytest.mark.parametrize(
    "spelling",
    [
        '<?xml version="1.0"?>' + GOOD,
        '<?xml version="1.0" encoding="utf-8" standalone="yes"?>\r\n' + GOOD,
        "\ufeff" + GOOD,
        GOOD.replace("><", ">\n\t<").replace("' ", "'\n"),
        GOOD.replace("xmlns:d=", "xmlns:x=").replace("<d:", "<x:").replace("</d:", "</x:"),
        GOOD.replace("<SigReference ", "<SigReference MimeType='application/pkcs7-signature' "),
        GOOD.replace("MimeType='application/pdf'", "Rootfile='1' MimeType='application/pdf'"),
        GOOD.replace("MimeType='text/csv'", "Rootfile='false' MimeType='text/csv'"),
        GOOD.replace("'(c)", "%27%28%63%29").replace("%28c", "%28%63"),
    ],
)
def test_spelling_does_not_matter(spelling: str):
    assert manifest.parse(spelling.encode()) == manifest.parse(GOOD.encode())


REFERENCE = GOOD[GOOD.index("<DataObjectReference MimeType='text/csv'") : GOOD.index("</ASiCManifest>")]
MALFORMED = {
    "empty": "",
    "a character reference": GOOD.replace("META-INF/", "META-INF&#47;"),
    "not XML": "{}",
    "cut short": GOOD[:-5],
    "two roots": GOOD + GOOD,
    "other root": GOOD.replace("ASiCManifest", "Manifest"),
    "reference as root": "<SigReference xmlns='http://uri.etsi.org/02918/v1.2.1#' URI='META-INF/signature001.p7s'/>",
    "no namespace": GOOD.replace(" xmlns='http://uri.etsi.org/02918/v1.2.1#'", ""),
    "document type": "<!DOCTYPE ASiCManifest>" + GOOD,
    "entity bomb": "<!DOCTYPE a [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]>" + GOOD.replace("</d:DigestValue>", "&b;</d:DigestValue>"),
    "external entity": "<!DOCTYPE a SYSTEM 'file:///etc/passwd'>" + GOOD,
    "undefined entity": GOOD.replace("META-INF/", "META-INF&slash;"),
    "processing instruction": "<?a b?>" + GOOD,
    "comment": GOOD.replace("<SigReference", "<!-- text that nobody inspects --><SigReference"),
    "CDATA": GOOD.replace("<d:DigestValue>", "<d:DigestValue><![CDATA[]]>"),
    "other encoding": '<?xml version="1.0" encoding="GB18030"?>' + GOOD,
    "foreign namespace": GOOD.replace("<ASiCManifest", "<ASiCManifest xmlns:a='urn:a'"),
    "text": GOOD.replace("<SigReference", "text<SigReference"),
    "unknown element": GOOD.replace("</ASiCManifest>", "<ASiCManifestExtensions/></ASiCManifest>"),
    "unknown attribute": GOOD.replace("<SigReference", "<SigReference Id='a'"),
    "unknown attribute of the root": GOOD.replace("<ASiCManifest", "<ASiCManifest Id='a'"),
    "attribute twice": GOOD.replace("<SigReference", "<SigReference URI='a'"),
    "attribute with namespace": GOOD.replace("Algorithm=", "d:Algorithm="),
    "no signature reference": GOOD.replace("<SigReference URI='META-INF/signature001.p7s'/>", ""),
    "two signature references": GOOD.replace("<SigReference URI='META-INF/signature001.p7s'/>", "<SigReference URI='a'/>" * 2),
    "signature of other type": GOOD.replace("<SigReference ", "<SigReference MimeType='text/xml' "),
    "signature reference with content": GOOD.replace("p7s'/>", "p7s'><d:DigestValue/></SigReference>"),
    "no media type": GOOD.replace("MimeType='text/csv'", ""),
    "odd media type": GOOD.replace("text/csv", "text/csv; secret=1"),
    "digest before method": GOOD.replace("DigestMethod Algorithm='http://www.w3.org/2001/04/xmlenc#sha256' /", "DigestValue/"),
    "SHA-1": GOOD.replace("http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2000/09/xmldsig#sha1"),
    "SHA-512": GOOD.replace("xmlenc#sha256", "xmlenc#sha512"),
    "no algorithm": GOOD.replace("Algorithm='http://www.w3.org/2001/04/xmlenc#sha256'", ""),
    "digest not base64": GOOD.replace("<d:DigestValue>\n ", "<d:DigestValue>!"),
    "digest too short": GOOD.replace("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "47DEQpj8HBSa"),
    "digest with loose bits": GOOD.replace("G3hSuFU=", "G3hSuFV="),
    "method with content": GOOD.replace("sha256' />", "sha256'><d:DigestValue/></d:DigestMethod>"),
    "deep": GOOD.replace("</d:DigestValue>", "<d:DigestValue><d:DigestValue/></d:DigestValue></d:DigestValue>"),
    "second Rootfile": GOOD.replace("MimeType='text/csv'", "Rootfile='true' MimeType='text/csv'"),
    "odd Rootfile": GOOD.replace("MimeType='application/pdf'", "Rootfile='yes' MimeType='application/pdf'"),
    "no metadata": GOOD.replace("metadata.json", "metadata.txt"),
    "metadata twice": GOOD.replace("attachments/", "").replace("a%26b%27%28c%29.csv", "metadata.json"),
    "no document": maker.manifest_xml({"metadata.json": b""}).decode(),
    "URI with scheme": GOOD.replace("attachments/", "file:///attachments/"),
    "URI with query": GOOD.replace("attachments/", "attachments/?"),
    "URI with fragment": GOOD.replace("attachments/", "attachments/#"),
    "URI with backslash": GOOD.replace("attachments/", "attachments\\"),
    "URI with loose percent": GOOD.replace("%26b", "%2xb"),
    "URI with escaped slash": GOOD.replace("attachments/", "attachments%2F"),
    "URI not UTF-8": GOOD.replace("%26b", "%FFb"),
    "URI not escaped": GOOD.replace("%26b", "文"),
    "URI empty": GOOD.replace("URI='attachments/a%26b%27%28c%29.csv'", "URI=''"),
    "larger than 1 MiB": GOOD + " " * 2**20,
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_manifest_is_refused(name: str):
    assert MALFORMED[name] != GOOD
    assert kind_of(MALFORMED[name]) is ProblemType.MANIFEST_MALFORMED


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_other_encodings_are_refused(encoding: str):
    assert kind_of(GOOD.encode(encoding)) is ProblemType.MANIFEST_MALFORMED


def test_a_list_beyond_the_bound_is_refused():
    files = {"metadata.json": b""} | {f"{number}.txt": b"" for number in range(200)}
    assert kind_of(maker.manifest_xml(files)) is ProblemType.TOO_MANY_MEMBERS
    assert kind_of(maker.manifest_xml(files), most=200) is ProblemType.TOO_MANY_MEMBERS
    assert len(manifest.parse(maker.manifest_xml(files), most=201).documents) == 200


def test_the_same_file_twice_is_refused():
    assert kind_of(GOOD.replace("</ASiCManifest>", REFERENCE + "</ASiCManifest>")) is ProblemType.DUPLICATE_NAME


UNSAFE = [
    "",
    "/a.pdf",
    "C:/a.pdf",
    "c:a.pdf",
    "../a.pdf",
    "attachments/../a.pdf",
    "attachments/./a.pdf",
    "attachments//a.pdf",
    "attachments/",
    "attachments\\a.pdf",
    "a.pdf.",
    "a.pdf ",
    "attachments /a.pdf",
    "attachments/b./a.pdf",
    "con",
    "CON.pdf",
    "nul .txt",
    "attachments/Aux.tar.gz",
    "com1.pdf",
    "com¹.pdf",
    "LPT9",
    "a\x00.pdf",
    "a\n.pdf",
    "a\x7f.pdf",
    "a\x85.pdf",
    "报告\u202efdp.exe",
    "报告\u2066.pdf",
    "报告\u200b.pdf",
    "报告\u2028.pdf",
    "a\ud800.pdf",
    "a?.pdf",
    "a|b.pdf",
    "e\u0301.pdf",
    "\uf900.pdf",
    "报" * 84 + ".pdf",
    "mimetype",
    "MimeType",
    "metadata.JSON",
    "META-INF",
    "META-INF/a.pdf",
    "meta-inf/a.pdf",
    "ｍｉｍｅｔｙｐｅ",
    "folder/a.pdf",
    "Attachments/a.pdf",
]


@pytest.mark.parametrize("name", UNSAFE)
def test_unsafe_name_is_refused_on_both_sides(name: str):
    with pytest.raises(Problem) as raised:
        member_names.check_document(name)
    assert raised.value.kind is ProblemType.UNSAFE_NAME
    assert raised.value.detail.isprintable()
    with pytest.raises(Problem) as raised:
        manifest.write(made("main.pdf", name))
    assert raised.value.kind is ProblemType.UNSAFE_NAME


@pytest.mark.parametrize(
    "name", ["attachments/../a.pdf", "报告\u202e.pdf", "con.pdf", "mimetype", "META-INF/a.xml", "folder/a.pdf", "/a.pdf"]
)
def test_unsafe_name_in_a_manifest_is_refused(name: str):
    assert kind_of(maker.manifest_xml({"metadata.json": b"", "main.pdf": b"", name: b""})) is ProblemType.UNSAFE_NAME


@pytest.mark.parametrize(
    "name",
    [
        "报告.pdf",
        "关于〔2026〕12号“防汛”的请示（稿）.docx",
        "console.pdf",
        "com10.txt",
        ".hidden",
        "attachments/附件 1/表.xlsx",
        "𠮷野.pdf",
        "\ue000.pdf",
    ],
)
def test_ordinary_name_is_allowed(name: str):
    member_names.check_document(name)
    assert manifest.parse(manifest.write(made("main.pdf", name))).documents[1].name == name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a.pdf", "a.pdf"),
        ("a.pdf", "A.PDF"),
        ("straße.pdf", "STRASSE.pdf"),
        ("１.pdf", "1.pdf"),
        ("ﬁ.pdf", "FI.pdf"),
        ("attachments", "attachments/a.pdf"),
        ("attachments/a", "attachments/A/b"),
    ],
)
def test_names_that_unpack_onto_one_another_are_refused_in_either_order(one: str, other: str):
    for names in ((one, other), (other, one)):
        with pytest.raises(Problem) as raised:
            manifest.write(made("main.doc", *names))
        assert raised.value.kind is ProblemType.DUPLICATE_NAME


def test_the_main_document_lies_at_the_root():
    with pytest.raises(Problem) as raised:
        manifest.write(made("attachments/main.pdf"))
    assert raised.value.kind is ProblemType.UNSAFE_NAME


def test_a_media_type_that_could_break_out_is_not_written():
    with pytest.raises(Problem) as raised:
        manifest.write(made("main.pdf", media_type='a/b" Rootfile="true'))
    assert raised.value.kind is ProblemType.MANIFEST_MALFORMED
