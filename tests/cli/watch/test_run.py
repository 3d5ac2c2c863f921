"""`canary watch run`: what is looked at, what is told, in which format, with which exit code."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from canary.cli.app import App
from canary.errors import StoreError
from canary.flows.watch.rounds import Came, Round, run_round
from tests.publisher import command
from tests.simulator import noon
from tests.watch_desk import FIRST_LOOK, WatchDesk

SUMMER = "2025-08-04"


def withdrawn(desk: WatchDesk) -> str:
    """Lets the publisher leave a statement out; returns the day after."""
    desk.sim.release(without=["gag"])
    desk.serve()
    return "2025-05-03"


def test_an_alert_is_told_once_and_the_status_counts_until_it_is_acknowledged(desk: WatchDesk) -> None:
    day = withdrawn(desk.added())
    ran = desk.watch("run", at=day)
    assert ran.code == 2
    assert "The statement gag is gone from release 2" in ran.said
    assert "Looked at 1 of 1 canary; 1 alert." in ran.said
    ran = desk.watch("run", at=noon(day) + timedelta(hours=6))
    assert (ran.code, "0 alerts" in ran.said) == (2, True)
    assert "gag is gone" not in ran.said
    ran = desk.watch("run", at=noon(day) + timedelta(hours=25))
    assert (ran.code, "still WITHDRAWN" in ran.said) == (2, True)
    assert desk.watch("ack", "acme", "--note", "their lawyer confirmed it").code == 0
    assert desk.row()["exit_code"] == 0
    ran = desk.watch("run")
    assert (ran.code, "0 alerts" in ran.said) == (0, True)


def test_nothing_due_looks_at_nothing_and_the_exit_code_is_judged_anew_by_time(desk: WatchDesk) -> None:
    desk.added("--every", "30d")
    asked = len(desk.server.asked)
    ran = desk.watch("run", at=FIRST_LOOK + timedelta(hours=1))
    assert (ran.code, len(desk.server.asked)) == (0, asked)
    assert "Looked at 0 of 1 canary" in ran.said
    desk.server.__exit__()
    ran = desk.watch("run", at="2025-07-01")
    assert (ran.code, "EXPIRED" in ran.said) == (2, True)
    desk.server.__enter__()


def test_with_tags_only_what_is_filed_under_one_of_them_is_looked_at_and_counts(desk: WatchDesk) -> None:
    desk.added("--tag", "vpn").added("--tag", "mail", name="other")
    withdrawn(desk)
    ran = desk.watch("run", "--tag", "mail", at="2025-05-03")
    assert (ran.code, "other" in ran.said, "acme" in ran.said) == (2, True, False)
    assert desk.row("acme")["looked_at"] == "2025-02-03T12:00:00Z"


def test_quietly_only_what_is_new_is_printed(desk: WatchDesk) -> None:
    day = withdrawn(desk.added())
    assert "gag is gone" in desk.watch("run", "--quiet", at=day).out
    ran = desk.watch("run", "--quiet", at=noon(day) + timedelta(hours=6))
    assert (ran.code, ran.out, ran.err) == (2, "", "")


def test_json_is_one_document_with_every_canary(desk: WatchDesk) -> None:
    day = withdrawn(desk.added())
    ran = desk.watch("run", "--json", at=day)
    document = json.loads(ran.out)
    assert ran.code == document["exit_code"] == 2
    assert (document["looked"], document["alerts"], document["unreachable"]) == (1, 1, 0)
    assert [(each["name"], each["status"]) for each in document["canaries"]] == [("acme", "WITHDRAWN")]
    # The alert went to standard output, which belongs to the document now.
    assert "gag is gone" in ran.err


def test_json_lines_are_one_for_each_canary_and_one_for_the_pass(desk: WatchDesk) -> None:
    desk.added().added(name="other")
    ran = desk.watch("run", "--format", "jsonl", at="2025-02-04")
    lines = [json.loads(line) for line in ran.out.splitlines()]
    assert [each.get("name") for each in lines] == ["acme", "other", None]
    assert lines[-1]["exit_code"] == 0


def test_a_monitor_gets_one_line_with_the_days_until_expiry(desk: WatchDesk) -> None:
    desk.added()
    ran = desk.watch("run", "--format", "nagios", at="2025-02-04")
    assert ran.out == (
        "CANARY OK - 1 canary: 1 ok | ok=1 warning=0 critical=0 unknown=0 days_to_expiry=113 'acme days'=113\n"
    )
    ran = desk.watch("run", "--format", "nagios", at=withdrawn(desk))
    assert ran.out.startswith("CANARY CRITICAL - 1 canary: 1 critical; acme WITHDRAWN | ")
    assert ran.code == 2


def test_prometheus_reads_the_metrics(desk: WatchDesk, tmp_path: Path) -> None:
    desk.added()
    file = tmp_path / "canary.prom"
    ran = desk.watch("run", "--format", "prometheus", "--output", file, at=withdrawn(desk))
    assert (ran.code, ran.out) == (2, "")
    found = {
        (sample.name, sample.labels.get("name")): sample.value
        for family in text_string_to_metric_families(file.read_text())
        for sample in family.samples
        if "status" not in sample.labels
    }
    assert found["canary_verdict", "acme"] == 2
    assert found["canary_acknowledged", "acme"] == 0
    assert found["canary_last_success_timestamp_seconds", "acme"] == noon("2025-05-03").timestamp()
    assert found["canary_expires_timestamp_seconds", "acme"] > noon("2025-05-03").timestamp()
    assert found["canary_checks_total", "acme"] == 2
    assert found["canary_alerts_total", "acme"] == 1
    assert found["canary_fetch_duration_seconds", "acme"] > 0
    assert found["canary_undelivered_alerts", None] == 0
    assert [each.name for each in tmp_path.iterdir() if each.name.endswith(".part")] == []


def test_a_result_that_cannot_be_written_is_told(desk: WatchDesk, tmp_path: Path) -> None:
    desk.added()
    ran = desk.watch("run", "--format", "prometheus", "--output", tmp_path / "no" / "where.prom", at="2025-02-04")
    assert (ran.code, "where.prom" in ran.err) == (3, True)


@pytest.mark.parametrize("options", [[], ["--daemon"], ["--format", "text"]])
def test_text_is_not_written_to_a_file_and_nothing_is_looked_at(
    desk: WatchDesk, tmp_path: Path, options: Sequence[str]
) -> None:
    desk.added()
    ran = desk.watch("run", "--output", tmp_path / "out", *options, at=SUMMER)
    assert (ran.code, ran.out) == (3, "")
    assert "--format json" in ran.err
    assert not (tmp_path / "out").exists()
    assert desk.row()["looked_at"] == "2025-02-03T12:00:00Z"


def test_a_result_replaces_nothing_but_a_result(desk: WatchDesk, tmp_path: Path) -> None:
    desk.added()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(desk.config)
    (tmp_path / "folder").symlink_to(desk.memory.parent)
    own = [desk.memory, tmp_path / "folder" / desk.memory.name, desk.config, desk.memory.with_name("watch.db-wal")]
    for file in [tmp_path / "pipe", tmp_path / "link", tmp_path, *own]:
        before = (desk.memory.read_bytes(), desk.config.read_bytes(), sorted(tmp_path.iterdir()))
        ran = desk.watch("run", "--format", "json", "--output", file, at="2025-02-04")
        assert (ran.code, "Name another file" in ran.out) == (3, True), ran.out
        assert (desk.memory.read_bytes(), desk.config.read_bytes(), sorted(tmp_path.iterdir())) == before
    assert desk.row()["looked_at"] == "2025-02-03T12:00:00Z"


@pytest.mark.parametrize("output", ["text", "json", "jsonl", "nagios", "prometheus"])
def test_where_there_is_no_list_it_exits_with_3_and_names_the_place(desk: WatchDesk, output: str) -> None:
    ran = desk.watch("run", "--format", output)
    assert ran.code == 3
    assert str(desk.memory) in ran.said
    desk.add()  # without a pin nothing is added, and the list is empty
    ran = desk.watch("run", "--format", output)
    assert (ran.code, f"the list in {desk.memory} is empty" in ran.said) == (3, True)
    if output == "nagios":
        assert re.fullmatch(r"CANARY UNKNOWN - .*\n", ran.out)


def test_a_tag_that_nothing_has_exits_with_3(desk: WatchDesk) -> None:
    desk.added("--tag", "vpn")
    ran = desk.watch("run", "--tag", "vnp")
    assert (ran.code, "nothing in the list" in ran.said) == (3, True)


def test_a_configuration_that_cannot_be_read_exits_with_3_and_names_it(desk: WatchDesk, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere.toml"
    for output in ("text", "json", "nagios"):
        ran = command(App(), "watch", "run", "--format", output, "--config", nowhere)
        assert (ran.code, str(nowhere) in ran.said) == (3, True)
    desk.config.write_text("[watch]\neverry = '6h'\n")
    ran = desk.watch("run")
    assert (ran.code, "watch.everry" in ran.said, str(desk.config) in ran.said) == (3, True, True)


def test_a_canary_trusted_at_first_use_from_a_file_is_pinned_by_its_first_look(desk: WatchDesk, tmp_path: Path) -> None:
    file = tmp_path / "list.jsonl"
    file.write_text(json.dumps({"location": desk.server.url, "name": "acme", "trust_first_use": True}) + "\n")
    assert desk.watch("import", file).code == 0
    assert desk.row()["pin"] is None
    assert desk.watch("run").code == 0
    assert desk.row()["pin"] == f"sha256:{desk.sim.pin}"


def test_a_daemon_goes_on_until_it_is_stopped_and_a_pass_that_fails_does_not_end_it(
    desk: WatchDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = withdrawn(desk.added())
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        desk.now += timedelta(hours=6)
        if len(slept) == 4:
            raise KeyboardInterrupt

    def pass_(taken: Round, *, tags: Sequence[str] = ()) -> Came:
        if len(slept) == 1:
            raise StoreError("the disk is full")
        return run_round(taken, tags=tags)

    monkeypatch.setattr("canary.cli.watch.running.time.sleep", sleep)
    monkeypatch.setattr("canary.cli.watch.running.run_round", pass_)
    ran = desk.watch("run", "--daemon", at=day)
    assert (ran.code, slept) == (0, [60.0] * 4)
    assert ran.out.count("Looked at 1 of 1 canary") == 3
    assert ran.out.count("gag is gone") == 1
    assert ran.err == "canary: this pass came to nothing: the disk is full\n"
