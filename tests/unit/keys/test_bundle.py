"""The evidence bundle: what is written, and what both verifiers, ours and verify.sh with openssl alone, say of honest and forged ones."""

import dataclasses
import hashlib
import io
import re
import stat
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import container_maker
import pytest
from authority_maker import make_county
from bundle_maker import Files, files_of, judged, refused, run_script, summed, unpacked, with_container, with_receipts, zipped
from cryptography.hazmat.primitives.serialization import Encoding
from evidence_maker import FILES, FOUNDED, RECEIVED, REVOKED, Case, history, make_case, metadata_for, open_book, packed

from keys import bundle, cms, container
from keys.authority import Issuer, Revoked
from keys.bundle import Report, Result, Step, check_bundle, check_container
from keys.trust import fingerprint
from schemas.messages import Envelope
from schemas.problems import Problem, ProblemType

STRANGE = ["&'amp;'.pdf", "-rf.pdf", "$(touch x)`id`.pdf", "[a]{b}~!@#;,=.txt", "100%41%.pdf", "attachments/@", "attachments/二 三.pdf"]


@pytest.fixture(scope="module")
def case() -> Case:
    return make_case()


@pytest.fixture(scope="module")
def files(case: Case, tmp_path_factory: pytest.TempPathFactory) -> Files:
    return files_of(case, tmp_path_factory.mktemp("case"))


def passed(files: Files, folder: Path, root: str | None = None) -> tuple[Report, str]:
    report, verdict = judged(files, folder, root)
    assert verdict.status == 0, verdict.output
    assert isinstance(report, Report), report
    return report, verdict.output


# ---- honest bundles


def test_both_verifiers_pass_an_honest_bundle_long_after_every_certificate_expired(case: Case, files: Files, tmp_path: Path):
    root = fingerprint(case.county.root)
    report, output = passed(files, tmp_path, root)
    assert [outcome.result for outcome in report.outcomes] == [Result.PASSED] * 8
    assert (report.submission, report.office, report.person, report.root) == (case.submission, "T01", "T01.1", root)
    assert report.received_at == "2005-05-10T08:30:15.250Z"
    assert [checked.receipt.event for checked in report.receipts] == [
        "SubmissionAcceptance",
        "ContentConsignment",
        "ConsignmentAcceptance",
    ]
    for said in (case.submission, "T01.1", report.received_at, root, case.log.digest, case.log.origin, "2005-05-16T08:30:16.250Z  签收"):
        assert said in output
    for number, outcome in enumerate((made for made in report.outcomes if made.step is not Step.SCRIPT), start=1):
        assert re.search(rf"^{number}  {outcome.step.zh} {outcome.step.en}.*: 通过 OK$", output, re.MULTILINE)


def test_the_script_leaves_the_folder_as_it_was(files: Files, tmp_path: Path):
    folder = unpacked(files, tmp_path / "bundle")
    assert run_script(folder).status == 0
    assert {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()} == files


def test_a_script_from_elsewhere_judges_the_folder_it_is_run_in(files: Files, tmp_path: Path):
    folder = unpacked(files, tmp_path / "bundle")
    trusted = tmp_path / "trusted.sh"
    trusted.write_bytes(files["verify.sh"])
    assert run_script(folder, script=str(trusted)).status == 0
    (folder / "verify.sh").write_bytes(b"printf 'OK\\n'\n")
    assert "verify.sh" in run_script(folder, script=str(trusted)).failed


def test_the_expected_root_may_be_spelled_in_capitals(case: Case, files: Files, tmp_path: Path):
    passed(files, tmp_path, fingerprint(case.county.root).upper())


@pytest.mark.parametrize("root", ["", "ab", "g" * 64, "*", "ab:" * 32])
def test_a_malformed_root_is_refused_and_not_passed_over(files: Files, tmp_path: Path, root: str):
    assert refused(files, tmp_path, root)[0] is ProblemType.ROOT_MISMATCH


def test_two_signatures_and_strange_names_pass(tmp_path: Path):
    county = make_county(FOUNDED)
    signers = [county.person_signer(), county.person_signer("T02", "T02.1")]
    content = packed(signers, files=dict.fromkeys(STRANGE, b"text"))
    case = make_case(county)
    book = open_book(county)
    for receipt in history(content, book.log):
        book.write(receipt)
    with_names = files_of(case.but(container=content, receipts=tuple(book.envelopes())), tmp_path)
    assert {f"container/{name}" for name in STRANGE} < with_names.keys()
    assert passed(with_names, tmp_path)[0].office == "T01"


def test_a_manifest_in_another_spelling_than_ours_passes(case: Case, tmp_path: Path):
    signer = case.county.person_signer()
    parts = [container.Part(name, "text/csv", len(content), hashlib.sha256(content).hexdigest()) for name, content in FILES.items()]
    members = {"metadata.json": metadata_for("T01", ["county"])(parts), **FILES}
    manifest = container_maker.manifest_xml(members, uri=lambda name: quote(name, safe="/()").replace("%26", "&amp;"))
    assert b"&amp;" in manifest
    signature = cms.sign(hashlib.sha256(manifest).digest(), signer, RECEIVED)
    head = {"mimetype": container.MEDIA_TYPE.encode(), container.manifest_name(1): manifest, container.signature_name(1): signature}
    foreign = container_maker.zipped((head | members).items())
    passed(files_of(acceptance_of(foreign, case), tmp_path), tmp_path)


def test_a_recipient_gets_an_extract_that_says_so(tmp_path: Path):
    case = make_case(recipients=("county", "D02"))
    passed(files_of(case, tmp_path), tmp_path)
    mine = [each for each in case.receipts if b'"recipient":"county"' not in each.receipt]
    extract = summed(with_receipts(files_of(case, tmp_path), mine))
    report, output = passed(extract, tmp_path)
    assert report.extract_for == "D02"
    assert "Receipts of recipients other than D02 are left out" in output


def test_the_same_arguments_give_the_same_bytes_and_any_kind_of_stream_will_do(case: Case, tmp_path: Path):
    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.written = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, piece: bytes) -> int:  # type: ignore[override]  # a narrower type than the buffer protocol
            self.written += piece
            return len(piece)

    parts = {"receipts": case.receipts, "trust_pem": case.trust_pem, "crls": case.crls, "log_key": case.log}
    (tmp_path / "x.asice").write_bytes(case.container)
    pipe = Pipe()
    bundle.write_bundle(pipe, container=tmp_path / "x.asice", **parts)  # type: ignore[arg-type]  # a raw stream will do
    (tmp_path / "piped.zip").write_bytes(pipe.written)
    check_bundle(tmp_path / "piped.zip")
    assert case.write(tmp_path / "1.zip").read_bytes() == case.write(tmp_path / "2.zip").read_bytes()


def test_members_stand_in_the_promised_places(case: Case, tmp_path: Path):
    with zipfile.ZipFile(case.write(tmp_path / "bundle.zip")) as archive:
        names = archive.namelist()
        assert names[0] == "SHA256SUMS"
        assert stat.S_IMODE(archive.getinfo("verify.sh").external_attr >> 16) == 0o755
        assert archive.read("container.asice") == case.container
        assert archive.read("crls/60.pem").startswith(b"-----BEGIN X509 CRL-----")
        assert archive.read("trust.pem") == case.trust_pem
    receipts = {f"receipts/{number:03d}.{suffix}" for number in range(1, 4) for suffix in ("json", "p7s", "tsr", "tlog-proof")}
    unzipped = {f"container/{name}" for name in (*FILES, "mimetype", "metadata.json")}
    signature = {"container/META-INF/ASiCManifest001.xml", "container/META-INF/signature001.p7s"}
    others = {"SHA256SUMS", "container.asice", "trust.pem", "log.pub.pem", "verify.sh", "README.txt", "crls/60.pem", "crls/61.pem"}
    assert set(names) == receipts | unzipped | signature | others
    assert len(names) == len(set(names))


def test_memory_does_not_grow_with_the_container(tmp_path: Path):
    county = make_county(FOUNDED)
    case = make_case(county)
    large = dict.fromkeys(("main.pdf", "attachments/2.pdf"), bytes(16_000_000))
    content = packed([county.person_signer()], files=large)
    path = tmp_path / "x.asice"
    path.write_bytes(content)
    book = open_book(county)
    for receipt in history(content, book.log):
        book.write(receipt)
    receipts = tuple(book.envelopes())
    del content, large
    tracemalloc.start()
    with (tmp_path / "bundle.zip").open("wb") as out:
        bundle.write_bundle(out, container=path, receipts=receipts, trust_pem=case.trust_pem, crls=case.crls, log_key=case.log)
    check_bundle(tmp_path / "bundle.zip")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 6_000_000


def test_what_cannot_be_read_is_not_written(case: Case):
    with pytest.raises(Problem, match="bundle-malformed"):
        dataclasses.replace(case, crls=(b"no list",)).write(Path("/dev/null"))
    out = io.BytesIO()
    with pytest.raises(Problem, match="bundle-malformed"):
        bundle.write_bundle(
            out, container=io.BytesIO(case.container), receipts=case.receipts, trust_pem=b"", crls=case.crls, log_key=case.log
        )


# ---- forged bundles: checksums are always right, since a forger makes them anew


def test_a_bundle_forged_whole_passes_until_the_root_is_asked_for(case: Case, tmp_path: Path):
    forged = files_of(make_case(), tmp_path)
    passed(forged, tmp_path)
    found, line = refused(forged, tmp_path, fingerprint(case.county.root))
    assert found is ProblemType.ROOT_MISMATCH
    assert "the root is not the one in ROOT" in line


def test_a_second_root_behind_the_genuine_one_is_not_believed(case: Case, tmp_path: Path):
    forger = make_case()
    forged = files_of(forger, tmp_path)
    root = fingerprint(case.county.root)
    for pem in (case.county.root.public_bytes(Encoding.PEM) + forger.trust_pem, case.trust_pem + forger.trust_pem):
        assert refused(summed(forged | {"trust.pem": pem}), tmp_path, root)[0] is ProblemType.BUNDLE_MALFORMED
    genuine = forged | {"trust.pem": case.trust_pem}
    for extra in (forger.trust_pem, forged["crls/60.pem"] + forger.trust_pem):
        assert refused(summed(genuine | {"crls/60.pem": extra}), tmp_path, root)[0] is ProblemType.BUNDLE_MALFORMED


def forged_receipts(case: Case, change: Callable[[Case], list[Envelope]], tmp_path: Path) -> Files:
    return summed(with_receipts(files_of(case, tmp_path), change(case)))


def signed_by_township(case: Case) -> list[Envelope]:
    county = case.county
    book = dataclasses.replace(open_book(county), receipt_signer=county.person_signer())
    for receipt in history(case.container, book.log):
        book.write(receipt)
    return book.envelopes()


def stamped_by_receipt_service(case: Case) -> list[Envelope]:
    county = case.county
    book = dataclasses.replace(open_book(county), timestamp_signer=county.receipt_signer)
    for receipt in history(case.container, book.log):
        book.write(receipt)
    return book.envelopes()


def stamped_later(case: Case) -> list[Envelope]:
    book = open_book(case.county)
    for receipt in history(case.container, book.log):
        book.write(receipt, stamped=timedelta(seconds=1))
    return book.envelopes()


def naming_another_log(case: Case) -> list[Envelope]:
    book, other = open_book(case.county), open_book(make_county(FOUNDED))
    for receipt in history(case.container, other.log):
        book.write(receipt)
    return book.envelopes()


def not_in_the_log(case: Case) -> list[Envelope]:
    envelopes = list(case.receipts)
    book = open_book(case.county)
    for receipt in history(case.container, book.log):
        book.write(receipt)
    return [dataclasses_replace(new, proof=old.proof) for new, old in zip(book.envelopes(), envelopes, strict=True)]


def dataclasses_replace(envelope: Envelope, **changes: bytes) -> Envelope:
    fields = {name: getattr(envelope, name) for name in ("submission", "receipt", "signature", "timestamp", "proof")}
    return Envelope(**(fields | changes))


def swapped(case: Case) -> list[Envelope]:
    first, second, third = case.receipts
    return [first, third, second]


def without_the_second(case: Case) -> list[Envelope]:
    first, _, third = case.receipts
    return [first, third]


def without_the_first(case: Case) -> list[Envelope]:
    return list(case.receipts[1:])


def twice_the_same(case: Case) -> list[Envelope]:
    return [*case.receipts, case.receipts[-1]]


def with_one_of_another_submission(case: Case) -> list[Envelope]:
    other = make_case(case.county, title="另一件")
    return [*case.receipts[:2], other.receipts[2]]


def with_exchanged_signatures(case: Case) -> list[Envelope]:
    first, second, *rest = case.receipts
    return [dataclasses_replace(first, signature=second.signature), dataclasses_replace(second, signature=first.signature), *rest]


def with_exchanged_stamps(case: Case) -> list[Envelope]:
    first, second, *rest = case.receipts
    return [dataclasses_replace(first, timestamp=second.timestamp), dataclasses_replace(second, timestamp=first.timestamp), *rest]


@pytest.mark.parametrize(
    ("change", "problem", "line"),
    [
        (signed_by_township, ProblemType.RECEIPT_SIGNER, "not the county's for receipts"),
        (stamped_by_receipt_service, ProblemType.RECEIPT_TIME_STAMP, "time stamp does not match"),
        (stamped_later, ProblemType.RECEIPT_TIME, "receipt time and time stamp differ"),
        (naming_another_log, ProblemType.RECEIPT_LOG, "names another log"),
        (not_in_the_log, ProblemType.INCLUSION_PROOF, "inclusion proof"),
        (swapped, ProblemType.RECEIPT_CHAIN, "older than the one before"),
        (without_the_second, ProblemType.RECEIPT_CHAIN, "a receipt is missing before: 2"),
        (without_the_first, ProblemType.RECEIPT_OTHER_SUBMISSION, "first receipt is not the acceptance"),
        (twice_the_same, ProblemType.RECEIPT_CHAIN, "older than the one before"),
        (with_one_of_another_submission, ProblemType.RECEIPT_OTHER_SUBMISSION, "for another submission"),
        (with_exchanged_signatures, ProblemType.RECEIPT_SIGNATURE, "FAILED"),
        (with_exchanged_stamps, ProblemType.RECEIPT_TIME_STAMP, "time stamp does not match"),
    ],
)
def test_forged_receipts_are_refused_by_both(
    case: Case, tmp_path: Path, change: Callable[[Case], list[Envelope]], problem: ProblemType, line: str
):
    found, said = refused(forged_receipts(case, change, tmp_path), tmp_path)
    assert found is problem
    assert line in said


def test_a_gap_is_no_extract_when_receipts_of_two_recipients_are_here(tmp_path: Path):
    case = make_case(recipients=("county", "D02"))
    for missing in (1, 3):
        kept = [each for place, each in enumerate(case.receipts) if place != missing]
        found, line = refused(summed(with_receipts(files_of(case, tmp_path), kept)), tmp_path)
        assert found is ProblemType.RECEIPT_CHAIN
        assert "missing before" in line


def test_another_valid_container_of_the_same_sender_is_refused(case: Case, files: Files, tmp_path: Path):
    signed_again = packed([case.county.person_signer()])
    another_title = packed([case.county.person_signer()], title="另一件")
    for other in (signed_again, another_title):
        found, line = refused(summed(with_container(files, other)), tmp_path)
        assert found is ProblemType.RECEIPT_OTHER_SUBMISSION
        assert "the acceptance is for another container" in line


def test_unpacked_files_that_are_not_the_containers_are_refused(files: Files, tmp_path: Path):
    forged = summed(files | {"container/关于防汛工作的报告.pdf": b"another document"})
    found, line = refused(forged, tmp_path)
    assert found is ProblemType.BUNDLE_MALFORMED
    assert "container/ is not container.asice unpacked" in line
    refused(summed(files | {"container/attachments/more.txt": b"more"}), tmp_path)
    refused(summed({name: content for name, content in files.items() if name != "container/metadata.json"}), tmp_path)


def acceptance_of(content: bytes, case: Case, **changes: str) -> Case:
    book = open_book(case.county)
    for receipt in history(content, book.log, **changes):  # type: ignore[arg-type]  # texts only
        book.write(receipt)
    return case.but(container=content, receipts=tuple(book.envelopes()))


def test_a_sender_of_another_office_or_person_is_refused(case: Case, tmp_path: Path):
    stranger = packed([case.county.person_signer("T02", "T02.1")])
    found, line = refused(files_of(acceptance_of(stranger, case), tmp_path), tmp_path)
    assert found is ProblemType.SIGNER_OTHER_OFFICE
    assert "the signer belongs to another office: T02" in line
    found, line = refused(files_of(acceptance_of(case.container, case, by="T01.2"), tmp_path), tmp_path)
    assert found is ProblemType.RECEIPT_OTHER_SUBMISSION
    assert "the acceptance names another sender" in line


def test_the_receipt_service_is_no_person_and_a_stranger_is_no_signer(case: Case, tmp_path: Path):
    service = packed([case.county.receipt_signer])
    assert refused(files_of(acceptance_of(service, case), tmp_path), tmp_path)[0] is ProblemType.SIGNER_PURPOSE
    stranger = packed([make_county(FOUNDED).person_signer()])
    assert refused(files_of(acceptance_of(stranger, case), tmp_path), tmp_path)[0] is ProblemType.SIGNER_UNKNOWN


# ---- revocation: the list that covered the moment counts


def test_a_sender_revoked_later_stays_good_whatever_the_order_of_the_lists(case: Case, tmp_path: Path):
    for crls in (case.crls, case.crls[::-1]):
        passed(files_of(case.but(crls=crls), tmp_path), tmp_path)


def test_a_sender_revoked_before_reception_is_refused(case: Case, tmp_path: Path):
    signer = case.county.person_signer()
    content = packed([signer])
    revoked_at = RECEIVED - timedelta(hours=1)
    crl = case.county.issuing.crl(60, [Revoked(signer.certificate.serial_number, revoked_at)], revoked_at, 7)
    changed = acceptance_of(content, case).but(crls=(crl.public_bytes(Encoding.DER), case.crls[1]))
    found, line = refused(files_of(changed, tmp_path), tmp_path)
    assert found is ProblemType.SIGNER_REVOKED
    assert "its certificate was not valid then" in line


def test_a_revoked_receipt_service_is_refused(case: Case, tmp_path: Path):
    serial = case.county.receipt_signer.certificate.serial_number
    crl = case.county.issuing.crl(62, [Revoked(serial, REVOKED)], REVOKED + timedelta(seconds=1), 7)
    changed = case.but(crls=(case.crls[0], crl.public_bytes(Encoding.DER)))
    assert refused(files_of(changed, tmp_path), tmp_path)[0] is ProblemType.RECEIPT_SIGNER


def test_a_list_of_the_root_is_heeded(case: Case, tmp_path: Path):
    root = Issuer(case.county.root, case.county.root_key)
    nobody = root.crl(60, (), FOUNDED, 30).public_bytes(Encoding.DER)
    with_list = files_of(case.but(crls=(*case.crls, nobody)), tmp_path)
    assert "crls/60-2.pem" in with_list  # two authorities, the same number
    passed(with_list, tmp_path)
    serial = case.county.issuing.certificate.serial_number
    revoked = root.crl(2, [Revoked(serial, FOUNDED + timedelta(days=1))], FOUNDED + timedelta(days=1), 30).public_bytes(Encoding.DER)
    found, line = refused(files_of(case.but(crls=(*case.crls, revoked)), tmp_path), tmp_path)
    assert found is ProblemType.RECEIPT_TIME_STAMP
    assert "an issuing authority is revoked" in line


def test_a_missing_list_is_refused(case: Case, tmp_path: Path):
    for crls in (case.crls[:1], case.crls[1:], ()):
        assert refused(files_of(case.but(crls=crls), tmp_path), tmp_path)[0] in {
            ProblemType.RECEIPT_TIME_STAMP,
            ProblemType.BUNDLE_MALFORMED,
        }


def test_a_list_that_the_authority_did_not_sign_is_refused(files: Files, tmp_path: Path):
    stranger = make_county(FOUNDED).issuing.crl(60, (), RECEIVED - timedelta(days=2), 7)
    forged = summed(files | {"crls/60.pem": stranger.public_bytes(Encoding.PEM)})
    assert refused(forged, tmp_path)[0] is ProblemType.BUNDLE_MALFORMED


# ---- the folder and the zip


@pytest.mark.parametrize(
    "name", ["container/../../x", "more.txt", "receipts/004.json", "receipts/000.json", "receipts/abc", "crls/x.pem", "a\\b"]
)
def test_a_member_that_does_not_belong_is_refused_even_when_listed(files: Files, tmp_path: Path, name: str):
    found, _ = refused(summed(files | {name: b""}), tmp_path)
    assert found in {ProblemType.BUNDLE_MALFORMED, ProblemType.UNSAFE_NAME}


@pytest.mark.parametrize("name", ["container.asice", "verify.sh", "trust.pem", "receipts/002.tsr", "crls/60.pem", "container/mimetype"])
def test_a_missing_member_is_refused_listed_or_not(files: Files, tmp_path: Path, name: str):
    kept = {each: content for each, content in files.items() if each != name}
    if name != "verify.sh":
        refused(kept, tmp_path)
        if name != "crls/60.pem":
            assert refused(summed(kept), tmp_path)[0] is ProblemType.BUNDLE_MALFORMED
    with pytest.raises(Problem):
        check_bundle(zipped(kept, tmp_path / "kept.zip"))


def test_an_unlisted_file_or_link_in_the_folder_is_refused(files: Files, tmp_path: Path):
    folder = unpacked(files, tmp_path / "bundle")
    (folder / "receipts" / ".hidden").write_bytes(b"")
    assert "receipts/.hidden" in run_script(folder).failed
    (folder / "receipts" / ".hidden").unlink()
    (folder / "trust.pem").rename(tmp_path / "trust.pem")
    (folder / "trust.pem").symlink_to(tmp_path / "trust.pem")
    assert "not a plain file: trust.pem" in run_script(folder).failed


def altered(content: bytes, change: Callable[[zipfile.ZipInfo], None], name: str = "README.txt") -> bytes:
    """Write all members again, one of them changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(out, "w") as copy:
        for entry in archive.infolist():
            again = zipfile.ZipInfo(entry.filename)
            if entry.filename == name:
                change(again)
            copy.writestr(again, archive.read(entry))
    return out.getvalue()


def test_a_zip_is_read_strictly(case: Case, tmp_path: Path):
    good = case.write(tmp_path / "good.zip").read_bytes()
    link, folder = altered(good, lambda entry: setattr(entry, "external_attr", stat.S_IFLNK << 16)), io.BytesIO(good)
    with zipfile.ZipFile(folder, "a") as archive:
        archive.writestr("crls/", b"")
    twice = io.BytesIO(good)
    with zipfile.ZipFile(twice, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("README.txt", b"another")
    comment = io.BytesIO(good)
    with zipfile.ZipFile(comment, "a") as archive:
        archive.comment = b"text"
    renamed = good.replace(b"README.txt", b"README\0txt")
    encrypted = bytearray(good)
    encrypted[good.rindex(b"PK\x01\x02") + 8] |= 1
    bad = [
        link,
        folder.getvalue(),
        twice.getvalue(),
        comment.getvalue(),
        renamed,
        bytes(encrypted),
        b"",
        b"PK",
        good[:-1],
        good + b"\0",
        b"\0" + good,
    ]
    for number, content in enumerate(bad):
        path = tmp_path / f"{number}.zip"
        path.write_bytes(content)
        with pytest.raises(Problem) as refusal:
            check_bundle(path)
        assert refusal.value.kind is ProblemType.BUNDLE_MALFORMED
        assert refusal.value.members["steps"][-1]["result"] == "failed"


def test_a_deflated_bundle_passes_and_a_bomb_does_not(case: Case, files: Files, tmp_path: Path):
    good = case.write(tmp_path / "good.zip").read_bytes()
    deflated = altered(good, lambda entry: setattr(entry, "compress_type", zipfile.ZIP_DEFLATED))
    (tmp_path / "deflated.zip").write_bytes(deflated)
    check_bundle(tmp_path / "deflated.zip")
    large = summed(files | {"trust.pem": bytes(2**20 + 1)})
    with pytest.raises(Problem, match="larger than"):
        check_bundle(zipped(large, tmp_path / "large.zip"))


def test_a_file_that_cannot_be_opened_is_said(tmp_path: Path):
    for check in (check_bundle, lambda path: check_container(path, None)):
        with pytest.raises(Problem, match="input-unreadable"):
            check(tmp_path / "absent.zip")


def test_a_script_that_is_not_ours_is_told(files: Files, tmp_path: Path):
    report = check_bundle(zipped(summed(files | {"verify.sh": b"#!/bin/bash\necho everything passed\n"}), tmp_path / "bundle.zip"))
    assert [(made.step, made.result) for made in report.outcomes if made.result is not Result.PASSED] == [(Step.SCRIPT, Result.UNKNOWN)]


def test_a_problem_leaves_with_the_steps_that_were_made(files: Files, tmp_path: Path):
    with pytest.raises(Problem) as refusal:
        check_bundle(zipped(summed(files | {"crls/60.pem": b"no list"}), tmp_path / "bundle.zip"))
    steps = refusal.value.members["steps"]
    assert [(step["step"], step["result"]) for step in steps] == [
        ("files", "passed"),
        ("script", "passed"),
        ("root", "passed"),
        ("lists", "failed"),
    ]
    assert steps[-1]["name"] == "吊销列表"
    assert steps[-1]["name_en"] == "revocation lists"
