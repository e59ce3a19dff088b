"""HTML written by program: nothing that was not written here as markup ever becomes markup."""

from html import escape
from typing import Final

from schemas.words import NOTICE_EN, NOTICE_ZH, Label

VOID: Final = frozenset({"link", "meta"})


class Markup(str):
    """Text that is markup already; everything else is escaped where it is put in."""

    __slots__ = ()


def element(name: str, /, *children: str, **attributes: str) -> Markup:
    """Return an element; children that are no `Markup` are text. `class_` stands for the attribute `class`."""
    said = "".join(f' {key.rstrip("_")}="{escape(value)}"' for key, value in attributes.items())
    inner = "".join(map(_inner, children))
    return Markup(f"<{name}{said}>" if name in VOID else f"<{name}{said}>{inner}</{name}>")


def joined(*pieces: str) -> Markup:
    """Return pieces one after the other."""
    return Markup("".join(map(_inner, pieces)))


def beside(text: Label) -> Markup:
    """Return a text in both languages, Chinese first, English beside it; what stands between backticks is code."""
    return joined(element("span", _worded(text.zh)), " ", element("span", _worded(text.en), lang="en", class_="beside"))


def whole(title: Label, county: str, *body: str) -> str:
    """Return a page. The notice that this is no system for secrets stands on every one."""
    head = joined(
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("link", rel="stylesheet", href="/api/style.css"),
        element("title", f"{title.zh} · 公文驿站"),
    )
    top = element(
        "header",
        element("p", county, " · 公文驿站 ", element("span", "Yizhan", lang="en"), class_="where"),
        element("h1", beside(title)),
        element("nav", element("a", "接口 API", href="/api/"), " ", element("a", "问题 Problems", href="/problems")),
    )
    notice = element("footer", element("p", beside(Label(NOTICE_ZH, NOTICE_EN))))
    page = element("html", element("head", head), element("body", top, element("main", *body), notice), lang="zh-CN")
    return f"<!doctype html>\n{page}\n"


def _worded(text: str) -> Markup:
    return joined(*(element("code", piece) if odd % 2 else piece for odd, piece in enumerate(text.split("`"))))


def _inner(child: str) -> str:
    return child if isinstance(child, Markup) else escape(child)
