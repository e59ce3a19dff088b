"""Steps 3 to 5 of the walk of a submission: what can be said of a head before the documents come."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from archive.ledger.database import Tx
from exchange.intake import rules, store
from exchange.office.store import person
from exchange.policy.rules import Declared
from keys import cms, trust
from keys.container import Head
from schemas.messages import Submission
from schemas.problems import Problem, ProblemType
from schemas.words import Origin, Role, Scope


@dataclass(frozen=True)
class Admitted:
    """A head that passed steps 3 to 5; `identities` are all who signed, the sender first."""

    head: Head
    message: Submission
    identities: list[trust.Identity]
    signed: list[cms.Signed]

    @property
    def sender(self) -> trust.Identity:
        """Who sends it."""
        return self.identities[0]


def unread(message: Submission) -> Declared:
    """Return what can be judged before a document has come: everything declared, file names as mere texts."""
    declared = Declared.of(message)
    return replace(declared, names=(), others=(*declared.others, *(("name", name) for name in declared.names)))


def signatures(head: Head) -> list[tuple[bytes, bytes]]:
    """Return every pair of manifest and signature, the sender's first."""
    return [(head.manifest, head.signature), *head.further]


def require_admissible(tx: Tx, identities: Sequence[trust.Identity], message: Submission, head: Head) -> None:
    """Ask the ledger about the signers and the message, in one unit. Raises what the three raise, in this order."""
    require_signers(tx, identities, message)
    rules.require_consistent(message, head)
    store.require_admissible(tx, message, head.manifest_sha256, identities[0].person)


def require_signers(tx: Tx, identities: Sequence[trust.Identity], message: Submission) -> dict[str, str]:
    """Let the sender send, and each office that issues it jointly 联合发文 by one of those who signed after the sender.

    Returns who signed for each of these offices: the first of its people who may send today.
    Raises what `require_sender` raises, and Problem JOINT_SIGNATURE_MISSING with the offices none of whose people of today signed.
    """
    require_sender(tx, identities[0])
    signers: dict[str, str] = {}
    for identity in identities[1:]:
        if identity.office in message.joint and identity.office not in signers and _may_send(tx, identity):
            signers[identity.office] = identity.person
    missing = [office for office in message.joint if office not in signers]
    if missing:
        raise Problem(ProblemType.JOINT_SIGNATURE_MISSING, ", ".join(missing))
    return signers


def _may_send(tx: Tx, identity: trust.Identity) -> bool:
    try:
        require_sender(tx, identity)
    except Problem as problem:
        if problem.kind is ProblemType.SIGNING_STOPPED:
            raise
        return False
    return True


def require_sender(tx: Tx, identity: trust.Identity) -> None:
    """Let people of today send, in any role but the auditor's, and service accounts whose scopes say so.

    Raises Problem SIGNING_STOPPED, SIGNER_UNKNOWN, NOT_ALLOWED.
    """
    halted = tx.row("SELECT halted FROM ledger").halted
    if halted:
        raise Problem(ProblemType.SIGNING_STOPPED, halted)
    try:
        sender = person(tx, identity.person)
    except Problem as problem:
        raise Problem(ProblemType.SIGNER_UNKNOWN, "left") from problem
    if sender.role is Role.AUDITOR or sender.office != identity.office:
        raise Problem(ProblemType.NOT_ALLOWED, sender.role.value)
    sender.require_scope(Scope.SUBMIT)


def said_to_be_scanned(message: Submission) -> bool:
    """Say whether the sender announces pictures; whatever is announced, the reading decides."""
    return any(document.origin is Origin.SCAN or document.media_type.startswith("image/") for document in message.documents)
