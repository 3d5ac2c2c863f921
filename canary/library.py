"""Verifying from Python: `canary.verify`. Wires the edges to the watcher's flow, as the command line does."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

from canary.core.dating.evidence import OTS, TSR, CheckedEvidence, Checkers, EvidenceChecker
from canary.core.judging.fetched import Source
from canary.core.judging.judge import judge
from canary.core.judging.observation import Unreachable
from canary.core.judging.question import Judgement, Question
from canary.core.judging.verdict import Verdict
from canary.core.signed.outcome import OpenPGPCheck, OpenPGPVerifier
from canary.core.text.strict import parse_hash
from canary.edges.disk.folder import FolderSource
from canary.errors import CanaryError, FetchError
from canary.flows.watch.verify import verify_site
from canary.limits import FETCH_SECONDS

if TYPE_CHECKING:
    from canary.core.dating.anchor_source import ChainPlace
    from canary.core.judging.fetched import Answer
    from canary.flows.watch.explain import Explanation
    from canary.formats.times.bitcoin_headers import HeaderSource

_SCHEMES = ("https://", "http://", "git+https://", "git+http://", "git+file://")


def verify(location: str, *, now: datetime, pin: str | None = None, seconds: float = FETCH_SECONDS) -> Verdict:
    """Verifies the canary at `location` once.

    Args:
        location: a site's URL, or the path of a folder that holds a copy of one.
        now: the moment to judge at, aware.
        pin: `sha256:…` of roster 1's text; without it the verdict is UNKNOWN, and says what it would have been.
        seconds: the most seconds that the whole look may take.

    Returns:
        The verdict with its findings. A canary that is stale, forged or not there is a verdict, not an error.

    Raises:
        MalformedError: the pin is no hash.
        CanaryError: the location cannot be looked at by any means (a URL with a password, say).
        ValueError: `now` has no time zone.
    """
    if now.tzinfo is None:
        raise ValueError("now must be aware: datetime.now(UTC)")
    question = Question(now=now, pin=None if pin is None else parse_hash(pin))
    return look_and_judge(location, question, seconds=seconds).verdict


def look_and_judge(
    location: str,
    question: Question,
    *,
    seconds: float = FETCH_SECONDS,
    allow_http: bool = False,
    ca_file: Path | None = None,
    proxy: str | None = None,
    checkers: Checkers | None = None,
) -> Judgement:
    """Looks at a canary and judges it; returns the next state with the verdict.

    Args:
        location: a site's URL, or the path of a folder.
        question: pin, state and moment.
        seconds: the most seconds that the whole look may take.
        allow_http: whether http:// is taken for another host than this machine.
        ca_file: certificates to trust for TLS in the place of the usual ones.
        proxy: the proxy that every request goes through; None for none.
        checkers: the ports that check evidence; None for those of `evidence_checkers()`.

    Raises:
        CanaryError: the location cannot be looked at by any means.
    """
    if checkers is None:
        checkers = evidence_checkers()
    with LazyGpg() as verifier:
        try:
            with open_source(location, seconds=seconds, allow_http=allow_http, ca_file=ca_file, proxy=proxy) as source:
                return verify_site(source, question, verifier, checkers)
        except FetchError as error:
            # A folder that is gone tells no more than a host that is: what is stored is judged by time alone.
            return judge(Unreachable(error.what), question, verifier)


def look_and_explain(
    location: str,
    question: Question,
    number: int | None,
    checkers: Checkers,
    *,
    seconds: float = FETCH_SECONDS,
    allow_http: bool = False,
    ca_file: Path | None = None,
    proxy: str | None = None,
) -> Explanation:
    """Looks at a canary, judges it, and explains one of its releases.

    Args:
        location: a site's URL, or the path of a folder.
        question: the pin and the moment; no state.
        number: the release's number; None for the newest.
        checkers: the ports that check evidence.
        seconds: the most seconds that the whole look may take.
        allow_http: whether http:// is taken for another host than this machine.
        ca_file: certificates to trust for TLS in the place of the usual ones.
        proxy: the proxy that every request goes through; None for none.

    Raises:
        CanaryError: the location cannot be looked at by any means.
    """
    # Imported here: a look that judges needs none of it.
    from canary.flows.watch.explain import Explanation, explain_site  # noqa: PLC0415

    with LazyGpg() as verifier:
        try:
            with open_source(location, seconds=seconds, allow_http=allow_http, ca_file=ca_file, proxy=proxy) as source:
                return explain_site(source, question, verifier, checkers, number)
        except FetchError as error:
            return Explanation(judge(Unreachable(error.what), question, verifier).verdict)


def evidence_checkers(
    tsa_roots: Sequence[Path] = (),
    bitcoin_headers: Path | None = None,
    bitcoin_sources: Sequence[ChainPlace] = (),
    *,
    seconds: float = FETCH_SECONDS,
    proxy: str | None = None,
) -> Checkers:
    """Returns the ports that check evidence, as far as this watcher trusts anyone with it.

    Args:
        tsa_roots: files of roots of timestamp authorities, besides the shipped list.
        bitcoin_headers: the watcher's own block headers, a file or a folder.
        bitcoin_sources: who is asked about blocks that those lack, once there is a proof with one. Without either no
            OpenTimestamps proof can be confirmed. Then make new ports for each look.
        seconds: what asking them may take, all together and counted from here.
        proxy: the proxy that they are asked through, but for those on this very machine; None for none.

    Raises:
        CanaryError: a file cannot be read, or holds something else; a source stands twice, or there are too many.
    """
    if tsa_roots:
        # Now, and not when the first token comes: a mistyped name would not be noticed for years.
        from canary.edges.times.tsa_roots import read_roots  # noqa: PLC0415  # most looks name none

        read_roots(tsa_roots, shipped=False)
    sources: list[HeaderSource] = []
    if bitcoin_headers is not None:
        from canary.edges.times.header_files import header_files  # noqa: PLC0415  # likewise

        sources.append(header_files(bitcoin_headers))
    if bitcoin_sources:
        from canary.edges.times.header_services import HeaderServices  # noqa: PLC0415  # likewise

        ends = time.monotonic() + seconds
        sources.append(HeaderServices(bitcoin_sources, left=lambda: ends - time.monotonic(), proxy=proxy))
    return {TSR: _LazyTokens(tuple(tsa_roots)), OTS: partial(_check_proof, sources)}


class _LazyTokens:
    """The port to RFC 3161, which costs nothing until the first token; the roots are read once for all of them."""

    def __init__(self, tsa_roots: Sequence[Path]) -> None:
        self._tsa_roots = tsa_roots

    def __call__(self, name: str, data: bytes, entry: bytes) -> CheckedEvidence:
        return self._checker(name, data, entry)

    @cached_property
    def _checker(self) -> EvidenceChecker:
        # Imported here: a canary without timestamps needs none of it.
        from canary.edges.times.tsa_roots import read_roots  # noqa: PLC0415
        from canary.formats.times.rfc3161 import TokenChecker  # noqa: PLC0415

        return TokenChecker(lambda: read_roots(self._tsa_roots))


def _check_proof(sources: Sequence[HeaderSource], name: str, data: bytes, entry: bytes) -> CheckedEvidence:
    from canary.formats.times.bitcoin_headers import first_of  # noqa: PLC0415  # as above
    from canary.formats.times.opentimestamps import ProofChecker  # noqa: PLC0415  # as above

    return ProofChecker(first_of(sources))(name, data, entry)


@contextlib.contextmanager
def open_source(
    location: str,
    *,
    seconds: float,
    allow_http: bool,
    ca_file: Path | None,
    proxy: str | None = None,
    seen: Callable[[Answer | None], None] | None = None,
    public_only: bool = False,
) -> Iterator[Source]:
    """Opens a location: a URL, or a folder.

    Args:
        location: a site's URL, or the path of a folder.
        seconds: the most seconds that the whole look may take.
        allow_http: whether http:// is taken for another host than this machine.
        ca_file: certificates to trust for TLS in the place of the usual ones.
        proxy: the proxy that every request goes through; None for none.
        seen: is told each answer of a web server as it came, and None when another is asked for.
        public_only: where no proxy is asked, refuse addresses within private networks, and this very machine's own.

    Raises:
        CanaryError: the URL is none that can be looked at.
    """
    if not is_url(location):
        yield FolderSource(Path(location))
        return
    # Imported here: a look into a folder needs no HTTP.
    from urllib.parse import urlsplit  # noqa: PLC0415

    from canary.edges.web.http import HttpSource  # noqa: PLC0415
    from canary.flows.watch.locate import HintedSource  # noqa: PLC0415

    with HttpSource(
        location,
        seconds=seconds,
        allow_http=allow_http,
        ca_file=ca_file,
        proxy=proxy,
        seen=seen,
        public_only=public_only,
    ) as source:
        yield source if urlsplit(location).path.strip("/") else HintedSource(source)


@contextlib.contextmanager
def open_foreign(
    location: str,
    *,
    seconds: float,
    allow_http: bool,
    ca_file: Path | None,
    proxy: str | None = None,
    seen: Callable[[Answer | None], None] | None = None,
    public_only: bool = False,
    repositories: Path | None = None,
) -> Iterator[tuple[Source, str]]:
    """Opens the place of a canary that is no site of ours.

    Args:
        location: the URL of an edition, or of the index of its series; the path of a file; or a repository,
            `git+https://example.net/canaries.git`, perhaps with `#path/in/it`.
        seconds: the most seconds that the whole look may take.
        allow_http: whether http:// is taken for another host than this machine.
        ca_file: certificates to trust for TLS in the place of the usual ones.
        proxy: the proxy that every request goes through; None for none.
        seen: is told each answer of a web server as it came, and None when another is asked for.
        public_only: where no proxy is asked, refuse addresses within private networks, and this very machine's own;
            no repository can be asked so.
        repositories: where repositories are kept from one look to the next; None to keep none.

    Yields:
        The source, and where in it the location lies: of a URL everything on its origin, and its path (a redirect to
        another origin is not followed); of a file its folder, and its name; of a repository all its files, and the
        path in it.

    Raises:
        FetchError: there is no such folder.
        CanaryError: the URL is none that can be looked at.
    """
    if not is_url(location):
        whole = Path(location).absolute()
        yield FolderSource(whole.parent), whole.name
        return
    if location.lower().startswith("git+"):
        from canary.edges.web.git_source import GitSource, split_location  # noqa: PLC0415  # few lists have one

        if public_only:
            raise CanaryError("a repository cannot be asked so that nothing but public addresses is reached")
        url, path = split_location(location)
        with GitSource(
            url, folder=repositories, seconds=seconds, allow_http=allow_http, ca_file=ca_file, proxy=proxy
        ) as repository:
            yield repository, path
        return
    # Imported here: a look into a folder needs no HTTP.
    from urllib.parse import urlsplit, urlunsplit  # noqa: PLC0415

    from canary.edges.web.http import check_address  # noqa: PLC0415
    from canary.edges.web.http_address import AddressSource  # noqa: PLC0415

    check_address(location)
    parts = urlsplit(location)
    with AddressSource(
        urlunsplit((parts.scheme, parts.netloc, "", "", "")),
        seconds=seconds,
        allow_http=allow_http,
        ca_file=ca_file,
        proxy=proxy,
        seen=seen,
        public_only=public_only,
    ) as source:
        yield source, parts.path.removeprefix("/")


def final_location(
    location: str,
    *,
    seconds: float = FETCH_SECONDS,
    allow_http: bool = False,
    ca_file: Path | None = None,
    proxy: str | None = None,
) -> str:
    """Returns where a canary lies that is about to be followed: one redirect to another host is followed, and no more.

    Args:
        location: a site's URL, or the path of a folder.
        seconds: the most seconds that asking may take.
        allow_http: whether http:// is taken for another host than this machine.
        ca_file: certificates to trust for TLS in the place of the usual ones.
        proxy: the proxy that every request goes through; None for none.

    Returns:
        The URL to look at from now on: `location` where nothing redirects to another host, or nothing answers.

    Raises:
        FetchError: it redirects to where no canary's file can be taken from (`canary.flows.watch.moved`).
        CanaryError: the URL is none that can be looked at.
    """
    if not is_url(location):
        return location
    # Imported here: only whoever begins to follow a canary asks.
    from canary.flows.watch.moved import find_base  # noqa: PLC0415

    ends = time.monotonic() + seconds

    @contextlib.contextmanager
    def opened(place: str, *, public_only: bool) -> Iterator[Source]:
        left = ends - time.monotonic()
        with open_source(
            place, seconds=left, allow_http=allow_http, ca_file=ca_file, proxy=proxy, public_only=public_only
        ) as source:
            yield source

    return find_base(location, opened)


class LazyGpg:
    """The port to gpg, which costs nothing until the first OpenPGP signature is to be checked."""

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self._verifier: OpenPGPVerifier | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def __call__(self, *, certificate: bytes, fingerprint: bytes, text: bytes, signature: bytes) -> OpenPGPCheck:
        """Checks one signature; see `canary.core.signed.outcome.OpenPGPVerifier`."""
        if self._verifier is None:
            # Imported here: a look with Ed25519 signers alone needs none of it.
            from canary.edges.openpgp.openpgp_verifier import GpgVerifier  # noqa: PLC0415

            self._verifier = self._stack.enter_context(GpgVerifier())
        return self._verifier(certificate=certificate, fingerprint=fingerprint, text=text, signature=signature)


def is_url(location: str) -> bool:
    """Tells whether a location is a URL rather than a path."""
    return location.lower().startswith(_SCHEMES)
