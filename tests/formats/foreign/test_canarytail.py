"""CanaryTail: both layouts, who has signed what, panic, and everything that could be read in two ways."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.core.foreign.edition import Edition, Remark
from canary.core.foreign.pinned import Format, Pinned
from canary.core.signed.outcome import Outcome
from canary.errors import MalformedError
from canary.formats.foreign.canarytail import CanaryTailReader
from tests.canarytail_publisher import CODES, Document, base64_of, document, encoded, old_document, public, seed, sign

READER = CanaryTailReader()
Change = Callable[[Document], None]


def pinned_from(data: bytes) -> Pinned:
    found = READER.identify("canary.json", {"canary.json": data})
    assert found is not None
    return Pinned(found.format, "canarytail", "", found.signers, found.threshold, (), found.panic_key)


PINNED = pinned_from(encoded(document("author")))


def read(made: Document, keys: Pinned = PINNED) -> Edition:
    return READER.read("canary.json", {"canary.json": encoded(made)}, keys)


def remarks(edition: Edition) -> dict[Remark, list[str]]:
    found: dict[Remark, list[str]] = {}
    for remark, detail in edition.remarks:
        found.setdefault(remark, []).append(detail)
    return found


def is_enough(edition: Edition, keys: Pinned) -> bool:
    """The judge's rule: as many as the threshold, and all that are required."""
    signers = edition.signers()
    return len(signers) >= keys.threshold and all(each.name in signers for each in keys.signers if each.required)


@pytest.mark.parametrize("make", [document, old_document])
def test_both_layouts_are_read(make: Callable[..., Document]) -> None:
    made = make("author", "bob")
    keys = pinned_from(encoded(made))
    edition = read(made, keys)
    assert [each.outcome for each in edition.signatures] == [Outcome.GOOD, Outcome.GOOD]
    assert len(edition.signers()) == 2
    assert list(remarks(edition)) == [Remark.FIELDS_NOT_BOUND]
    assert f"codes: {' '.join(CODES)}\n" in edition.text
    assert edition.text.count("\n") == len(made["canary"]) + ("version" in made)


def test_the_text_has_the_documents_order() -> None:
    made = document("author")
    made["canary"] = dict(reversed(made["canary"].items()))
    assert [line.split(":")[0] for line in read(made).text.splitlines()] == ["version", *made["canary"]]


def test_what_is_pinned_comes_from_the_document() -> None:
    author, bob = PINNED.signers
    assert (author.name, author.key, author.required) == ("author", public("author").hex(), True)
    assert (bob.name, bob.required) == ("bob", False)
    assert (PINNED.format, PINNED.threshold) == (Format.CANARYTAIL, 1)
    assert PINNED.panic_key == base64_of(public("panic"))
    assert pinned_from(encoded(old_document("author"))).threshold == 2


def test_two_keys_of_one_name_stay_two_signers() -> None:
    made = document()
    for each in made["canary"]["pubkeys"]:
        each["name"] = "author"
    sign(made, "author")
    sign(made, "bob")
    assert len(read(made, pinned_from(encoded(made))).signers()) == 2


@pytest.mark.parametrize("field", ["version", *document()["canary"]])
def test_a_field_that_was_changed_or_is_not_signed_makes_the_signer_bad(field: str) -> None:
    made = document("author")
    del made["signatures"][base64_of(public("author"))][field]
    edition = read(made)
    if field == "mirrors":
        assert edition.signers() == ("author",)
    else:
        assert edition.signatures[0].outcome is Outcome.BAD
        assert field in edition.signatures[0].detail
    other = document("author", mirrors=["https://example.net"], min_signers=1)
    signatures = other["signatures"][base64_of(public("author"))]
    signatures[field] = signatures["domain" if field != "domain" else "codes"]
    assert read(other).signatures[0].outcome is Outcome.BAD
    assert read(other).fields == ()


def test_emptying_a_field_with_its_signature_gains_nothing() -> None:
    made = document("author")
    made["canary"]["freshness"] = ""
    del made["signatures"][base64_of(public("author"))]["freshness"]
    assert read(made).signatures[0].outcome is Outcome.BAD


def test_a_signer_that_is_not_pinned_counts_for_nobody_whatever_the_document_says() -> None:
    made = document("author", "mallory")
    made["canary"]["pubkeys"].append({"role": "x", "name": "m", "key": base64_of(public("mallory")), "required": False})
    sign(made, "author")
    edition = read(made)
    assert edition.signers() == ("author",)
    assert {each.outcome for each in edition.signatures} == {Outcome.GOOD, Outcome.NO_KEY}
    assert "signers" in remarks(edition)[Remark.OTHER_KEYS][0]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"min_signers": 2}, "2 of them"),
        ({"panickey": base64_of(public("other"))}, "panic key"),
        ({"panickey": ""}, "panic key"),
    ],
)
def test_other_keys_or_another_threshold_than_pinned_are_told(change: dict[str, Any], told: str) -> None:
    assert told in remarks(read(document("author", **change)))[Remark.OTHER_KEYS][0]


def test_a_signer_who_is_no_longer_required_is_told() -> None:
    edition = read(document("bob", required=()))
    assert Remark.OTHER_KEYS in remarks(edition)
    assert not is_enough(edition, PINNED)


# --- panic ----------------------------------------------------------------------------------------------


def test_a_whole_signature_by_the_panic_key_is_told() -> None:
    edition = read(document("author", "panic"))
    assert remarks(edition)[Remark.PANIC] == ["it has signed the document"]
    assert edition.signers() == ("author",)


def test_one_field_signed_by_the_panic_key_is_enough() -> None:
    made = document("author")
    sign(made, "panic", only=("domain",))
    assert Remark.PANIC in remarks(read(made))


def test_a_wrong_signature_by_the_panic_key_is_no_panic() -> None:
    made = document("author")
    made["signatures"][base64_of(public("panic"))] = made["signatures"][base64_of(public("author"))]
    assert Remark.PANIC not in remarks(read(made))


def test_another_panic_key_than_the_pinned_one_raises_no_panic() -> None:
    made = document("author", "other", panickey=base64_of(public("other")))
    assert Remark.PANIC not in remarks(read(made))


def test_the_panic_key_among_the_signers_is_told() -> None:
    made = document()
    made["canary"]["pubkeys"].append({"role": "x", "name": "p", "key": base64_of(public("panic")), "required": False})
    sign(made, "author")
    assert "it stands among the signers" in remarks(read(made))[Remark.PANIC]


def test_a_host_that_adds_the_panic_key_to_the_signers_raises_no_panic() -> None:
    made = document("author")
    made["canary"]["pubkeys"].append({"role": "x", "name": "p", "key": base64_of(public("panic")), "required": False})
    sign(made, "mallory")
    edition = read(made)
    assert Remark.PANIC not in remarks(edition)
    assert edition.signers() == ()


@pytest.mark.parametrize("half", [seed("panic"), seed("panic") + public("panic")])
@pytest.mark.parametrize("field", ["panickey", "freshness", "note"])
def test_the_panic_keys_private_half_published_anywhere_is_told(half: bytes, field: str) -> None:
    made = document()
    made["canary"][field] = base64_of(half)
    sign(made, "author")
    edition = read(made)
    assert remarks(edition)[Remark.PANIC] == ["its private half is published in the document"]


# --- strictness -----------------------------------------------------------------------------------------


def changed(**fields: Any) -> Change:  # noqa: ANN401  # any field of the document
    return lambda made: made["canary"].update(fields)


def without(field: str) -> Change:
    return lambda made: made["canary"].pop(field)


def key_with(**fields: Any) -> Change:  # noqa: ANN401  # any field of a key
    return lambda made: made["canary"]["pubkeys"][0].update(fields)


AMBIGUOUS: dict[str, Change] = {
    "a code with a space": changed(codes=["war gag", "subp"]),
    "an empty code": changed(codes=["war", ""]),
    "a code twice": changed(codes=["war", "WAR"]),
    "a mirror with a space": changed(mirrors=["https://a https://b"]),
    "an empty mirror": changed(mirrors=[""]),
    "a name with braces": key_with(name="x " + base64_of(public("mallory")) + " true} {y z"),
    "a role with braces": key_with(role="{"),
    "a line end in a field": changed(domain="example.org\ncodes: war"),
    "a key twice": lambda made: made["canary"]["pubkeys"].append(made["canary"]["pubkeys"][0]),
    "no keys": changed(pubkeys=[]),
    "keys in both layouts": lambda made: made["canary"]["pubkeys"].append(base64_of(public("x"))),
    "a key that verifies anything": key_with(key=base64_of((1).to_bytes(32, "little"))),
    "a short key": key_with(key=base64_of(bytes(31))),
    "required as a word": key_with(required="yes"),
    "required missing": lambda made: made["canary"]["pubkeys"][0].pop("required"),
    "min_signers as a word": changed(min_signers="1"),
    "min_signers as a truth": changed(min_signers=True),
    "min_signers below nought": changed(min_signers=-1),
    "min_signers beyond all": changed(min_signers=101),
    "another version": lambda made: made.update(version="0.2"),
    "two versions": changed(version="0.1"),
    "no expiry": without("expiry"),
    "no min_signers": without("min_signers"),
    "an expiry that is no time": changed(expiry="2026-13-01T00:00:00Z"),
    "a release without a zone": changed(release="2026-11-01T00:00:00"),
    "a release out of all years": changed(release="9999-12-31T23:59:59-23:59"),
    "a domain of nothing": changed(domain=None),
    "a domain of a number": changed(domain={"a": 1}),
    "signatures missing": lambda made: made.pop("signatures"),
    "signatures under no key": lambda made: made["signatures"].update({"x": {}}),
    "no canary": lambda made: made.pop("canary"),
    "a thousand codes": changed(codes=[f"c{n}" for n in range(1000)]),
    "a thousand keys": changed(pubkeys=[base64_of(public(f"k{n}")) for n in range(1000)]),
    "a thousand signers": lambda made: made["signatures"].update({base64_of(public(f"k{n}")): {} for n in range(1000)}),
}


@pytest.mark.parametrize("fault", AMBIGUOUS)
def test_what_could_be_read_in_two_ways_is_malformed(fault: str) -> None:
    made = document("author")
    AMBIGUOUS[fault](made)
    with pytest.raises(MalformedError, match=r"canary\.json"):
        read(made)
    assert READER.identify("canary.json", {"canary.json": encoded(made)}) is None


def test_what_nobody_signs_is_told_and_not_read() -> None:
    made = document("author", note="fields that are not known")
    made["extra"] = "1"
    edition = read(made)
    assert remarks(edition)[Remark.OUTSIDE_TEXT] == ["extra, note"]
    assert "note" not in edition.text


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("2026-11-01T02:00:00+02:00", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-11-01T00:00:00.963Z", datetime(2026, 11, 1, tzinfo=UTC)),
    ],
)
def test_times_are_read_as_go_writes_them(written: str, read_as: datetime) -> None:
    assert {each.release for each in read(document("author", release=written)).fields} == {read_as}


def test_codes_are_read_in_any_case() -> None:
    assert "codes: war gag\n" in read(document("author", codes=("WAR", "gag"))).text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(field=st.sampled_from(["canary", "version", "signatures", *document()["canary"]]), value=JSON)
def test_any_value_in_any_place_is_read_or_is_malformed_and_signs_nothing(field: str, value: Any) -> None:  # noqa: ANN401
    made = document("author")
    honest = read(made).text
    (made if field in made else made["canary"])[field] = value
    try:
        edition = read(made)
    except MalformedError:
        return
    assert edition.signers() == () or edition.text == honest


@given(st.binary(max_size=300))
def test_any_bytes_are_malformed(data: bytes) -> None:
    assert READER.identify("x", {"x": data}) is None
    with pytest.raises(MalformedError):
        READER.read("x", {"x": data}, PINNED)


@given(st.data())
def test_no_byte_of_a_document_can_be_changed_and_another_text_be_signed(data: st.DataObject) -> None:
    whole = bytearray(encoded(document("author")))
    honest = READER.read("x", {"x": bytes(whole)}, PINNED)
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] = data.draw(st.integers(0, 255))
    try:
        edition = READER.read("x", {"x": bytes(whole)}, PINNED)
    except MalformedError:
        return
    # `mirrors` alone may be left out, and says nothing.
    assert edition.signers() == () or edition.text in (honest.text, honest.text.replace("mirrors: \n", ""))


# --- the reference library's verdicts -------------------------------------------------------------------

DATA = Path(__file__).parents[4] / "shared" / "data" / "canaries" / "canarytail"
VECTORS = sorted(path for path in DATA.glob("*.json") if not path.name.endswith(".expect.json"))


@pytest.mark.skipif(not DATA.is_dir(), reason=f"CanaryTail's documents are not here: {DATA}")
def test_every_document_is_judged_as_the_reference_library_does() -> None:
    assert len(VECTORS) == 5
    for path in VECTORS:
        data = path.read_bytes()
        keys = pinned_from(data)
        edition = READER.read(path.name, {path.name: data}, keys)
        assert {each.outcome for each in edition.signatures} == {Outcome.GOOD}
        assert list(remarks(edition)) == [Remark.FIELDS_NOT_BOUND]
        expect_file = path.with_suffix(".expect.json")
        if not expect_file.is_file():
            assert is_enough(edition, keys)
            continue
        expect = json.loads(expect_file.read_bytes())
        lines = dict(line.split(": ", 1) for line in edition.text.splitlines())
        expiry = msgspec.convert(lines["expiry"], datetime)
        assert is_enough(edition, keys) is expect["signature_validation_ok"]
        assert (expiry < datetime(2026, 11, 23, tzinfo=UTC)) is expect["expired_at_2026_11_23"]
        assert [each for each in CODES if each not in lines["codes"].split()] == expect["missing_codes"]
