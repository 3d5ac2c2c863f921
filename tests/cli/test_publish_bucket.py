"""`canary publish --to s3://…`, against a server of this machine that speaks S3."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("obstore", reason="obstore is not installed here, so nothing was written to a bucket")
pytest.importorskip("moto.server", reason="moto is not installed here, so nothing was written to a bucket")

import obstore
from obstore.store import AzureStore, GCSStore, S3Store

from canary.edges.publishing.upload_bucket import UploadBucket, opened_store
from canary.errors import CanaryError, IntegrityError
from tests.bucket_server import BucketServer
from tests.publisher import Publisher, Ran, done, files_of


@pytest.fixture(scope="module")
def server() -> Iterator[BucketServer]:
    with BucketServer() as server:
        yield server


@pytest.fixture(autouse=True)
def there(server: BucketServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A prefix of its own for each test."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    server.use(monkeypatch)
    return uuid.uuid4().hex


def publish(publisher: Publisher, place: str, *arguments: object) -> Ran:
    return publisher.canary("publish", "--key-dir", publisher.keys, "--to", place, *arguments)


def site(publisher: Publisher) -> dict[str, bytes]:
    top = publisher.public.resolve()
    return {str(path.relative_to(top)): path.read_bytes() for path in top.rglob("*") if path.is_file()}


@pytest.fixture
def modes(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, object]]:
    """What is written from now on: each path, and under which condition."""
    found: list[tuple[str, object]] = []
    real: Callable[..., object] = obstore.put

    def put(store: object, path: str, *arguments: object, **options: object) -> object:
        found.append((path, options["mode"]))
        return real(store, path, *arguments, **options)

    monkeypatch.setattr(obstore, "put", put)
    return found


def test_the_whole_site_is_there_and_every_file_has_its_headers(
    published: Publisher, server: BucketServer, there: str
) -> None:
    ran = done(publish(published, f"s3://sites/{there}"))
    assert server.files(there) == site(published)
    assert f"s3://sites/{there}: {files_of(published)} files written, 0 left as they were." in ran.said
    headers = {
        path: (head["ContentType"], head["CacheControl"])
        for path in ("checkpoint", "index.html", "tile/entries/000.p/2", "releases/1/text.txt")
        for head in [server.client.head_object(Bucket="sites", Key=f"{there}/{path}")]
    }
    for_ever = "public, max-age=31536000, immutable"
    assert headers == {
        "checkpoint": ("text/plain; charset=utf-8", "public, max-age=60"),
        "index.html": ("text/html; charset=utf-8", "public, max-age=60"),
        "tile/entries/000.p/2": ("application/octet-stream", for_ever),
        "releases/1/text.txt": ("text/plain; charset=utf-8", for_ever),
    }


def test_every_write_has_a_condition_and_the_checkpoint_is_the_last(
    published: Publisher, server: BucketServer, there: str, modes: list[tuple[str, object]]
) -> None:
    done(publish(published, f"s3://sites/{there}"))
    assert {mode for _, mode in modes} == {"create"}
    assert (modes[0][0], modes[-1][0]) == (".well-known/warrant-canary", "checkpoint")
    etag = server.client.head_object(Bucket="sites", Key=f"{there}/checkpoint")["ETag"]
    modes.clear()
    published.on("2026-05-02").release()
    done(publish(published, f"s3://sites/{there}"))
    assert server.files(there) == site(published)
    assert modes[-1] == ("checkpoint", {"e_tag": etag})
    assert dict(modes)["tile/entries/000.p/3"] == "create"
    assert "releases/1/text.txt" not in dict(modes)


def test_a_second_run_writes_nothing(published: Publisher, there: str, modes: list[tuple[str, object]]) -> None:
    done(publish(published, f"s3://sites/{there}"))
    modes.clear()
    ran = done(publish(published, f"s3://sites/{there}/"))
    assert (modes, f"0 files written, {files_of(published)} left as they were" in ran.said) == ([], True)


def test_a_run_that_stopped_is_finished_by_the_next(
    published: Publisher, server: BucketServer, there: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real: Callable[..., object] = obstore.put
    left = [7]

    def stops(*arguments: object, **options: object) -> object:
        if not left[0]:
            raise obstore.exceptions.GenericError("the network is gone\nDebug: secret")
        left[0] -= 1
        return real(*arguments, **options)

    monkeypatch.setattr(obstore, "put", stops)
    ran = publish(published, f"s3://sites/{there}")
    assert (ran.code, "the network is gone" in ran.err, "secret" in ran.said) == (3, True, False)
    assert len(server.files(there)) == 7
    assert "checkpoint" not in server.files(there)
    monkeypatch.setattr(obstore, "put", real)
    done(publish(published, f"s3://sites/{there}"))
    assert server.files(there) == site(published)


def test_what_never_changes_is_never_overwritten(published: Publisher, server: BucketServer, there: str) -> None:
    done(publish(published, f"s3://sites/{there}"))
    server.put(f"{there}/releases/1/text.txt", b"another text")
    ran = publish(published, f"s3://sites/{there}")
    assert (ran.code, "holds other bytes at releases/1/text.txt, which never change" in ran.said) == (2, True)
    assert server.get(f"{there}/releases/1/text.txt") == b"another text"


def test_somebody_else_at_the_same_time_is_noticed(
    server: BucketServer, there: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = UploadBucket(f"s3://sites/{there}")
    real: Callable[..., object] = obstore.put

    def late(*arguments: object, **options: object) -> object:
        server.put(f"{there}/index.html", b"theirs")
        return real(*arguments, **options)

    monkeypatch.setattr(obstore, "put", late)
    for _ in range(2):  # where nothing was, and over a version that was looked at
        with pytest.raises(CanaryError, match=r"somebody else has written index\.html"):
            place.put("index.html", b"ours")
        assert server.get(f"{there}/index.html") == b"theirs"
        server.put(f"{there}/index.html", b"before")
        place = UploadBucket(f"s3://sites/{there}")


def test_a_repeat_whose_answer_was_lost_is_no_conflict(
    server: BucketServer, there: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real: Callable[..., object] = obstore.put

    def twice(*arguments: object, **options: object) -> object:
        real(*arguments, **options)
        return real(*arguments, **options)

    monkeypatch.setattr(obstore, "put", twice)
    assert UploadBucket(f"s3://sites/{there}").put("index.html", b"ours")
    assert UploadBucket(f"s3://sites/{there}").put("index.html", b"ours, later")
    assert server.get(f"{there}/index.html") == b"ours, later"


def test_a_newer_log_is_not_rolled_back(published: Publisher, server: BucketServer, there: str, tmp_path: Path) -> None:
    older = published.copy_to(tmp_path / "older")
    published.on("2026-05-02").release()
    done(publish(published, f"s3://sites/{there}"))
    before = server.files(there)
    ran = publish(older, f"s3://sites/{there}")
    assert (ran.code, f"s3://sites/{there} shows 3 entries, and the log here has 2" in ran.said) == (2, True)
    assert server.files(there) == before


def test_another_website_is_not_overwritten(published: Publisher, server: BucketServer, there: str) -> None:
    server.put(f"{there}/index.html", b"the company's own page")
    ran = publish(published, f"s3://sites/{there}")
    assert (ran.code, "holds something else, index.html" in ran.said) == (3, True)
    assert server.files(there) == {"index.html": b"the company's own page"}


# --- what cannot be written to --------------------------------------------------------------------------


def test_a_bucket_that_is_not_there(published: Publisher) -> None:
    ran = publish(published, "s3://no-such-bucket/acme")
    assert (ran.code, "s3://no-such-bucket/acme: 'NoSuchBucket'" in ran.said) == (3, True)


def test_an_endpoint_that_does_not_answer(published: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("canary.edges.publishing.upload_bucket._RETRIES", 0)
    monkeypatch.setenv("AWS_ENDPOINT", "http://127.0.0.1:1")
    ran = publish(published, "s3://sites/acme")
    assert (ran.code, "a-secret" in ran.said, "Debug" in ran.said) == (3, False, False)
    assert "s3://sites/acme: 'HTTP error: error sending request'" in ran.said
    assert "Check the address, and the credentials in the environment" in ran.said


def test_http_is_not_taken_unless_that_was_said(published: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ALLOW_HTTP")
    monkeypatch.setattr("canary.edges.publishing.upload_bucket._RETRIES", 0)
    assert publish(published, "s3://sites/acme").code == 3


@pytest.mark.parametrize(
    "address",
    [
        "s3://",
        "s3://sites/../acme",
        "s3://key:secret@sites/acme",
        "s3://sites/acme?x=1",
        "ftp://sites/acme",
        "az://account",
        "az://account/",
        "az://Account/container",
        "https://a/b",
    ],
)
def test_what_is_no_address_of_a_bucket(address: str, published: Publisher) -> None:
    ran = publish(published, address)
    assert (ran.code, "is no address of a bucket" in ran.said) == (3, True)


@pytest.mark.parametrize(
    ("address", "kind", "prefix", "settings"),
    [
        ("s3://our-site/canary", S3Store, "canary", {"bucket": "our-site"}),
        ("gs://our-site/canary", GCSStore, "canary", {"bucket": "our-site"}),
        ("gs://our-site", GCSStore, None, {"bucket": "our-site"}),
        ("az://ours/site/a/b", AzureStore, "a/b", {"account_name": "ours", "container_name": "site"}),
        ("az://ours/site", AzureStore, None, {"account_name": "ours", "container_name": "site"}),
    ],
)
def test_an_address_means_what_the_readme_says(
    address: str, kind: type, prefix: str | None, settings: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "another")
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", "a2V5")
    monkeypatch.setenv("GOOGLE_SKIP_SIGNATURE", "true")
    store = opened_store(address)
    assert isinstance(store, kind)
    assert getattr(store, "prefix") == prefix  # noqa: B009  # not every store has one
    assert settings.items() <= getattr(store, "config").items()  # noqa: B009  # likewise


def test_without_the_extra_it_says_what_then(published: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "obstore.store", None)
    ran = publish(published, "s3://sites/acme")
    assert (ran.code, "pip install 'warrant-canary[bucket]'" in ran.said) == (3, True)


def test_an_object_that_is_too_large_is_not_read(
    server: BucketServer, there: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("canary.edges.publishing.upload_bucket.ATTACHMENT_BYTES", 3)
    server.put(f"{there}/index.html", b"four")
    with pytest.raises(CanaryError, match="has more than 3 bytes"):
        UploadBucket(f"s3://sites/{there}").get("index.html")
    assert UploadBucket(f"s3://sites/{there}").get("nothing.html") is None


def test_only_a_tile_that_differs_is_an_alarm(server: BucketServer, there: str) -> None:
    server.put(f"{there}/tile/0/000", b"same")
    place = UploadBucket(f"s3://sites/{there}")
    assert not place.put("tile/0/000", b"same")
    with pytest.raises(IntegrityError):
        place.put("tile/0/000", b"else")
