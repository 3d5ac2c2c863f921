"""A server on 127.0.0.1 that speaks S3: moto's, with one bucket, called `sites`.

with BucketServer() as server:
    server.use(monkeypatch)          # the credentials and the endpoint, in the environment
    ...                              # something writes to s3://sites/acme
    assert server.files("acme")["checkpoint"] == b"..."
"""

from __future__ import annotations

import logging
from typing import Any, Self

import boto3
import pytest
from moto.server import ThreadedMotoServer

_KEY = {"aws_access_key_id": "a-key", "aws_secret_access_key": "a-secret", "region_name": "us-east-1"}


class BucketServer:
    """The server; a context manager."""

    def __enter__(self) -> Self:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self._server.start()
        host, port = self._server.get_host_and_port()
        self.url = f"http://{host}:{port}"
        self.client: Any = boto3.client("s3", endpoint_url=self.url, **_KEY)
        self.client.create_bucket(Bucket="sites")
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()
        self._server.stop()

    def use(self, patch: pytest.MonkeyPatch) -> None:
        """Puts the credentials and the endpoint into the environment."""
        patch.setenv("AWS_ACCESS_KEY_ID", "a-key")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret")
        patch.setenv("AWS_REGION", "us-east-1")
        patch.setenv("AWS_ENDPOINT", self.url)
        patch.setenv("AWS_ALLOW_HTTP", "true")

    def files(self, prefix: str) -> dict[str, bytes]:
        """Returns everything below a prefix."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket="sites", Prefix=f"{prefix}/")
        keys = [each["Key"] for page in pages for each in page.get("Contents", ())]
        return {key.removeprefix(f"{prefix}/"): self.get(key) for key in keys}

    def get(self, key: str) -> bytes:
        """Returns one object's bytes."""
        return bytes(self.client.get_object(Bucket="sites", Key=key)["Body"].read())

    def put(self, key: str, data: bytes) -> None:
        """Writes an object, as somebody else."""
        self.client.put_object(Bucket="sites", Key=key, Body=data)
