"""Makes CanaryTail documents in both layouts, with keys of its own; nothing of it is shared with what reads them."""

from __future__ import annotations

import base64
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CODES = ("war", "gag", "subp", "trap", "cease", "duress", "raid", "seize", "xcred", "xopers")

Document = dict[str, Any]


def seed(name: str) -> bytes:
    return name.encode().ljust(32, b"\0")


def private(name: str) -> Ed25519PrivateKey:
    """Returns the key that belongs to a name, always the same."""
    return Ed25519PrivateKey.from_private_bytes(seed(name))


def public(name: str) -> bytes:
    return private(name).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


def document(
    *signers: str,
    release: str = "2026-11-01T00:00:00Z",
    expiry: str = "2026-12-01T00:00:00Z",
    codes: tuple[str, ...] = CODES,
    required: tuple[str, ...] = ("author",),
    **changed: Any,  # noqa: ANN401  # any field of the document
) -> Document:
    """Returns a document in the newer layout, by `author` and `bob`, that some of them have signed."""
    claims: Document = {
        "domain": "example.org",
        "min_signers": 1,
        "pubkeys": [
            {"role": "signer", "name": name, "key": base64_of(public(name)), "required": name in required}
            for name in ("author", "bob")
        ],
        "panickey": base64_of(public("panic")),
        "release": release,
        "expiry": expiry,
        "freshness": "00" * 32,
        "codes": list(codes),
        "mirrors": None,
        **changed,
    }
    made = {"version": "0.1", "canary": claims, "signatures": {}}
    for name in signers:
        sign(made, name)
    return made


def old_document(*signers: str, codes: tuple[str, ...] = CODES) -> Document:
    """Returns a document in the older layout, by `author` and `bob`."""
    claims: Document = {
        "domain": "example.org",
        "pubkeys": [base64_of(public(name)) for name in ("author", "bob")],
        "panickey": base64_of(public("panic")),
        "version": "0.1",
        "release": "2026-11-01T00:00:00Z",
        "expiry": "2026-12-01T00:00:00Z",
        "freshness": "00" * 32,
        "codes": list(codes),
    }
    made = {"canary": claims, "signatures": {}}
    for name in signers:
        sign(made, name)
    return made


def sign(made: Document, name: str, *, only: tuple[str, ...] = ()) -> None:
    """Adds a signer's signatures, over some fields alone where they are given."""
    fields = {**({"version": made["version"]} if "version" in made else {}), **made["canary"]}
    made["signatures"][base64_of(public(name))] = {
        field: base64_of(private(name).sign(as_go_prints(value).encode()))
        for field, value in fields.items()
        if not only or field in only
    }


def as_go_prints(value: Any) -> str:  # noqa: ANN401  # whatever a field holds
    if value is None:
        return ""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        entries = (" ".join([*list(each.values())[:3], str(each["required"]).lower()]) for each in value)
        return f"[{' '.join(f'{{{each}}}' for each in entries)}]"
    return " ".join(value) if isinstance(value, list) else str(value)


def encoded(made: Document) -> bytes:
    return json.dumps(made, indent=4).encode()
