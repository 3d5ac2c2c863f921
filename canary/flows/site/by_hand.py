"""What to type to check a release by hand, with `sha256sum` and GnuPG, in the folder of any page."""

from __future__ import annotations

from collections.abc import Iterator

from canary.flows.site.paths import File, relative
from canary.flows.site.signers import SignerRow


def commands(text: File, signers: tuple[SignerRow, ...], page: str) -> list[str]:
    """Returns what to type in the page's folder.

    gpgv and not `gpg --keyring`: from GnuPG 2.4.1 on, a fresh installation ignores --keyring (use-keyboxd), puts
    imported keys among the reader's own and would also take a signature by any other key that lies there. gpgv
    knows the one certificate that it is given, and starts no agent.

    Args:
        text: the signed text.
        signers: the release's signers.
        page: the page.
    """
    over = relative(text.path, page=page)
    lines = [f"sha256sum {over}"]
    for name, signature, certificate in _openpgp(signers, page):
        lines += [
            f"gpg --show-keys --fingerprint {certificate}",
            f"gpg --yes --output {name}.gpg --dearmor {certificate}",
            f"gpgv --keyring ./{name}.gpg {signature} {over}",
        ]
    return lines


def keyring_commands(text: File, signers: tuple[SignerRow, ...], page: str) -> list[str]:
    """Returns what to type in the page's folder to check it with one's own keyring; arguments as for `commands`."""
    over = relative(text.path, page=page)
    lines: list[str] = []
    for _, signature, certificate in _openpgp(signers, page):
        lines += [f"gpg --import {certificate}", f"gpg --verify {signature} {over}"]
    return lines


def _openpgp(signers: tuple[SignerRow, ...], page: str) -> Iterator[tuple[str, str, str]]:
    """Returns the OpenPGP signers: their name, and the ways to the signature and to the certificate."""
    for signer in signers:
        if signer.signature is not None:
            *_, certificate = signer.keys
            yield signer.name, relative(signer.signature.path, page=page), relative(certificate.path, page=page)
