"""Where a canary lies that is about to be followed, from what its host answers; nothing is asked over a network."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from canary.core.documents.layout import CHECKPOINT, HINT
from canary.core.judging.fetched import ElsewhereError, Fetched, Source
from canary.errors import CanaryError, FetchError
from canary.flows.watch.moved import find_base

FOUND = Fetched(200, b"", None)
GIVEN = "https://example.net/canary"


class Answers:
    """Sources by their base, each of which answers once."""

    def __init__(self, answers: dict[str, Fetched | CanaryError]) -> None:
        self._answers = answers
        self.opened: list[tuple[str, bool]] = []

    @contextlib.contextmanager
    def __call__(self, base: str, /, *, public_only: bool) -> Iterator[Source]:
        self.opened.append((base, public_only))
        yield _Answer(self._answers[base])


class _Answer:
    def __init__(self, answer: Fetched | CanaryError) -> None:
        self._answer = answer

    def describe(self) -> str:
        return "somewhere"

    def get(self, path: str, *, limit: int, etag: str | None = None, fresh: bool = False) -> Fetched:
        del limit
        assert (path, etag, fresh) == (CHECKPOINT, None, False)
        if isinstance(self._answer, CanaryError):
            raise self._answer
        return self._answer


def elsewhere(target: str, *, path: str = CHECKPOINT, public: bool = True) -> ElsewhereError:
    return ElsewhereError("it redirects elsewhere", path=path, target=target, public=public)


@pytest.mark.parametrize("answer", [FOUND, Fetched(404, b"", None), Fetched(503, b"", None), FetchError("not there")])
def test_what_does_not_redirect_has_not_moved(answer: Fetched | CanaryError) -> None:
    answers = Answers({GIVEN: answer})
    assert find_base(GIVEN, answers) == GIVEN
    assert answers.opened == [(GIVEN, False)]


@pytest.mark.parametrize(
    ("path", "target", "base"),
    [
        (CHECKPOINT, "https://www.example.net/canary/checkpoint", "https://www.example.net/canary"),
        (CHECKPOINT, "https://www.example.net/checkpoint", "https://www.example.net/"),
        (CHECKPOINT, "https://www.example.net:8443/a/b/checkpoint", "https://www.example.net:8443/a/b"),
        (CHECKPOINT, "https://example.org/%7Eme/checkpoint", "https://example.org/%7Eme"),
        ("canary/checkpoint", "https://www.example.net/canary/checkpoint", "https://www.example.net/canary"),
        (HINT, "https://www.example.net/.well-known/warrant-canary", "https://www.example.net/"),
    ],
)
def test_one_redirect_is_followed(path: str, target: str, base: str) -> None:
    answers = Answers({GIVEN: elsewhere(target, path=path), base: FOUND})
    assert find_base(GIVEN, answers) == base
    assert answers.opened == [(GIVEN, False), (base, True)]


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("http://www.example.net/canary/checkpoint", "it is not https"),
        ("ftp://www.example.net/canary/checkpoint", "the address does not start with https://"),
        ("https://me:secret@example.org/checkpoint", "the address holds a user name or password"),
        ("https://example.org@example.com/checkpoint", "the address holds a user name or password"),
        ("https://example.org/", "it does not lead to a file checkpoint"),
        ("https://example.org/login?next=/checkpoint", "it does not lead to a file checkpoint"),
        ("https://example.org/#/checkpoint", "it does not lead to a file checkpoint"),
        ("https://example.org?/checkpoint", "it does not lead to a file checkpoint"),
        ("https://example.org/checkpoint?a", "it does not lead to a file checkpoint"),
        ("https://example.org/acheckpoint", "it does not lead to a file checkpoint"),
        ("https://example.org/checkpoint/", "it does not lead to a file checkpoint"),
        ("https://example.org/a/../checkpoint", "it does not lead to a file checkpoint"),
        ("https://example.org/a//checkpoint", "it does not lead to a file checkpoint"),
        ("https://example.org//checkpoint", "it does not lead to a file checkpoint"),
        ("https:///checkpoint", "the address names no host"),
        ("https://[::1/checkpoint", "the address names a host or a port that cannot be"),
        ("https://example.org/\x1b[2J/checkpoint", "the address has characters that no address has"),
        ("https://example.org/" + "a" * 1_000 + "/checkpoint", "it has more than 1000 characters"),
        ("https://127.0.0.1/checkpoint", "it leads into a private network"),
        ("https://[::1]/checkpoint", "it leads into a private network"),
        ("https://[::ffff:10.0.0.1]/checkpoint", "it leads into a private network"),
        ("https://192.168.1.1/checkpoint", "it leads into a private network"),
        ("https://169.254.169.254/checkpoint", "it leads into a private network"),
        ("https://localhost/checkpoint", "it leads into a private network"),
        ("https://LOCALHOST./checkpoint", "it leads into a private network"),
    ],
)
def test_redirects_that_are_not_followed(target: str, words: str) -> None:
    answers = Answers({GIVEN: elsewhere(target)})
    with pytest.raises(FetchError) as caught:
        find_base(GIVEN, answers)
    assert caught.value.what.startswith(f"{GIVEN} redirects to '")
    assert caught.value.what.endswith(f", which is not followed: {words}")
    assert caught.value.what.isprintable()
    assert caught.value.hint
    assert answers.opened == [(GIVEN, False)]


def test_the_hint_is_not_taken_for_a_checkpoint() -> None:
    answers = Answers({GIVEN: elsewhere("https://www.example.net/checkpoint", path=HINT)})
    with pytest.raises(FetchError, match=r"it does not lead to a file \.well-known/warrant-canary$"):
        find_base(GIVEN, answers)


def test_within_a_private_network_one_may_lead_to_another() -> None:
    base = "https://192.168.1.1"
    answers = Answers({GIVEN: elsewhere(f"{base}/checkpoint", public=False), f"{base}/": FOUND})
    assert find_base(GIVEN, answers) == f"{base}/"
    assert answers.opened[-1] == (f"{base}/", False)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (elsewhere("https://third.example/checkpoint"), "and that to yet another host"),
        (elsewhere(f"{GIVEN}/checkpoint"), "and that to yet another host"),
        (Fetched(404, b"", None), "where no canary is (status 404)"),
        (FetchError("www.example.net did not answer within 5 s"), "www.example.net did not answer within 5 s"),
        (CanaryError("it is an onion service"), "it is an onion service"),
    ],
)
def test_what_does_not_answer_there(answer: Fetched | CanaryError, words: str) -> None:
    base = "https://www.example.net/canary"
    answers = Answers({GIVEN: elsewhere(f"{base}/checkpoint"), base: answer})
    with pytest.raises(CanaryError) as caught:
        find_base(GIVEN, answers)
    assert words in caught.value.what
    assert answers.opened == [(GIVEN, False), (base, True)]
