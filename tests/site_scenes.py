"""Canaries whose sites are looked at: ordinary ones, and those that are hard to lay out or to read aloud."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

from canary.core.dating.evidence import EvidenceOutcome
from canary.core.documents.release import Statement
from canary.core.log.history import History, replay
from canary.core.text.strict import digest
from canary.flows.site.render import render_site
from tests.simulator import CHECKERS, EXAMPLE_ANCHOR, Publisher
from tests.site_pages import HOSTILE

REPORT: Final = b"%PDF-1.7\n" + b"a transparency report\n" * 4000
ARABIC: Final = (
    "لم تتلقَّ شبكات المثال قط أمرًا سريًّا بتسليم بيانات عملائها.\n\nولم تُثبِّت أي جهة معدات في شبكتها (AS64500) قط."
)
HEBREW: Final = "מעולם לא מסרנו מפתחות הצפנה לאיש, ואיש לא ביקש מאיתנו לעשות זאת."
JAPANESE: Final = "当社は、暗号鍵または認証鍵、あるいはお客様の鍵を、いかなる第三者にも引き渡したことがありません。"
CHINESE: Final = "我们从未在网络中安装任何机构的监听设备，也从未为任何机构修改过软件以植入后门。"
RUSSIAN: Final = "Мы никогда не передавали ключи шифрования третьим лицам."
LONG_ID: Final = "we-have-never-been-asked-to-weaken-the-encryption-of-our-product"
LONG_WORD: Final = "https://example.net/" + "an-address-that-no-line-can-be-broken-in" * 4


def site_of(publisher: Publisher) -> dict[str, bytes]:
    """Returns the site of a simulated publisher, with what lies beside its log."""
    return render(publisher, replay(publisher.entries, publisher.gpg))


def render(publisher: Publisher, history: History) -> dict[str, bytes]:
    """Returns the site of a history that was replayed already."""
    attachments = {digest(data): data for data in publisher.beside.values()}
    evidence: dict[str, list[tuple[str, bytes]]] = {}
    for path, data in sorted(publisher.beside.items()):
        if path.startswith("evidence/"):
            _, entry, name = path.split("/")
            evidence.setdefault(entry, []).append((name, data))
    return render_site(history, checkpoint=b"", attachments=attachments, evidence=evidence, checkers=CHECKERS)


def ordinary() -> Publisher:
    """Returns two rosters and four releases: OpenPGP and Ed25519, a report, a rewording, a withdrawal and a return."""
    sim = Publisher(("legal", "security", "director"), openpgp=("director",), start=date(2026, 2, 1))
    sim.roster()
    sim.release(attachments={"report-2025.pdf": REPORT}, covers=(date(2025, 7, 1), date(2025, 12, 31)))
    sim.release(reword={"keys": "Example Networks has never handed any key to anyone."}, without=("gag",))
    sim.roster(remove=("security",), add=("security-2", "treasurer"), threshold=3)
    sim.release(add={"gag": "Example Networks has never been forbidden to speak about a demand for data."})
    sim.release(
        anchors=(EXAMPLE_ANCHOR,),
        attachments={"report.2026-1.pdf": REPORT},
        covers=(date(2026, 1, 1), date(2026, 6, 30)),
        announcements="We moved to another data centre.\n\nThe new address is on our website.",
        reword={"taps": "Nobody but Example Networks has ever installed or asked to install equipment in its network."},
        signed_by=("legal", "director", "treasurer"),
    )
    sim.stamp()
    sim.stamp(EvidenceOutcome.CLAIMED, name="1.tsr", by="Unknown")
    return sim


def withdrawn() -> Publisher:
    """Returns a canary whose newest release lacks two statements."""
    sim = Publisher(start=date(2026, 2, 1))
    sim.roster()
    sim.release()
    sim.release(without=("gag", "taps"), signed_by=("legal", "director"))
    return sim


def no_release() -> Publisher:
    """Returns a canary that has a roster and nothing else."""
    sim = Publisher(start=date(2026, 2, 1))
    sim.roster()
    return sim


def ended() -> Publisher:
    """Returns a canary that its publisher has ended."""
    sim = withdrawn().fork_at(2)
    sim.release(final=True)
    return sim


def writings() -> Publisher:
    """Returns statements from right to left, without spaces, with long ids and words that no line can be broken in."""
    sim = Publisher(organisation="شبكات المثال (Example) 示例网络", start=date(2026, 2, 1))
    sim.roster()
    statements = (
        Statement("arabic", 1, ARABIC),
        Statement("hebrew", 1, HEBREW),
        Statement("japanese", 1, JAPANESE),
        Statement("chinese", 1, CHINESE),
        Statement("russian", 1, RUSSIAN),
        Statement(LONG_ID, 1, f"Nobody asked us to. See {LONG_WORD}."),
        Statement("x" * 64, 1, "W" * 200),
    )
    sim.release(statements=statements, announcements=f"{HEBREW}\n\n{JAPANESE}")
    sim.release(
        reword={"arabic": ARABIC.replace("قط", "أبدًا"), "japanese": JAPANESE[:-1], "x" * 64: "W" * 201},
        announcements=ARABIC,
    )
    return sim


def one_statement() -> Publisher:
    """Returns one signer, one statement and one release."""
    sim = Publisher(("owner",), threshold=1, start=date(2026, 2, 1))
    sim.roster()
    sim.release(statements=(Statement("all", 1, "Nothing of the kind has ever happened."),))
    return sim


def sixty_statements() -> Publisher:
    """Returns sixty statements."""
    sim = Publisher(start=date(2026, 2, 1))
    sim.roster()
    words = "Example Networks has never done number {} of what a company can be made to do without saying so."
    sim.release(statements=tuple(Statement(f"number-{n}", 1, words.format(n)) for n in range(1, 61)))
    return sim


def long_log(releases: int = 200, statements: int = 20) -> Publisher:
    """Returns many releases of many statements, one of which is reworded each time."""
    sim = Publisher(start=date(1980, 1, 1), cadence="1 month", window=7, grace=7)
    sim.roster()
    words = "Example Networks has never done number {} of what a company can be made to do, as of edition {}."
    made = [Statement(f"number-{n}", 1, words.format(n, 0)) for n in range(statements)]
    for number in range(releases):
        if number:
            old = made[number % statements]
            made[number % statements] = Statement(old.id, old.version + 1, words.format(old.id, number))
        sim.release(statements=tuple(made), attachments={"report.txt": f"report {number}\n".encode()})
    return sim


def hostile() -> Publisher:
    """Returns texts that hold what could become markup, wherever a text can hold anything."""
    sim = Publisher(organisation=HOSTILE, start=date(2026, 2, 1))
    sim.roster()
    sim.release(statements=(Statement("a", 1, f"It said {HOSTILE} before."), Statement("gone", 1, HOSTILE)))
    sim.release(
        statements=(Statement("a", 2, HOSTILE), Statement("b", 1, f"{{{{ 7 * 7 }}}} {{% x %}} {HOSTILE}")),
        announcements=f"</pre></blockquote></main> {HOSTILE}\n\n]]> <!-- {HOSTILE}",
        attachments={"a.html..__-.svg": b"<svg onload='alert(1)'/>"},
    )
    return sim


SCENES: Final[Mapping[str, Callable[[], Publisher]]] = {
    "ordinary": ordinary,
    "withdrawn": withdrawn,
    "no-release": no_release,
    "ended": ended,
    "writings": writings,
    "one-statement": one_statement,
    "sixty-statements": sixty_statements,
    "long-log": long_log,
    "hostile": hostile,
}
