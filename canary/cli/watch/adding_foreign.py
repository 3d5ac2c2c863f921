"""`canary watch add` for a canary in another format: says what was found, and what would be pinned of it."""

from __future__ import annotations

import re
import shlex
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from msgspec.structs import replace

from canary.cli.talk import ask, at_terminal, say
from canary.cli.verdicts import tell
from canary.cli.watch.desk import Desk
from canary.cli.watch.foreign_decided import candidates_of, decided_by
from canary.cli.watch.foreign_found import tell_found, tell_pinned, tell_proposals, tell_statements, tell_unproved
from canary.cli.watch.foreign_options import ForeignOptions
from canary.cli.watch.looking import Looking
from canary.cli.watch.spreading import repositories_of
from canary.core.foreign.edition import Edition
from canary.core.foreign.fitting import Fit, fit_of, fits
from canary.core.foreign.pinned import Format, Pinned, PinnedStatement
from canary.core.foreign.series import Series, SeriesKind
from canary.core.foreign.state import ForeignState
from canary.core.judging.fetched import ElsewhereError, shown
from canary.core.judging.findings import EXIT_CODES, Status
from canary.core.text.strict import hash_field
from canary.core.watching.followed import Followed
from canary.core.watching.watched import Watched
from canary.edges.disk.files import read_file
from canary.edges.openpgp.lazy_foreign_gpg import LazyForeignGpg
from canary.errors import CanaryError, FetchError, MalformedError
from canary.flows.watch.identify import ORDER, identify, keys_in
from canary.flows.watch.pinning import chosen_sentences, proposed_sentences, signing_of, with_statements
from canary.flows.watch.rounds import Looked
from canary.formats.foreign.pinned_json import parse_pinned, pin_of, render_pinned
from canary.formats.foreign.readers import reader_of
from canary.formats.settings.watch_list import name_for
from canary.library import is_url, open_foreign
from canary.limits import FOREIGN_KEYRING_BYTES

_COMPARE = (
    "Nothing was added. Compare the fingerprints with what the publisher says over another channel: in print, on a key "
    "server, on a site of its own. If they are the same, and all of that is to be pinned, run the line above. "
    "--trust-first-use takes it as it is, and so would believe whoever is on the line today."
)
_COMPARE_PAGE = (
    "Nothing was added. If those are the sentences that are to stay, run the line above. --trust-first-use takes them "
    "as they are."
)
_UNSIGNED = "nothing there is signed"
_BESIDE = (
    "Where a publisher's signatures lie beside a text under names like X.sig.NAME, give --signer NAME=FINGERPRINT, and "
    "--certificate FILE."
)
_RANGE = re.compile(r"([0-9]{1,4})(?:-([0-9]{1,4}))?")
_OK = 200


def look_at_foreign(
    desk: Desk, followed: Followed, options: ForeignOptions, *, seconds: float, again: Sequence[str]
) -> tuple[Looked, Pinned] | None:
    """Looks at a canary in another format, says what was found, and what would be pinned.

    Args:
        desk: the command at work.
        followed: the canary.
        options: what was said about it.
        seconds: what looking may take.
        again: the words of the same command line, without these options.

    Returns:
        What the look under the pin came to, and what is pinned, to be taken into the list; None where there is no pin,
        and so nothing is added.

    Raises:
        CanaryError: it is nothing that can be followed, or not what the pin says.
    """
    pinned, again = _offered(desk, followed, options, seconds, again)
    pin = pin_of(pinned)
    is_page = pinned.format is Format.PAGE
    if followed.pin is None and followed.first_use and is_page and not options.page:
        raise CanaryError(f"nothing was added: {_UNSIGNED}", hint=f"{_BESIDE} If it is a page, say so: --page.")
    if followed.pin is None and not followed.first_use:
        if is_page and not options.page:
            click.echo()
            say(f"Take note: {_UNSIGNED}. {_BESIDE}")
        click.echo(f"\n  {shlex.join([*again, '--pin', hash_field(pin)])}\n")
        say(_COMPARE_PAGE if is_page else _COMPARE)
        return None
    if followed.pin is not None and followed.pin != pin:
        raise CanaryError(
            f"nothing was added: what would be pinned now is {hash_field(pin)}, and not what --pin says",
            hint="Something else lies there than when that line was printed, or an option is another. Look again "
            "without --pin, and read what is found.",
        )
    followed = replace(
        followed,
        name=followed.name or name_for(followed.location),
        pin=pin,
        format=pinned.format,
    )
    looking = Looking(
        state_of=lambda _: None,
        checkers=desk.checkers,
        clock=desk.app.clock,
        seconds=seconds,
        threads=1,
        per_host=1,
        pinned_of=lambda _: pinned,
        block_time=desk.block_time,
        repositories=repositories_of(desk.settings),
    )
    looked = looking.look(Watched(followed, followed.added_at))
    click.echo()
    tell(looked.verdict, again=[], tried=True)
    click.echo()
    if followed.first_use and not (isinstance(looked.state, ForeignState) and looked.state.newest):
        raise CanaryError(
            "nothing was added: no edition was seen there that could be trusted at first use",
            hint="Look again later, or look without --trust-first-use and read what is found.",
        )
    return looked, pinned


NOTHING_ADDED = EXIT_CODES[Status.UNKNOWN]
"""The exit code where nothing is pinned: nothing is known of a canary without."""


# --- what is found --------------------------------------------------------------------------------------


def _offered(
    desk: Desk, followed: Followed, options: ForeignOptions, seconds: float, again: Sequence[str]
) -> tuple[Pinned, Sequence[str]]:
    """Tells what was found; returns what would be pinned, and the words of the command line that says so."""
    options.check()
    decided, candidates, now = decided_by(options), candidates_of(options), desk.app.clock()
    ends = time.monotonic() + seconds
    with LazyForeignGpg() as gpg:
        keys = keys_in(_certificates(followed, options, ends), gpg)
        readers = {each: reader_of(each, gpg) for each in ((Format.PAGE,) if options.page else ORDER)}
        series = candidates[0].profile.series if options.profile else None
        names = [name for name, _ in decided.signers]
        try:
            reach = _reach(followed, ends, repositories_of(desk.settings))
            with open_foreign(followed.location, **reach) as (source, path):
                _check_path(followed, path, series)
                found = identify(source, path, readers, keys=keys, names=names, series=series)
        except ElsewhereError as error:
            raise FetchError(
                f"{followed.location} redirects to {shown(error.target)}, which is another host",
                hint="If that is the publisher's, name that address.",
            ) from error
        if found.identified.format is Format.PAGE and not options.page and options.certificates:
            raise CanaryError(
                f"no signature by the keys that were given was found: {_UNSIGNED}",
                hint=f"{_BESIDE} --page follows it as a page without signatures.",
            )
        signing = signing_of(found, keys, decided, now)
    fitting: Sequence[Fit]
    proposed = proposed_sentences(signing.edition.text)
    if options.profile:
        fitting = [fit_of(signing.edition, candidates[0], proposed)]
    else:
        fitting = fits(signing.edition, candidates, found.identified.format, proposed)
    tell_found(found, signing, fitting, now)
    tell_unproved(signing)
    fit = fitting[0]
    statements, chosen = _statements(fit, signing.edition, options)
    pinned = with_statements(signing, fit.candidate, statements)
    # What cannot be read back must not be pinned.
    parse_pinned(render_pinned(pinned))
    tell_statements(pinned)
    tell_pinned(pinned)
    # The next look shall not find anything else than this one did, not by a file that is there or is not.
    decided_on = ["--threshold", str(pinned.threshold)] if pinned.signers else ([] if options.page else ["--page"])
    return pinned, [*again, "--profile", fit.candidate.name, *options.words(), *decided_on, *chosen]


def _check_path(followed: Followed, path: str, series: Series | None) -> None:
    """Raises CanaryError where a repository is named, and nothing says which of its files is meant."""
    if followed.location.startswith("git+") and not path and (series is None or series.kind is not SeriesKind.GIT):
        raise CanaryError(
            f"{followed.location} names no file of the repository",
            hint='Add #path/to/canary.txt, or give a --profile with [series] kind = "git".',
        )


def _reach(followed: Followed, ends: float, repositories: Path | None = None) -> dict[str, Any]:
    """Returns how a canary's host is reached, within the time that is left."""
    return {
        "seconds": max(0.1, ends - time.monotonic()),
        "allow_http": followed.allow_http,
        "ca_file": Path(followed.ca_file) if followed.ca_file else None,
        "proxy": followed.proxy or None,
        "repositories": repositories,
    }


def _certificates(followed: Followed, options: ForeignOptions, ends: float) -> dict[str, bytes]:
    found = {}
    for each in options.certificates:
        if not is_url(each):
            found[each] = read_file(Path(each), limit=FOREIGN_KEYRING_BYTES)
            continue
        with open_foreign(each, **_reach(followed, ends)) as (source, path):
            answer = source.get(path, limit=FOREIGN_KEYRING_BYTES)
        if answer.status != _OK:
            raise FetchError(f"--certificate {each}: the host answers {answer.status}", hint="Check the address.")
        found[each] = answer.body
    return found


# --- which statements -----------------------------------------------------------------------------------


def _statements(fit: Fit, edition: Edition, options: ForeignOptions) -> tuple[tuple[PinnedStatement, ...], list[str]]:
    """Returns the statements to pin, and the options that choose them."""
    profile, proposals = fit.candidate.profile, fit.read.statements
    if not fit.candidate.is_chosen:
        if options.sentences or options.all_sentences:
            raise CanaryError(
                f"the profile {fit.candidate.name} finds the statements itself; --sentence is not for it",
                hint="Leave --sentence out, or choose --profile page, or signed where it is signed.",
            )
        return proposals, []
    if options.sentences:
        sentences = chosen_sentences(edition, profile, options.sentences)
        return sentences, _typed(sentences)
    if not proposals:
        raise CanaryError(
            "no sentence was found that looks like a statement",
            hint="Choose sentences yourself: --sentence TEXT, once for each, from the first word to the full stop.",
        )
    if options.all_sentences or not at_terminal():
        return proposals, ["--all-sentences"]
    tell_proposals(proposals)
    picked = ask(
        "--sentence",
        "\nWhich of them are to be pinned? Numbers like 1,3-5",
        None,
        lambda answer: _picked(answer, proposals),
        default="all",
    )
    if len(picked) == len(proposals):
        return proposals, ["--all-sentences"]
    sentences = chosen_sentences(edition, profile, picked)
    return sentences, _typed(sentences)


def _picked(answer: str, proposals: Sequence[PinnedStatement]) -> list[str]:
    if answer.strip().lower() == "all":
        return [each.words for each in proposals]
    numbers: set[int] = set()
    for piece in answer.replace(" ", "").split(","):
        found = _RANGE.fullmatch(piece)
        first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
        if not 1 <= first <= last <= len(proposals):
            raise MalformedError(f"they are numbers from 1 to {len(proposals)}, like 1,3-5, or all")
        numbers.update(range(first, last + 1))
    return [proposals[number - 1].words for number in sorted(numbers)]


def _typed(sentences: Sequence[PinnedStatement]) -> list[str]:
    return [word for each in sentences for word in ("--sentence", each.words)]
