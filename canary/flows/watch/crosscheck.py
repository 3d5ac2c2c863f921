"""How each proof of a release's time is checked with other tools than this one, and the files which that takes.

Commands are plain: a program and its arguments, no shell needed. The files are called by names of our own, whatever a
server or a signer calls things:

| file | what it is |
| --- | --- |
| `entry.txt` | the whole entry, text and signature lines: what the timestamps are over |
| `text.txt` | the text alone: what the OpenPGP signatures are over |
| `N.tsr`, `root-N.pem` | an RFC 3161 reply, and the root on the watcher's list that it leads to |
| `N.ots` | an OpenTimestamps proof |
| `signature-NAME.asc`, `key-NAME.asc` | a signer's OpenPGP signature, and the certificate in the roster |
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping

import msgspec

from canary.core.dating.anchor_bitcoin import parse_bitcoin
from canary.core.dating.anchor_drand import CHAIN_HASH, parse_drand
from canary.core.dating.anchors import BITCOIN, DRAND, AnchorOutcome, CheckedAnchor
from canary.core.dating.evidence import TSR, CheckedEvidence, EvidenceOutcome
from canary.core.documents.roster import RosterSigner
from canary.core.signed.kinds import fingerprint_of
from canary.core.text.strict import digest, sha256
from canary.errors import CanaryError
from canary.flows.site.armor import Armor, armor
from canary.flows.site.proofs import detached_signatures
from canary.flows.watch.explain import Examined
from canary.formats.times.ots_proof import Notary, read_proof

ENTRY, TEXT = "entry.txt", "text.txt"
_DRAND = f"https://api.drand.sh/{CHAIN_HASH}/public"
_EXPLORER = "https://blockstream.info/api"
_WORTH_A_LOOK = {EvidenceOutcome.PROVED, EvidenceOutcome.CLAIMED, EvidenceOutcome.PENDING, EvidenceOutcome.UNCHECKED}


class Command(msgspec.Struct, frozen=True):
    """One command.

    Attributes:
        line: what to type.
        expect: what it has to print, as a sentence without a full stop.
    """

    line: str
    expect: str


class Check(msgspec.Struct, frozen=True):
    """One proof, checked with other tools.

    Attributes:
        title: what is checked.
        commands: what to type, in this order.
        note: what to know before; may be empty.
    """

    title: str
    commands: tuple[Command, ...]
    note: str = ""


def crosschecks(examined: Examined, roots: Mapping[str, bytes]) -> tuple[Check, ...]:
    """Returns how the proofs of a release are checked, those that this program found wrong left out.

    Args:
        examined: the release.
        roots: for each RFC 3161 reply that is proved, by its name, the root that it leads to, in PEM form.
    """
    return (
        _the_text(examined),
        *(check for anchor in examined.timing.anchors for check in _anchor(anchor)),
        *(check for signer, _ in _openpgp(examined) for check in _signature(signer)),
        *(_evidence(each, examined, has_root=each.name in roots) for each in _worth_a_look(examined)),
    )


def crosscheck_files(examined: Examined, roots: Mapping[str, bytes]) -> dict[str, bytes]:
    """Returns the files that the commands of `crosschecks` take, by name."""
    files = {ENTRY: examined.admitted.entry.data, TEXT: examined.admitted.entry.text}
    for signer, signature in _openpgp(examined):
        files[_signature_file(signer)] = armor(Armor.SIGNATURE, signature)
        files[_key_file(signer)] = armor(Armor.CERTIFICATE, signer.certificate)
    for each in _worth_a_look(examined):
        files[each.name] = examined.evidence[each.name]
        if each.name in roots:
            files[_root_file(each)] = roots[each.name]
    return files


def _the_text(examined: Examined) -> Check:
    entry = examined.admitted.entry
    commands = (
        _command("sha256sum", TEXT, expect=f"{entry.text_hash}, which the next entry of the log names"),
        _command("sha256sum", ENTRY, expect=f"{digest(entry.data)}, which the timestamps are over"),
    )
    return Check("The bytes", commands, f"{ENTRY} is the text with its signatures, {TEXT} the text alone.")


# --- anchors --------------------------------------------------------------------------------------------


def _anchor(checked: CheckedAnchor) -> Iterator[Check]:
    if checked.outcome is AnchorOutcome.BAD:
        return
    if checked.anchor.kind == DRAND:
        drand = parse_drand(checked.anchor.value)
        line = _command(
            *("curl", "--silent", f"{_DRAND}/{drand.round}"),
            expect=f'"signature":"{drand.signature.hex()}", as in the text',
        )
        yield Check(f"The anchor drand round {drand.round}", (line,), "It asks a relay of the drand network.")
    elif checked.anchor.kind == BITCOIN:
        block = parse_bitcoin(checked.anchor.value)
        header = f"{block.header.hex()}, as in the text"
        commands = (
            _command("bitcoin-cli", "getblockheader", block.hash, "false", expect=header),
            _command("bitcoin-cli", "getblockhash", str(block.height), expect=block.hash),
            _command("curl", "--silent", f"{_EXPLORER}/block/{block.hash}/header", expect=header),
        )
        note = "The first two ask a Bitcoin node of your own; the third, a block explorer."
        yield Check(f"The anchor Bitcoin block {block.height}", commands, note)


# --- signatures -----------------------------------------------------------------------------------------


def _openpgp(examined: Examined) -> Iterator[tuple[RosterSigner, bytes]]:
    """Yields the OpenPGP signatures that count, each with its signer."""
    roster = examined.admitted.roster
    for name, signature in detached_signatures(examined.admitted, roster.signers):
        signer = roster.signer(name)
        if signer is not None:
            yield signer, signature


def _signature(signer: RosterSigner) -> Iterator[Check]:
    key, signature, keyring = _key_file(signer), _signature_file(signer), f"key-{signer.name}.gpg"
    fingerprint = fingerprint_of(signer.key).hex().upper()
    good = "Good signature, and when it says that it was made"
    yield Check(
        f"The OpenPGP signature of {signer.name}",
        (
            _command("gpg", "--show-keys", key, expect=f"the fingerprint that the roster names, {fingerprint}"),
            _command("gpg", "--yes", "--output", keyring, "--dearmor", key, expect="nothing"),
            _command("gpgv", "--keyring", f"./{keyring}", signature, TEXT, expect=good),
        ),
        "Only the certificate in the roster counts, and gpgv looks at no other.",
    )
    yield Check(
        f"The same with your own keyring, for {signer.name}",
        (
            _command("gpg", "--import", key, expect="that the key was imported, or is there already"),
            _command("gpg", "--verify", signature, TEXT, expect=good),
        ),
        "It takes the certificate into your keyring, for good.",
    )


def _signature_file(signer: RosterSigner) -> str:
    return f"signature-{signer.name}.asc"


def _key_file(signer: RosterSigner) -> str:
    return f"key-{signer.name}.asc"


# --- timestamps -----------------------------------------------------------------------------------------


def _worth_a_look(examined: Examined) -> list[CheckedEvidence]:
    """Returns the evidence that is here and not found wrong."""
    return [
        each for each in examined.timing.evidence if each.outcome in _WORTH_A_LOOK and each.name in examined.evidence
    ]


def _evidence(checked: CheckedEvidence, examined: Examined, *, has_root: bool) -> Check:
    return _token(checked, has_root=has_root) if checked.name.endswith(TSR) else _proof(checked, examined)


def _token(checked: CheckedEvidence, *, has_root: bool) -> Check:
    title = f"The RFC 3161 timestamp {checked.name}"
    reading = _command(
        *("openssl", "ts", "-reply", "-in", checked.name, "-text"),
        expect="the time of the token, its authority, and the hash that it is over",
    )
    if not has_root or checked.moment is None:
        note = "It cannot be verified without its root: get that from the authority, and name it with --tsa-root."
        return Check(title, (reading,), note)
    verifying = _command(
        *("openssl", "ts", "-verify", "-in", checked.name, "-data", ENTRY, "-CAfile", _root_file(checked)),
        *("-attime", str(int(checked.moment.timestamp()))),
        expect="Verification: OK",
    )
    note = "-attime is the token's own time: the authority's certificate may have expired since."
    return Check(title, (reading, verifying), note)


def _root_file(checked: CheckedEvidence) -> str:
    return f"root-{checked.name.removesuffix(TSR)}.pem"


def _proof(checked: CheckedEvidence, examined: Examined) -> Check:
    title = f"The OpenTimestamps proof {checked.name}"
    info = _command("ots", "info", checked.name, expect="the way from the hash of the entry to each attestation")
    if checked.outcome in (EvidenceOutcome.PENDING, EvidenceOutcome.CLAIMED):
        return Check(
            title, (info,), "ots is the OpenTimestamps client; without a Bitcoin block there is nothing to verify."
        )
    commands = [
        info,
        _command(
            *("ots", "--no-bitcoin", "--no-default-whitelist", "verify", "-f", ENTRY, checked.name),
            expect="which block has to have which merkleroot; it asks nobody, so it exits with 1",
        ),
        _command(
            *("ots", "verify", "-f", ENTRY, checked.name),
            expect="Success! if your own Bitcoin node has that block",
        ),
    ]
    for height, root in _blocks(checked, examined):
        merkle = f"the hash of the block, whose merkleroot (bitcoin-cli getblockheader HASH) has to be {root}"
        commands += [
            _command("bitcoin-cli", "getblockhash", str(height), expect=merkle),
            _command("curl", "--silent", f"{_EXPLORER}/block-height/{height}", expect="the same hash"),
        ]
    note = "ots is the OpenTimestamps client. bitcoin-cli asks a Bitcoin node of your own; curl, a block explorer."
    return Check(title, tuple(commands), note)


def _blocks(checked: CheckedEvidence, examined: Examined) -> list[tuple[int, str]]:
    """Returns the blocks that a proof names, each with the Merkle root that it has to have, as Bitcoin writes it."""
    try:
        leaves = read_proof(examined.evidence[checked.name], sha256(examined.admitted.data))
    except CanaryError:
        # What cannot be read here, other tools may read.
        return []
    found = {(leaf.height, leaf.message[::-1].hex()) for leaf in leaves if leaf.notary is Notary.BITCOIN}
    return sorted(found)


def _command(*words: str, expect: str) -> Command:
    return Command(shlex.join(words), expect)
