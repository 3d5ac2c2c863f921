"""Telling a person what was found at a location that is no native canary, before anything is pinned."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from datetime import datetime

import click

from canary.cli.talk import say
from canary.cli.watch.overview import minute
from canary.core.foreign.edition import Signed
from canary.core.foreign.fitting import Fit
from canary.core.foreign.pinned import Format, Pinned, PinnedSigner, PinnedStatement
from canary.core.foreign.promise import promise_of
from canary.core.signed.outcome import Outcome
from canary.core.text.printable import printable, sentence
from canary.core.text.times import format_time
from canary.edges.openpgp.openpgp_certificates import inspect_certificate
from canary.errors import CanaryError
from canary.flows.watch.identify import Found
from canary.flows.watch.pinning import Signing
from canary.limits import WEAK_DIGESTS_BEFORE

FORMATS = {
    Format.DETACHED: "a text with OpenPGP signatures beside it",
    Format.CLEARSIGNED: "text clearsigned with OpenPGP",
    Format.SIGNIFY: "a text signed with signify or minisign",
    Format.CANARYTAIL: "CanaryTail's JSON",
    Format.PAGE: "a page, which nobody has signed",
}
"""What each format is, in words."""

_UNPROVED = {
    Format.DETACHED: "When it was signed is the signer's own account: nothing proves it.",
    Format.CLEARSIGNED: "When it was signed is the signer's own account: nothing proves it.",
    Format.SIGNIFY: "When it was signed is not even claimed by the signatures, only by the text.",
    Format.CANARYTAIL: "A host can put an old field, with its old signature, beside new ones.",
    Format.PAGE: "Whoever can change the page, its host or an intruder, can make it say anything. The verdict says so, "
    "and is never better than that.",
}
_NO_ORDER = "That no newer edition is held back is not proved by any of these formats; only its date tells."
_SHOWN = 400
_SHOWN_QUOTE = 80
_USER_IDS = 3
_OTHERS = 3
_COLUMNS = 86


def tell_found(found: Found, signing: Signing, fits: Sequence[Fit], now: datetime) -> None:
    """Tells what was found: the format, who signed, and what the profile reads in it.

    Args:
        found: what was found.
        signing: who signs.
        fits: the profiles that fit, the one that is taken first.
        now: the moment.
    """
    format_ = found.identified.format
    click.echo(f"Found: {FORMATS[format_]} ({format_}).\n")
    tell_row("file", found.name)
    if found.beside:
        tell_row("beside it", ", ".join(found.beside))
    elif format_ is Format.PAGE and found.asked:
        tell_row("beside it", f"nothing: there is no {', no '.join(found.asked)}")
    if signing.pinned.signers:
        click.echo()
    for signer in signing.pinned.signers:
        for number, line in enumerate(_signer(signer, signing, now)):
            tell_row("signer" if number == 0 else "", line)
    for unknown in signing.unknown:
        tell_row("not pinned", f"{shown_name(unknown)} {key_in_groups(unknown) or unknown.key_id}".strip())
    if signing.pinned.signers:
        tell_row("threshold", _threshold(signing))
    _tell_read(fits, now)


def tell_statements(pinned: Pinned) -> None:
    """Tells which statements are going to be pinned."""
    click.echo("\nThe statements that would be pinned\n")
    for each in pinned.statements:
        tell_row(printable(each.id, most=_SHOWN), printable(each.words, most=_SHOWN))


def tell_proposals(proposals: Sequence[PinnedStatement]) -> None:
    """Lists the sentences that could be pinned, with numbers."""
    click.echo("\nSentences that look like statements or commitments\n")
    for number, each in enumerate(proposals, 1):
        tell_row(str(number), printable(each.words, most=_SHOWN))


def tell_unproved(signing: Signing) -> None:
    """Tells what the format cannot prove, and what is to be said of how this edition was published."""
    click.echo("\nWhat is not proved\n")
    for remark, words in dict.fromkeys(signing.edition.remarks):
        say(f"  {sentence(f'{remark}' + (f' ({printable(words, most=_SHOWN)})' if words else ''))}")
    say(f"  {_UNPROVED[signing.pinned.format]}")
    say(f"  {_NO_ORDER}")


def tell_pinned(pinned: Pinned) -> None:
    """Tells in one paragraph what is going to be pinned."""
    signers = len(pinned.signers)
    who = f"{signers} {'key' if signers == 1 else 'keys'} of which {pinned.threshold} must have signed, "
    count = len(pinned.statements)
    click.echo()
    say(
        f"Pinned: the format {pinned.format}, {who if signers else ''}the profile {pinned.profile} as it is now, and "
        f"{'the statement' if count == 1 else f'the {count} statements'} above. The host can choose none of it "
        "afterwards."
    )


def shown_name(signer: PinnedSigner) -> str:
    """Returns what a signer is called, fit for a message: a document may have named it."""
    return printable(signer.name, most=_SHOWN)


def key_in_groups(signer: PinnedSigner) -> str:
    """Returns a signer's key as people compare it: in groups of four."""
    key = signer.key.upper()
    return " ".join(key[place : place + 4] for place in range(0, len(key), 4))


def tell_row(name: str, value: str) -> None:
    """Prints a row: a name, and its value, which goes on below itself where it is long."""
    for number, line in enumerate(textwrap.wrap(value, _COLUMNS, break_long_words=False, break_on_hyphens=False)):
        click.echo(f"  {name if number == 0 else '':<11} {line}")


def tell_signature(signed: Signed, now: datetime) -> None:
    """Tells what became of one signature, as of now, and whether it counts."""
    whose = printable(signed.signer or signed.key, most=_SHOWN)
    named = f"{whose}: " if whose else ""
    tell_row("signature", named + _signature(signed, now))


# --- signers --------------------------------------------------------------------------------------------


def _signer(signer: PinnedSigner, signing: Signing, now: datetime) -> Iterator[str]:
    name = signer.name or signer.key
    named = f"{shown_name(signer)}: " if signer.name else ""
    yield named + key_in_groups(signer) + (", required" if signer.required else "")
    yield from _user_ids(signer, now)
    own = [each for each in signing.edition.signatures if each.signer == name]
    for each in own:
        yield "signature: " + _signature(each, now)
    if not own:
        yield "has not signed this edition"


def _signature(signed: Signed, now: datetime) -> str:
    outcome = signed.as_of(now)
    counts = signed.counts(WEAK_DIGESTS_BEFORE) and outcome is not Outcome.FUTURE
    when = f", {minute(signed.signed_at)} UTC by its own account" if signed.signed_at else ""
    where = f" in {signed.file}" if signed.file else ""
    why = f" ({printable(signed.detail, most=_SHOWN)})" if signed.detail else ""
    return f"{outcome}{where}{why}{when}" + ("" if counts else "; it does not count")


def _user_ids(signer: PinnedSigner, now: datetime) -> Iterator[str]:
    if not signer.certificate:
        return
    try:
        certificate = inspect_certificate(signer.certificate, at=now)
    except CanaryError:
        return  # the fingerprint is what is compared; a certificate of unusual size has signed all the same
    yield from (printable(each, most=_SHOWN) for each in certificate.user_ids[:_USER_IDS])
    if certificate.revoked:
        yield "take note: this key is revoked"
    elif certificate.expires:
        yield f"expires {certificate.expires:%Y-%m-%d}"


def _threshold(signing: Signing) -> str:
    pinned, counted = signing.pinned, len(signing.support.counted)
    required = [shown_name(each) or each.key for each in pinned.signers if each.required]
    words = f"{pinned.threshold} of {len(pinned.signers)} must have signed; {counted} of them did"
    return words + (f"; {', '.join(required)} must be among them" if required else "")


# --- what is read ---------------------------------------------------------------------------------------


def _tell_read(fits: Sequence[Fit], now: datetime) -> None:
    best = fits[0]
    read, profile = best.read, best.candidate.profile
    click.echo()
    tell_row("profile", f"{best.candidate.name}: {printable(profile.about, most=_SHOWN)}")
    for other in [each for each in fits[1:] if each.points > 0][:_OTHERS]:
        issued = f"issued {other.read.issued:%Y-%m-%d}" if other.read.issued else "no date"
        due = f"next {other.read.due}" if other.read.due else "no next one"
        tell_row("it could be", f"{other.candidate.name}: {issued}, {due}, statements: {len(other.read.statements)}")
    tell_row("issued", f"{format_time(read.issued)}, from {read.issued_from}" if read.issued else "not found")
    if read.period:
        tell_row("period", f"{read.period[0]} to {read.period[1]}, from the text")
    if read.number is not None:
        tell_row("number", str(read.number))
    promise = promise_of(read, profile, now)
    if promise is None:
        tell_row("next", "nothing says when; it would never be stale")
    else:
        source = "its own end" if read.due is None else read.due_from.value
        tell_row("next", f"{promise.window.opens} to {promise.window.last}, from {source}")
        stale = "it is stale now, since" if promise.expires <= now else "it is stale from"
        tell_row("", f"{stale} {format_time(promise.expires)}")
    tell_row("series", _series(best))
    for quote in read.quotes[:_OTHERS]:
        tell_row("quotes", f"{quote.kind}: {printable(quote.words, most=_SHOWN_QUOTE)}")
    for each in read.missing:
        tell_row("not found", printable(each, most=_SHOWN))


def _series(fit: Fit) -> str:
    series = fit.candidate.profile.series
    return f"{series.kind}" + (f", {series.template.text}" if series.template else ": the next one in the same place")
