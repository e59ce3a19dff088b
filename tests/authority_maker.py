"""A throw-away county authority for tests: `make_county(now)`; every call makes other keys."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from keys.authority import Issuer, Revoked, Subject, make_issuing, make_root
from keys.custody import KeySigner
from keys.trust import Purpose, Trust
from schemas.words import COUNTY

COUNTY_NAME = "青山县人民政府办公室"


@dataclass(frozen=True)
class County:
    """What `init` makes for a county, with the keys in memory."""

    now: datetime
    root: x509.Certificate
    root_key: ec.EllipticCurvePrivateKey = field(repr=False)
    issuing: Issuer
    crl: x509.CertificateRevocationList
    trust: Trust
    receipt_signer: KeySigner
    timestamp_signer: KeySigner
    log_key: ed25519.Ed25519PrivateKey = field(repr=False)

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """The intermediates that a signer embeds."""
        return (self.issuing.certificate,)

    def person_signer(self, office: str = "T01", person: str = "T01.1", name: str = "张三", days: int = 365) -> KeySigner:
        """Enrol a person of an office; persons get their certificates at `now`."""
        subject = Subject(name, office=office, office_name=f"{office}镇人民政府", person=person)
        return self.signer(subject, Purpose.SUBMISSION, days)

    def signer(self, subject: Subject, purpose: Purpose, days: int = 365) -> KeySigner:
        """Make a key and certify it."""
        key = make_key()
        return KeySigner(key, self.issuing.issue(subject, key.public_key(), purpose, self.now, days), self.chain)

    def trust_after(self, number: int, revoked: Sequence[Revoked], at: datetime, days: int = 7) -> Trust:
        """Return the trust of someone who also has list `number`, made at that time."""
        return Trust(self.root, self.trust.intermediates, (*self.trust.crls, self.issuing.crl(number, revoked, at, days)))


def make_key() -> ec.EllipticCurvePrivateKey:
    """Make a P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


def make_county(now: datetime, name: str = COUNTY_NAME, crl_days: int = 7) -> County:
    """Make a whole county authority: root, issuing, receipt and time stamp services, log key, and list 1 revoking nobody.

    `trust` does not know the issuing authority: signatures bring it along, as they do for a stranger.
    """
    root_key, issuing_key = make_key(), make_key()
    root = make_root(name, root_key, now)
    issuing = Issuer(make_issuing(name, root, root_key, issuing_key, now), issuing_key)
    crl = issuing.crl(1, (), now, crl_days)
    services = {
        Purpose.RECEIPT: Subject("收文回执服务", office=COUNTY, service="receipt"),
        Purpose.TIME_STAMP: Subject("时间戳服务", service="timestamp"),
    }
    signers = {}
    for purpose, subject in services.items():
        key = make_key()
        signers[purpose] = KeySigner(key, issuing.issue(subject, key.public_key(), purpose, now, 3650), (issuing.certificate,))
    return County(
        now=now,
        root=root,
        root_key=root_key,
        issuing=issuing,
        crl=crl,
        trust=Trust(root, (), (crl,)),
        receipt_signer=signers[Purpose.RECEIPT],
        timestamp_signer=signers[Purpose.TIME_STAMP],
        log_key=ed25519.Ed25519PrivateKey.generate(),
    )
