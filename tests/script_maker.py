"""Runs the desk's own script modules in Node, function by function, so that Python and openssl can judge what they make.

    with scripts(folder) as run:
        der = run("signing/cms.js", "sign", {"privateKey": key(private), …}, digest, moment)

Bytes and moments travel both ways; a file goes as `{"$path": …}`, a key as `key(private)`, and comes to life as Blob and CryptoKey.
"""

import base64
import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

ROOT: Final = Path(__file__).parents[1]
WEB: Final = ROOT / "exchange/web"
DRIVER: Final = Path(__file__).parent / "script_driver.mjs"


class ScriptError(Exception):
    """What a script threw: its `type` (or name), message and advice."""

    def __init__(self, type_: str, message: str, advice: str) -> None:
        """Keep the three."""
        super().__init__(f"{type_}: {message} {advice}")
        self.type, self.message, self.advice = type_, message, advice


class Scripts:
    """A running Node."""

    def __init__(self, process: subprocess.Popen[str], static: Path) -> None:
        """Take the process and the folder of the modules."""
        self._process, self._static = process, static

    def __call__(self, module: str, name: str, *values: Any) -> Any:
        """Call an exported function and return its value. Raises ScriptError."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        question = {"module": str(self._static / module), "name": name, "values": _plain(values)}
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if "error" in answer:
            raise ScriptError(answer["error"]["type"], answer["error"]["message"], answer["error"]["advice"])
        return _alive(answer["value"])


def node() -> str:
    """Return Node's program: the machine's, or the one that came with our packages."""
    found = shutil.which("node") or shutil.which(str(ROOT / ".venv/bin/node"))
    assert found, "no node: make install brings one"
    return found


@contextmanager
def scripts(folder: Path) -> Iterator[Scripts]:
    """Lay the modules out as the service does, what is not ours beside them, and start Node."""
    static = folder / "static"
    shutil.copytree(WEB / "static", static)
    (static / "package.json").write_text('{"type": "module"}')
    (static / "vendor").mkdir()
    (static / "vendor/noble").symlink_to(WEB / "node_modules/@noble/hashes")
    command = [node(), "--no-warnings", str(DRIVER)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        try:
            yield Scripts(process, static)
        finally:
            assert process.stdin is not None
            process.stdin.close()


def key(private: ec.EllipticCurvePrivateKey) -> dict[str, str]:
    """Return what becomes a CryptoKey."""
    return {"$key": _base64(private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))}


def blob(content: bytes) -> dict[str, str]:
    """Return what becomes a Blob."""
    return {"$blob": _base64(content)}


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"$bytes": _base64(value)}
    if isinstance(value, datetime):
        return {"$date": value.isoformat()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return {name: _plain(each) for name, each in value.items()} if isinstance(value, dict) else value


def _alive(value: Any) -> Any:
    if isinstance(value, list):
        return [_alive(each) for each in value]
    if not isinstance(value, dict):
        return value
    if "$bytes" in value:
        return base64.b64decode(value["$bytes"])
    if "$date" in value:
        return datetime.fromisoformat(value["$date"])
    return {name: _alive(each) for name, each in value.items()}


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
