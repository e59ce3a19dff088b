"""The pages' texts in the two languages of the house: gettext catalogues, English as the key and 中文 beside it.

A catalogue is one `.po` file a room; all are read at start into one. What scripts say stands in the same files: a message that
occurs in a `.js` file is handed to the pages that load it.
"""

import gettext
import io
import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

CHINESE: Final = "zh-CN"
ENGLISH: Final = "en"
LANGUAGES: Final = (CHINESE, ENGLISH)
_FOLDER: Final = Path(__file__).parent / "locale" / "zh_CN"


def catalogue(folder: Path = _FOLDER) -> Catalog:
    """Return all messages of a folder's files as one catalogue. Raises ValueError for two translations of one message."""
    whole = Catalog(locale="zh_CN")
    for path in sorted(folder.glob("*.po")):
        with path.open("rb") as file:
            room = read_po(file, locale="zh_CN", abort_invalid=True)
        for message in room:
            if not message.id:
                continue
            before = whole.get(message.id, message.context)
            if before is not None and before.string != message.string:
                wrong = f"{path.name}: another translation of {message.id!r}"
                raise ValueError(wrong)
            whole.add(message.id, message.string, locations=message.locations, context=message.context)
    return whole


class Texts:
    """What turns English keys into the language of a page."""

    def __init__(self, whole: Catalog | None = None) -> None:
        """Read the catalogues."""
        whole = catalogue() if whole is None else whole
        compiled = io.BytesIO()
        write_mo(compiled, whole)
        compiled.seek(0)
        self._translations: dict[str, gettext.NullTranslations] = {
            CHINESE: gettext.GNUTranslations(compiled),
            ENGLISH: gettext.NullTranslations(),
        }
        self._scripts: defaultdict[str, dict[str, str]] = defaultdict(dict)
        for message in whole:
            for place, _ in message.locations if message.id else ():
                if place.endswith(".js"):
                    self._scripts[place.removeprefix("static/")][str(message.id)] = str(message.string)

    def translations(self, language: str) -> gettext.NullTranslations:
        """Return what answers gettext's questions in a language."""
        return self._translations[language]

    def for_scripts(self, language: str, names: Iterable[str]) -> str:
        """Return, as JSON for an element of a page, what these scripts say: English key to text; an absent key is shown as it is."""
        if language == ENGLISH:
            return "{}"
        said = {key: text for name in names for key, text in self._scripts.get(name, {}).items()}
        return json.dumps(dict(sorted(said.items())), ensure_ascii=False).replace("<", "\\u003c")
