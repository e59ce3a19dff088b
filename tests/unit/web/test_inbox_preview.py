"""Documents out of a container: their place follows from sizes alone, and must be where the strict reader finds them."""

import io

import pytest
from signer_maker import authority
from submission_maker import Letter, pack_with

from archive.reading.kept import KeptPart
from exchange.delivery.locating import place
from exchange.web.inbox.preview import Leaf, leaves, way
from keys import container
from schemas.messages import Submission, decode

FILES = {
    "报告.pdf": b"%PDF-1.7 main",
    "attachments/雨量.xlsx": b"x" * 300_000,
    "attachments/空.txt": b"",
    "attachments/照片.png": b"\x89PNG",
}


@pytest.mark.parametrize("signers", [0, 1, 3])
def test_a_documents_place_is_where_the_reader_finds_it(signers: int):
    signer = authority().signer()
    packed = pack_with(Letter(files=FILES), signer, further=[signer] * signers)
    whole = container.read(io.BytesIO(packed))
    message = decode(whole.head.metadata, Submission)
    for number, (part, content) in enumerate(zip(whole.parts, FILES.values(), strict=True), start=1):
        offset, size, sha256 = place(whole.head, message, number)
        assert (offset, size, sha256) == (part.offset, part.size, part.sha256)
        assert packed[offset : offset + size] == content


def test_each_document_is_shown_in_its_way():
    documents = decode(container.read(io.BytesIO(pack_with(Letter(files=FILES), authority().signer()))).head.metadata, Submission).documents
    assert [way(each) for each in documents] == ["pdf", "sheets", "text", "picture"]


def test_a_text_preview_has_pages_and_the_files_inside_and_no_other_documents_text():
    parts = (
        KeptPart("甲.zip", "", (), ()),
        KeptPart("甲.zip/乙/表.xlsx", "第一页第二页", ((1, 0), (2, 3), (3, 6)), (("批注", "请核对"),)),
        KeptPart("甲.zip.txt", "别的文件", ((1, 0),)),
    )
    assert leaves(parts, "甲.zip") == [
        Leaf("乙/表.xlsx", 1, "第一页"),
        Leaf("乙/表.xlsx", 2, "第二页"),
        Leaf("乙/表.xlsx 批注", 0, "请核对"),
    ]
    assert leaves(parts, "没有") == []
