"""`canary.toml` as `canary init` writes it: commented, and with public services named."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from canary.core.dating.ots_calendars import DEFAULT_CALENDARS
from canary.core.documents.schedule import Schedule, render_days
from canary.formats.times.ots_proof import INSTALL

AUTHORITIES = (
    "http://timestamp.digicert.com",
    "http://timestamp.sectigo.com",
    "http://timestamp.globalsign.com/tsa/r6advanced1",
    "http://time.certum.pl",
)
"""Public authorities of four owners that ask for no account, whose roots are on the shipped list."""

_TIMESTAMPS = """\

[timestamps]
# Who is asked, whenever something is published, to sign that it exists by now (RFC 3161). They learn its hash and the
# network address of this machine. Several, of different owners: one that is down stops nothing, and 'canary timestamp'
# asks it again later. Without this table nobody is asked.
"""
_CALENDARS = """\
# Who is asked besides to have a Bitcoin block hold it (OpenTimestamps), which takes some hours; 'canary timestamp'
# fetches the proof then. They learn a number from which nothing follows, and the network address of this machine. A
# block that they name is looked up at the sources under [anchors].
"""
_NO_CALENDARS = f"""\
# A Bitcoin block can hold it besides (OpenTimestamps), which rests on no authority. That needs one more package here,
# {INSTALL}, and these lines without the '# ' in front:
"""

_ANCHORS = """
[anchors]
# Public values that did not exist before some moment. 'canary draft' fetches them from these public services, so that
# watchers can check that a release was not signed beforehand; every answer is verified. The services see that a draft
# is made, and nothing of it. Remove the table to fetch none.
# How old the newest one may be when a release is drafted. With this line a draft without a network is refused.
# age = "3 days"
# Relays of the drand network.
drand = [
    "https://api.drand.sh",
    "https://api2.drand.sh",
    "https://api3.drand.sh",
    "https://drand.cloudflare.com",
]
# Who knows the Bitcoin chain: block explorers, or your own node ("core-rest http://127.0.0.1:8332", or
# "core-rpc http://127.0.0.1:8332 ~/.bitcoin/.cookie"). Two agree, where two answer.
bitcoin = [
    "esplora https://blockstream.info/api",
    "esplora https://mempool.space/api",
]
"""


class Answers(msgspec.Struct, frozen=True):
    """What `canary init` was told.

    Attributes:
        canary_id: the canary's id.
        organisation: who speaks.
        signers: the signers' short names.
        threshold: how many of them must sign.
        schedule: when a release is due.
        authorities: the timestamp authorities to ask.
        calendars: the OpenTimestamps calendars to ask; None for the public ones, once what they need is installed.
        anchors: whether to name public services that anchors are fetched from.
    """

    canary_id: str
    organisation: str
    signers: tuple[str, ...]
    threshold: int
    schedule: Schedule
    authorities: tuple[str, ...]
    calendars: tuple[str, ...] | None
    anchors: bool

    def toml(self) -> str:
        """Returns `canary.toml` with comments."""
        names = ", ".join(f'"{name}"' for name in self.signers)
        organisation = self.organisation.replace("\\", "\\\\").replace('"', '\\"')
        text = f"""\
# What the next roster is drafted from. It counts once 'canary roster' has drafted it, enough signers have
# signed it, and 'canary publish' has published it; until then nothing changes for watchers.

[canary]
# The canary's name for ever: the URL it lives at, without https://.
id = "{self.canary_id}"
organisation = "{organisation}"

[signers]
# Short names. Each has a public key in keys/: NAME.vkey (canary key new) or NAME.asc (canary key openpgp).
# A name never carries a second key: replace legal by legal-2.
names = [{names}]
# How many of them must sign. With all of them needed, one lost key ends the canary.
threshold = {self.threshold}

[schedule]
# The opening day of the first window (UTC); every later window is counted from it.
start = {self.schedule.start.isoformat()}
# How often a release is due: "3 months", "1 month", "4 weeks" …
every = "{self.schedule.cadence.render()}"
# How many days signers have, the first and the last one included.
window = "{render_days(self.schedule.window)}"
# How many days after that the canary still counts as alive.
grace = "{render_days(self.schedule.grace)}"
{_ANCHORS if self.anchors else ""}"""
        return text + self._timestamps()

    def _timestamps(self) -> str:
        if not self.authorities:
            return ""
        text = _TIMESTAMPS + _array("authorities", self.authorities)
        if self.calendars is None:
            commented = _array("calendars", DEFAULT_CALENDARS).splitlines(keepends=True)
            return text + _NO_CALENDARS + "".join(f"# {line}" for line in commented)
        return text + _CALENDARS + _array("calendars", self.calendars)


def _array(key: str, values: Sequence[str]) -> str:
    return f"{key} = [\n" + "".join(f'    "{value}",\n' for value in values) + "]\n"
