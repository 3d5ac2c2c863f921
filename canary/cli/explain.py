"""`canary explain`: when one release was signed, and how other tools check it."""

from __future__ import annotations

from pathlib import Path

from canary.cli.app import App
from canary.cli.explanations import Told, document, tell
from canary.cli.formats import UNKNOWN, failures_in, print_json
from canary.cli.looking import Reach, parsed, typed
from canary.core.dating.evidence import TSR, EvidenceOutcome
from canary.core.judging.question import Question
from canary.core.text.strict import parse_hash
from canary.core.text.times import parse_time
from canary.edges.disk.new_folder import check_new, fill_new
from canary.errors import CanaryError
from canary.flows.watch.crosscheck import crosscheck_files, crosschecks
from canary.flows.watch.explain import Examined
from canary.library import is_url, look_and_explain


def explain(
    app: App,
    *,
    location: str,
    release: int | None,
    pin: str | None,
    at: str | None,
    save: Path | None,
    timeout: float,
    allow_http: bool,
    ca_file: Path | None,
    proxy: str | None,
    tsa_roots: tuple[Path, ...],
    bitcoin_headers: Path | None,
    bitcoin_sources: tuple[str, ...],
    as_json: bool,
) -> int:
    """Does what `canary explain` says. Returns the exit code: the verdict's, or 3 where there is no such release."""
    reach = Reach(timeout, allow_http, ca_file, proxy, tsa_roots, bitcoin_headers, bitcoin_sources)
    with failures_in("json" if as_json else "text"):
        pinned = None if pin is None else parsed("--pin", parse_hash, pin)
        moment = None if at is None else parsed("--at", parse_time, at)
        if not is_url(location) and Path(location).is_file():
            raise CanaryError(f"{location} is a single file", hint="Name the site, or a folder with a copy of it.")
        if save is not None:
            # Before anything is asked: what cannot be kept need not be fetched.
            check_new(save)
        explanation = look_and_explain(
            location,
            Question(now=moment or app.clock(), pin=pinned, as_of_now=moment is None),
            release,
            reach.checkers(),
            seconds=timeout,
            allow_http=allow_http,
            ca_file=ca_file,
            proxy=proxy,
        )
        examined = explanation.examined
        roots = {} if examined is None else _roots(examined, tsa_roots)
        files = {} if examined is None else crosscheck_files(examined, roots)
        if save is not None and files:
            fill_new(save, files)
        told = Told(
            explanation,
            location,
            wanted=release,
            checks=() if examined is None else crosschecks(examined, roots),
            files=tuple(sorted(files)),
            saved=save if files else None,
            options=(*typed([("--at", at)]), *reach.words()),
        )
        if as_json:
            print_json(document(told))
        else:
            tell(told)
        missing = release is not None and examined is None
        return explanation.verdict.exit_code or (UNKNOWN if missing else 0)


def _roots(examined: Examined, tsa_roots: tuple[Path, ...]) -> dict[str, bytes]:
    """Returns the root that each proved RFC 3161 reply leads to, in PEM form, by the reply's name."""
    proved = [
        each.name
        for each in examined.timing.evidence
        if each.outcome is EvidenceOutcome.PROVED and each.name.endswith(TSR)
    ]
    if not proved:
        return {}
    # Imported here: a release without timestamps needs none of it.
    from canary.edges.times.tsa_roots import read_roots  # noqa: PLC0415
    from canary.formats.times.rfc3161_root import root_of  # noqa: PLC0415

    trusted = read_roots(tsa_roots)
    found = {name: root_of(examined.evidence[name], trusted) for name in proved}
    return {name: root for name, root in found.items() if root is not None}
