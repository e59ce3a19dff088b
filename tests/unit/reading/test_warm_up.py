"""A child of the zygote finds everything in place: no document makes it import a module."""

import pathlib
import subprocess
import sys

import ofd_maker
import ooxml_maker
import paper_maker

ROOT = pathlib.Path(__file__).resolve().parents[3]
PROGRAM = """
import os, pathlib, sys
from archive.reading import formats, read_document, warm_up
from schemas.problems import Problem
warm_up.read_one_of_each()
before = set(sys.modules)
for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    with path.open("rb") as file:
        try:
            read_document.read(path.name, formats.media_type_of(path.name), file.fileno(), path.stat().st_size)
        except Problem:
            pass
print(sorted(set(sys.modules) - before))
"""


def test_no_document_makes_a_child_import_a_module(tmp_path: pathlib.Path):
    documents = {"件.txt": "低保".encode("gb18030"), "件.pdf": paper_maker.pdf()}
    mark = "机密★1年"
    for ending, made in (
        ("ofd", {**ofd_maker.on_pages(mark), **ofd_maker.beside_pages(mark), **ofd_maker.broken()}),
        ("docx", {**ooxml_maker.docx_carriers(mark), **ooxml_maker.hostile()}),
        ("xlsx", ooxml_maker.xlsx_carriers(mark)),
        ("pptx", ooxml_maker.pptx_carriers(mark)),
    ):
        documents |= {f"{at}.{ending}": content for at, content in enumerate(made.values())}
    for name, content in documents.items():
        (tmp_path / name).write_bytes(content)
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(tmp_path)], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"
