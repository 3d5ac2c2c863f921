"""The root that a timestamp rests on, for who wants to check it with another program than this one."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate

from canary.errors import MalformedError
from canary.formats.times import rfc3161_chain as chain
from canary.formats.times import rfc3161_cms as cms
from canary.formats.times.rfc3161 import read_reply


def root_of(data: bytes, roots: Sequence[Certificate]) -> bytes | None:
    """Returns the root on the watcher's list that a token leads to, in PEM form; None where it leads to none of them.

    Every certificate between the authority's and the root came along with the token: no others are looked for when a
    token is checked (`canary.formats.times.rfc3161_chain`). So the root is all that another program needs.

    Args:
        data: the reply.
        roots: the watcher's list.

    Raises:
        CanaryError: it is no reply, or rfc3161-client is missing.
    """
    token = read_reply(data)
    with warnings.catch_warnings():
        # As where it is checked: what is wrong with old certificates is nothing to the terminal.
        warnings.simplefilter("ignore")
        certificates = [each for each in map(chain.load, token.signed.certificates) if each is not None]
        try:
            signer = cms.signer_among(token.signed, certificates)
        except MalformedError:
            return None
        path = chain.path_to(roots, signer, [each for each in certificates if each != signer], token.moment)
        return None if path is None else path[-1].public_bytes(Encoding.PEM)
