from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID
from rfc3161_client import TimestampRequestBuilder, VerifierBuilder, decode_timestamp_response

from canary.core.dating.evidence import CheckedEvidence, EvidenceOutcome
from canary.core.text.strict import digest
from canary.errors import MalformedError
from canary.formats.times.rfc3161 import Query, TokenChecker, check_answer, make_query, read_reply
from canary.formats.times.rfc3161_chain import name_of
from canary.formats.times.rfc3161_cms import _Reply, check_signature, in_order, signer_among, taken_apart
from canary.limits import EVIDENCE_BYTES
from tests.authority import ENTRY, Authority, Holder, make_authority, new_key, new_root, pem, query_for, unsorted
from tests.fuzz.der import INTEGER, SEQUENCE, read

SHARED = Path(__file__).parents[2] / ".." / "shared" / "data" / "time" / "rfc3161"
USUAL = datetime(2026, 3, 1, 12, 30, 15, tzinfo=UTC)
SERVER = ExtendedKeyUsageOID.SERVER_AUTH
STAMPING = ExtendedKeyUsageOID.TIME_STAMPING


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority under an intermediate, as public ones are."""
    return make_authority(tmp_path_factory.mktemp("tsa"), intermediates=1)


@pytest.fixture(scope="module")
def issuer(tsa: Authority) -> Holder:
    return tsa.between[-1]


@pytest.fixture(scope="module")
def token(tsa: Authority) -> bytes:
    return tsa.reply(query_for(ENTRY))


def checked(reply: bytes, roots: Sequence[x509.Certificate], entry: bytes = ENTRY) -> CheckedEvidence:
    found = TokenChecker(lambda: roots)("3.tsr", reply, entry)
    assert (found.name, found.sha256) == ("3.tsr", digest(reply))
    assert (found.bound is not None) == (found.outcome is EvidenceOutcome.PROVED)
    assert found.words
    assert found.words.isprintable()
    assert not found.words.endswith(".")
    return found


def bad(reply: bytes, roots: Sequence[x509.Certificate], entry: bytes = ENTRY) -> str:
    found = checked(reply, roots, entry)
    assert found.outcome is EvidenceOutcome.BAD, found
    return found.words


def accepted_by_the_library(reply: bytes, roots: Sequence[x509.Certificate]) -> bool:
    """Whether rfc3161-client alone would hold the token for good."""
    response = decode_timestamp_response(in_order(reply))
    return VerifierBuilder(roots=list(roots)).build().verify_message(response, ENTRY)


# --- what is proved -------------------------------------------------------------------------------------


def test_a_token_of_a_trusted_authority_proves_its_time_and_its_accuracy(tsa: Authority) -> None:
    found = checked(tsa.stamp(at=USUAL), tsa.roots)
    assert found.outcome is EvidenceOutcome.PROVED
    assert (found.moment, found.bound) == (USUAL, USUAL + timedelta(seconds=1))
    assert found.by == "Test TSA"
    assert found.words == "an RFC 3161 timestamp under the root 'Test Root'"


@pytest.mark.parametrize(
    ("stated", "accuracy"),
    [
        ("", timedelta(seconds=1)),
        ("accuracy = secs:3, millisecs:500, microsecs:100", timedelta(seconds=3, milliseconds=500, microseconds=100)),
        ("accuracy = millisecs:20", timedelta(milliseconds=20)),
        ("accuracy = secs:60", timedelta(minutes=1)),
    ],
    ids=["none", "all of it", "milliseconds", "a minute"],
)
def test_the_bound_is_later_by_the_accuracy(tsa: Authority, stated: str, accuracy: timedelta) -> None:
    found = checked(tsa.but(accuracy=stated).reply(query_for(ENTRY)), tsa.roots)
    assert found.moment is not None
    assert found.bound == found.moment + accuracy


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("20260301123015.9Z", USUAL + timedelta(seconds=0.9)),
        ("20260301123015.123456Z", USUAL + timedelta(microseconds=123_456)),
        # Finer than what is counted in: the next second is not too early.
        ("20260301123015.1234567Z", USUAL + timedelta(seconds=1)),
    ],
)
def test_fractions_of_a_second_count_though_the_library_drops_them(
    tsa: Authority, written: str, moment: datetime
) -> None:
    def edit(content: bytes) -> bytes:
        old = b"\x18\x0f20260301123015Z"
        assert content.count(old) == 1
        assert content[1:3] == bytes([0x81, len(content) - 3])
        body = content[3:].replace(old, bytes([0x18, len(written)]) + written.encode())
        return bytes([content[0], 0x81, len(body)]) + body

    reply = tsa.stamp(at=USUAL, edit=edit)
    found = checked(reply, tsa.roots)
    assert found.outcome is EvidenceOutcome.PROVED
    assert (found.moment, found.bound) == (moment, moment + timedelta(seconds=1))


def test_an_accuracy_of_days_is_none(tsa: Authority) -> None:
    reply = tsa.but(accuracy="accuracy = secs:86401").reply(query_for(ENTRY))
    assert bad(reply, tsa.roots) == "its accuracy is none that a clock could have"


@pytest.mark.parametrize("kind", ["ec", "rsa2048"])
@pytest.mark.parametrize("intermediates", [0, 2])
def test_authorities_of_every_usual_make(tmp_path: Path, kind: str, intermediates: int) -> None:
    tsa = make_authority(tmp_path, intermediates=intermediates, key=kind)
    assert checked(tsa.reply(query_for(ENTRY)), tsa.roots).outcome is EvidenceOutcome.PROVED


@pytest.mark.parametrize("ess", ["sha1", "sha256", "sha512"])
def test_however_the_signer_hashes_its_certificates_name(tsa: Authority, ess: str) -> None:
    assert checked(tsa.but(ess=ess).reply(query_for(ENTRY)), tsa.roots).outcome is EvidenceOutcome.PROVED


def test_an_imprint_with_sha_512_is_as_good(tsa: Authority) -> None:
    reply = tsa.reply(TimestampRequestBuilder().data(ENTRY).build().as_bytes())
    assert checked(reply, tsa.roots).outcome is EvidenceOutcome.PROVED


def test_a_certificate_that_expired_since_was_good_at_the_tokens_own_time(tsa: Authority, issuer: Holder) -> None:
    expired = issuer.issue("Expired", ends=datetime(2026, 3, 2, tzinfo=UTC))
    assert checked(tsa.stamp(at=USUAL, by=expired), tsa.roots).outcome is EvidenceOutcome.PROVED


def test_a_root_beside_the_chain_and_other_certificates_are_no_harm(tsa: Authority) -> None:
    others = [*tsa.between, tsa.root, new_root("Another"), tsa.root.issue("Bystander")]
    assert checked(tsa.stamp(others=others), tsa.roots).outcome is EvidenceOutcome.PROVED


# --- the unsorted set -----------------------------------------------------------------------------------


def test_a_certificate_set_out_of_order_is_read_and_kept_as_it_came(tsa: Authority, token: bytes) -> None:
    mixed = unsorted(token)
    with pytest.raises(ValueError, match="InvalidSetOrdering"):
        decode_timestamp_response(mixed)
    found = checked(mixed, tsa.roots)
    assert found.outcome is EvidenceOutcome.PROVED
    assert found.sha256 == digest(mixed)


def test_only_the_order_of_the_certificates_is_changed(token: bytes) -> None:
    mixed = unsorted(token)
    ordered = in_order(mixed)
    assert sorted(ordered) == sorted(mixed)
    assert in_order(ordered) == ordered
    assert taken_apart(ordered).attributes == taken_apart(mixed).attributes


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared RFC 3161 replies are not here")
def test_the_public_example_of_an_unsorted_set_verifies() -> None:
    data = (SHARED / "unsorted_set_chain.tsr").read_bytes()
    root = x509.load_pem_x509_certificate((SHARED / "ca.pem").read_bytes())
    token = read_reply(data)
    signed = taken_apart(data)
    certificates = [x509.load_der_x509_certificate(each) for each in signed.certificates]
    check_signature(signed, signer_among(signed, certificates))
    # What it is over is not at hand, only its hash.
    imprint = token.response.tst_info.message_imprint.message
    assert VerifierBuilder(roots=[root]).build().verify(token.response, imprint)
    assert bad(data, [root]) == "it is over other bytes than this entry"


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared RFC 3161 replies are not here")
def test_the_public_example_is_proved_under_its_root() -> None:
    root = x509.load_pem_x509_certificate((SHARED / "ca.pem").read_bytes())
    found = checked((SHARED / "r.tsr").read_bytes(), [root], (SHARED / "d.bin").read_bytes())
    assert found.outcome is EvidenceOutcome.PROVED
    assert found.bound == datetime(2026, 11, 23, 14, 41, 36, tzinfo=UTC)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared RFC 3161 replies are not here")
def test_the_public_reply_answers_the_public_request_and_no_other() -> None:
    request, reply = ((SHARED / name).read_bytes() for name in ("q.tsq", "r.tsr"))
    imprint, nonce = (
        each for each in read(request).children if each.tag in (SEQUENCE, INTEGER) and each.content != b"\1"
    )
    assert imprint.children[1].content.hex() == digest((SHARED / "d.bin").read_bytes())
    number = int.from_bytes(nonce.content, "big")
    check_answer(Query(request, number), reply)
    with pytest.raises(MalformedError, match="its nonce is not that of the request"):
        check_answer(Query(request, number + 1), reply)


# --- what is claimed ------------------------------------------------------------------------------------


@pytest.mark.parametrize("trusted", [[], ["Another Root"]], ids=["nobody", "another"])
def test_under_a_root_that_is_not_trusted_it_is_a_claim(tsa: Authority, trusted: list[str]) -> None:
    found = checked(tsa.stamp(at=USUAL), [new_root(name).certificate for name in trusted])
    assert found.outcome is EvidenceOutcome.CLAIMED
    assert (found.moment, found.by) == (USUAL, "Test TSA")
    assert "its root, 'Test Root', is not on the list" in found.words


def test_a_claim_has_to_hold_as_far_as_it_goes(tsa: Authority, issuer: Holder, token: bytes) -> None:
    assert bad(token, [], b"another entry") == "it is over other bytes than this entry"
    assert "not one for timestamping" in bad(tsa.stamp(by=issuer.issue("No usage", usage=None)), [])
    assert bad(_with_signature_changed(token), []) == "its signature is wrong"
    stranger = new_root("Test CA 1")
    assert "do not make a chain" in bad(tsa.stamp(by=stranger.issue("Stranger")), [])


def test_a_token_without_its_chain_is_a_claim(tsa: Authority) -> None:
    found = checked(tsa.stamp(others=[tsa.root]), tsa.roots)
    assert found.outcome is EvidenceOutcome.CLAIMED
    assert "its root, 'Test CA 1', is not on the list" in found.words


def test_a_root_that_only_has_a_trusted_ones_name_is_no_claim_but_a_lie(token: bytes) -> None:
    words = bad(token, [new_root("Test Root").certificate])
    assert words == "it claims the root 'Test Root', and its certificates do not lead there"


def test_a_strangers_name_cannot_reach_the_terminal(tmp_path: Path) -> None:
    root = new_root("\x1b[2J\nroot\u202e")
    tsa = make_authority(tmp_path).but(root=root)
    found = checked(tsa.stamp(by=root.issue("tsa\x1b[2J\n\u202e"), others=[root]), [])
    assert found.by.isprintable()
    assert found.by.isascii()
    assert "\x1b" not in found.words


# --- what is rejected, one by one -----------------------------------------------------------------------


def test_over_other_bytes(token: bytes, tsa: Authority) -> None:
    assert bad(token, tsa.roots, ENTRY + b"\n") == "it is over other bytes than this entry"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"usage": None}, "its signer's certificate is not one for timestamping and nothing else"),
        ({"usage": [SERVER]}, "its signer's certificate is not one for timestamping and nothing else"),
        ({"usage": [SERVER, STAMPING]}, "its signer's certificate is not one for timestamping and nothing else"),
        (
            {"usage": [ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE]},
            "its signer's certificate is not one for timestamping and nothing else",
        ),
        ({"critical": False}, "its signer's certificate is for timestamping, but does not say so as critical"),
        (
            {"ends": USUAL - timedelta(seconds=1)},
            "its signer's certificate had expired at the token's own time (on 2026-03-01)",
        ),
        (
            {"begins": USUAL + timedelta(days=1)},
            "its signer's certificate was not valid yet at the token's own time (2026-03-02)",
        ),
    ],
    ids=["no usage", "tls", "two usages", "any usage", "not critical", "expired", "not yet valid"],
)
def test_by_a_certificate_that_cannot_be(tsa: Authority, issuer: Holder, options: dict[str, Any], words: str) -> None:
    assert bad(tsa.stamp(at=USUAL, by=issuer.issue("Wrong", **options)), tsa.roots) == words


def test_through_an_intermediate_that_is_none(tsa: Authority) -> None:
    no_ca = tsa.root.issue("No CA")
    expired = tsa.root.issue("Expired", ca=True, ends=USUAL - timedelta(days=1))
    for between in (no_ca, expired):
        assert "do not make a chain" in bad(tsa.stamp(at=USUAL, by=between.issue("x"), others=[between]), tsa.roots)


def test_longer_than_a_ca_allows(tsa: Authority) -> None:
    last = tsa.root.issue("Last", ca=True, path_length=0)
    more = last.issue("More", ca=True)
    assert "do not make a chain" in bad(tsa.stamp(by=more.issue("x"), others=[last, more]), tsa.roots)


def test_under_a_root_that_had_expired(tsa: Authority) -> None:
    root = new_root("Old", ends=USUAL - timedelta(days=1))
    assert "do not lead there" in bad(tsa.stamp(at=USUAL, by=root.issue("x"), others=[]), [root.certificate])


@pytest.mark.parametrize("deep", [False, True])
def test_a_root_that_came_along_beside_its_cross_signed_twin_spoils_nothing(tsa: Authority, *, deep: bool) -> None:
    other = new_root("Cross-signed Root")
    cross = tsa.root.issue("Cross-signed Root", ca=True, key=other.key)
    between = [other.issue("Between", ca=True)] if deep else []
    reply = tsa.stamp(by=[other, *between][-1].issue("T"), others=[*between, other, cross])
    for root in (tsa.root, other):
        checked = TokenChecker(lambda root=root: [root.certificate])("0.tsr", reply, ENTRY)  # type: ignore[misc]
        assert (checked.outcome, checked.words) == (
            EvidenceOutcome.PROVED,
            f"an RFC 3161 timestamp under the root '{name_of(root.certificate.subject)}'",
        )


def test_a_key_on_a_short_curve_makes_no_path(tsa: Authority) -> None:
    short = tsa.root.issue("Short", key=ec.generate_private_key(ec.SECP192R1()))
    checked = TokenChecker(lambda: tsa.roots)("0.tsr", tsa.stamp(by=short, others=[]), ENTRY)
    assert checked.outcome is EvidenceOutcome.BAD
    enough = tsa.root.issue("Enough", key=ec.generate_private_key(ec.SECP224R1()))
    checked = TokenChecker(lambda: tsa.roots)("0.tsr", tsa.stamp(by=enough, others=[]), ENTRY)
    assert checked.outcome is EvidenceOutcome.PROVED


def test_a_signer_named_by_a_key_identifier_is_told_as_what_it_is(tsa: Authority) -> None:
    reply = tsa.stamp(options=("-keyid",))
    checked = TokenChecker(lambda: tsa.roots)("0.tsr", reply, ENTRY)
    assert checked.outcome is EvidenceOutcome.BAD
    assert checked.words.startswith("its signer is named by a key's identifier, which is not supported")


@pytest.mark.parametrize("weak", ["sha1", "md5"])
def test_signed_over_a_weak_digest_which_the_library_accepts(tsa: Authority, issuer: Holder, weak: str) -> None:
    reply = tsa.stamp(by=issuer.issue("x", key=new_key("rsa2048")), options=("-md", weak))
    assert accepted_by_the_library(reply, tsa.roots)
    assert "it rests on a hash that is not SHA-256 or better" in bad(reply, tsa.roots)


def test_an_imprint_with_a_weak_digest(tsa: Authority, tmp_path: Path) -> None:
    (tmp_path / "entry").write_bytes(ENTRY)
    subprocess.run(
        ["openssl", "ts", "-query", "-data", "entry", "-sha1", "-cert", "-out", "query"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    assert "not SHA-256 or better" in bad(tsa.reply((tmp_path / "query").read_bytes()), tsa.roots)


def test_short_rsa_keys_which_the_library_accepts(tsa: Authority, issuer: Holder) -> None:
    ca = tsa.root.issue("Short", ca=True, key=new_key("rsa1024"))
    for reply in (
        tsa.stamp(by=issuer.issue("x", key=new_key("rsa1024"))),
        tsa.stamp(by=ca.issue("x"), others=[ca]),
    ):
        assert accepted_by_the_library(reply, tsa.roots)
        assert "do not make a chain" in bad(reply, tsa.roots)


def test_a_certificate_signed_with_sha_1_which_the_library_accepts(tsa: Authority, tmp_path: Path) -> None:
    holder = tsa.root.issue("Weak", key=new_key("rsa2048"))
    for name, each in {"root": tsa.root, "weak": holder}.items():
        (tmp_path / f"{name}.pem").write_text(pem(each), "ascii")
        (tmp_path / f"{name}.key").write_bytes(
            each.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        )
    (tmp_path / "extensions").write_text("extendedKeyUsage=critical,timeStamping\n", "ascii")
    run = partial(subprocess.run, cwd=tmp_path, check=True, capture_output=True)
    run(["openssl", "req", "-new", "-key", "weak.key", "-subj", "/CN=Weak", "-out", "weak.csr"])
    run(
        [
            *("openssl", "x509", "-req", "-in", "weak.csr", "-CA", "root.pem", "-CAkey", "root.key", "-sha1"),
            *("-days", "300", "-extfile", "extensions", "-out", "weak.pem"),
        ]
    )
    weak = Holder(holder.key, x509.load_pem_x509_certificate((tmp_path / "weak.pem").read_bytes()))
    reply = tsa.stamp(by=weak, others=[tsa.root])
    assert accepted_by_the_library(reply, tsa.roots)
    assert "do not make a chain" in bad(reply, tsa.roots)


def test_rsa_pss_is_refused_by_name(tsa: Authority, issuer: Holder) -> None:
    signer = issuer.issue("x", key=new_key("rsa2048"))
    reply = tsa.stamp(by=signer, options=("-keyopt", "rsa_padding_mode:pss"))
    assert "it is signed in a way that is not accepted" in bad(reply, tsa.roots)


def test_signed_as_something_else_than_a_token(tsa: Authority) -> None:
    words = bad(tsa.stamp(kind="1.2.840.113549.1.7.1"), tsa.roots)
    assert words == "it is no RFC 3161 reply in DER, or is broken"


def test_without_the_signers_certificate(tsa: Authority, tmp_path: Path) -> None:
    (tmp_path / "entry").write_bytes(ENTRY)
    subprocess.run(
        ["openssl", "ts", "-query", "-data", "entry", "-sha256", "-out", "query"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    reply = tsa.reply((tmp_path / "query").read_bytes())
    assert bad(reply, tsa.roots) == "its signer's certificate did not come along"


def test_two_certificates_for_one_signer(tsa: Authority, issuer: Holder) -> None:
    """One that signs, for TLS; and another of the same issuer and number that would be allowed to."""
    signer = issuer.issue("Twin", serial=77, usage=[SERVER])
    lure = issuer.issue("Twin", serial=77)
    reply = tsa.stamp(by=signer, others=[*tsa.between, lure])
    assert bad(reply, tsa.roots) == "two certificates in it claim to be its signer's"


def test_a_certificate_of_the_same_key_in_the_place_of_the_named_one(tsa: Authority, issuer: Holder) -> None:
    key = new_key()
    meant = issuer.issue("Twin", serial=78, key=key, ends=USUAL - timedelta(days=1))
    other = issuer.issue("Twin", serial=78, key=key)
    reply = tsa.stamp(at=USUAL, by=meant, others=[*tsa.between, other])
    taken = asn1.decode_der(_Reply, reply)
    assert taken.token is not None
    content = taken.token.content
    content.certificates = [
        each
        for each in content.certificates or []
        if asn1.encode_der(each) != meant.certificate.public_bytes(Encoding.DER)
    ]
    exchanged = asn1.encode_der(taken)
    assert accepted_by_the_library(exchanged, tsa.roots)
    words = bad(exchanged, tsa.roots)
    assert words == "its signer names another certificate than the one that came along"


def test_two_signers(tsa: Authority, issuer: Holder, tmp_path: Path) -> None:
    second = issuer.issue("Second")
    (tmp_path / "second.pem").write_text(pem(second), "ascii")
    (tmp_path / "second.key").write_bytes(second.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    more = ("-signer", str(tmp_path / "second.pem"), "-inkey", str(tmp_path / "second.key"))
    assert bad(tsa.stamp(options=more), tsa.roots) == "a token has exactly one signer, and this one has 2"


def test_a_signature_of_another_token(tsa: Authority, token: bytes) -> None:
    assert bad(_with_signature_changed(token), tsa.roots) == "its signature is wrong"


def test_a_time_that_was_changed_afterwards(tsa: Authority, token: bytes) -> None:
    moment = read_reply(token).moment
    later = (moment + timedelta(days=1)).strftime("%Y%m%d%H%M%SZ").encode()
    forged = token.replace(moment.strftime("%Y%m%d%H%M%SZ").encode(), later)
    assert bad(forged, tsa.roots) == "its signature is over other contents"


def test_a_refusal(tsa: Authority, tmp_path: Path) -> None:
    (tmp_path / "entry").write_bytes(ENTRY)
    subprocess.run(
        ["openssl", "ts", "-query", "-data", "entry", "-md5", "-cert", "-out", "query"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    words = bad(tsa.reply((tmp_path / "query").read_bytes()), tsa.roots)
    assert words == "the authority's answer is no token: it was refused"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: token[:0],
        lambda token: b"<html>" + token[:20] + b"</html>",
        lambda token: token + b"\n",
        lambda token: token[:-1],
        lambda token: b"\x30\x80" + token[2:] + b"\0\0",
        lambda token: token + bytes(EVIDENCE_BYTES),
    ],
    ids=["nothing", "a page", "a byte behind it", "a byte short", "indefinite length", "too long"],
)
def test_garbage(spoil: Callable[[bytes], bytes], token: bytes, tsa: Authority) -> None:
    words = bad(spoil(token), tsa.roots)
    assert words in ("it is no RFC 3161 reply in DER, or is broken", f"it has more than {EVIDENCE_BYTES:,} bytes")


def test_without_the_library_it_is_not_checked_and_not_bad(token: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rfc3161_client", None)
    found = checked(token, [])
    assert found.outcome is EvidenceOutcome.UNCHECKED
    assert found.words == "rfc3161-client is missing"


def _with_signature_changed(token: bytes) -> bytes:
    signature = taken_apart(token).signature
    changed = signature[:-1] + bytes([signature[-1] ^ 1])
    assert token.count(signature) == 1
    return token.replace(signature, changed)


# --- asking ---------------------------------------------------------------------------------------------


def test_a_request_is_over_the_sha_256_with_a_fresh_nonce_and_asks_for_certificates(tsa: Authority) -> None:
    first, second = make_query(ENTRY), make_query(ENTRY)
    assert bytes.fromhex(digest(ENTRY)) in first.body
    assert first.nonce != second.nonce
    reply = tsa.reply(first.body)
    check_answer(first, reply)
    assert checked(reply, tsa.roots).outcome is EvidenceOutcome.PROVED
    with pytest.raises(MalformedError, match="its nonce is not that of the request"):
        check_answer(second, reply)
