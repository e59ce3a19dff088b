"""Signatures: CAdES, time stamps and whole receipts of ours, beside the bare library and `openssl speed` on the same machine."""

import asyncio
import hashlib
import re
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from parts import counties, figures

from exchange.county import County, open_folder
from keys import cms, timestamp, trust

ROUNDS: Final = 5
EACH: Final = 200
MESSAGE: Final = b"receipt " * 80


def microseconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    for _ in range(EACH):
        work()
    return 1e6 * (time.perf_counter() - begin) / EACH


def openssl() -> tuple[float, float]:
    """Return microseconds to sign and to verify, as openssl says."""
    shown = subprocess.run(["openssl", "speed", "-seconds", "1", "ecdsap256"], capture_output=True, text=True, check=True).stdout
    sign, verify = re.findall(r"([0-9.]+)s\s+([0-9.]+)s\s+[0-9.]+\s+[0-9.]+\s*$", shown, re.MULTILINE)[0]
    rates = re.findall(r"([0-9.]+)\s+([0-9.]+)\s*$", shown, re.MULTILINE)[-1]
    del sign, verify  # printed with four decimals only; the rates say more
    return 1e6 / float(rates[0]), 1e6 / float(rates[1])


def works(county: County) -> dict[str, Callable[[], object]]:
    key, signer, authority, now = (
        ec.generate_private_key(ec.SECP256R1()),
        county.notary.receipts,
        county.notary.timestamps,
        datetime.now(UTC),
    )
    digest = hashlib.sha256(MESSAGE).digest()
    raw, signed = key.sign(MESSAGE, ec.ECDSA(hashes.SHA256())), cms.sign(digest, signer, now)
    token = timestamp.stamp(signed, authority, now, 1)
    known = trust.Trust(county.root, (county.issuer.certificate,), (county.issuer.crl(1, (), now, 1),))

    def receipt() -> None:
        made = cms.sign(hashlib.sha256(MESSAGE).digest(), signer, now)
        timestamp.stamp(made, authority, now, 1)

    def checked() -> None:
        found = cms.verify(signed, digest)
        trust.validate(found.certificate, found.certificates, known, at=now, purpose=trust.Purpose.RECEIPT)
        timestamp.verify(token, signed)

    return {
        "bare sign": lambda: key.sign(MESSAGE, ec.ECDSA(hashes.SHA256())),
        "bare verify": lambda: key.public_key().verify(raw, MESSAGE, ec.ECDSA(hashes.SHA256())),
        "CAdES sign": lambda: cms.sign(digest, signer, now),
        "CAdES verify": lambda: cms.verify(signed, digest),
        "time stamp": lambda: timestamp.stamp(signed, authority, now, 1),
        "receipt: CAdES + time stamp": receipt,
        "receipt checked, with path": checked,
    }


def main() -> None:
    taken: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as place:
        asyncio.run(counties.founded(Path(place) / "county", 1))
        measured = works(open_folder(Path(place) / "county"))
        for _ in range(ROUNDS):
            for name, work in measured.items():
                taken.setdefault(name, []).append(microseconds(work))
    taken["openssl speed sign"], taken["openssl speed verify"] = ([one] for one in openssl())
    bare = {"sign": taken["bare sign"], "verify": taken["bare verify"]}
    rows = []
    for name, values in taken.items():
        of = bare["verify" if "verify" in name or "checked" in name else "sign"]
        rows.append([name, figures.spread(values, 0), f"{statistics.median(values) / statistics.median(of):.1f}"])
    figures.show("Signatures, P-256 with SHA-256 (median, least to most)", ["", "microseconds", "times bare"], rows)
    figures.keep("signatures", {"microseconds": {name: figures.summary(values) for name, values in taken.items()}})


if __name__ == "__main__":
    main()
