"""`canary key`: signers' keys."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from canary.cli.app import App
from canary.cli.session import Session, open_session
from canary.cli.talk import ask_passphrase, new_passphrase, passphrase_from, say, say_next
from canary.core.documents.roster import RosterSigner
from canary.core.documents.schedule import Schedule
from canary.core.log.history import History
from canary.core.signed.kinds import Kind, ed25519_vkey, fingerprint_of
from canary.core.text.names import check_signer, key_name
from canary.edges.keys.ed25519_keys import Ed25519FileSigner, create, settle
from canary.edges.keys.log_keys import replace_log_key
from canary.edges.keys.private_keys import key_folder, signer_key_path
from canary.edges.keys.public_keys import check_can_sign
from canary.edges.openpgp.openpgp_certificates import (
    Certificate,
    armor_certificate,
    export_certificate,
    inspect_certificate,
)
from canary.errors import RefusedError


def new(
    app: App, *, name: str, passphrase_file: Path | None, key_dir: Path | None, workspace: Path, unencrypted: bool
) -> None:
    """Does what `canary key new` says."""
    check_signer(name)
    if unencrypted and passphrase_file is not None:
        raise RefusedError("--unencrypted and --passphrase-file contradict each other", hint="Give one of them.")
    with open_session(app, workspace) as session:
        canary_id = session.config.canary.id
        _refuse_known(session, name)
        path = signer_key_path(key_folder(key_dir, session.workspace.root), canary_id, name)
        settle(path)
        begun = path.exists()
        encrypted = not unencrypted
        if begun:
            found = _opened(name, path, passphrase_file)
            half, encrypted = found.public_key, found.encrypted
        else:
            passphrase = None if unencrypted else new_passphrase(passphrase_file, what=f"the key of {name}")
            half = create(path, passphrase=passphrase)
        public = ed25519_vkey(key_name(canary_id, name), half)
        file = session.workspace.write_key_file(name, ".vkey", f"{public.render()}\n")
        if begun:
            say(f"The private key of {name} was there already, in {path}; it was not changed. Its public half is new.")
        else:
            say(f"The private key of {name} is in {path}. Keep a copy of it in a safe place: nobody can make it again.")
        if not encrypted:
            say("Warning: it has no passphrase. Whoever reads that file can sign as you.")
        say(f"The public key is in {file.relative_to(session.workspace.root)}; everyone may have it.")
        _say_next(session, name)


def openpgp(app: App, *, name: str, fingerprint: str, workspace: Path) -> None:
    """Does what `canary key openpgp` says."""
    check_signer(name)
    with open_session(app, workspace) as session:
        now = app.clock()
        certificate = inspect_certificate(export_certificate(fingerprint, home=app.gpg_home), at=now)
        check_can_sign(name, certificate)
        renewal = _refuse_known(session, name, certificate.fingerprint)
        file = session.workspace.write_key_file(name, ".asc", armor_certificate(certificate.binary), replace=renewal)
        say(f"The certificate of {name} is in {file.relative_to(session.workspace.root)}.")
        say(f"  fingerprint  {certificate.fingerprint.hex().upper()}")
        say(f"  user id      {'; '.join(certificate.user_ids) or 'none'}")
        say(f"  expires      {_day(certificate.expires)}")
        if expires_too_soon(certificate, session.config.schedule.schedule(), session.history, now):
            say(
                "Warning: it expires before the next two windows are over. Extend it before then "
                f"(gpg --quick-set-expire), run this again and publish a new roster, or {name} cannot sign."
            )
        _say_next(session, name)


def log_key(app: App, *, key_dir: Path | None, workspace: Path) -> None:
    """Does what `canary key log` says."""
    with open_session(app, workspace) as session:
        canary_id = session.config.canary.id
        folder = key_folder(key_dir, session.workspace.root)
        public = ed25519_vkey(canary_id, replace_log_key(session.workspace.root, folder, canary_id))
        say(f"The new log key {public.key_id.hex()} is in {folder}, its public half in keys/log.vkey.")
        say(
            "Until a roster that names it is published, checkpoints need the old one. Afterwards both sign for one "
            "cadence, if the old one is still here."
        )
        say_next("canary roster")


def list_keys(app: App, *, workspace: Path) -> None:
    """Does what `canary key list` says."""
    with open_session(app, workspace, changes=False) as session:
        keys = session.public_keys()
        for signer in keys.signers.values():
            say(f"{signer.name}: {describe(signer)}; {_place(session, signer)}")
            _say_certificate(keys.certificates.get(signer.name))
        if keys.log is not None:
            say(f"log: Ed25519, key id {keys.log.key_id.hex()}; signs checkpoints, has no authority")
        missing = [name for name in session.config.signers.names if name not in keys.signers]
        if missing:
            say_next(f"make the missing keys: canary key new {missing[0]}")
        else:
            say_next("canary status")


def _opened(name: str, path: Path, passphrase_file: Path | None) -> Ed25519FileSigner:
    """Returns a private key whose making was interrupted, or whose public half was lost.

    Raises:
        SigningError: it does not open.
        WorkspaceError: what an interrupted run left of it beside it could not be removed.
    """

    def ask() -> bytes:
        return passphrase_from(passphrase_file) if passphrase_file else ask_passphrase(name)

    return Ed25519FileSigner(name, path, ask)


def _say_certificate(certificate: Certificate | None) -> None:
    if certificate is None:
        return
    if certificate.revoked:
        say("  revoked: it cannot enter a roster any more")
    elif not certificate.can_sign:
        say("  expired, or without a key that can sign")
    else:
        say(f"  expires {_day(certificate.expires)}")


def describe(signer: RosterSigner) -> str:
    """Returns the kind of a signer's key and what it is known by."""
    if signer.kind is Kind.OPENPGP:
        return f"OpenPGP, fingerprint {fingerprint_of(signer.key).hex().upper()}"
    return f"{signer.kind.value}, key id {signer.key.key_id.hex()}"


def expires_too_soon(certificate: Certificate, schedule: Schedule, history: History, now: datetime) -> bool:
    """Tells whether a certificate expires before the next two windows are over."""
    if certificate.expires is None:
        return False
    release = history.last_release
    if release is not None and release.next is not None:
        first = release.next
    else:
        opened = schedule.newest_opened(now.date())
        first = schedule.window_at(opened or schedule.start)
    second = schedule.following(first.opens) if first.opens >= schedule.start else schedule.window_at(schedule.start)
    return certificate.expires < second.over


def _refuse_known(session: Session, name: str, fingerprint: bytes | None = None) -> bool:
    """Refuses a second key for a name; returns whether the same OpenPGP key is brought in again."""
    known = session.public_keys().signers.get(name)
    if known is None:
        return False
    if fingerprint is not None and known.kind is Kind.OPENPGP and fingerprint_of(known.key) == fingerprint:
        return True
    raise RefusedError(
        f"{name} has a key already: {describe(known)}",
        hint=f"A name never carries a second key: give the new one a new name, like {name}-2.",
    )


def _place(session: Session, signer: RosterSigner) -> str:
    roster = session.history.roster
    published = roster.signer(signer.name) if roster else None
    if published is None:
        return "not in the published roster"
    if published.key != signer.key:
        return "DIFFERENT from the key of that name in the published roster"
    if published.certificate != signer.certificate:
        return "in the published roster, with an older certificate"
    return "in the published roster"


def _say_next(session: Session, name: str) -> None:
    if name not in session.config.signers.names:
        say_next(f'add "{name}" to [signers] names in canary.toml, then canary roster')
        return
    files = session.workspace.public_key_files()
    missing = [each for each in session.config.signers.names if each not in files]
    say_next(f"canary key new {missing[0]}" if missing else "canary roster")


def _day(moment: datetime | None) -> str:
    return "never" if moment is None else f"{moment:%Y-%m-%d}"
