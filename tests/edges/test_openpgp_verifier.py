from __future__ import annotations

import hashlib
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from canary import limits
from canary.core.signed.outcome import OpenPGPCheck, Outcome
from canary.edges.openpgp.openpgp_certificates import Certificate, inspect_certificate
from canary.edges.openpgp.openpgp_verifier import GpgVerifier
from tests.gpg_home import NOW, SIGNED, TEXT, GpgHome, bomb, check_of, compressed, day

DATA = Path(__file__).parents[3] / "shared" / "data" / "openpgp"


# --- gpg's own traps, one file each ---------------------------------------------------------------------


def expected() -> list[dict[str, str]]:
    """Returns the rows of the detached signatures; clearsigned text is what other people's canaries are made of."""
    if not DATA.is_dir():
        return []
    names, *rows = (line.split("\t") for line in (DATA / "expected.tsv").read_text("utf-8").splitlines())
    return [dict(zip(names, row, strict=True)) for row in rows if row[0].endswith(".asc")]


@pytest.mark.skipif(not DATA.is_dir(), reason=f"the OpenPGP traps are not here: {DATA}")
@pytest.mark.parametrize("row", expected(), ids=lambda row: row["file"])
def test_every_trap_has_its_outcome(row: dict[str, str], home: GpgHome, verifier: GpgVerifier) -> None:
    certificate = inspect_certificate((DATA / row["certificate"].partition("+")[0]).read_bytes(), at=NOW)
    check = verifier(
        certificate=certificate.binary,
        fingerprint=certificate.fingerprint,
        text=(DATA / row["data"]).read_bytes(),
        signature=home.dearmor((DATA / row["file"]).read_bytes()),
    )
    if "+" in row["certificate"]:
        # Two signers in one file are fine for another's canary, and never one signature line of ours.
        assert check == OpenPGPCheck(Outcome.BAD, detail="it is not exactly one signature packet")
        return
    assert check.outcome == row["at_signing_time"]
    assert check.signed_at == datetime.fromtimestamp(int(row["signed_at"]), UTC)
    assert as_of(NOW, check, certificate) == row["at_2026_11_24"]


def as_of(now: datetime, check: OpenPGPCheck, certificate: Certificate) -> str:
    """Returns what becomes of an outcome once the certificate's own facts are looked at as of another moment."""
    if certificate.revoked:
        return Outcome.REVOKED_KEY
    if check.signed_at is not None and check.signed_at > now:
        return Outcome.FUTURE
    expired = certificate.expires is not None and certificate.expires <= now
    return Outcome.EXPIRED_KEY if expired else check.outcome


@pytest.mark.skipif(not DATA.is_dir(), reason=f"the OpenPGP traps are not here: {DATA}")
@pytest.mark.parametrize("name", ["good.clear", "exp.clear", "px.clear", "sx.clear"])
def test_clearsigned_text_is_no_signature_of_ours(name: str, verifier: GpgVerifier) -> None:
    certificate = inspect_certificate((DATA / f"{'exp' if name == 'exp.clear' else 'good'}.pub").read_bytes(), at=NOW)
    check = check_of(verifier, certificate, (DATA / name).read_bytes())
    assert check.outcome is Outcome.BAD


# --- one signature by one pinned certificate ------------------------------------------------------------


def test_good(verifier: GpgVerifier, certificate: Certificate, signature: bytes) -> None:
    check = verifier(
        certificate=certificate.binary, fingerprint=certificate.fingerprint, text=TEXT, signature=signature
    )
    assert check == OpenPGPCheck(Outcome.GOOD, SIGNED)


def test_new_packet_format_is_as_good(
    verifier: GpgVerifier, certificate: Certificate, signature: bytes, home: GpgHome
) -> None:
    assert signature[:1] == b"\x88"
    renewed = b"\xc2" + signature[1:]
    assert check_of(verifier, certificate, renewed).outcome is Outcome.GOOD
    rsa = home.key("rsa <rsa@example.org>", algorithm="rsa2048")
    pinned = inspect_certificate(home.export(rsa), at=NOW)
    old = home.sign(rsa, TEXT, at=SIGNED)
    assert old[:1] == b"\x89"
    assert check_of(verifier, pinned, old).outcome is Outcome.GOOD
    length = len(old) - 3 - 192
    renewed = bytes((0xC2, 192 + length // 256, length % 256)) + old[3:]
    assert check_of(verifier, pinned, renewed).outcome is Outcome.GOOD


def test_other_text(verifier: GpgVerifier, certificate: Certificate, signature: bytes) -> None:
    for text in (b"", TEXT[:-1], TEXT + b"\n", TEXT.replace(b"\n", b"\r\n"), TEXT * 100_000):
        check = check_of(verifier, certificate, signature, text)
        assert check == OpenPGPCheck(Outcome.BAD, SIGNED, "it does not fit the text")


def test_other_key(home: GpgHome, verifier: GpgVerifier, certificate: Certificate) -> None:
    other = home.sign(home.key("mallory <m@example.org>"), TEXT, at=SIGNED)
    check = check_of(verifier, certificate, other)
    assert check == OpenPGPCheck(Outcome.NO_KEY, SIGNED, "it is by another key")


def test_certificate_of_another_key(home: GpgHome, verifier: GpgVerifier, certificate: Certificate) -> None:
    mallory = home.key("mallory <m2@example.org>")
    theirs = inspect_certificate(home.export(mallory), at=NOW)
    check = verifier(
        certificate=theirs.binary,
        fingerprint=certificate.fingerprint,
        text=TEXT,
        signature=home.sign(mallory, TEXT, at=SIGNED),
    )
    assert check == OpenPGPCheck(Outcome.NO_KEY, SIGNED, "the certificate is of another key")


def test_certificates_that_cannot_be_used(
    home: GpgHome, verifier: GpgVerifier, certificate: Certificate, signature: bytes
) -> None:
    secret = home.run("--export-secret-keys", certificate.fingerprint.hex())
    binary = certificate.binary
    for broken in (
        b"",
        b"\x98",
        b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n",
        binary + binary,
        binary + signature[:-1],
        binary[:-1],
        binary + bomb(),
        binary + b"\xcb\x06b\x00\0\0\0\0",
        secret,
        binary + secret,
        bomb(),
        binary + bytes(limits.CERTIFICATE_BYTES),
    ):
        check = verifier(certificate=broken, fingerprint=certificate.fingerprint, text=TEXT, signature=signature)
        assert check.outcome in {Outcome.NO_KEY, Outcome.UNCHECKED}, broken[:20]
        assert check.detail
        assert check.signed_at == SIGNED


def test_certificate_without_a_self_signature(
    verifier: GpgVerifier, certificate: Certificate, signature: bytes
) -> None:
    key_and_user_id = certificate.binary[: certificate.binary.index(b"legal@example.org>") + 18]
    check = verifier(certificate=key_and_user_id, fingerprint=certificate.fingerprint, text=TEXT, signature=signature)
    assert check.outcome is Outcome.UNCHECKED
    assert "would not take the certificate" in check.detail


# --- keys and their times -------------------------------------------------------------------------------


def test_subkeys_are_judged_at_the_signatures_own_time(home: GpgHome, verifier: GpgVerifier) -> None:
    key = home.key("sub <sub@example.org>", usage="cert", expires="5y", at=day(2024, 1))
    subkey = home.subkey(key, expires="180d", at=day(2024, 1))
    in_time = home.sign(f"{subkey}!", TEXT, at=day(2024, 3))
    short = inspect_certificate(home.export(key), at=day(2024, 3))
    assert short.can_sign
    assert short.expires == day(2024, 6, 29)
    assert short.fingerprint == bytes.fromhex(key)

    home.extend(key, "4y", subkeys=True, at=day(2024, 4))
    late = home.sign(f"{subkey}!", TEXT, at=day(2024, 9))
    extended = inspect_certificate(home.export(key), at=day(2024, 9))
    assert check_of(verifier, short, in_time).outcome is Outcome.GOOD
    assert check_of(verifier, short, late).outcome is Outcome.EXPIRED_KEY
    # The newest self-signature of this one is younger than the signature, which is good all the same.
    assert check_of(verifier, extended, in_time).outcome is Outcome.GOOD
    assert check_of(verifier, extended, late).outcome is Outcome.GOOD

    home.revoke_subkey(key, at=day(2024, 10))
    revoked = home.export(key)  # whole: the smallest form of it has no part left that signs
    for signature in (in_time, late):
        check = verifier(certificate=revoked, fingerprint=bytes.fromhex(key), text=TEXT, signature=signature)
        assert check.outcome is Outcome.REVOKED_KEY


def test_expired_primary_key_takes_its_subkeys_along(home: GpgHome, verifier: GpgVerifier) -> None:
    key = home.key("pri <pri@example.org>", usage="cert", expires="5y", at=day(2024, 1))
    home.subkey(key, expires="5y", at=day(2024, 1))
    signature = home.sign(key, TEXT, at=day(2025, 1))
    home.extend(key, "100d", at=day(2024, 1, 2))
    certificate = inspect_certificate(home.export(key), at=day(2024, 2))
    assert certificate.expires == day(2024, 4, 11)
    check = check_of(verifier, certificate, signature)
    assert check == OpenPGPCheck(Outcome.EXPIRED_KEY, day(2025, 1), "the key had expired when it signed")


def test_revoked_key(home: GpgHome, verifier: GpgVerifier) -> None:
    key = home.key("rev <rev@example.org>", at=day(2024, 1))
    signature = home.sign(key, TEXT, at=day(2024, 3))
    home.revoke(key)
    certificate = inspect_certificate(home.export(key), at=day(2024, 3))
    assert certificate.revoked
    assert not certificate.can_sign
    assert certificate.user_ids == ("rev <rev@example.org>",)
    assert check_of(verifier, certificate, signature).outcome is Outcome.REVOKED_KEY


@pytest.mark.parametrize("usage", ["sign,cert", "cert"])
def test_dated_before_the_key_was_made(usage: str, home: GpgHome, verifier: GpgVerifier) -> None:
    made = day(2025, 6)
    key = home.key(f"young {usage} <young@example.org>", usage=usage, at=made if usage != "cert" else day(2024, 1))
    signing = key if usage != "cert" else home.subkey(key, at=made)
    certificate = inspect_certificate(home.export(key), at=NOW)
    early = home.sign(f"{signing}!", TEXT, "--ignore-time-conflict", "--ignore-valid-from", at=day(2025, 5))
    check = check_of(verifier, certificate, early)
    assert check == OpenPGPCheck(Outcome.OUTSIDE_TIME, day(2025, 5), "it is dated before its key was made")
    check = check_of(verifier, certificate, early, b"other text\n")
    assert check == OpenPGPCheck(Outcome.BAD, day(2025, 5), "it does not fit the text")
    in_the_same_second = home.sign(f"{signing}!", TEXT, at=made)
    assert check_of(verifier, certificate, in_the_same_second).outcome is Outcome.GOOD


@pytest.mark.parametrize("created", [1, 2**31 - 1, 2**31, 2**32 - 1])
def test_times_at_the_edge_of_32_bits(
    created: int, verifier: GpgVerifier, certificate: Certificate, signature: bytes
) -> None:
    stated = int(SIGNED.timestamp()).to_bytes(4)
    assert signature.count(stated) == 1
    check = check_of(verifier, certificate, signature.replace(stated, created.to_bytes(4)))
    assert check == OpenPGPCheck(Outcome.BAD, datetime.fromtimestamp(created, UTC), "it does not fit the text")


def test_no_creation_time(verifier: GpgVerifier, certificate: Certificate, signature: bytes) -> None:
    stated = b"\x05\x02" + int(SIGNED.timestamp()).to_bytes(4)
    for instead in (b"\x05\x02\0\0\0\0", b"\x05\x64" + stated[2:]):
        check = check_of(verifier, certificate, signature.replace(stated, instead))
        assert check == OpenPGPCheck(Outcome.BAD, detail="it states no creation time")


# --- digests --------------------------------------------------------------------------------------------


def test_weak_digest(home: GpgHome, verifier: GpgVerifier) -> None:
    key = home.key("weak <weak@example.org>", algorithm="rsa2048")
    certificate = inspect_certificate(home.export(key), at=NOW)
    signature = home.sign(key, TEXT, "--digest-algo=SHA1", at=SIGNED)
    check = check_of(verifier, certificate, signature)
    assert check == OpenPGPCheck(Outcome.WEAK_DIGEST, SIGNED, "its digest is SHA-1")
    assert check_of(verifier, certificate, signature, b"other\n").outcome is Outcome.BAD
    for algorithm in ("SHA384", "SHA512"):
        strong = home.sign(key, TEXT, f"--digest-algo={algorithm}", at=SIGNED)
        assert check_of(verifier, certificate, strong).outcome is Outcome.GOOD


@pytest.mark.parametrize(
    ("digest", "outcome"),
    [(1, Outcome.WEAK_DIGEST), (12, Outcome.BAD), (14, Outcome.BAD), (99, Outcome.BAD)],
)
def test_digests_that_gpg_does_not_check(
    digest: int, outcome: Outcome, verifier: GpgVerifier, certificate: Certificate, signature: bytes
) -> None:
    assert signature[2:6] == bytes((4, 0, 22, 8))
    check = check_of(verifier, certificate, signature[:5] + bytes((digest,)) + signature[6:])
    assert check.outcome is outcome
    assert check.detail


# --- packets that nobody signed -------------------------------------------------------------------------

NUMBER = b"\x01\x00" + b"\xaa" * 32
"""One number of 256 bits, as signatures hold them."""

ZERO = b"\0\0"

NOT_THE_PINNED = (2, 3, 16, 17, 18, 19, 20, 21, 25, 26, 27, 28, 99, 100, 105, 110, 255)
"""Public-key algorithms that the pinned certificates here do not use: known to gpg, and known to nobody."""


@pytest.fixture(scope="module", params=["ed25519", "rsa2048"])
def pinned(request: pytest.FixtureRequest, home: GpgHome) -> Certificate:
    key = home.key(f"{request.param} <pinned@example.org>", algorithm=request.param)
    return inspect_certificate(home.export(key), at=NOW)


def packet(tag: int, body: bytes) -> bytes:
    return bytes((0x81 | tag << 2,)) + len(body).to_bytes(2) + body


def signature_head(*, algorithm: int, digest: int, issuer: bytes, sigclass: int = 0) -> bytes:
    """Returns the part of a signature packet that is signed."""
    hashed = b"\x05\x02" + int(SIGNED.timestamp()).to_bytes(4) + b"\x16\x21\x04" + issuer
    if sigclass == SUBKEY_BINDING:
        hashed += b"\x02\x1b\x02"  # key flags: it signs
    return bytes((4, sigclass, algorithm, digest)) + len(hashed).to_bytes(2) + hashed


def forged(certificate: Certificate, numbers: bytes, *, algorithm: int = 0, digest: int = 8) -> bytes:
    """Makes a signature packet without any key; `algorithm` is the certificate's own unless given."""
    algorithm = algorithm or own_algorithm(certificate)
    head = signature_head(algorithm=algorithm, digest=digest, issuer=certificate.fingerprint)
    unhashed = b"\x09\x10" + certificate.fingerprint[-8:]
    return packet(2, head + len(unhashed).to_bytes(2) + unhashed + b"\x12\x34" + numbers)


def own_algorithm(certificate: Certificate) -> int:
    return certificate.binary[2 + 5 if certificate.binary[0] == 0x98 else 3 + 5]


@pytest.mark.parametrize("numbers", [NUMBER * 2, NUMBER, b""], ids=["two numbers", "one", "none"])
@pytest.mark.parametrize("algorithm", NOT_THE_PINNED)
def test_forged_with_an_algorithm_that_is_not_the_certificates(
    algorithm: int, numbers: bytes, pinned: Certificate, verifier: GpgVerifier
) -> None:
    check = check_of(verifier, pinned, forged(pinned, numbers, algorithm=algorithm))
    assert check.outcome is Outcome.BAD
    assert check.detail in {
        f"its public-key algorithm ({algorithm}) is that of no key that signs in the certificate",
        "it does not hold the data of a signature",
    }


def test_right_signature_with_its_algorithm_rewritten(
    pinned: Certificate, home: GpgHome, verifier: GpgVerifier
) -> None:
    right = home.sign(pinned.fingerprint.hex(), TEXT, at=SIGNED)
    place = 3 if right[0] == 0x89 else 2
    assert right[place + 2] == own_algorithm(pinned) in {1, 22}
    assert check_of(verifier, pinned, right).outcome is Outcome.GOOD
    for algorithm in {0, 1, 22, *NOT_THE_PINNED} - {own_algorithm(pinned)}:
        rewritten = right[: place + 2] + bytes((algorithm,)) + right[place + 3 :]
        assert check_of(verifier, pinned, rewritten).outcome is Outcome.BAD, algorithm


@pytest.mark.parametrize("digest", [0, 4, 5, 6, 7, 12, 13, 14, 15, 99, 110, 255])
def test_forged_with_a_digest_that_no_signature_here_may_use(
    digest: int, pinned: Certificate, verifier: GpgVerifier
) -> None:
    check = check_of(verifier, pinned, forged(pinned, NUMBER * 2, digest=digest))
    detail = f"its digest ({digest}) is not one that OpenPGP version 4 signatures here may use"
    assert check == OpenPGPCheck(Outcome.BAD, detail=detail)


@pytest.mark.parametrize("digest", [8, 9, 10])
def test_forged_with_all_that_is_the_certificates(digest: int, pinned: Certificate, verifier: GpgVerifier) -> None:
    check = check_of(verifier, pinned, forged(pinned, NUMBER * 2, digest=digest))
    assert (check.outcome, check.signed_at) == (Outcome.BAD, SIGNED)
    assert check.detail


@pytest.mark.parametrize("digest", [8, 2])
@pytest.mark.parametrize(
    "numbers",
    [b"", b"\0", b"\x01", ZERO, ZERO + ZERO, ZERO + NUMBER, NUMBER[:-1], b"\xff" * 40],
    ids=["none", "half a length", "another half", "zero", "zeros", "zero first", "too short", "far too short"],
)
def test_forged_without_the_data_of_a_signature(
    numbers: bytes, digest: int, pinned: Certificate, verifier: GpgVerifier
) -> None:
    check = check_of(verifier, pinned, forged(pinned, numbers, digest=digest))
    assert check == OpenPGPCheck(Outcome.BAD, detail="it does not hold the data of a signature")


@pytest.mark.parametrize(
    "numbers", [NUMBER, NUMBER + ZERO, NUMBER + b"\x01\x00"], ids=["none", "zero", "a length alone"]
)
def test_forged_with_half_the_data(numbers: bytes, certificate: Certificate, verifier: GpgVerifier) -> None:
    # gpg 2.4 dies of the second number's length of zero, which is no reason to say that nothing could be checked.
    check = check_of(verifier, certificate, forged(certificate, numbers))
    assert check == OpenPGPCheck(Outcome.BAD, detail="it does not hold the data of a signature")


def test_forged_with_the_algorithm_of_a_key_that_does_not_sign(home: GpgHome, verifier: GpgVerifier) -> None:
    key = home.key("mixed <mixed@example.org>", algorithm="rsa2048", usage="cert")
    subkey = home.subkey(key)
    home.subkey(key, algorithm="cv25519", usage="encr")
    whole = home.export(key)
    right = home.sign(f"{subkey}!", TEXT, at=SIGNED)
    check = verifier(certificate=whole, fingerprint=bytes.fromhex(key), text=TEXT, signature=right)
    assert check.outcome is Outcome.GOOD
    mixed = inspect_certificate(whole, at=NOW)
    for algorithm in (1, 18):
        signature = forged(mixed, NUMBER * 2, algorithm=algorithm)
        check = verifier(certificate=whole, fingerprint=bytes.fromhex(key), text=TEXT, signature=signature)
        assert check.outcome is Outcome.BAD


# --- what this gpg cannot check -------------------------------------------------------------------------

POSITIVE, SUBKEY_BINDING, KEY_BINDING = 0x13, 0x18, 0x19
EDDSA, ED25519 = 22, 27
"""The two numbers of Ed25519: the older one, and that of RFC 9580, which gpg 2.2 and 2.4 do not know."""


class HandMade:
    """An Ed25519 key as RFC 9580 has it, which belongs to one as gpg has it, and both as one certificate."""

    def __init__(self) -> None:
        self._primary, self._subkey = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
        made = b"\x04" + int(day(2026, 1).timestamp()).to_bytes(4)
        point = b"\x01\x07\x40" + self._primary.public_key().public_bytes_raw()
        primary = made + bytes((EDDSA, 9)) + bytes.fromhex("2b06010401da470f01") + point
        subkey = made + bytes((ED25519,)) + self._subkey.public_key().public_bytes_raw()
        self.fingerprint, self._of_subkey = (self._fingerprint(key) for key in (primary, subkey))
        user_id = b"hand made"
        both = self._framed(primary) + self._framed(subkey)
        cross = self._by_subkey(both, KEY_BINDING)
        self.certificate = b"".join(
            (
                packet(6, primary),
                packet(13, user_id),
                packet(
                    2, self._by_primary(self._framed(primary) + b"\xb4" + len(user_id).to_bytes(4) + user_id, POSITIVE)
                ),
                packet(14, subkey),
                packet(2, self._by_primary(both, SUBKEY_BINDING, bytes((len(cross) + 1, 32)) + cross)),
            )
        )

    def sign(self, text: bytes) -> bytes:
        return packet(2, self._by_subkey(text, 0))

    @staticmethod
    def _framed(key: bytes) -> bytes:
        return b"\x99" + len(key).to_bytes(2) + key

    def _fingerprint(self, key: bytes) -> bytes:
        return hashlib.sha1(self._framed(key), usedforsecurity=False).digest()

    def _by_primary(self, what: bytes, sigclass: int, unhashed: bytes = b"") -> bytes:
        head = signature_head(algorithm=EDDSA, digest=8, issuer=self.fingerprint, sigclass=sigclass)
        digest = self._digest(what, head)
        raw = self._primary.sign(digest)
        numbers = b""
        for half in (raw[:32], raw[32:]):
            number = int.from_bytes(half)
            numbers += number.bit_length().to_bytes(2) + number.to_bytes((number.bit_length() + 7) // 8)
        unhashed += b"\x09\x10" + self.fingerprint[-8:]
        return head + len(unhashed).to_bytes(2) + unhashed + digest[:2] + numbers

    def _by_subkey(self, what: bytes, sigclass: int) -> bytes:
        head = signature_head(algorithm=ED25519, digest=8, issuer=self._of_subkey, sigclass=sigclass)
        digest = self._digest(what, head)
        return head + b"\0\0" + digest[:2] + self._subkey.sign(digest)

    @staticmethod
    def _digest(what: bytes, head: bytes) -> bytes:
        return hashlib.sha256(what + head + b"\x04\xff" + len(head).to_bytes(4)).digest()


def test_certificate_with_a_key_that_this_gpg_does_not_know(home: GpgHome, verifier: GpgVerifier) -> None:
    if b"unknown algorithm 27" not in home.run("--list-packets", data=(made := HandMade()).certificate):
        pytest.skip("this gpg knows the Ed25519 of RFC 9580")
    check = verifier(certificate=made.certificate, fingerprint=made.fingerprint, text=TEXT, signature=made.sign(TEXT))
    detail = "this gpg cannot check signatures of its kind (code 4)"
    assert check == OpenPGPCheck(Outcome.UNCHECKED, SIGNED, detail)


def test_certificate_of_a_primary_key_that_this_gpg_does_not_know(
    verifier: GpgVerifier, certificate: Certificate
) -> None:
    other = certificate.binary[:7] + b"\x63" + certificate.binary[8:]
    signature = forged(certificate, NUMBER * 2, algorithm=0x63)
    check = verifier(certificate=other, fingerprint=certificate.fingerprint, text=TEXT, signature=signature)
    assert (check.outcome, check.signed_at) == (Outcome.UNCHECKED, SIGNED)


def test_strong_digest_that_this_gpg_is_told_to_refuse(home: GpgHome, tmp_path: Path) -> None:
    key = home.key("refused <refused@example.org>", algorithm="rsa2048")
    certificate = inspect_certificate(home.export(key), at=NOW)  # its self-signature is over SHA-512
    refusing = tmp_path / "gpg"
    refusing.write_text('#!/bin/sh\nexec gpg --weak-digest SHA256 "$@"\n', "utf-8")
    refusing.chmod(0o755)
    with GpgVerifier(str(refusing)) as verifier:
        check = check_of(verifier, certificate, home.sign(key, TEXT, at=SIGNED))
        assert check.outcome is Outcome.UNCHECKED
        check = check_of(verifier, certificate, home.sign(key, TEXT, "--digest-algo=SHA384", at=SIGNED))
        assert check.outcome is Outcome.GOOD


# --- hostile bytes --------------------------------------------------------------------------------------


def test_hostile_signatures(home: GpgHome, verifier: GpgVerifier, certificate: Certificate, signature: bytes) -> None:
    legal = certificate.fingerprint.hex()
    started = time.monotonic()
    literal = b"\xcb" + bytes((6 + len(TEXT),)) + b"b\x00\0\0\0\0" + TEXT
    body = signature[2:]
    assert len(bomb()) < limits.OPENPGP_SIGNATURE_BYTES - len(signature)
    for hostile in (
        b"",
        b"\x88",
        b"\x88\x00",
        b"\x89\x00\x00",
        b"\xc2\x00",
        bytes(1024 * 1024),
        signature[:1] + bytes(1024 * 1024),
        signature + signature,
        signature + b"\0",
        signature[:-1],
        signature + bomb(),
        bomb(),
        compressed(signature),
        literal,
        signature + literal,
        home.run("--armor", "--detach-sign", data=TEXT, at=SIGNED),
        home.run("--sign", f"--local-user={legal}", data=TEXT, at=SIGNED),
        b"\x8b" + body,  # a length left open
        b"\x8a" + len(body).to_bytes(4) + body,  # four bytes of length: fine elsewhere, and never written by gpg
        b"\xc2\xe6" + body[:64] + bytes((len(body) - 64,)) + body[64:],  # partial lengths
        b"\x88" + bytes((len(body),)) + bytes(len(body)),
        b"\x88" + bytes((len(body),)) + b"\x03" + body[1:],
        b"\x88" + bytes((len(body),)) + b"\x06" + body[1:],
        b"\x88" + bytes((len(body),)) + b"\xff" * len(body),
        home.sign(legal, TEXT, "--textmode", at=SIGNED),  # class 0x01
        certificate.binary[certificate.binary.index(b"\x88\x90") :],  # class 0x13, over the user id
    ):
        check = check_of(verifier, certificate, hostile)
        assert check.outcome is Outcome.BAD, hostile[:20]
        assert check.detail
    assert time.monotonic() - started < limits.GPG_SECONDS


def test_every_flipped_byte(verifier: GpgVerifier, certificate: Certificate, signature: bytes) -> None:
    # What nobody signs: the unhashed subpackets (the key id) and the two bytes of the digest behind them.
    key_id = signature.index(b"\x09\x10")
    unsigned = range(key_id - 2, key_id + 12)
    for place in range(len(signature)):
        flipped = bytearray(signature)
        flipped[place] ^= 0x41
        check = check_of(verifier, certificate, bytes(flipped))
        assert check.outcome is not Outcome.GOOD or place in unsigned, place
        assert check.outcome not in {Outcome.EXPIRED_KEY, Outcome.REVOKED_KEY}


def test_status_lines_in_a_user_id(home: GpgHome, verifier: GpgVerifier) -> None:
    # The second byte of Å in UTF-8 is 0x85: in Latin-1 the end of a line, for Python's str and for python-gnupg.
    forged = "\N{LATIN CAPITAL LETTER A WITH RING ABOVE}[GNUPG:] BADSIG 0123456789ABCDEF nobody"
    key = home.key(f"{forged} <a@example.org>")
    certificate = inspect_certificate(home.export(key), at=NOW)
    assert certificate.user_ids == (f"{forged} <a@example.org>",)
    signature = home.sign(key, TEXT, at=SIGNED)
    assert check_of(verifier, certificate, signature).outcome is Outcome.GOOD


def test_what_a_stranger_adds_to_the_unsigned_part(
    verifier: GpgVerifier, certificate: Certificate, signature: bytes
) -> None:
    key_id = signature.index(b"\x09\x10")
    for value in (
        b"x\n[GNUPG:] BADSIG 0123456789ABCDEF nobody\n",
        b"x\n# off=0 ctb=88 tag=2 hlen=2 plen=9\n",
        b"x\n\tversion 4, created 1, md5len 0, sigclass 0x00\n",
    ):
        notation = b"\x14\x80\0\0\0\0\x05" + len(value).to_bytes(2) + b"a@b.c" + value
        packet = b"\xff" + len(notation).to_bytes(4) + notation
        unhashed = packet + signature[key_id : key_id + 10]
        body = signature[2 : key_id - 2] + len(unhashed).to_bytes(2) + unhashed + signature[key_id + 10 :]
        check = check_of(verifier, certificate, b"\x88" + bytes((len(body),)) + body)
        assert check == OpenPGPCheck(Outcome.GOOD, SIGNED)


def test_unknown_critical_notation(home: GpgHome, verifier: GpgVerifier, certificate: Certificate) -> None:
    signature = home.sign(certificate.fingerprint.hex(), TEXT, "--sig-notation=!a@example.org=b", at=SIGNED)
    # RFC 4880, section 5.2.3.1: who does not know what is marked as critical must not take the signature.
    assert check_of(verifier, certificate, signature).outcome is Outcome.BAD
