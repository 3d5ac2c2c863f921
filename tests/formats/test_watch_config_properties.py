from __future__ import annotations

import json
import string
from datetime import time, timedelta
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from canary.core.watching.agenda import Patience
from canary.core.watching.quiet_hours import check_quiet
from canary.core.watching.telling import TellingPolicy
from canary.core.watching.watch_settings import (
    Apprise,
    ChannelSettings,
    Command,
    Level,
    Quiet,
    Route,
    Secret,
    Security,
    Smtp,
    Stream,
    WatchSettings,
    Webhook,
)
from canary.errors import MalformedError
from canary.formats.settings.toml_table import format_length
from canary.formats.settings.watch_config import parse_watch_config
from tests.strategies import mutated

EXAMPLE = (Path(__file__).parents[2] / "examples" / "watch.toml").read_bytes()


def parse(data: bytes) -> WatchSettings:
    return parse_watch_config(data, what="watch.toml", memory="/data/watch.db", folder="/etc/canary", home="/home/op")


# --- any bytes ------------------------------------------------------------------------------------------


def _is_read_or_refused(data: bytes) -> None:
    try:
        settings = parse(data)
    except MalformedError as error:
        _check_fault(error, data)
    else:
        assert settings.channels


def _check_fault(error: MalformedError, data: bytes) -> None:
    assert error.what.startswith("watch.toml")
    assert error.what.isprintable()
    assert error.line is None or 1 <= error.line <= data.count(b"\n") + 1


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    _is_read_or_refused(data)


_WORDS = st.sampled_from(
    [
        *("watch", "patience", "telling", "channels", "routes", "channels.a", "kind", "run", "every", "quiet", "ahead"),
        *("[", "]", "[[", "]]", "{", "}", "=", ",", ".", "\n", "\r\n", "\r", '"', "'", '"""', "'''", "\\", "#", " "),
        *(
            "true",
            "1",
            "-0",
            "1e999",
            "nan",
            "07:32:00",
            "1979-05-27",
            "'smtp'",
            "'stdout'",
            "'6h'",
            "\x00",
            "é",
            "\u200b",
        ),
    ]
)


@given(st.lists(_WORDS, max_size=40).map("".join))
def test_any_text_made_of_what_toml_is_made_of_is_read_or_refused(text: str) -> None:
    _is_read_or_refused(text.encode())


@given(mutated(st.just(EXAMPLE)))
@example(EXAMPLE)
def test_the_example_with_some_bytes_changed_is_read_or_refused(data: bytes) -> None:
    _is_read_or_refused(data)


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(string.printable, max_size=8)
    | st.sampled_from(["6h", "smtp", "07:00", "stdout", "UTC"]),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)


@given(st.data())
def test_any_value_of_any_key_is_read_or_refused(data: st.DataObject) -> None:
    lines = EXAMPLE.decode().split("\n")
    place = data.draw(st.sampled_from([n for n, line in enumerate(lines) if " = " in line]))
    value = data.draw(_VALUES.filter(lambda each: each is not None))
    lines[place] = f"{lines[place].removeprefix('# ').partition(' = ')[0]} = {json.dumps(value)}"
    _is_read_or_refused("\n".join(lines).encode())


# --- valid settings -------------------------------------------------------------------------------------

_PRINTABLE = "".join(each for each in string.printable if each.isprintable()) + "äß漢\U0001f426"
_NAMES = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,8}", fullmatch=True)
_PATHS = st.text(_PRINTABLE, min_size=1, max_size=12).map("/{}".format)
_SECRETS = st.builds(Secret, file=_PATHS) | st.builds(Secret, environment=st.from_regex(r"[A-Z_]{1,8}", fullmatch=True))
_HOSTS = st.sampled_from(["mail.example.net", "localhost", "192.0.2.1", "::1", "127.0.0.1"])
_ADDRESSES = st.from_regex(r"[a-z!#+]{1,8}(\.[a-z]{1,4})?@[a-z]{1,8}\.example", fullmatch=True)
_CA_FILES = st.just("") | _PATHS
_HOURS, _MINUTES = st.integers(0, 23), st.integers(0, 59)
_CLOCKS = st.builds(time, _HOURS, _MINUTES)


def _can_be(quiet: Quiet) -> bool:
    try:
        return check_quiet(quiet) is quiet
    except MalformedError:
        return False


_QUIETS = st.builds(Quiet, _CLOCKS, _CLOCKS, st.sampled_from(["UTC", "Europe/Berlin", "Australia/Lord_Howe"])).filter(
    _can_be
)


@st.composite
def _mails(draw: st.DrawFn) -> Smtp:
    security = draw(st.sampled_from(Security))
    host = draw(_HOSTS)
    login = draw(st.booleans()) and (security is not Security.NONE or host in ("localhost", "::1", "127.0.0.1"))
    return Smtp(
        host,
        draw(st.integers(1, 65_535)),
        security,
        draw(_ADDRESSES),
        tuple(draw(st.lists(_ADDRESSES, min_size=1, max_size=3, unique=True))),
        user=draw(st.text(_PRINTABLE, min_size=1, max_size=8)) if login else "",
        password=draw(_SECRETS) if login else None,
        ca_file=draw(_CA_FILES) if security is not Security.NONE else "",
        html=draw(st.booleans()),
    )


_URLS = st.from_regex(r"https://[a-z]{1,8}\.example(:[1-9][0-9]{0,3})?/[a-z0-9]{0,8}(\?[a-z]=[0-9])?", fullmatch=True)
_HOOKS = st.builds(Webhook, _URLS, st.none() | _SECRETS, _CA_FILES) | st.builds(
    Webhook, _URLS.map(lambda url: url.replace("https", "http")), st.none(), st.just(""), allow_http=st.just(value=True)
)
_COMMANDS = st.builds(
    lambda program, rest: Command((program, *rest)),
    _PATHS,
    st.lists(st.text(_PRINTABLE, min_size=1, max_size=6), max_size=3),
)
_HOWS = _mails() | _HOOKS | _COMMANDS | st.just(Stream()) | st.builds(Apprise, _SECRETS)


def _seconds(least: int, most: int) -> st.SearchStrategy[timedelta]:
    return st.integers(least, most).map(lambda seconds: timedelta(seconds=seconds))


@st.composite
def _settings(draw: st.DrawFn) -> WatchSettings:
    names = draw(st.lists(_NAMES, min_size=1, max_size=4, unique=True))
    channels = [
        ChannelSettings(
            name,
            draw(_HOWS),
            digest=draw(st.booleans()),
            quiet=draw(st.none() | _QUIETS),
            seconds=draw(st.integers(1, 600)),
        )
        for name in names
    ]
    routes: tuple[Route, ...] = ()
    if draw(st.booleans()):
        tags = st.lists(_NAMES, min_size=1, max_size=3, unique=True).map(tuple)
        some = st.lists(st.sampled_from(names), min_size=1, unique=True).map(tuple)
        more = draw(st.lists(st.builds(Route, some, tags, st.sampled_from(Level)), max_size=3, unique=True))
        everything = Route(tuple(names), (), draw(st.sampled_from([Level.NOTICE, Level.WARNING, Level.UNKNOWN])))
        routes = (everything, *more)
    threads = draw(st.integers(1, 256))
    return WatchSettings(
        draw(_PATHS),
        every=draw(_seconds(5, 30 * 24 * 60).map(lambda each: each * 60)),
        threads=threads,
        per_host=draw(st.integers(1, threads)),
        seconds=draw(st.integers(5, 600)),
        patience=Patience(draw(st.integers(1, 20)), draw(_seconds(0, 7 * 86_400))),
        telling=TellingPolicy(
            draw(_seconds(3_600, 900_000)),
            draw(st.integers(1, 100)),
            tuple(sorted(draw(st.sets(st.integers(1, 366), max_size=5)), reverse=True)),
            draw(st.integers(2, 100)),
            draw(_seconds(3_600, 900_000)),
        ),
        tsa_roots=tuple(draw(st.lists(_PATHS, max_size=3, unique=True))),
        bitcoin_headers=draw(_CA_FILES),
        bitcoin_sources=draw(st.just(()) | st.just(("esplora https://a.example", "core-rest http://127.0.0.1:8332"))),
        ping=draw(st.just("") | _URLS | _SECRETS),
        channels=tuple(channels),
        routes=routes,
    )


def _toml(value: object) -> str:
    if isinstance(value, timedelta):
        return json.dumps(format_length(value))
    if isinstance(value, tuple):
        return f"[{', '.join(_toml(each) for each in value)}]"
    return json.dumps(value, ensure_ascii=False)


def _lines(**keys: object) -> str:
    return "".join(f"{key.rstrip('_')} = {_toml(value)}\n" for key, value in keys.items() if value not in ("", None))


def _secret(key: str, secret: Secret | None) -> str:
    if secret is None:
        return ""
    return _lines(**{f"{key}_file": secret.file, f"{key}_environment": secret.environment})


def _how(how: Smtp | Webhook | Command | Stream | Apprise) -> str:
    match how:
        case Smtp():
            text = _lines(kind="smtp", host=how.host, port=how.port, security=how.security, from_=how.sender, to=how.to)
            text += _lines(user=how.user, ca_file=how.ca_file, html=how.html)
            return text + _secret("password", how.password)
        case Webhook():
            text = _lines(kind="webhook", url=how.url, ca_file=how.ca_file, allow_http=how.allow_http)
            return text + _secret("secret", how.secret)
        case Command():
            return _lines(kind="command", run=how.run)
        case Stream():
            return _lines(kind="stdout")
        case Apprise():
            return _lines(kind="apprise") + _secret("urls", how.urls)


def rendered(settings: WatchSettings) -> bytes:
    """Returns a configuration that says what the settings say, every key written out."""
    text = "[watch]\n" + _lines(
        memory=settings.memory,
        every=format_length(settings.every),
        threads=settings.threads,
        per_host=settings.per_host,
        timeout=timedelta(seconds=settings.seconds),
        tsa_roots=settings.tsa_roots,
        bitcoin_headers=settings.bitcoin_headers,
        bitcoin_sources=settings.bitcoin_sources,
        ping=settings.ping if isinstance(settings.ping, str) else "",
    )
    text += _secret("ping", None if isinstance(settings.ping, str) else settings.ping)
    text += "[patience]\n" + _lines(tries=settings.patience.tries, over=settings.patience.over)
    text += "[telling]\n" + _lines(
        **{name: getattr(settings.telling, name) for name in TellingPolicy.__struct_fields__}
    )
    for channel in settings.channels:
        text += f"[channels.{channel.name}]\n{_how(channel.how)}"
        text += _lines(digest=channel.digest, timeout=timedelta(seconds=channel.seconds))
        if channel.quiet is not None:
            quiet = channel.quiet
            text += f"quiet = {{ from = '{quiet.begins:%H:%M}', to = '{quiet.ends:%H:%M}', zone = '{quiet.zone}' }}\n"
    for route in settings.routes:
        text += "[[routes]]\n" + _lines(channels=route.channels, tags=route.tags, least=route.least)
    return text.encode()


@given(_settings())
def test_what_was_written_is_what_is_read(settings: WatchSettings) -> None:
    assert parse(rendered(settings)) == settings
