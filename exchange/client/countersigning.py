"""Adding one's own signature to a container that somebody else packed: a leader's word under a secrecy review, or joint issue."""

import hashlib
import os
import uuid
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding

from exchange.client.home import Home
from exchange.client.packing import private
from keys import cms
from keys.container import Container
from keys.countersignature import add_signature
from keys.custody import Signer
from schemas.messages import Submission
from schemas.problems import Problem, ProblemType
from schemas.words import Role

REVIEWERS: Final = (Role.LEADER, Role.CONFIDENTIALITY)
"""Whose word lifts what asked for a secrecy review."""


def require_entitled(home: Home, whole: Container, message: Submission) -> None:
    """Refuse a signature that would count for nothing under a secrecy review; a joint issue without one may be signed by anybody.

    An office that issues it jointly 联合发文 signs by anybody of its own.
    Raises Problem NOT_ALLOWED: not the sending office's leader or confidentiality officer, or the very person who packed it.
    """
    enrolled = home.enrolled
    if message.secrecy_review is None or enrolled.office in message.joint:
        return
    packed_by = cms.verify(whole.head.signature, hashlib.sha256(whole.head.manifest).digest()).certificate
    if packed_by.public_bytes(Encoding.DER) == enrolled.certificate:
        raise Problem(ProblemType.NOT_ALLOWED, "打包的本人不能会签 / whoever packed it cannot countersign it")
    if enrolled.office != message.from_ or enrolled.role not in REVIEWERS:
        raise Problem(
            ProblemType.NOT_ALLOWED, "保密审查须由发文单位的分管领导或保密员会签 / only its office's leader or confidentiality officer"
        )


def countersign(path: Path, whole: Container, signer: Signer, now: datetime) -> None:
    """Put the container with one signature more in the place of the one without, in one step.

    `whole` is what was looked at. Raises Problem SIGNATURE_INVALID when the first signature does not hold, INPUT_CHANGED when
    the file is no longer what was looked at, FOLDER_READ_ONLY, and what `add_signature` raises; then the file is as before.
    """
    cms.verify(whole.head.signature, hashlib.sha256(whole.head.manifest).digest())
    new = path.with_name(f".{path.name}.{uuid.uuid4().hex}.new")
    try:
        with path.open("rb") as source, open(new, "xb", opener=private) as out:
            add_signature(source, whole, out, lambda manifest: cms.sign(hashlib.sha256(manifest).digest(), signer, now))
            out.flush()
            os.fsync(out.fileno())
        new.replace(path)
    except OSError as error:
        raise Problem(ProblemType.FOLDER_READ_ONLY, f"{path.name}: {error.strerror}") from error
    finally:
        new.unlink(missing_ok=True)
