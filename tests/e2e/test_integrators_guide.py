"""The programs that we show to others are run: the one of docs/api.md against a real county, and the one of the page."""

import re
from collections.abc import Iterator
from pathlib import Path

import paper_maker
import pytest
from county_process import Township, county_process

from exchange.client.home import open_home
from exchange.openapi.page import EXAMPLE

GUIDE = (Path(__file__).resolve().parents[2] / "docs/api.md").read_text("utf-8")


class World:
    def __init__(self, folder: Path, url: str, town: Township, reviewer: Township) -> None:
        self.folder, self.url, self.town, self.reviewer = folder, url, town, reviewer

    def send(self, title: str) -> str:
        paper = self.folder / "正文.pdf"
        paper.write_bytes(paper_maker.pdf())
        return str(self.town.do("submit", paper, "--title", title, "--kind", "信息", "--to", "county").json["submission"])


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("guide")
    with county_process(folder / "county") as county:
        county.office("T01", "城关镇")
        yield World(
            folder, county.url, county.enrol(folder / "t01", "T01", "张三"), county.enrol(folder / "c", "county", "李四", "reviewer")
        )


def reviews(world: World) -> dict[str, str]:
    return {item["submission"]: item["review"] for item in world.reviewer.do("inbox").json["items"]}


def test_the_program_of_the_guide_signs_its_requests_and_signs_for_what_is_new(world: World):
    submission = world.send("指南中的程序")
    (program,) = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    home = open_home(world.reviewer.home)
    mine = {
        "URL": world.url,
        "ROOT": str(world.reviewer.home / "trust" / "root.pem"),
        "PRIVATE_KEY": home.signer.private_key,
        "CERTIFICATE": home.signer.certificate,
    }
    exec(compile(program, "docs/api.md", "exec"), mine)  # noqa: S102 - our own page
    assert reviews(world)[submission] == "signed_for"


def test_the_program_of_the_page_runs(world: World):
    submission = world.send("网页中的程序")
    program = EXAMPLE.replace('Path.home() / ".yizhan"', repr(world.reviewer.home).replace("PosixPath", "Path"))
    exec(compile(program, "/api/", "exec"), {})  # noqa: S102 - our own page
    assert reviews(world)[submission] == "signed_for"
