"""Every fault of a watcher's configuration, with what is told of it."""

from __future__ import annotations

import pytest

from canary.errors import MalformedError
from canary.formats.settings.watch_config import parse_watch_config

MAIL = """\
[channels.mail]
kind = "smtp"
host = "mail.example.net"
from = "canary@example.net"
to = ["security@example.net"]
"""
HOOK = '[channels.hook]\nkind = "webhook"\n'
PAGER = '[channels.pager]\nkind = "command"\n'
QUIET = '[channels.out]\nkind = "stdout"\nquiet = '


def fault(text: str | bytes) -> MalformedError:
    data = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(MalformedError) as caught:
        parse_watch_config(data, what="watch.toml", memory="/data/watch.db", folder="/etc/canary", home="/home/op")
    return caught.value


FAULTS: list[tuple[str | bytes, int | None, str]] = [
    # no TOML
    ("[watch]\nevery = 6h\n", 2, "this is no TOML: Expected newline or end of document after a statement"),
    ('[watch]\nevery = "6h\n', 2, "this is no TOML: Illegal character '\\n'"),
    ("\n\nwatch = [", 3, "this is no TOML: Invalid value"),
    ('[watch]\nevery = "1h"\nevery = "2h"\n', 3, "this is no TOML: Cannot overwrite a value"),
    ("[watch]\n[patience]\n[watch]\n", 3, "this is no TOML: Cannot declare ('watch',) twice"),
    (f"{MAIL}{MAIL}", 6, "this is no TOML: Cannot declare ('channels', 'mail') twice"),
    (b"[watch]\n# \xff\n", 2, "this is not UTF-8"),
    ("x = " + "[" * 9_000, None, "brackets lie too deep in brackets"),
    ("x = " + "1" * 9_000, None, "this is no TOML"),
    ("#" * 65_537, None, "it has more than 65,536 bytes"),
    # unknown keys
    ("watc = 1", 1, "watc: there is no such key; did you mean watch?"),
    ("[channel.mail]", 1, "channel: there is no such key; did you mean channels?"),
    ("[watch]\n\n# every\nevry = '1h'", 4, "watch.evry: there is no such key; did you mean every?"),
    ("[patience]\nretries = 3", 2, "patience.retries: there is no such key; did you mean tries?"),
    ("[telling]\nx = 3", 2, "telling.x: there is no such key"),
    (f"{MAIL}prot = 25", 6, "channels.mail.prot: there is no such key; did you mean port?"),
    (f"{MAIL}run = []", 6, "channels.mail.run: there is no such key"),
    (f"{MAIL}'\\u001b[1m' = 1", 6, "channels.mail.'\\\\u001b[1m': there is no such key"),
    (f'{MAIL}"\\u001b[1m" = 1', 6, "channels.mail.'\\x1b[1m': there is no such key"),
    (f"{PAGER}run = ['/bin/a']\nshell = true", 4, "channels.pager.shell: there is no such key"),
    (f"{QUIET}{{ from = '22:00', til = '07:00' }}", 3, "channels.out.quiet.til: there is no such key"),
    ("[[routes]]\nchannel = ['stdout']", 2, "routes[1].channel: there is no such key; did you mean channels?"),
    # missing keys, told at the table's own line
    (
        "[watch]\n[channels.mail]\n",
        2,
        "channels.mail.kind: it is missing; it is one of smtp, webhook, command, stdout, apprise",
    ),
    ("[channels.a]\nkind = 'smtp'", 1, "channels.a.host: it is missing; it is the name of the mail server"),
    (MAIL.replace("from", "# from"), 1, "channels.mail.from: it is missing; it is an address like canary@example.net"),
    (
        MAIL.replace("to =", "# to ="),
        1,
        "channels.mail.to: it is missing; it is an array of addresses like name@example.net",
    ),
    (HOOK, 1, "channels.hook.url: it is missing; it is an address like https://example.net/hook"),
    (
        PAGER,
        1,
        "channels.pager.run: it is missing; it is an array of texts: the program's whole path and its arguments",
    ),
    (
        "[channels.c]\nkind = 'apprise'",
        1,
        "channels.c.urls_file: it is missing; it is the path of a file with one URL a line",
    ),
    (
        f"{QUIET}{{ from = '22:00', to = '07:00' }}",
        3,
        'channels.out.quiet.zone: it is missing; it is a time zone like "Europe/Berlin" or "UTC"',
    ),
    (
        "[[routes]]\n[[routes]]\nleast = 'critical'",
        1,
        "routes[1].channels: it is missing; it is an array of names of channels",
    ),
    (f"{MAIL}user = 'a'", 1, "channels.mail.password_file: it is missing; user is there, and a login takes both"),
    (f"{MAIL}password_file = 'a'", 1, "channels.mail.user: it is missing; a password is there, and a login takes both"),
    # wrong types
    ("watch = 5", 1, "watch: it is a table, not 5"),
    ("channels = []", 1, "channels: it is a table, not an array"),
    ("[channels]\nmail = 'smtp'", 2, "channels.mail: it is a table, not 'smtp'"),
    (f"{QUIET}'22:00'", 3, "channels.out.quiet: it is a table, not '22:00'"),
    ("[routes]\nchannels = ['stdout']", 1, "routes: it is an array of tables, each begun by [[routes]], not a table"),
    ("routes = [1]", 1, "routes[1]: it is a table, not 1"),
    ("[watch]\nmemory = 1979-05-27", 2, "watch.memory: it is the path of a file, not a date or a time"),
    ("[watch]\nevery = 6", 2, 'watch.every: it is an interval like "6h", not 6'),
    ("[watch]\nthreads = true", 2, "watch.threads: it is a whole number from 1 to 256, not true"),
    ("[watch]\nthreads = 2.0", 2, "watch.threads: it is a whole number from 1 to 256, not 2.0"),
    ("[watch]\nthreads = '4'", 2, "watch.threads: it is a whole number from 1 to 256, not '4'"),
    (f"{MAIL}html = 'no'", 6, "channels.mail.html: it is true or false, not 'no'"),
    (f"{MAIL}digest = 0", 6, "channels.mail.digest: it is true or false, not 0"),
    (f"{MAIL}security = 1", 6, "channels.mail.security: it is one of starttls, tls, none, not 1"),
    (f"{MAIL}user = 1", 6, "channels.mail.user: it is a text in quotes, not 1"),
    ("[watch]\ntsa_roots = 'a'", 2, "watch.tsa_roots: it is an array of paths of files, in square brackets, not 'a'"),
    ("[watch]\ntsa_roots = [1]", 2, "watch.tsa_roots: it is an array of paths of files; 1 is none"),
    ("[telling]\nahead = [1, '2']", 2, "telling.ahead: it is an array of whole numbers from 1 to 366; '2' is none"),
    (
        "[telling]\nahead = 7",
        2,
        "telling.ahead: it is an array of whole numbers from 1 to 366, in square brackets, not 7",
    ),
    # values that cannot be
    ("[watch]\nthreads = 0", 2, "watch.threads: it is a whole number from 1 to 256, not 0"),
    (
        f"[watch]\nthreads = 0x{'f' * 5_000}",
        2,
        "watch.threads: it is a whole number from 1 to 256, not a number so large",
    ),
    ("[watch]\nthreads = 4\nper_host = 5", 3, "watch.per_host: it is a whole number from 1 to 4, not 5"),
    (
        "[watch]\ntimeout = '1s'",
        2,
        'watch.timeout: it is a length of time from 5s to 10m, like "30s", "30m", "6h", "7d", not \'1s\'',
    ),
    (
        "[watch]\ntimeout = 60",
        2,
        'watch.timeout: it is a length of time from 5s to 10m, like "30s", "30m", "6h", "7d", not 60',
    ),
    ("[watch]\nevery = '1m'", 2, "watch.every: an interval lies between 5m and 30d"),
    ("[watch]\nmemory = ''", 2, "watch.memory: a text has 1 to 1,024 printable characters, and no line break"),
    (
        "[watch]\nmemory = '~bob/x'",
        2,
        "watch.memory: a path begins with ~/ or without ~; write another user's home out",
    ),
    (
        "[watch]\nbitcoin_sources = ['electrum x']",
        2,
        (
            "watch.bitcoin_sources: a source of blocks is one of esplora, core-rest, core-rpc, a space and an address, "
            "not 'electrum x'"
        ),
    ),
    (
        "[watch]\nping = 'http://token.example/'",
        2,
        "watch.ping: an address is https, or http on this very machine (127.0.0.1)",
    ),
    ("[watch]\nping = 'https://a:token@b/'", 2, "watch.ping: an address holds a user name or password"),
    ("[watch]\nping = 'https://b/#x'", 2, "watch.ping: an address holds a fragment (#), which no server sees"),
    (
        "[watch]\nping_environment = '9'",
        2,
        "watch.ping_environment: a variable is called by A-Z, a-z, 0-9 and _, at most 128 of them, and no digit first",
    ),
    ("[patience]\ntries = 21", 2, "patience.tries: it is a whole number from 1 to 20, not 21"),
    (
        "[patience]\nover = '8d'",
        2,
        'patience.over: it is a length of time from 0s to 7d, like "30s", "30m", "6h", "7d", not \'8d\'',
    ),
    (
        "[telling]\nreminder = '1w'",
        2,
        'telling.reminder: it is a length of time from 1h to 366d, like "30s", "30m", "6h", "7d", not \'1w\'',
    ),
    ("[telling]\nflapping_changes = 1", 2, "telling.flapping_changes: it is a whole number from 2 to 100, not 1"),
    (f"[telling]\nahead = {list(range(1, 52))}", 2, "telling.ahead: there are at most 50 whole numbers from 1 to 366"),
    (
        "[channels.Mail]\nkind = 'stdout'",
        1,
        "channels.Mail: a channel is called by 1 to 64 of a-z, 0-9, _ and -, a letter or digit first",
    ),
    (
        "[channels.mail]\nkind = 'smpt'",
        2,
        "channels.mail.kind: it is one of smtp, webhook, command, stdout, apprise, not 'smpt'; did you mean smtp?",
    ),
    (
        MAIL.replace("mail.example.net", "smtp://x"),
        3,
        "channels.mail.host: a host is a name in ASCII or an IP address, without port or scheme, not 'smtp://x'",
    ),
    (
        MAIL.replace("mail.example.net", "a:25"),
        3,
        "channels.mail.host: a host is a name in ASCII or an IP address, without port or scheme, not 'a:25'",
    ),
    (f"{MAIL}port = 65536", 6, "channels.mail.port: it is a whole number from 1 to 65535, not 65536"),
    (
        MAIL.replace("[channels.mail]", "[channels.mail]\nto = []", 1).replace('to = ["security@example.net"]\n', ""),
        2,
        "channels.mail.to: there are at least 1 and at most 50 addresses like name@example.net",
    ),
    (
        MAIL.replace('"canary@example.net"', '"canary@example.net\\r\\nBcc: x@y.z"'),
        4,
        "channels.mail.from: a text has 1 to 1,024 printable characters, and no line break",
    ),
    (
        MAIL.replace('"security@example.net"', '"a@b.example\\nc@d.example"'),
        5,
        "channels.mail.to: a text has 1 to 1,024 printable characters, and no line break",
    ),
    (
        MAIL.replace('"canary@example.net"', '"Canary <canary@example.net>"'),
        4,
        (
            "channels.mail.from: an address is written like name@example.net, without a name beside it, "
            "not 'Canary <canary@example.net>'"
        ),
    ),
    (f"{HOOK}url = 'ftp://secret.example'", 3, "channels.hook.url: an address does not start with https://"),
    (
        f"{HOOK}url = 'http://10.0.0.1/'",
        3,
        "channels.hook.url: it is not encrypted; http:// is for this very machine (127.0.0.1)",
    ),
    (f"{HOOK}url = 'http://evil.example@127.0.0.1/'", 3, "channels.hook.url: an address holds a user name or password"),
    (
        f"{PAGER}run = ['page', '--now']",
        3,
        "channels.pager.run: the program needs its whole path, like /usr/local/bin/page, not 'page'",
    ),
    (
        f"{PAGER}run = ['./page']",
        3,
        "channels.pager.run: the program needs its whole path, like /usr/local/bin/page, not './page'",
    ),
    (
        f"{PAGER}run = []",
        3,
        "channels.pager.run: there are at least 1 and at most 50 texts: the program's whole path and its arguments",
    ),
    (
        f"{PAGER}run = ['/bin/a', \"b\\nc\"]",
        3,
        "channels.pager.run: a text has 1 to 1,024 printable characters, and no line break",
    ),
    (
        f"{MAIL}timeout = '11m'",
        6,
        'channels.mail.timeout: it is a length of time from 1s to 10m, like "30s", "30m", "6h", "7d", not \'11m\'',
    ),
    (
        f"{MAIL}security = 'none'\nuser = 'a'\npassword_file = 'b'",
        6,
        'channels.mail.security: it would send a password to another machine unencrypted; "starttls" and "tls" do not',
    ),
    (f"{MAIL}security = 'none'\nca_file = 'b'", 7, 'channels.mail.ca_file: it is of no use with security = "none"'),
    (
        f"{QUIET}{{ from = '24:00', to = '07:00', zone = 'UTC' }}",
        3,
        "channels.out.quiet.from: a time is written like 07:00 or 22:30, not '24:00'",
    ),
    (
        f"{QUIET}{{ from = '7:00', to = '07:00', zone = 'UTC' }}",
        3,
        "channels.out.quiet.from: a time is written like 07:00 or 22:30, not '7:00'",
    ),
    (
        f"{QUIET}{{ from = '07:00', to = '07:00', zone = 'UTC' }}",
        3,
        "channels.out.quiet.to: quiet hours have a beginning and another end, and are at most 20 hours long",
    ),
    (
        f"{QUIET}{{ from = '07:00', to = '03:01', zone = 'UTC' }}",
        3,
        "channels.out.quiet.to: quiet hours have a beginning and another end, and are at most 20 hours long",
    ),
    (
        f"{QUIET}{{ from = '22:00', to = '07:00', zone = 'Europe/Berln' }}",
        3,
        "channels.out.quiet.zone: there is no time zone 'Europe/Berln'; did you mean Europe/Berlin?",
    ),
    (
        f"{QUIET}{{ from = '22:00', to = '07:00', zone = '../../etc/passwd' }}",
        3,
        "channels.out.quiet.zone: there is no time zone '../../etc/passwd'; one is called like Europe/Berlin, or UTC",
    ),
    (
        "[[routes]]\nchannels = ['stdout']\nleast = 'worst'",
        3,
        "routes[1].least: it is one of notice, warning, unknown, critical, not 'worst'",
    ),
    (
        "[[routes]]\nchannels = ['stdout']\ntags = ['Vital']",
        3,
        "routes[1].tags: a tag is 1 to 64 of a-z, 0-9, '.', '_' and '-', not 'Vital'",
    ),
    ("[[routes]]\nchannels = []", 2, "routes[1].channels: there are at least 1 and at most 50 names of channels"),
    # what is named and not there, or lost
    (
        f"{MAIL}[[routes]]\nchannels = ['mail']\n[[routes]]\nchannels = ['mial']",
        9,
        "routes[2].channels: there is no channel 'mial'; did you mean mail?",
    ),
    (f"{MAIL}[[routes]]\nchannels = ['stdout']", 7, "routes[1].channels: there is no channel 'stdout'"),
    (
        "[[routes]]\nchannels = ['stdout']\ntags = ['vital']",
        1,
        "routes: what is critical, or could not be checked, would reach nobody where a canary has other tags",
    ),
    (
        "[[routes]]\nchannels = ['stdout']\nleast = 'critical'",
        1,
        "routes: what is critical, or could not be checked, would reach nobody where a canary has other tags",
    ),
    (
        f"{MAIL}{HOOK}url = 'https://a.example'\n[[routes]]\nchannels = ['mail']",
        9,
        "routes: the channel hook stands in none, and would never be used",
    ),
    # twice
    ("[watch]\ntsa_roots = ['a', '/etc/canary/a']", 2, "watch.tsa_roots: '/etc/canary/a' stands there twice"),
    (
        "[watch]\nbitcoin_sources = ['esplora https://a.example', 'core-rest https://a.example/']",
        2,
        "watch.bitcoin_sources: the address https://a.example stands twice, and would agree with itself",
    ),
    ("[telling]\nahead = [7, 7]", 2, "telling.ahead: 7 stands there twice"),
    (
        MAIL.replace('["', '["security@example.net", "'),
        5,
        "channels.mail.to: 'security@example.net' stands there twice",
    ),
    ("[[routes]]\nchannels = ['stdout', 'stdout']", 2, "routes[1].channels: 'stdout' stands there twice"),
    ("[[routes]]\nchannels = ['stdout']\ntags = ['a', 'a']", 3, "routes[1].tags: 'a' stands there twice"),
    (
        "[[routes]]\nchannels = ['stdout']\n[[routes]]\nchannels = ['stdout']",
        4,
        "routes[2].channels: this route stands there twice",
    ),
    # secrets
    (
        f"{MAIL}password = 'hunter2'",
        6,
        "channels.mail.password: a secret does not belong into this file, which is copied and shown",
    ),
    (
        f"{HOOK}secret = 'hunter2'",
        3,
        "channels.hook.secret: a secret does not belong into this file, which is copied and shown",
    ),
    (
        "[channels.c]\nkind = 'apprise'\nurls = ['hunter2']",
        3,
        "channels.c.urls: a secret does not belong into this file, which is copied and shown",
    ),
    (
        f"{MAIL}password_file = 'a'\npassword_environment = 'B'",
        7,
        "channels.mail.password_environment: password_file is there too, and one of them is enough",
    ),
    (
        "[watch]\nping = 'https://a.example'\nping_file = 'b'",
        3,
        "watch.ping_file: ping is there too, and one of them is enough",
    ),
    (
        "[watch]\nping_environment = 'B'\nping_file = 'b'",
        2,
        "watch.ping_environment: ping_file is there too, and one of them is enough",
    ),
]


@pytest.mark.parametrize(("text", "line", "rule"), FAULTS, ids=[str(number) for number in range(len(FAULTS))])
def test_a_fault_is_told_with_its_place_and_what_to_do(text: str | bytes, line: int | None, rule: str) -> None:
    error = fault(text)
    assert (error.rule, error.line) == (rule, line)
    assert error.what.startswith("watch.toml, line " if line else "watch.toml: ")
    assert error.hint.endswith(".")
    assert "hunter2" not in error.what + error.hint


def test_too_many_channels_and_routes() -> None:
    channels = "".join(f"[channels.c{number}]\nkind = 'stdout'\n" for number in range(51))
    assert fault(channels).rule == "channels.c50: there are at most 50 channels"
    routes = "".join(f"[[routes]]\nchannels = ['stdout']\ntags = ['t{number}']\n" for number in range(51))
    assert fault(routes).rule == "routes: there are at most 50"
