"""What travels: frozen values, decoded strictly. Unknown fields, duplicate fields and wrong types are refused.

Times are UTC, ISO 8601 with milliseconds and `Z`; digests are lower-case hexadecimal SHA-256; sizes are bytes.
"""

import json
import re
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from schemas.problems import Problem, ProblemType
from schemas.words import Disclosure, DocumentRole, FieldType, FormKind, Handling, Kind, Origin, Repeat, Urgency

T = TypeVar("T")

Digest = Annotated[str, Meta(pattern="^[0-9a-f]{64}$(?!\\n)")]
Instant = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$(?!\n)")]
Date = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$(?!\n)")]
OfficeCode = Annotated[str, Meta(pattern="^[A-Za-z][A-Za-z0-9_-]{0,31}$(?!\\n)")]
PersonId = Annotated[str, Meta(pattern="^[A-Za-z][A-Za-z0-9_-]{0,31}\\.[0-9]{1,6}$(?!\\n)")]
Reference = Annotated[str, Meta(pattern="^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$(?!\\n)")]
Text = Annotated[str, Meta(min_length=1, max_length=500)]
Size = Annotated[int, Meta(ge=0, le=200 * 2**20)]


class Document(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One file of a submission; `name` is the member's name in the container."""

    name: Annotated[str, Meta(min_length=1, max_length=255)]
    role: DocumentRole
    origin: Origin
    media_type: Annotated[str, Meta(pattern="^[a-z0-9.+-]+/[a-z0-9.+-]+$(?!\\n)", max_length=100)]
    size: Size
    sha256: Digest


class SecrecyCheck(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who looked whether the document bears a secrecy mark, and when."""

    by: Text
    at: Instant


class SecrecySeries(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What else one review covers: items of the same make that this office will send, for so many months from its acceptance."""

    name: Text
    months: Annotated[int, Meta(ge=1, le=12)]


class SecrecyReview(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A secrecy review 保密审查 that a REVIEW verdict asks for.

    The first item of a series carries `series`; each later one names in `approved_by` the submission that carried it.
    """

    by: Text
    at: Instant
    conclusion: Text
    series: SecrecySeries | None = None
    approved_by: Digest | None = None


class PaperOriginal(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where the sealed paper lies."""

    kept_by: Text
    place: Text


class FormField(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One thing that a reply form asks; `choices` belong to the type `choice` alone."""

    key: Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,31}$(?!\\n)")]
    label: Annotated[str, Meta(min_length=1, max_length=60)]
    type: FieldType
    required: bool = False
    choices: Annotated[list[Annotated[str, Meta(min_length=1, max_length=60)]], Meta(max_length=20)] = []


class ReplyForm(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A reply form 回执单: what the recipients are asked and by when; a report may name its sheet, an XLSX among the documents.

    `based_on` is the document that the form rests on, its number or name; the document itself where it is absent.
    """

    kind: FormKind
    title: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
    fields: Annotated[list[FormField], Meta(max_length=40)] = []
    template: Annotated[str, Meta(min_length=1, max_length=255)] | None = None
    respond_by: Date
    repeat: Repeat = Repeat.NONE
    based_on: Annotated[str, Meta(min_length=1, max_length=200)] | None = None


class Submission(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True, rename={"from_": "from"}):
    """`metadata.json` of a container (schema `submission.v1.json`)."""

    type: Literal["submission/v1"]
    reference: Reference
    version: Annotated[int, Meta(ge=1, le=999)]
    from_: OfficeCode
    to: Annotated[list[OfficeCode], Meta(min_length=1, max_length=1000)]
    cc: Annotated[list[OfficeCode], Meta(max_length=1000)] = []
    addressees: Annotated[list[PersonId], Meta(max_length=50)] = []
    joint: Annotated[list[OfficeCode], Meta(max_length=20)] = []
    kind: Kind
    number: Annotated[str, Meta(min_length=1, max_length=60)] | None = None
    title: Text
    urgency: Urgency = Urgency.NORMAL
    date_issued: Date
    signatory: Text | None = None
    classification: Annotated[str, Meta(min_length=1, max_length=40)]
    secrecy_check: SecrecyCheck
    secrecy_review: SecrecyReview | None = None
    handling: Handling = Handling.NORMAL
    disclosure: Disclosure | None = None
    documents: Annotated[list[Document], Meta(min_length=1, max_length=100)]
    paper_original: PaperOriginal | None = None
    copies: Annotated[int, Meta(ge=1, le=10000)] | None = None
    in_reply_to: Digest | None = None
    replaces: Digest | None = None
    respond_by: Date | None = None
    paper_annex: Annotated[list[Text], Meta(max_length=50)] = []
    notes: Annotated[str, Meta(max_length=2000)] | None = None
    reply_form: ReplyForm | None = None


class Digests(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """What the acceptance receipt binds."""

    manifest: Digest
    container: Digest


class LogIdentity(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which log the receipt is in: origin, and SHA-256 of the Ed25519 public key (32 raw bytes)."""

    origin: str
    key: Digest


class Refusal(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All that a rejection keeps: rule ids, policy version, and a keyed digest of the manifest with the key's year."""

    rules: list[str]
    policy: str
    manifest_hmac: Digest
    hmac_key: str


class Certificate(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A certificate named in a public event; revocations say when they take effect."""

    sha256: Digest
    serial: Annotated[str, Meta(pattern="^[0-9a-f]{1,40}$(?!\\n)")]
    office: OfficeCode
    person: PersonId
    revoked_at: Instant | None = None


class Statement(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """What a person signs with their own key when they act on a delivery, or on a register (schema `statement.v1.json`).

    `event` is what they bring about, `office` their own and `version` the one that they saw. The delivery is that of their office, or,
    when the sender acts, of the office named in `recipient`. The nonce, 16 random bytes, keeps the digest that stays in the receipt
    from telling anything of a reason; `reason` also holds the words of an entry on a slip. What is no submission's is named by
    `subject`, as its receipt names it.
    """

    type: Literal["statement/v1"]
    event: Annotated[str, Meta(pattern="^[A-Za-z]{1,40}$(?!\\n)")]
    submission: Digest | None = None
    office: OfficeCode
    person: PersonId
    at: Instant
    nonce: Annotated[str, Meta(pattern="^[0-9a-f]{32}$(?!\\n)")]
    version: Annotated[int, Meta(ge=1)] | None = None
    recipient: OfficeCode | None = None
    subject: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    reason: Annotated[str, Meta(max_length=2000)] | None = None

    def __post_init__(self) -> None:
        """Raise ValueError unless either a submission or a subject is named."""
        if (self.submission is None) == (self.subject is None):
            raise ValueError("either submission or subject")


class Receipt(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """An event as it is signed (schema `receipt.v1.json`).

    `office` is the office to which the receipt belongs and `sequence` its gapless number there, from 1; `by` is the
    person who acted; `asserted_by` says on whose word: the county service's, or the person's own, who signed a `Statement` of it.
    `statement` is SHA-256(statement ‖ CAdES) then; both stay erasable.
    `reason` is SHA-256(salt ‖ UTF-8 reason), the text and salt being erasable; `previous` is the evidence id of the
    submission's event before this one.
    """

    type: Literal["receipt/v1"] = "receipt/v1"
    event: str
    evidence_id: Annotated[str, Meta(pattern="^[0-9a-f]{32}$(?!\\n)")]
    submission: Digest | None = None
    office: OfficeCode
    sequence: Annotated[int, Meta(ge=1)]
    recipient: OfficeCode | None = None
    received_at: Instant | None = None
    at: Instant
    by: PersonId | None = None
    asserted_by: Literal["county-service", "person"] = "county-service"
    statement: Digest | None = None
    reason: Digest | None = None
    previous: Annotated[str, Meta(pattern="^[0-9a-f]{32}$(?!\\n)")] | None = None
    digests: Digests | None = None
    refusal: Refusal | None = None
    certificate: Certificate | None = None
    subject: str | None = None
    log: LogIdentity


class Envelope(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A receipt as it travels: base64 of the exact bytes, the CAdES, the RFC 3161 token and the C2SP tlog-proof.

    Where a person signed the act, their `statement` and its CAdES are with it as long as they are kept.
    """

    submission: Digest | None = None
    receipt: bytes
    signature: bytes
    timestamp: bytes
    proof: bytes
    statement: bytes = b""
    statement_signature: bytes = b""


class Hit(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One finding of the policy: rule id, part (member name, and path within it), page from 1, and the text that matched.

    `place` is the third of the page. Place and text are shown to the sender only.
    """

    rule: str
    part: str = ""
    page: int = 0
    text: str = ""
    place: Literal["", "upper", "middle", "lower"] = ""


def canonical(message: Any) -> bytes:
    """Return the bytes that are signed: UTF-8 JSON, keys sorted, no spaces, absent fields left out."""
    plain = msgspec.to_builtins(message)
    if isinstance(message, Receipt):  # omit_defaults leaves out constants that a reader should see
        plain |= {"type": message.type, "asserted_by": message.asserted_by}
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(name)
        found[name] = value
    return found


def decode(text: bytes, type_: type[T], kind: ProblemType = ProblemType.METADATA_MALFORMED) -> T:
    """Decode strictly: UTF-8, no duplicate names, no unknown or missing fields. Raises Problem(kind)."""
    if type_ is Submission and b"\\u" in text:  # one spelling for every letter: readers with less than a JSON parser must see what we see
        raise Problem(kind, "\\u escape: write the letter itself")
    try:
        json.loads(text.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise Problem(kind, "nested too deep") from error
    except UnicodeDecodeError as error:
        raise Problem(kind, "not UTF-8") from error
    except json.JSONDecodeError as error:
        raise Problem(kind, f"not JSON at character {error.pos}") from error
    except ValueError as error:
        raise Problem(kind, f"duplicate or forbidden: {error}") from error
    try:
        return msgspec.json.decode(text, type=type_)
    except msgspec.DecodeError as error:
        raise Problem(kind, _readable(str(error))) from error


def _readable(complaint: str) -> str:
    """Return a decoder's complaint with the field first, and without the pattern that a person cannot read."""
    said, _, place = complaint.partition(" - at `$.")
    said = re.sub(r"matching regex '.*'", "of the required form 格式不符", said).replace("`", "")
    return f"{place.rstrip('`')}: {said}" if place else said


def _refuse_constant(name: str) -> float:
    raise ValueError(name)
