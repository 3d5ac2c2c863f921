"""Metrics for Prometheus, in its text format 0.0.4, for the textfile collector of the node exporter.

| metric | labels | what it is |
| --- | --- | --- |
| `canary_verdict` | `name` | the exit code of the status that stands, 0 to 3, acknowledged or not |
| `canary_status` | `name`, `status` | 1, for the status that stands |
| `canary_acknowledged` | `name` | 1 where a person has read that status, else 0 |
| `canary_expires_timestamp_seconds` | `name` | when the newest release goes stale |
| `canary_last_success_timestamp_seconds` | `name` | when a look last brought the log, or that it is unchanged |
| `canary_fetch_duration_seconds` | `name` | what the last look took |
| `canary_checks_total` | `name` | looks |
| `canary_alerts_total` | `name` | alerts that were decided |
| `canary_undelivered_alerts` | | alerts that could not be delivered |
| `canary_network_broken` | | 1 while this watcher's own network looks broken |
| `canary_clock_behind` | | 1 while nothing is looked at because the clock went back |
| `canary_judged_timestamp_seconds` | | when this was written: alert on its age |

Times are Unix times in seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from canary.cli.watch.overview import Overview
from canary.core.judging.findings import EXIT_CODES, Status
from canary.core.watching.summary import Summary


def metrics(overview: Overview) -> str:
    """Returns how a list stands, as metrics."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Metrics(overview))
    return generate_latest(registry).decode()


class _Metrics(Collector):
    def __init__(self, overview: Overview) -> None:
        self._overview = overview

    def collect(self) -> Iterable[Metric]:
        """Returns every metric."""
        now, rows = self._overview.now, self._overview.rows

        def verdict(row: Summary) -> float:
            return EXIT_CODES[row.standing(now) or Status.UNKNOWN]

        yield _gauge("canary_verdict", "Exit code of the status that stands.", rows, verdict)
        yield self._status()
        yield _gauge(
            "canary_acknowledged",
            "Whether a person has read the status that stands.",
            rows,
            lambda row: float(verdict(row) != 0 and row.counted_exit_code(now) == 0),
        )
        yield _gauge(
            "canary_expires_timestamp_seconds",
            "When the newest release goes stale.",
            rows,
            lambda row: _seconds(row.lasting.expires if row.lasting else None),
        )
        yield _gauge(
            "canary_last_success_timestamp_seconds",
            "When a look last brought the log, or that it is unchanged.",
            rows,
            lambda row: _seconds(row.succeeded_at),
        )
        yield _gauge(
            "canary_fetch_duration_seconds",
            "What the last look took.",
            rows,
            lambda row: row.took if row.checks else None,
        )
        yield _counter("canary_checks", "Looks.", rows, lambda row: row.checks)
        yield _counter("canary_alerts", "Alerts that were decided.", rows, lambda row: row.alerts)
        yield from self._of_the_watcher()

    def _status(self) -> Metric:
        family = GaugeMetricFamily("canary_status", "The status that stands.", labels=["name", "status"])
        for row in self._overview.rows:
            status = row.standing(self._overview.now) or Status.UNKNOWN
            family.add_metric([row.followed.name, status.value], 1)
        return family

    def _of_the_watcher(self) -> Iterator[Metric]:
        overview = self._overview
        came = overview.came
        for name, what, value in (
            ("canary_undelivered_alerts", "Alerts that could not be delivered.", len(overview.failures)),
            (
                "canary_network_broken",
                "Whether this machine's network looks broken.",
                came.network_since is not None,
            ),
            ("canary_clock_behind", "Whether this machine's clock went back.", came.clock_behind is not None),
            ("canary_judged_timestamp_seconds", "When this was written.", overview.now.timestamp()),
        ):
            yield GaugeMetricFamily(name, what, value=value)


def _gauge(name: str, what: str, rows: Iterable[Summary], value_of: Callable[[Summary], float | None]) -> Metric:
    family = GaugeMetricFamily(name, what, labels=["name"])
    for row in rows:
        if (value := value_of(row)) is not None:
            family.add_metric([row.followed.name], value)
    return family


def _counter(name: str, what: str, rows: Iterable[Summary], value_of: Callable[[Summary], int]) -> Metric:
    family = CounterMetricFamily(name, what, labels=["name"])
    for row in rows:
        family.add_metric([row.followed.name], value_of(row))
    return family


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()
