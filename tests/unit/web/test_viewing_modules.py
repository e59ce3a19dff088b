"""What the viewer's frame may say to the page, and nothing else is heard; what it keeps of the keyboard."""

from collections.abc import Iterator
from typing import Any

import pytest
from script_maker import Scripts, scripts


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scripts]:
    with scripts(tmp_path_factory.mktemp("scripts")) as running:
        yield running


UNDERSTOOD: list[dict[str, Any]] = [
    {"is": "ready"},
    {"is": "failed"},
    {"is": "shown", "page": 3, "of": 3},
    {"is": "height", "pixels": 800},
    *({"is": "key", "key": key} for key in ("a", "?", "/", "文", "Escape", "Ctrl+Enter")),
    *({"is": "part", "name": name} for name in ("build/pdf.worker.min.mjs", "cmaps/Adobe-GB1-UCS2.bcmap", "wasm/jbig2.wasm")),
    {"is": "part", "name": "standard_fonts/LiberationSans-Bold.ttf"},
    {"is": "leaf", "number": 7},
]
STRANGE: list[Any] = [
    None,
    "ready",
    {},
    {"is": "open"},
    {"is": "shown", "page": 4, "of": 3},
    {"is": "shown", "page": 1.5, "of": 3},
    *({"is": "height", "pixels": pixels} for pixels in (0, -1, "9", 1e12)),
    *({"is": "key", "key": key} for key in ("", " ", "aa", "Enter", "Tab", "\u202e", "Ctrl+a", ["a"])),
    *(
        {"is": "part", "name": name}
        for name in ("build/../x", "cmaps/../../api.bcmap", "/api/v1/events", "web/viewer.mjs", "wasm/a.wasm?x")
    ),
    *({"is": "leaf", "number": number} for number in (0, -1, "1", 10**9)),
]


def test_the_few_words_of_a_frame_are_heard_without_anything_beside(run: Scripts) -> None:
    assert [run("viewing/messages.js", "heard", each | {"more": "unheard"}) for each in UNDERSTOOD] == UNDERSTOOD


@pytest.mark.parametrize("said", STRANGE, ids=str)
def test_whatever_else_a_frame_says_is_not_heard(run: Scripts, said: Any) -> None:
    assert run("viewing/messages.js", "heard", said) is None


@pytest.mark.parametrize(
    ("pressed", "passed"),
    [
        ({"key": "j"}, "j"),
        ({"key": "Escape"}, "Escape"),
        ({"key": "Enter", "ctrlKey": True}, "Ctrl+Enter"),
        ({"key": "c", "ctrlKey": True}, None),  # copying is the frame's
        ({"key": " "}, None),  # and going a screen on
        ({"key": "PageDown"}, None),
        ({"key": "Tab"}, None),
        ({"key": "j", "isComposing": True}, None),
        ({"key": "j", "altKey": True}, None),
    ],
    ids=str,
)
def test_keys_that_mean_something_on_the_page_are_passed_on(run: Scripts, pressed: dict[str, Any], passed: str | None) -> None:
    assert run("viewing/messages.js", "passedOn", pressed) == passed
