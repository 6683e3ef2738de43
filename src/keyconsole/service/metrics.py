"""`/metrics` for Prometheus: the counters of the service, read when they are asked for.

Labels are outcomes, routes and names of pools, so there are few of them, and nothing of a key, a
person or a source is among them.
"""

from collections.abc import Iterable, Iterator

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

_OUTCOMES = "Verifications, by how they ended"
_REQUESTS = "Management requests, by route and status"
_REQUEST_LABELS = ["method", "route", "status"]
_LAG = "Age of the oldest count that is not written yet"
_UNWITNESSED = "Audit events after the last checkpoint, of the process that writes them"
_DOUBTED = "1 while the clock is not relied on, and what is scheduled waits"
_UNLOGGED = "Revokes that wait for a revocation log that cannot be written"
_LOST = "Audit logs that lost what a checkpoint knows of; while there are any, all is refused"
_EXPIRING = "Keys that are not revoked and expire within a span, of the whole database"
_CONNECTIONS = "Connections to the store"
_AT_WORK = "Connections at work"


def expose(runtime: Runtime, *, is_ready: bool) -> bytes:
    """Returns every metric of this process, in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=registry)
    registry.register(_Service(runtime, is_ready=is_ready))
    return generate_latest(registry)


class _Service(Collector):
    def __init__(self, runtime: Runtime, *, is_ready: bool) -> None:
        self._runtime = runtime
        self._is_ready = is_ready

    def collect(self) -> Iterator[Metric]:
        """Yields the metrics as they are now."""
        yield InfoMetricFamily("keyconsole", "The service", value={"version": __version__})
        runtime = self._runtime
        yield CounterMetricFamily(
            "keyconsole_permission_denials",
            "Attempts of people who are signed in and lack the permission",
            runtime.denials.counted,
        )
        for name, text, value in self._numbers():
            yield GaugeMetricFamily(name, text, value)
        yield _labelled(
            CounterMetricFamily("keyconsole_verifications", _OUTCOMES, labels=["outcome"]),
            (((outcome,), count) for outcome, count in runtime.verifications.outcomes.items()),
        )
        yield _labelled(
            CounterMetricFamily("keyconsole_requests", _REQUESTS, labels=_REQUEST_LABELS),
            runtime.requests.outcomes.items(),
        )
        yield _histogram(
            "keyconsole_verification_seconds", "How long a verification took", runtime.verifications
        )
        yield _histogram("keyconsole_request_seconds", "How long a request took", runtime.requests)
        yield _labelled(
            GaugeMetricFamily("keyconsole_keys_expiring", _EXPIRING, labels=["within"]),
            (((within,), count) for within, count in runtime.expiring.counts.items()),
        )
        pools = runtime.store.connections()
        yield _labelled(
            GaugeMetricFamily("keyconsole_store_connections", _CONNECTIONS, labels=["pool"]),
            (((pool,), most) for pool, (_, most) in pools.items()),
        )
        yield _labelled(
            GaugeMetricFamily("keyconsole_store_connections_in_use", _AT_WORK, labels=["pool"]),
            (((pool,), at_work) for pool, (at_work, _) in pools.items()),
        )

    def _numbers(self) -> Iterator[tuple[str, str, float]]:
        """Yields the gauges without labels: name, help text and value."""
        runtime, recorder = self._runtime, self._runtime.recorder
        yield "keyconsole_ready", "1 while /readyz answers that it is ready", self._is_ready
        yield "keyconsole_usage_pending", "Counts that are not written yet", recorder.pending
        yield "keyconsole_usage_flush_lag_seconds", _LAG, recorder.lag / SECOND
        yield "keyconsole_audit_unwitnessed_events", _UNWITNESSED, runtime.checkpoints.unwritten
        yield "keyconsole_clock_doubted", _DOUBTED, not runtime.clock_watch.is_right()
        yield "keyconsole_revocations_unlogged", _UNLOGGED, runtime.revocation_log.unwritten
        yield "keyconsole_history_lost", _LOST, len(runtime.history.losses)


def _labelled(
    family: CounterMetricFamily | GaugeMetricFamily,
    samples: Iterable[tuple[Iterable[object], float]],
) -> Metric:
    """Returns the metric with these samples, each given with the values of its labels."""
    for labels, value in samples:
        family.add_metric([str(label) for label in labels], value)
    return family


def _histogram(
    name: str, text: str, counter: OutcomeCounter[str] | OutcomeCounter[tuple[str, str, int]]
) -> Metric:
    buckets, total = [], 0
    for bound, count in zip((*map(str, BOUNDS), "+Inf"), counter.buckets, strict=True):
        total += count
        buckets.append((bound, float(total)))
    return HistogramMetricFamily(name, text, buckets=buckets, sum_value=counter.seconds)
