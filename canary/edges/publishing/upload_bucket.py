"""A bucket that a site is served from: S3 and its like, Google Cloud Storage, Azure; through obstore, an extra.

`s3://bucket/prefix`, `gs://bucket/prefix` or `az://account/container/prefix`. Credentials, and the endpoint of another
service that speaks S3, come from the environment, as obstore reads them (AWS_ACCESS_KEY_ID, AWS_ENDPOINT and so on).

No write is blind: what the log fixes for ever is written only where nothing is (If-None-Match), and everything else
only over the very version that was looked at (If-Match with its ETag, or the generation). So two publishers at once
cannot put an older file over a newer one without one of them being told. Each file carries its type and how long a
cache may keep it (`canary.core.documents.serving`).
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from canary.core.documents.serving import cache_control, content_type, is_immutable
from canary.core.judging.fetched import segments, shown
from canary.errors import CanaryError, IntegrityError, WorkspaceError
from canary.limits import ATTACHMENT_BYTES

if TYPE_CHECKING:
    from obstore.store import ClientConfig, ObjectStore, RetryConfig

INSTALL = "pip install 'warrant-canary[bucket]'"
T = TypeVar("T")
_SECONDS = 120
"""Seconds for one request: an attachment may have 32 MiB."""

_RETRIES = 3
_NAMES = r"[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9][A-Za-z0-9._~-]*)*/?"
_ADDRESS = re.compile(rf"(?:s3|gs)://{_NAMES}|az://(?P<account>[a-z0-9]+)/(?P<container>{_NAMES})")
_QUERY = re.compile(r"\?\S*")
_CODE = re.compile(r"<Code>(\w+)</Code>")
_STEP = " - "


class UploadBucket:
    """The bucket, or the part of it below a prefix.

    Args:
        address: where it is; it is there.

    Raises:
        CanaryError: it is no such address, obstore is not installed, or the bucket cannot be listed.
    """

    def __init__(self, address: str) -> None:
        if not _ADDRESS.fullmatch(address):
            raise CanaryError(
                f"{shown(address)} is no address of a bucket",
                hint="Write s3://bucket/prefix, gs://bucket/prefix or az://account/container/prefix, without a key.",
            )
        self._address = address
        self._store = opened_store(address)
        self._there: Mapping[str, Any] = self._asked(self._listed)

    def describe(self) -> str:
        """Returns its address."""
        return self._address

    def get(self, path: str) -> bytes | None:
        """Returns a file that is there; None where none is.

        Raises:
            CanaryError: it cannot be read, or is too large.
        """
        found = self._asked(lambda: self._got(path))
        return None if found is None else found[0]

    def holds(self, path: str) -> bool:
        """Tells whether something is called that there."""
        return _checked(path) in self._there

    def put(self, path: str, data: bytes) -> bool:
        """Writes a file, unless it is there with these bytes. Returns whether it was written.

        Raises:
            IntegrityError: other bytes are there, and the log fixes what belongs there.
            CanaryError: it cannot be written, or somebody else wrote it at the same time.
        """
        found = None
        if _checked(path) in self._there:
            if _has_md5(self._there[path], data):
                return False
            found = self._asked(lambda: self._got(path))
        if found is not None and found[0] == data:
            return False
        if found is not None and is_immutable(path):
            raise IntegrityError(
                f"{self._address} holds other bytes at {path}, which never change",
                hint="Find out who wrote them; then remove that object by hand, and publish again.",
            )
        version = None if found is None else {name: found[1][name] for name in ("e_tag", "version") if found[1][name]}
        self._asked(lambda: self._written(path, data, version))
        return True

    def settle(self) -> None:
        """Does nothing: a bucket has kept a file once it says so."""

    def _written(self, path: str, data: bytes, version: Any) -> None:  # noqa: ANN401  # as obstore has it
        import obstore  # noqa: PLC0415  # an extra
        from obstore.exceptions import AlreadyExistsError, PreconditionError  # noqa: PLC0415  # likewise

        attributes = {"Content-Type": content_type(path), "Cache-Control": cache_control(path)}
        try:
            obstore.put(self._store, path, data, attributes=attributes, mode=version or "create", use_multipart=False)
        except (AlreadyExistsError, PreconditionError) as error:
            # A repeat of a request that was carried out, and whose answer was lost, comes to the same.
            found = self._got(path)
            if found is None or found[0] != data:
                raise CanaryError(
                    f"somebody else has written {path} in {self._address} at the same time",
                    hint="Run it again, once theirs has ended.",
                ) from error

    def _got(self, path: str) -> tuple[bytes, Any] | None:
        import obstore  # noqa: PLC0415  # an extra

        try:
            result = obstore.get(self._store, _checked(path))
        except FileNotFoundError:
            return None
        if result.meta["size"] > ATTACHMENT_BYTES:
            raise CanaryError(f"{path} in {self._address} has more than {ATTACHMENT_BYTES:,} bytes")
        return bytes(result.bytes()), result.meta

    def _listed(self) -> dict[str, Any]:
        import obstore  # noqa: PLC0415  # an extra

        return {each["path"]: each for part in obstore.list(self._store) for each in part}

    def _asked(self, ask: Callable[[], T]) -> T:
        """Returns what came of asking the bucket.

        Raises:
            CanaryError: it refused, or was not reached; no key and no token is in the words.
        """
        from obstore.exceptions import BaseError  # noqa: PLC0415  # an extra

        try:
            return ask()
        except FileNotFoundError as error:
            raise WorkspaceError(f"there is no bucket {self._address}", hint="Make it first.") from error
        except (BaseError, ValueError, OSError) as error:
            hint = "Check the address, and the credentials in the environment (AWS_…, GOOGLE_…, AZURE_…)."
            raise CanaryError(f"{self._address}: {shown(_told(str(error)))}", hint=hint) from None


def opened_store(address: str) -> ObjectStore:
    """Returns obstore's store for an address; nothing is asked of it yet.

    Raises:
        CanaryError: obstore is not installed, or cannot use the address.
    """
    try:
        from obstore.store import from_url  # noqa: PLC0415  # an extra
    except ImportError as error:
        raise CanaryError("nothing here can write to a bucket", hint=f"{INSTALL}, or name a folder.") from error
    # Said anew, because obstore does not look at it where it is given any settings.
    plain = os.environ.get("AWS_ALLOW_HTTP", "").lower() == "true"
    client: ClientConfig = {"timeout": timedelta(seconds=_SECONDS), "allow_http": plain}
    retry: RetryConfig = {"max_retries": _RETRIES, "retry_timeout": timedelta(seconds=_SECONDS)}
    found = _ADDRESS.fullmatch(address)
    try:
        if found and found["account"]:
            # obstore takes what comes first for the container, and the account from the environment.
            container = f"az://{found['container']}"
            return from_url(container, account_name=found["account"], client_options=client, retry_config=retry)
        return from_url(address, client_options=client, retry_config=retry)
    except Exception as error:  # noqa: BLE001  # what obstore raises here is of no documented kind
        raise CanaryError(f"{address} cannot be opened: {shown(_told(str(error)))}") from None


def _told(words: str) -> str:
    """Returns the end of what obstore says, the reason, or the service's own code; no query, nor a key."""
    code = _CODE.search(words)
    return code[1] if code else _QUERY.sub("?…", words.split("\n", 1)[0].rpartition(_STEP)[2])


def _checked(path: str) -> str:
    return "/".join(segments(path))


def _has_md5(meta: Any, data: bytes) -> bool:  # noqa: ANN401  # as obstore has it
    """Tells whether an ETag says that these bytes are there: S3's is the MD5, where nothing else encrypts them."""
    return (
        bool(meta["size"] == len(data))
        and (meta["e_tag"] or "").strip('"') == hashlib.md5(data, usedforsecurity=False).hexdigest()
    )
