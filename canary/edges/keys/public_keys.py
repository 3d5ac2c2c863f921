"""The public keys in a workspace's `keys/`: `.vkey` files as C2SP signed-note has them, `.asc` certificates."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from canary.core.documents.roster import RosterSigner
from canary.core.signed.kinds import Kind, kind_of, openpgp_vkey
from canary.core.signed.vkey import VKey, parse_vkey
from canary.core.text.names import RESERVED_SIGNER, check_signer, key_name
from canary.edges.disk.workspace import KEY_ANEW, Workspace
from canary.edges.openpgp.openpgp_certificates import Certificate, inspect_certificate
from canary.errors import MalformedError, RefusedError


class PublicKeys(msgspec.Struct):
    """What lies in `keys/`.

    Attributes:
        signers: each signer's key, by short name.
        log: the log key; None where there is none.
        certificates: the certificates of OpenPGP signers, inspected.
    """

    signers: dict[str, RosterSigner] = msgspec.field(default_factory=dict)
    log: VKey | None = None
    certificates: dict[str, Certificate] = msgspec.field(default_factory=dict)

    def check_can_sign(self, names: Iterable[str]) -> None:
        """Checks that the certificates of `names` may enter a roster.

        Raises:
            RefusedError: one is revoked, expired, or cannot sign.
        """
        for name in names:
            if name in self.certificates:
                check_can_sign(name, self.certificates[name])


def check_can_sign(name: str, certificate: Certificate) -> None:
    """Checks that a certificate may enter a roster.

    Raises:
        RefusedError: it carries a revocation, or has no key that can sign now.
    """
    if certificate.revoked:
        raise RefusedError(
            f"the OpenPGP key of {name} is revoked", hint=f"Give the signer a new key under a new name, like {name}-2."
        )
    if not certificate.can_sign:
        raise RefusedError(
            f"the OpenPGP key of {name} is expired or cannot sign",
            hint="Extend its expiry (gpg --quick-set-expire) and run 'canary key openpgp' again, or use another key.",
        )


def read_public_keys(workspace: Workspace, canary_id: str, *, at: datetime) -> PublicKeys:
    """Returns the public keys in a workspace.

    Args:
        workspace: the workspace.
        canary_id: the canary that the keys are named after.
        at: the moment at which certificates are inspected.

    Raises:
        MalformedError: a file is no public key, or is named after another canary.
        GpgError: a certificate could not be read.
    """
    found = PublicKeys()
    for name, path in workspace.public_key_files().items():
        text = workspace.read_key_file(path)
        try:
            if name == RESERVED_SIGNER:
                found.log = _vkey(text, canary_id)
            elif path.suffix == ".vkey":
                key = _vkey(text, key_name(canary_id, check_signer(name)))
                found.signers[name] = RosterSigner(name, key, _not_openpgp(key))
            else:
                certificate = inspect_certificate(text.encode(), at=at)
                key = openpgp_vkey(key_name(canary_id, check_signer(name)), certificate.fingerprint)
                found.certificates[name] = certificate
                found.signers[name] = RosterSigner(name, key, Kind.OPENPGP, certificate.binary)
        except MalformedError as error:
            file = str(path.relative_to(workspace.root))
            raise MalformedError(error.rule, line=error.line, what=file, hint=error.hint or KEY_ANEW) from error
    return found


def _vkey(text: str, name: str) -> VKey:
    key = parse_vkey(text.removesuffix("\n"))
    if key.name != name:
        raise MalformedError(f"the key in it is named {key.name[:80]!r}, not {name!r}")
    return key


def _not_openpgp(key: VKey) -> Kind:
    kind = kind_of(key)
    if kind is Kind.OPENPGP:
        raise MalformedError("an OpenPGP signer's file is the certificate, NAME.asc")
    return kind
