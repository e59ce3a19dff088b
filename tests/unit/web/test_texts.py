"""Every text of the desk in both languages: none is missing, none is left over, and scripts get theirs."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import pytest
from babel.messages.catalog import Catalog, Message
from texts_maker import WEB, in_python, in_scripts, in_templates

from exchange.web.texts import CHINESE, ENGLISH, Texts, catalogue

HAN: Final = re.compile(r"[\u3400-\u9fff]")
HOLE: Final = re.compile(r"%\((\w+)\)s")
ALIKE: Final = frozenset({"JSON", "XLSX", "CSV", "PDF", "QR"})
"""Words that are the same in both languages."""


@pytest.fixture(scope="module")
def whole() -> Catalog:
    return catalogue()


def messages(whole: Catalog) -> Iterable[Message]:
    return [message for message in whole if message.id]


def key(message: Message) -> str:
    """A message's key: that of one thing, where it says one and many."""
    return message.id if isinstance(message.id, str) else message.id[0]


def test_every_text_has_a_translation(whole: Catalog) -> None:
    said = {**in_templates(), **in_python(), **in_scripts()}
    known = {key(message) for message in messages(whole) if message.string}
    missing = {text: sorted(files) for text, files in said.items() if text not in known}
    assert missing == {}


def test_no_translation_is_left_over(whole: Catalog) -> None:
    said = in_templates().keys() | in_python().keys() | in_scripts().keys()
    assert sorted(key(message) for message in messages(whole) if key(message) not in said) == []


def test_scripts_are_given_what_they_say_and_no_more(whole: Catalog) -> None:
    told = {key(message): {name for name, _ in message.locations if name.endswith(".js")} for message in messages(whole)}
    said = in_scripts()
    wrong = {text: (sorted(files), sorted(said.get(text, ()))) for text, files in told.items() if files != said.get(text, set())}
    assert wrong == {}, "text: (files in the catalogue, files that say it)"


def test_keys_are_english_and_translations_chinese(whole: Catalog) -> None:
    assert [message.id for message in messages(whole) if HAN.search(str(message.id))] == []
    strings = {key(message): str(message.string) for message in messages(whole)}
    assert [each for each, text in strings.items() if not HAN.search(text) and not set(re.findall("[A-Za-z]+", text)) <= ALIKE] == []


def test_translations_have_the_holes_of_their_keys(whole: Catalog) -> None:
    assert [str(each.id) for each in messages(whole) if set(HOLE.findall(str(each.id))) != set(HOLE.findall(str(each.string)))] == []


def test_no_file_says_a_message_twice() -> None:
    for path in sorted((WEB / "locale").rglob("*.po")):
        keys = re.findall(r'^msgid "(.+)"$', path.read_text(), re.MULTILINE)
        assert sorted(each for each in set(keys) if keys.count(each) > 1) == [], path.name


def test_two_translations_of_one_message_are_refused(tmp_path: Path) -> None:
    for name, text in (("a", "已发"), ("b", "发出")):
        (tmp_path / f"{name}.po").write_text(
            f'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "Sent"\nmsgstr "{text}"\n'
        )
    with pytest.raises(ValueError, match="another translation"):
        catalogue(tmp_path)


def test_scripts_of_an_english_page_get_no_table(whole: Catalog) -> None:
    texts = Texts(whole)
    assert texts.for_scripts(ENGLISH, ["core/keyboard.js"]) == "{}"
    assert "本页快捷键" in texts.for_scripts(CHINESE, ["core/keyboard.js"])
    assert texts.for_scripts(CHINESE, ["core/texts.js", "no/such.js"]) == "{}"
    assert texts.translations(CHINESE).gettext("Sign out") == "退出"
