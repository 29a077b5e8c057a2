"""What happens in a recording and when: versions, pods, the rollout's schedule, the scenarios.

Times in this file are seconds relative to R, the start of the rollout (negative = before it).
Nothing here reads a clock; `model_server.py` and `record.py` both follow the one plan built here.
"""

import random
from dataclasses import dataclass, field

APP = "model-server"
STABLE_HASH = "6d4b9c7f58"
CANARY_HASH = "7c9f8d6b54"
HASHES = {"stable": STABLE_HASH, "canary": CANARY_HASH}

LEAD_IN = 480.0  # recorded before R, only the stable version runs
END = 2160.0  # end of the recording
HISTORY = 3600.0  # the stable pods ran this long before the recording starts
TICK = 0.5  # requests are drawn once per tick
READY_AFTER = 2.0  # a new pod becomes ready this long after its stage begins
RETIRE_AFTER = 4.0  # a pod that is no longer wanted goes this long after its stage begins

# (starts at, weight in percent, canary pods, stable pods): 10 replicas, maxSurge 25 % (3 pods).
STAGES = [
    (0.0, 10, 1, 9),
    (480.0, 25, 3, 8),
    (960.0, 50, 5, 5),
    (1440.0, 75, 8, 3),
    (1920.0, 100, 10, 0),
]
REPLICAS = 10

FLEET_RATE = 100.0  # requests per second over all pods
POD_SPEED_SPREAD = 0.025  # standard deviation of a pod's own latency factor (log scale)


@dataclass(frozen=True)
class Behaviour:
    """How a version answers: shares of all requests, seconds for the latency."""

    accuracy: float = 0.95
    errors: float = 0.004
    median: float = 0.055
    sigma: float = 0.4313  # with the median: a 99th percentile of 150 ms
    growth: float = 1.0  # the latency factor reached at `grown_at`, linear from 1 at R
    grown_at: float = 1920.0

    def latency_factor(self, at):
        share = min(max(at / self.grown_at, 0.0), 1.0)
        return 1.0 + (self.growth - 1.0) * share


@dataclass(frozen=True)
class Scenario:
    name: str
    seed: int
    description: str
    stable: Behaviour = Behaviour()
    canary: Behaviour = Behaviour()
    idle: tuple = ()  # (from, until): no request reaches any pod
    restarts: tuple = ()  # (version, ordinal, at): the container restarts, its counters are lost
    failed_scrapes: tuple = ()  # (version, ordinal, from, until): /metrics answers 500


SCENARIOS = {
    scenario.name: scenario
    for scenario in [
        Scenario(
            "healthy",
            2601,
            "The canary answers exactly like the stable version: accuracy 0.95, errors 0.4 %, "
            "99th percentile of the latency about 150 ms.",
        ),
        Scenario(
            "accuracy-drop",
            2602,
            "The canary's accuracy is 0.91 beside 0.95 of the stable version; errors and latency "
            "are equal. A threshold of 0.90 never notices.",
            canary=Behaviour(accuracy=0.91),
        ),
        Scenario(
            "latency-growth",
            2603,
            "The canary's latency grows linearly from the stable version's at R to 2.6 times that "
            "at R+32 min, and stays there; accuracy and errors are equal.",
            canary=Behaviour(growth=2.6),
        ),
        Scenario(
            "idle-gaps",
            2604,
            "A healthy canary, but no request at all from R+9 to R+16 min and from R+20.5 to "
            "R+22.5 min; a stable pod's container restarts at R+5 min and a canary pod's at R+19 min "
            "(counters back to zero, same labels); a canary pod's scrapes fail with HTTP 500 from "
            "R+28 to R+29 min.",
            idle=((540.0, 960.0), (1230.0, 1350.0)),
            restarts=(("stable", 2, 300.0), ("canary", 1, 1140.0)),
            failed_scrapes=(("canary", 5, 1680.0, 1740.0),),
        ),
    ]
}


@dataclass(frozen=True)
class Pod:
    name: str
    instance: str
    version: str
    ordinal: int
    ready: float
    gone: float
    speed: float

    def is_ready(self, at):
        return self.ready <= at < self.gone

    @property
    def labels(self):
        return {
            "app": APP,
            "version": self.version,
            "rollouts_pod_template_hash": HASHES[self.version],
            "pod": self.name,
            "instance": self.instance,
        }


@dataclass
class Plan:
    """The plan of one scenario; `scale` < 1 squeezes the schedule for a smoke run."""

    scenario: Scenario
    scale: float = 1.0
    pods: list = field(default_factory=list)

    def __post_init__(self):
        draw = random.Random(f"{self.scenario.seed}/pods")
        for version in ("stable", "canary"):
            self.pods += [self._pod(version, ordinal, draw) for ordinal in range(REPLICAS)]

    @property
    def start(self):
        return -LEAD_IN * self.scale

    @property
    def end(self):
        return END * self.scale

    def stages(self):
        return [(at * self.scale, *rest) for at, *rest in STAGES]

    def _pod(self, version, ordinal, draw):
        # The highest ordinals of the stable version go first, the lowest of the canary come first.
        ready = self.start - HISTORY - draw.uniform(0, 600) if version == "stable" else None
        gone = self.end + 3600.0
        for at, _, canaries, stables in self.stages():
            if version == "canary" and ready is None and ordinal < canaries:
                ready = at + READY_AFTER
            if version == "stable" and gone > self.end and ordinal >= stables:
                gone = at + RETIRE_AFTER
        letters = "bcdfghjklmnpqrstvwxz2456789"
        suffix = "".join(draw.choice(letters) for _ in range(5))
        address = (11 if version == "stable" else 41) + ordinal
        return Pod(
            name=f"{APP}-{HASHES[version]}-{suffix}",
            instance=f"10.42.{1 + ordinal % 3}.{address}:8080",
            version=version,
            ordinal=ordinal,
            ready=ready,
            gone=gone,
            speed=draw.lognormvariate(0.0, POD_SPEED_SPREAD),
        )

    def ready_pods(self, at):
        return [pod for pod in self.pods if pod.is_ready(at)]

    def changes(self):
        """The moments at which the set of ready pods changes, in order."""
        moments = {pod.ready for pod in self.pods} | {pod.gone for pod in self.pods}
        return sorted(at for at in moments if self.start < at < self.end)

    def behaviour(self, pod):
        return self.scenario.canary if pod.version == "canary" else self.scenario.stable

    def is_idle(self, at):
        return any(begin * self.scale <= at < end * self.scale for begin, end in self.scenario.idle)

    def restart_times(self, pod):
        return [
            at * self.scale
            for version, ordinal, at in self.scenario.restarts
            if (version, ordinal) == (pod.version, pod.ordinal)
        ]

    def scrape_fails(self, pod, at):
        return any(
            (version, ordinal) == (pod.version, pod.ordinal)
            and begin * self.scale <= at < end * self.scale
            for version, ordinal, begin, end in self.scenario.failed_scrapes
        )
