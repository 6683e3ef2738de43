"""`/metrics` for Prometheus: what the service counted, read when it is asked for.

Labels are outcomes, routes and names of pools, so there are few of them, and nothing of a key, a
person or a source is among them.
"""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from keyconsole import __version__
from keyconsole.service.clock import SECOND
from keyconsole.service.counters import BOUNDS, OutcomeCounter
from keyconsole.service.runtime import Runtime

MEDIA_TYPE = CONTENT_TYPE_PLAIN_0_0_4


def expose(runtime: Runtime, *, is_ready: bool) -> bytes:
    """Every metric of this process, in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=registry)
    registry.register(_Service(runtime, is_ready=is_ready))
    return generate_latest(registry)


class _Service(Collector):
    def __init__(self, runtime: Runtime, *, is_ready: bool) -> None:
        self._runtime = runtime
        self._is_ready = is_ready

    def collect(self) -> Iterator[Metric]:
        """The numbers as they are now."""
        yield InfoMetricFamily("keyconsole", "The service", value={"version": __version__})
        yield GaugeMetricFamily(
            "keyconsole_ready", "1 while /readyz answers that it is ready", self._is_ready
        )
        yield from self._verification()
        yield from self._management()
        yield from self._use()
        yield from self._audit()
        yield from self._trust()
        yield from self._expiry()
        yield from self._pools()

    def _verification(self) -> Iterator[Metric]:
        counter = self._runtime.verifications
        outcomes = CounterMetricFamily(
            "keyconsole_verifications", "Verifications, by how they ended", labels=["outcome"]
        )
        for outcome, count in sorted(counter.outcomes.items()):
            outcomes.add_metric([outcome], count)
        yield outcomes
        yield _histogram("keyconsole_verification_seconds", "How long a verification took", counter)

    def _management(self) -> Iterator[Metric]:
        counter = self._runtime.requests
        requests = CounterMetricFamily(
            "keyconsole_requests",
            "Management requests, by route and status",
            labels=["method", "route", "status"],
        )
        for (method, route, status), count in sorted(counter.outcomes.items()):
            requests.add_metric([method, route, str(status)], count)
        yield requests
        yield _histogram("keyconsole_request_seconds", "How long a request took", counter)

    def _use(self) -> Iterator[Metric]:
        recorder = self._runtime.recorder
        yield GaugeMetricFamily(
            "keyconsole_usage_pending", "Counts that are not written yet", recorder.pending
        )
        yield GaugeMetricFamily(
            "keyconsole_usage_flush_lag_seconds",
            "Age of the oldest count that is not written yet",
            recorder.lag / SECOND,
        )

    def _audit(self) -> Iterator[Metric]:
        yield CounterMetricFamily(
            "keyconsole_permission_denials",
            "Attempts of people who are signed in and lack the permission",
            self._runtime.denials.counted,
        )
        yield GaugeMetricFamily(
            "keyconsole_audit_unwitnessed_events",
            "Audit events after the last checkpoint, of the process that writes them",
            self._runtime.checkpoints.unwritten,
        )

    def _trust(self) -> Iterator[Metric]:
        watch = self._runtime.clock_watch
        yield GaugeMetricFamily(
            "keyconsole_clock_doubted",
            "1 while the clock is not relied on, and what is scheduled waits",
            not watch.is_right(),
        )
        yield GaugeMetricFamily(
            "keyconsole_history_lost",
            "Audit logs that lost what a checkpoint knows of; while there are any, all is refused",
            len(self._runtime.history.losses),
        )

    def _expiry(self) -> Iterator[Metric]:
        expiring = GaugeMetricFamily(
            "keyconsole_keys_expiring",
            "Keys that are not revoked and expire within a span, of the whole database",
            labels=["within"],
        )
        for within, count in self._runtime.expiring.counts.items():
            expiring.add_metric([within], count)
        yield expiring

    def _pools(self) -> Iterator[Metric]:
        size = GaugeMetricFamily(
            "keyconsole_store_connections", "Connections to the store", labels=["pool"]
        )
        used = GaugeMetricFamily(
            "keyconsole_store_connections_in_use", "Connections at work", labels=["pool"]
        )
        for name, (at_work, most) in self._runtime.store.connections().items():
            size.add_metric([name], most)
            used.add_metric([name], at_work)
        yield size
        yield used


def _histogram(
    name: str, text: str, counter: OutcomeCounter[str] | OutcomeCounter[tuple[str, str, int]]
) -> Metric:
    buckets, total = [], 0
    for bound, count in zip((*map(str, BOUNDS), "+Inf"), counter.buckets, strict=True):
        total += count
        buckets.append((bound, float(total)))
    return HistogramMetricFamily(name, text, buckets=buckets, sum_value=counter.seconds)
