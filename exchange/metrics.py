"""Counts and standings for monitoring, in the Prometheus and OpenMetrics text formats.

A label is an operation's id, a method, a class of status, a problem's type or a use of a certificate: never an office, a
person, an id, a path or a text, so that the numbers tell nothing of who sent what.
"""

import platform
from importlib import metadata
from typing import Final, NamedTuple

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import choose_encoder
from pysqlite3 import dbapi2 as sqlite

from exchange.intake.rules import POLICY_PROBLEMS
from schemas.problems import ProblemType

SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120)
GROUPS: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256)
_FAILED: Final = 500
_OUTCOMES: Final = {201: "accepted", 200: "repeated", 202: "looked_at"}
LOOKS: Final = (1, 2.5, 5, 10, 20, 40, 80, 160, 320, 900)

GAUGES: Final[dict[str, str]] = {
    "inspections_running": "Documents that are being read in the sandbox.",
    "inspections_waiting": "Documents that wait for the sandbox.",
    "scans_looking": "Containers whose pictures are being looked at.",
    "scans_waiting": "Containers that wait for their pictures to be looked at.",
    "scans_staged_bytes": "What these containers hold in staging.",
    "deliveries_waiting": "Deliveries that are still to be signed for.",
    "deliveries_unread": "Of these, deliveries that nobody has opened.",
    "deliveries_overdue": "Of these, deliveries whose limit has passed.",
    "whole_looks_waiting": "Accepted submissions whose pictures are still to be looked at whole.",
    "whole_looks_failed": "Accepted submissions whose pictures could not be looked at whole.",
    "staging_free_bytes": "What is left of the memory in which bytes wait for their verdict.",
    "storage_free_bytes": "Free space where the county folder lies.",
    "ledger_bytes": "Size of the ledger's files.",
    "ledger_events": "Events in the ledger.",
    "ledger_submissions": "Accepted submissions in the ledger.",
    "log_leaves": "Leaves that the newest checkpoint covers.",
    "index_ready": "1 while the search index answers.",
    "index_entries": "Entries of the search index.",
    "index_lag_events": "Events that the search index does not hold yet.",
    "index_lag_seconds": "Age of the oldest event that the search index does not hold yet; 0 when there is none.",
    "index_rebuilding": "1 while the search index is being made anew.",
    "event_streams": "Open streams of events.",
    "signing_stopped": "1 while nothing is signed; /readyz says why.",
    "revocation_list_end_timestamp_seconds": "End of the newest revocation list.",
}
"""The gauges without labels, by what follows `yizhan_` in their names."""


class Answered(NamedTuple):
    """A request and what became of it; `status` is 0 when the peer had gone, `seconds` None for what is no matter of speed."""

    operation: str
    method: str
    status: int
    problem: ProblemType | None
    seconds: float | None
    submission: bool


class Metrics:
    """One service's numbers, in a registry of its own: two services in one process count apart."""

    def __init__(self) -> None:
        """Count from zero."""
        self.registry = registry = CollectorRegistry()
        self._requests = Counter("yizhan_requests", "Requests.", ["operation", "method", "status"], registry=registry)
        self._seconds = Histogram("yizhan_request_seconds", "Time to the answer.", ["operation"], registry=registry, buckets=SECONDS)
        self._problems = Counter("yizhan_problems", "Answers that said no.", ["type"], registry=registry)
        self._submissions = Counter("yizhan_submissions", "Containers that came, by what became of them.", ["outcome"], registry=registry)
        self._looks = Histogram(
            "yizhan_inspection_seconds",
            "From the last byte of a container with scans to its answer.",
            ["outcome"],
            registry=registry,
            buckets=LOOKS,
        )
        self._groups = Histogram("yizhan_commit_group_size", "Units of work that shared a commit.", registry=registry, buckets=GROUPS)
        self._ends = Gauge("yizhan_certificate_end_timestamp_seconds", "End of a certificate.", ["certificate"], registry=registry)
        self._gauges = {name: Gauge(f"yizhan_{name}", text, registry=registry) for name, text in GAUGES.items()}
        build = Gauge("yizhan_build_info", "Versions of what runs.", ["version", "python", "sqlite"], registry=registry)
        build.labels(metadata.version("yizhan"), platform.python_version(), sqlite.sqlite_version).set(1)
        ProcessCollector(registry=registry)

    def answered(self, answered: Answered) -> None:
        """Count a request."""
        status = f"{answered.status // 100}xx" if answered.status else "gone"
        self._requests.labels(answered.operation, answered.method, status).inc()
        if answered.seconds is not None:
            self._seconds.labels(answered.operation).observe(answered.seconds)
        if answered.problem is not None:
            self._problems.labels(answered.problem.type).inc()
        if answered.submission:
            self._submissions.labels(_outcome(answered)).inc()

    def inspected(self, problem: ProblemType | None, seconds: float) -> None:
        """Count a container with scans that has got its answer: None for a receipt."""
        outcome = "accepted" if problem is None else _refusal(problem, problem.status)
        self._looks.labels(outcome).observe(seconds)
        self._submissions.labels(outcome).inc()

    def committed(self, units: int) -> None:
        """Count a commit that so many units of work shared."""
        self._groups.observe(units)

    def stands(self, standing: dict[str, float], ends: dict[str, float]) -> None:
        """Take over what was found: the gauges by name, and the ends of certificates by use, in seconds of Unix time."""
        for name, value in standing.items():
            self._gauges[name].set(value)
        for use, end in ends.items():
            self._ends.labels(use).set(end)

    def written(self, accept: str) -> tuple[bytes, str]:
        """Return everything in the format that an Accept header asks for, and its content type."""
        try:
            encode, content_type = choose_encoder(accept)
        except (TypeError, ValueError):  # a version that is none
            encode, content_type = choose_encoder("")
        return encode(self.registry), content_type


def _outcome(answered: Answered) -> str:
    if answered.problem is None:
        return _OUTCOMES.get(answered.status, "gone")
    return _refusal(answered.problem, answered.status)


def _refusal(problem: ProblemType, status: int) -> str:
    if problem in POLICY_PROBLEMS:
        return "refused"
    return "failed" if status >= _FAILED else "invalid"


METRICS: web.AppKey[Metrics] = web.AppKey("metrics", Metrics)
