"""Who is reminded how, one TOML file, `remind.toml`. The strict reading of it.

    [signers]
    legal = "jo@example.net"
    security = "sam@example.net"

    [mail]
    host = "mail.example.net"
    from = "canary@example.net"
    user = "canary"
    password_file = "~/.config/canary/mail-password"

or, in the place of `[mail]`, and then `[signers]` may be left out,

    [command]
    run = ["/usr/local/bin/tell-signer"]
    timeout = "30s"

`[mail]` has the keys of a channel of the kind `smtp` (`canary.formats.settings.watch_channels`), but for `to`, `html`,
`digest` and `quiet`; `[command]` those of the kind `command`. A key that is not known is an error, and so is one that
is missing, or a value that cannot be.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import msgspec

from canary.core.text.names import check_signer
from canary.core.watching.watch_settings import Command, Smtp
from canary.errors import MalformedError
from canary.formats.settings.toml_table import Table, TomlFile
from canary.formats.settings.watch_channels import read_command, read_mail_server
from canary.formats.settings.watch_values import Places, parse_mail_address
from canary.limits import LOOK_LONGEST, REMIND_CONFIG_BYTES, SIGNATURE_LINES

_TIMEOUT = timedelta(seconds=30)


class RemindSettings(msgspec.Struct, frozen=True):
    """Who is reminded how.

    Attributes:
        how: what it takes to tell; of e-mail without the recipients.
        addresses: each signer's e-mail address, by short name.
        seconds: how long one reminder may take.
    """

    how: Smtp | Command
    addresses: Mapping[str, str]
    seconds: float


def parse_remind_config(data: bytes, *, what: str, folder: str = "", home: str = "") -> RemindSettings:
    """Reads `remind.toml`.

    Args:
        data: its bytes.
        what: what it is called in messages: its path.
        folder: the folder in which it lies, from which paths in it are counted; empty to refuse those.
        home: the user's home, from which paths that begin with `~/` are counted; empty to refuse those.

    Raises:
        MalformedError: it is no TOML, or has a key or a value that cannot be; names the line, the key, and what it
            takes.
    """
    root = TomlFile(data, what=what, limit=REMIND_CONFIG_BYTES).root().only("signers", "mail", "command")
    places = Places(folder, home)
    if ("mail" in root) == ("command" in root):
        both = "mail" in root
        rule = "[mail] is there too, and one of them is enough" if both else "there is neither [mail] nor [command]"
        raise root.fault("command", rule, hint="Signers get e-mails, or a program is run for each of them.")
    table = root.table("mail" if "mail" in root else "command")
    how: Smtp | Command
    if "mail" in root:
        how = read_mail_server(table, places, beside=("timeout",), html=False)
    else:
        how = read_command(table, places, beside=("timeout",))
    seconds = table.length("timeout", _TIMEOUT, least=timedelta(seconds=1), most=LOOK_LONGEST)
    return RemindSettings(how, _read_addresses(root.table("signers")), seconds.total_seconds())


def _read_addresses(table: Table) -> dict[str, str]:
    names = table.names()
    if len(names) > SIGNATURE_LINES:
        raise table.fault(names[SIGNATURE_LINES], f"there are at most {SIGNATURE_LINES} signers")
    for name in names:
        try:
            check_signer(name)
        except MalformedError as error:
            raise table.fault(name, error.rule) from error
    return {name: table.parsed(name, parse_mail_address, takes="an address like name@example.net") for name in names}
