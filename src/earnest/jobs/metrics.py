"""What Prometheus is told about jobs."""

from prometheus_client import Counter, Gauge, Histogram

TRIES = Counter(
    "earnest_job_tries_total",
    "Tries of jobs by how they ended: done, retried, held, stopped.",
    ["type", "outcome"],
)
SECONDS = Histogram(
    "earnest_job_seconds",
    "How long a try took.",
    ["type"],
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300),
)
IN_QUEUE = Gauge(
    "earnest_jobs",
    "Jobs in the queue by type and status: queued, picked (running), failed (held).",
    ["type", "status"],
)
TICKS = Counter("earnest_job_ticks_total", "Ticks of schedules fired by this worker.", ["schedule"])
RESTARTS = Counter(
    "earnest_job_worker_connections_total",
    "Connections this worker has opened to the queue: one per lane, plus one per restart.",
)
