#!/usr/bin/env python3
"""A small model server with many pods, for one scenario: the thing that Prometheus scrapes.

    model_server.py --scenario healthy --rollout-start 1790000000 --port 19101

Each pod answers at /pods/<pod>/metrics in the text format 0.0.4. Requests follow the wall clock in
ticks of half a second; what tick k brings to a pod is a function of the seed, the pod and k alone
(and of its share of the traffic), so another run with the same schedule draws the same requests.
"""

import argparse
import bisect
import math
import random
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from rollout_plan import FLEET_RATE, SCENARIOS, TICK, Plan

BOUNDS = [0.01, 0.025, 0.05, 0.075, 0.1, 0.125, 0.15, 0.175]
BOUNDS += [0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5]
RESTART_DOWNTIME = 1.0

HEAD = """\
# HELP {name} {help}
# TYPE {name} {type}
"""


def fleet_rate(seed, at):
    """Requests per second over all pods: a slow swell of about 20 %, common to all."""
    phase = seed % 7
    swell = 0.15 * math.sin(2 * math.pi * at / 1500 + phase)
    ripple = 0.05 * math.sin(2 * math.pi * at / 330 + 2 * phase)
    return FLEET_RATE * (1 + swell + ripple)


def poisson(draw, mean):
    limit, product, count = math.exp(-mean), draw.random(), 0
    while product > limit:
        product *= draw.random()
        count += 1
    return count


class PodState:
    """The counters of one pod, brought up to date tick by tick."""

    def __init__(self, plan, pod):
        self.plan, self.pod = plan, pod
        self.behaviour = plan.behaviour(pod)
        self.mu = math.log(self.behaviour.median * pod.speed)
        self.restarts = plan.restart_times(pod)
        self.tick = math.ceil(pod.ready / TICK)
        self.queue = 0
        self.reset()

    def reset(self):
        self.total = self.correct = self.errors = 0
        self.buckets = [0] * (len(BOUNDS) + 1)
        self.sum = 0.0

    def advance(self, tick, share):
        """Serves the requests of one tick; `share` is the mean number of them for this pod."""
        at = tick * TICK
        if any(restart <= at < restart + TICK for restart in self.restarts):
            self.reset()
        draw = random.Random(f"{self.plan.scenario.seed}/{self.pod.name}/{tick}")
        mu = self.mu + math.log(self.behaviour.latency_factor(at / self.plan.scale))
        busy = 0.0
        for _ in range(poisson(draw, share)):
            fate, latency = draw.random(), draw.lognormvariate(mu, self.behaviour.sigma)
            self.total += 1
            if fate < self.behaviour.errors:
                self.errors += 1  # a failed request has no prediction and no latency
                continue
            self.correct += fate >= 1 - self.behaviour.accuracy
            self.buckets[bisect.bisect_left(BOUNDS, latency)] += 1
            self.sum += latency
            busy += latency
        self.queue = poisson(draw, busy / TICK)

    def is_down(self, at):
        return any(restart <= at < restart + RESTART_DOWNTIME for restart in self.restarts)

    def exposition(self):
        duration = "model_inference_duration_seconds"
        lines = [
            self.simple("model_predictions_total", "counter", "Requests received.", self.total),
            self.simple(
                "model_predictions_correct_total",
                "counter",
                "Predictions that turned out right.",
                self.correct,
            ),
            self.simple(
                "model_predictions_errors_total",
                "counter",
                "Requests that failed without a prediction.",
                self.errors,
            ),
            HEAD.format(name=duration, type="histogram", help="Latency of answered requests."),
        ]
        running = 0
        for bound, count in zip([str(b) for b in BOUNDS] + ["+Inf"], self.buckets):
            running += count
            lines.append(f'{duration}_bucket{{le="{bound}"}} {running}\n')
        lines.append(f"{duration}_sum {round(self.sum, 6)}\n{duration}_count {running}\n")
        lines.append(self.simple("model_queue_length", "gauge", "Requests waiting.", self.queue))
        return "".join(lines)

    @staticmethod
    def simple(name, kind, text, value):
        return HEAD.format(name=name, type=kind, help=text) + f"{name} {value}\n"


class Fleet:
    """All pods of a scenario, brought up to the present whenever one is scraped."""

    def __init__(self, plan, rollout_start):
        self.plan, self.rollout_start = plan, rollout_start
        self.states = {pod.name: PodState(plan, pod) for pod in plan.pods}
        self.tick = math.ceil(min(pod.ready for pod in plan.pods) / TICK)
        self.lock = threading.Lock()

    def now(self):
        return time.time() - self.rollout_start

    def catch_up(self):
        with self.lock:
            last = math.floor(self.now() / TICK)
            while self.tick <= last:
                self.advance(self.tick)
                self.tick += 1

    def advance(self, tick):
        at = tick * TICK
        ready = self.plan.ready_pods(at)
        # Before the recording the older pods share the traffic with others that are not shown.
        pods = len(ready) if at >= self.plan.start else 10
        rate = 0.0 if self.plan.is_idle(at) else fleet_rate(self.plan.scenario.seed, at)
        share = rate * TICK / max(pods, 1)
        for pod in ready:
            self.states[pod.name].advance(tick, share)

    def scrape(self, name):
        """The answer to a scrape: (status, text), or None when nothing listens there."""
        self.catch_up()
        with self.lock:
            state, at = self.states.get(name), self.now()
            if state is None or not state.pod.is_ready(at) or state.is_down(at):
                return None
            if self.plan.scrape_fails(state.pod, at):
                return 500, "the metrics collector failed\n"
            return 200, state.exposition()


def handler(fleet):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self):
            parts = self.path.split("/")
            if self.path == "/ready":
                answer = (200, "ready\n")
            elif len(parts) == 4 and (parts[1], parts[3]) == ("pods", "metrics"):
                answer = fleet.scrape(parts[2])
            else:
                answer = (404, "try /pods/<pod>/metrics\n")
            if answer is None:  # a pod that is not there refuses by hanging up
                self.close_connection = True
                return
            body = answer[1].encode()
            self.send_response(answer[0])
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    return Handler


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenario", required=True, choices=sorted(SCENARIOS))
    parser.add_argument("--rollout-start", required=True, type=float, help="unix seconds")
    parser.add_argument("--scale", type=float, default=1.0, help="squeezes the schedule")
    parser.add_argument("--port", required=True, type=int)
    options = parser.parse_args()
    plan = Plan(SCENARIOS[options.scenario], options.scale)
    fleet = Fleet(plan, options.rollout_start)
    fleet.catch_up()
    ThreadingHTTPServer(("127.0.0.1", options.port), handler(fleet)).serve_forever()


if __name__ == "__main__":
    main()
