from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from canary.edges.channels.channel_stream import StreamChannel
from tests.channels.sending import MESSAGE, failure


def test_the_text_is_written_and_flushed() -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as reader, os.fdopen(writing, "w", encoding="utf-8") as writer:
        StreamChannel(writer).send(MESSAGE)
        assert os.read(reader.fileno(), 1_000_000).decode() == MESSAGE.text


def test_nobody_listens_any_more() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    stream = os.fdopen(writing, "w", encoding="utf-8", buffering=1)  # closing it fails too
    error = failure(StreamChannel(stream))
    assert error.temporary
    assert "Broken pipe" in error.what
    with pytest.raises(BrokenPipeError):
        stream.close()


def test_a_full_disk() -> None:
    stream = Path("/dev/full").open("w", encoding="utf-8")  # noqa: SIM115  # closing it fails too
    error = failure(StreamChannel(stream))
    assert error.temporary
    assert "No space left" in error.what
    with pytest.raises(OSError, match="No space left"):
        stream.close()


def test_a_stream_that_is_closed_or_cannot_show_it() -> None:
    closed = io.StringIO()
    closed.close()
    assert failure(StreamChannel(closed)).temporary
    assert failure(StreamChannel(io.TextIOWrapper(io.BytesIO(), "ascii"))).temporary
