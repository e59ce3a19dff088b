"""The script's own readers (JSON, instants, base64) against Python's: what they read must be what everybody else reads."""

import base64
import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from bundle_maker import bare_path
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import instants

NAMES = st.text("abcdefgXYZ_019", min_size=1, max_size=6)
TEXTS = st.one_of(
    st.text(max_size=20), st.text('"\\{}[]:,fromto \u001b\n', max_size=20), st.sampled_from(['","from":"T99', "\\", '\\"', '"}', ""])
)
VALUES = st.recursive(
    st.one_of(TEXTS, st.booleans(), st.none(), st.integers()),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(NAMES, inner, max_size=4)),
    max_leaves=12,
)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=6)


def run(commands: str, folder: Path, *arguments: str) -> bytes:
    """Run commands in a shell that knows the script's functions."""
    script = resources.files("keys").joinpath("verify.sh").read_text().removesuffix("main\n")
    done = subprocess.run(
        [str(Path(bare_path(), "bash")), "-c", script + commands, "bash", *arguments],
        cwd=folder,
        env={"PATH": bare_path()},
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert done.stderr == b""
    return done.stdout


READ = r"""
for file in "$@"; do
  read_json "$file" || { printf 'refused\0'; continue; }
  for at in "${!field[@]}"; do printf '%s=%s\0' "$at" "${field[$at]}"; done
  printf 'read\0'
done
"""


def read(documents: list[bytes], folder: Path) -> list[list[str] | None]:
    """Return path=value of every document, sorted, or None where it was refused."""
    names = [f"{number}.json" for number in range(len(documents))]
    for name, document in zip(names, documents, strict=True):
        (folder / name).write_bytes(document)
    found: list[list[str] | None] = []
    pairs: list[str] = []
    for said in run(READ, folder, *names).decode(errors="surrogateescape").split("\0")[:-1]:
        if said in {"read", "refused"}:
            found.append(sorted(pairs) if said == "read" else None)
            pairs = []
        else:
            pairs.append(said)
    return found


def spelled(value: Any, path: str, *, ascii_only: bool) -> Iterator[str]:
    """Yield path=value as the script writes them: strings as spelled in JSON, brackets for what has members."""
    if isinstance(value, dict | list):
        members = value.items() if isinstance(value, dict) else enumerate(value)
        if path:
            yield f"{path}={'{' if isinstance(value, dict) else '['}"
        for name, member in members:
            yield from spelled(member, f"{path}.{name}" if path else str(name), ascii_only=ascii_only)
    else:
        text = json.dumps(value, ensure_ascii=ascii_only)
        yield f"{path}={text[1:-1] if isinstance(value, str) else text}"


@settings(max_examples=15, deadline=None)
@given(documents=st.lists(OBJECTS, min_size=1, max_size=25), pretty=st.booleans(), ascii_only=st.booleans())
def test_the_script_reads_json_as_everybody_does(
    documents: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory, *, pretty: bool, ascii_only: bool
):
    texts = [json.dumps(each, indent=1 if pretty else None, ensure_ascii=ascii_only).encode(errors="surrogatepass") for each in documents]
    expected = [sorted(spelled(each, "", ascii_only=ascii_only)) for each in documents]
    found = read(texts, tmp_path_factory.mktemp("json"))
    assert found == [[pair.encode(errors="surrogatepass").decode(errors="surrogateescape") for pair in each] for each in expected]


@pytest.mark.parametrize(
    "document",
    [
        b'{"from":"T01","from":"T02"}',
        b'{"fr\\u006fm":"T02"}',
        b'{"a":{"from":"T01"},"a":{"x":1}}',
        b'{"from":"T01"',
        b'{"from":"T01}',
        b'{"from":"T01"}{"to":"T02"}',
        b'{"from":"T01"}}',
        b'"from"',
        b'{"from":"T\x0001"}',
        b"",
    ],
)
def test_the_script_refuses_json_that_two_readers_might_read_differently(document: bytes, tmp_path: Path):
    assert read([document], tmp_path) == [None]


@settings(max_examples=5, deadline=None)
@given(st.lists(st.datetimes(datetime(1970, 1, 1), datetime(2199, 12, 31), timezones=st.just(UTC)), min_size=1, max_size=40))  # noqa: DTZ001 - Hypothesis adds the zone
def test_the_script_counts_seconds_as_everybody_does(tmp_path_factory: pytest.TempPathFactory, moments: list[datetime]):
    written = [instants.write(moment) for moment in moments]
    said = run('for one in "$@"; do seconds_of "$one"; printf "%s\\n" "$REPLY"; done', tmp_path_factory.mktemp("at"), *written)
    assert [int(line) for line in said.split()] == [int(moment.timestamp()) for moment in moments]


@settings(max_examples=5, deadline=None)
@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=20))
def test_the_script_reads_base64_in_its_one_spelling(tmp_path_factory: pytest.TempPathFactory, digests: list[bytes]):
    folder = tmp_path_factory.mktemp("base64")
    texts = [base64.b64encode(digest).decode() for digest in digests]
    commands = 'for one in "$@"; do is_base64_of 32 "$one" && unbase64 "$one" && printf "%s\\n" "$REPLY"; done; :'
    assert run(commands, folder, *texts).decode().split() == [digest.hex() for digest in digests]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    # the last letter carries two bits that mean nothing: they must be zero
    other = [text[:-2] + alphabet[alphabet.index(text[-2]) + 1] + "=" for text in texts]
    assert run(commands, folder, *other, *(text[:-1] for text in texts), *(f"{text}\n" for text in texts)) == b""
