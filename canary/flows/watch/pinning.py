"""What is going to be pinned of a foreign canary: its signers, how many of them, and its statements.

Whoever adds it decides; what nobody decides follows from what was seen. Signers are then those whose keys are known and
that have signed, and the threshold is the number of those whose signatures count: a second signer that leaves later is
told, instead of not being missed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec.structs import replace

from canary.core.foreign.edition import Edition
from canary.core.foreign.fitting import Candidate
from canary.core.foreign.lines import cut
from canary.core.foreign.matches import Fate, match_sentences
from canary.core.foreign.pinned import Format, Pinned, PinnedSigner, PinnedStatement
from canary.core.foreign.profile import Profile
from canary.core.foreign.proposals import propose_sentences
from canary.core.foreign.reading import read_edition
from canary.core.foreign.support import Support, support_of
from canary.core.foreign.words import normalised
from canary.core.judging.fetched import shown
from canary.errors import CanaryError, MalformedError
from canary.flows.watch.identify import Found, Keys
from canary.formats.foreign.signify_files import PublicKey
from canary.limits import FOREIGN_STATEMENTS

_OPENPGP = {Format.DETACHED, Format.CLEARSIGNED}
_THERE = {Fate.FOUND, Fate.MOVED}


class Decided(msgspec.Struct, frozen=True):
    """What a person decided about the signers.

    Attributes:
        signers: names and keys, each key an OpenPGP primary fingerprint or an Ed25519 key in hexadecimal digits; none
            for those that have signed and whose keys are known.
        threshold: how many of them must have signed; None for what follows from what was seen.
        required: the names of those without whom the others do not suffice.
    """

    signers: tuple[tuple[str, str], ...] = ()
    threshold: int | None = None
    required: tuple[str, ...] = ()


class Signing(msgspec.Struct, frozen=True):
    """Who signs, and what they have signed.

    Attributes:
        pinned: the format, the signers and the threshold; the profile and the statements are still to come.
        edition: the edition, its signatures checked by these signers.
        support: whose signatures on it count.
        unknown: signers that were seen and are not pinned: their keys are not known, or others were asked for.
    """

    pinned: Pinned
    edition: Edition
    support: Support
    unknown: tuple[PinnedSigner, ...]


def signing_of(found: Found, keys: Keys, decided: Decided, now: datetime) -> Signing:
    """Returns who signs.

    Args:
        found: what was found.
        keys: the keys that somebody handed in.
        decided: what a person decided.
        now: the watcher's clock, aware.

    Raises:
        MalformedError: a decision does not fit what was found.
        CanaryError: nobody can be pinned, or nobody's signature is right.
    """
    format_ = found.identified.format
    seen = _with_names_once(found.identified.signers)
    if format_ is Format.PAGE:
        if decided.signers or decided.threshold is not None or decided.required:
            raise CanaryError(
                "nothing that is signed was found there, so there are no signers to pin",
                hint="Is the address right? Signatures are looked for beside the text, as X.sig, X.asc, X.minisig, and "
                "with --signer NAME=FINGERPRINT as X.sig.NAME and X.asc.NAME too.",
            )
        pinned = Pinned(format_, "", "", (), 0, ())
        edition = found.read(pinned)
        return Signing(pinned, edition, support_of(edition, pinned, now), ())
    if decided.signers:
        signers = tuple(_wanted(name, key, seen, keys, format_) for name, key in decided.signers)
    else:
        signers = tuple(each for each in seen if _is_known(each, format_))
    if not signers and format_ in _OPENPGP:
        # None of them has signed it rightly: reading it tells what is wrong.
        signers = tuple(PinnedSigner("", key, certificate) for key, certificate in keys.certificates.items())
    if not signers:
        raise CanaryError(_NO_KEY.format(what=_they(seen)), hint=_KEY_HINT[format_ in _OPENPGP])
    signers = _required(signers, decided.required)
    pinned = Pinned(format_, "", "", signers, 1, (), found.identified.panic_key)
    edition = found.read(pinned)
    if not any(each.signer and each.outcome.is_right for each in edition.signatures):
        raise CanaryError(
            f"no signature of {found.name} by a key that would be pinned is right: {_outcomes(edition)}",
            hint="Check the keys; if they are the publisher's, do not rely on what that host serves.",
        )
    counting = max(1, len(support_of(edition, pinned, now).counted))
    usual = found.identified.threshold if format_ is Format.CANARYTAIL else counting
    threshold = usual if decided.threshold is None else decided.threshold
    if decided.threshold is None and threshold > len(signers):
        raise CanaryError(
            f"{found.name} asks for {threshold} signers, and {len(signers)} would be pinned",
            hint="Say how many must have signed: --threshold N.",
        )
    if not 1 <= threshold <= len(signers):
        raise MalformedError(
            f"it is a number from 1 to {len(signers)}, as many signers as are pinned", what=f"--threshold {threshold}"
        )
    pinned = replace(pinned, threshold=threshold)
    kept = {each.key for each in signers}
    unknown = tuple(each for each in seen if each.key not in kept)
    return Signing(pinned, edition, support_of(edition, pinned, now), unknown)


_NO_KEY = "nobody can be pinned: the keys of {what} are not known"
_KEY_HINT = {
    True: "Get each certificate from the publisher, compare its fingerprint, and give it: --certificate FILE.",
    False: "Get the public key from the publisher, and give it: --certificate FILE.",
}


def with_statements(signing: Signing, candidate: Candidate, statements: Sequence[PinnedStatement]) -> Pinned:
    """Returns everything that is going to be pinned.

    Raises:
        CanaryError: there is no statement: nothing could ever be withdrawn.
    """
    if not statements:
        raise CanaryError(
            f"with the profile {candidate.name} there is no statement to pin",
            hint="Choose sentences with --sentence TEXT, with a --profile that leaves them to you: page, signed.",
        )
    return replace(signing.pinned, profile=candidate.name, profile_text=candidate.text, statements=tuple(statements))


def proposed_sentences(text: str) -> tuple[PinnedStatement, ...]:
    """Returns the sentences of a text that look like statements or commitments, as they would be pinned."""
    found = _numbered([each.words for each in propose_sentences(text)])
    kept = [each.statement.words for each in match_sentences(found, text) if each.fate in _THERE]
    return _numbered(kept)


def chosen_sentences(edition: Edition, profile: Profile, sentences: Sequence[str]) -> tuple[PinnedStatement, ...]:
    """Returns sentences as they are pinned, in the order of the text.

    Args:
        edition: the edition.
        profile: says where in it statements stand.
        sentences: the sentences that a person chose.

    Raises:
        MalformedError: one does not stand there as a whole sentence, or there are too many.
    """
    words = list(dict.fromkeys(normalised(each) for each in sentences))
    if len(words) > FOREIGN_STATEMENTS:
        raise MalformedError(f"at most {FOREIGN_STATEMENTS} sentences can be pinned", what="--sentence")
    words.sort(key=cut(edition.text).whole.find)
    pinned = _numbered(words)
    read = {each.id: each.words for each in read_edition(edition, profile, pinned).statements}
    for each in pinned:
        if not each.words or read.get(each.id) != each.words:
            near = f"; one like it does: {shown(read[each.id])}" if read.get(each.id) else ""
            raise MalformedError(
                f"it does not stand there as a whole sentence{near}",
                what=f"--sentence {shown(each.words)}",
                hint="Copy a sentence from its first word to its full stop.",
            )
    return pinned


def _numbered(words: Sequence[str]) -> tuple[PinnedStatement, ...]:
    return tuple(PinnedStatement(f"s{number}", each) for number, each in enumerate(words, 1))


# --- signers --------------------------------------------------------------------------------------------


def _is_known(signer: PinnedSigner, format_: Format) -> bool:
    return bool(signer.certificate if format_ in _OPENPGP else signer.key)


def _wanted(name: str, key: str, seen: Sequence[PinnedSigner], keys: Keys, format_: Format) -> PinnedSigner:
    """Returns a signer that a person named.

    Raises:
        MalformedError: the key is not known.
    """
    known = next((each for each in seen if each.key == key and _is_known(each, format_)), None)
    if known is not None:
        return replace(known, name=name)
    if format_ in _OPENPGP and key in keys.certificates:
        return PinnedSigner(name, key, keys.certificates[key])
    own: PublicKey | None = keys.ed25519.get(key) if format_ is Format.SIGNIFY else None
    if own is not None:
        return PinnedSigner(name, key, key_id=own.key_id)
    if format_ is Format.CANARYTAIL:
        raise MalformedError("the document names no such key", what=f"--signer {name}", hint="A key has 64 digits.")
    raise MalformedError(
        "its key is not among those that were given or found",
        what=f"--signer {name}",
        hint="Give it too: --certificate FILE. A fingerprint is that of the primary key, all of it.",
    )


def _with_names_once(signers: Sequence[PinnedSigner]) -> tuple[PinnedSigner, ...]:
    """Returns signers without the names that several have: two keys of one name would count as one signer."""
    times = Counter(each.name for each in signers)
    return tuple(each if times[each.name] == 1 else replace(each, name="") for each in signers)


def _required(signers: Sequence[PinnedSigner], required: Sequence[str]) -> tuple[PinnedSigner, ...]:
    names = {each.name for each in signers if each.name}
    for each in required:
        if each not in names:
            there = f"there are: {', '.join(sorted(names))}" if names else "name them with --signer NAME=FINGERPRINT"
            raise MalformedError(f"no signer that is pinned is called that; {there}", what=f"--required {shown(each)}")
    return tuple(replace(each, required=True) if each.name in required else each for each in signers)


def _they(signers: Sequence[PinnedSigner]) -> str:
    return ", ".join(each.key or f"key number {each.key_id}" for each in signers) or "its signers"


def _outcomes(edition: Edition) -> str:
    told = (f"{each.file or edition.name}: {each.detail or each.outcome.name.lower()}" for each in edition.signatures)
    return "; ".join(told) or "there is none"
