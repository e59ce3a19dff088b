"""Who may put their word to a container under a secrecy review."""

import io
from datetime import UTC, datetime
from pathlib import Path

import authority_maker
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from submission_maker import Letter, pack

from exchange.client.countersigning import require_entitled
from exchange.client.home import Enrolled, Home
from keys import container
from keys.custody import KeySigner
from schemas import instants
from schemas.messages import SecrecyReview, Submission, decode
from schemas.problems import Problem, ProblemType

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
COUNTY = authority_maker.make_county(NOW)
CLERK = COUNTY.person_signer()
LEADER = COUNTY.person_signer(person="T01.2", name="李四")
REVIEW = SecrecyReview(by="李四", at=instants.write(NOW), conclusion="不涉及国家秘密，同意报送。")


def home(signer: KeySigner, office: str = "T01", role: str = "leader") -> Home:
    enrolled = Enrolled(
        type="identity/v1",
        url="https://county.example",
        tls="own",
        county="示例县",
        office=office,
        office_name="城关镇",
        person="T01.2",
        name="李四",
        role=role,
        key="key.pem",
        certificate=signer.certificate.public_bytes(Encoding.DER),
        issuing=b"",
        log="log",
    )
    return Home(Path("home"), enrolled, COUNTY.root)


def packed(review: SecrecyReview | None = REVIEW) -> tuple[container.Container, Submission]:
    whole = container.read(io.BytesIO(pack(Letter(at=NOW, fields={"secrecy_review": review}), CLERK)))
    return whole, decode(whole.head.metadata, Submission)


@pytest.mark.parametrize("role", ["leader", "confidentiality"])
def test_the_sending_office_s_leader_and_confidentiality_officer_may(role: str):
    require_entitled(home(LEADER, role=role), *packed())


@pytest.mark.parametrize(
    "wrong", [home(LEADER, role="clerk"), home(LEADER, office="T02"), home(CLERK)], ids=["clerk", "other office", "whoever packed it"]
)
def test_whose_word_would_lift_nothing_is_told_before_signing(wrong: Home):
    with pytest.raises(Problem) as refused:
        require_entitled(wrong, *packed())
    assert refused.value.kind is ProblemType.NOT_ALLOWED


def test_a_joint_issue_without_a_review_may_be_signed_by_another_office():
    require_entitled(home(LEADER, office="T02", role="clerk"), *packed(review=None))
