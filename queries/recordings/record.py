#!/usr/bin/env python3
"""Records the scenarios with a real Prometheus, one server each, all at the same time.

    record.py --out queries/recordings            # 44 minutes of wall clock
    record.py --out /tmp/smoke --minutes 2        # the same schedule, squeezed

Each scenario becomes <out>/<scenario>/<block>/ (Prometheus TSDB blocks) and recording.json; healthy
also gives <out>/excerpt.om. Needs `prometheus` (2.42 or newer) on the PATH, nothing else.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path

from excerpt import open_metrics
from rollout_plan import APP, END, HASHES, LEAD_IN, SCENARIOS, Plan

SCRAPE_INTERVAL = 15
WARM_UP = 40  # the servers draw the stable pods' history before the recording starts
EXCERPT_PODS = {("stable", 0), ("stable", 1), ("canary", 0)}
EXCERPT_END = 180.0  # five minutes up to here: the canary appears within them

CONFIG = """\
global:
  scrape_interval: {interval}s
  scrape_timeout: 5s
scrape_configs:
  - job_name: {app}
    file_sd_configs:
      - files: [{targets}]
        refresh_interval: 1s
    relabel_configs:
      - source_labels: [pod]
        target_label: __metrics_path__
        replacement: /pods/$1/metrics
"""


class Recorder:
    """The model server and the Prometheus of one scenario."""

    def __init__(self, plan, place, base_port, ordinal):
        self.plan, self.place = plan, place
        self.server_port, self.prometheus_port = base_port + ordinal, base_port + 100 + ordinal
        self.url = f"http://127.0.0.1:{self.prometheus_port}"
        self.children = []
        place.mkdir(parents=True)

    def launch(self, *command):
        log = open(self.place / f"{Path(command[0]).name}.log", "wb")
        self.children.append(subprocess.Popen(command, stdout=log, stderr=log))

    def start_server(self, rollout_start):
        script = Path(__file__).with_name("model_server.py")
        self.launch(
            sys.executable, str(script), "--scenario", self.plan.scenario.name,
            "--rollout-start", str(rollout_start), "--scale", str(self.plan.scale),
            "--port", str(self.server_port),
        )  # fmt: skip

    def start_prometheus(self):
        config = self.place / "prometheus.yml"
        config.write_text(
            CONFIG.format(interval=SCRAPE_INTERVAL, app=APP, targets=self.place / "targets.json")
        )
        self.launch(
            "prometheus", f"--config.file={config}", f"--storage.tsdb.path={self.place / 'data'}",
            f"--web.listen-address=127.0.0.1:{self.prometheus_port}", "--web.enable-admin-api",
            "--storage.tsdb.retention.time=365d", "--log.level=warn",
        )  # fmt: skip

    def write_targets(self, at):
        groups = [
            {"targets": [f"127.0.0.1:{self.server_port}"], "labels": pod.labels}
            for pod in self.plan.ready_pods(at)
        ]
        fresh = self.place / "targets.json.new"
        fresh.write_text(json.dumps(groups))
        os.replace(fresh, self.place / "targets.json")

    def check(self):
        for child in self.children:
            if child.poll() is not None:
                sys.exit(f"{child.args[0]} of {self.plan.scenario.name} ended; see {self.place}")

    def query(self, expression, at):
        arguments = urllib.parse.urlencode({"query": expression, "time": at})
        with urllib.request.urlopen(f"{self.url}/api/v1/query?{arguments}", timeout=30) as answer:
            return json.load(answer)["data"]["result"]

    def snapshot(self):
        request = urllib.request.Request(f"{self.url}/api/v1/admin/tsdb/snapshot", method="POST")
        with urllib.request.urlopen(request, timeout=60) as answer:
            return self.place / "data" / "snapshots" / json.load(answer)["data"]["name"]

    def stop(self):
        for child in self.children:
            child.terminate()
        for child in self.children:
            child.wait(timeout=30)


def wait_for(url, seconds=60):
    deadline = time.time() + seconds
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            if time.time() > deadline:
                sys.exit(f"no answer from {url} in {seconds} s")
            time.sleep(0.2)


def sleep_until(moment, recorders):
    while (left := moment - time.time()) > 0:
        time.sleep(min(left, 5))
        for recorder in recorders:
            recorder.check()


def follow_schedule(recorders, rollout_start):
    """Keeps the targets in step with the pods until the recording's end."""
    plan = recorders[0].plan  # all plans change their pods at the same times
    for recorder in recorders:
        recorder.write_targets(plan.start)
    for at in plan.changes():
        sleep_until(rollout_start + at, recorders)
        for recorder in recorders:
            recorder.write_targets(at)
        print(f"R{at:+.0f} s: {len(plan.ready_pods(at))} pods ready", flush=True)
    sleep_until(rollout_start + plan.end, recorders)


def keep(recorder, rollout_start, out):
    """Copies the blocks out of a snapshot and describes them."""
    plan, scenario = recorder.plan, recorder.plan.scenario
    folder = out / scenario.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for block in sorted(recorder.snapshot().iterdir()):
        if (block / "meta.json").exists():
            shutil.copytree(block, folder / block.name)
    stages = [
        {"minute": at / 60, "weight": weight, "canaryPods": canaries, "stablePods": stables}
        for at, weight, canaries, stables in plan.stages()
    ]
    description = {
        "scenario": scenario.name,
        "description": scenario.description,
        "bad": scenario.name not in ("healthy", "idle-gaps"),
        "rolloutStart": rollout_start,
        "start": rollout_start + plan.start,
        "end": rollout_start + plan.end,
        "scrapeIntervalSeconds": SCRAPE_INTERVAL,
        "stable": version_labels("stable"),
        "canary": version_labels("canary"),
        "schedule": stages,
    }
    (folder / "recording.json").write_text(json.dumps(description, indent=2) + "\n")
    if scenario.name == "healthy":
        names = [pod.name for pod in plan.pods if (pod.version, pod.ordinal) in EXCERPT_PODS]
        moment = rollout_start + EXCERPT_END * plan.scale
        result = recorder.query(f'{{pod=~"{"|".join(names)}"}}[5m]', moment)
        (out / "excerpt.om").write_text(open_metrics(result))


def version_labels(version):
    return {"app": APP, "version": version, "rollouts_pod_template_hash": HASHES[version]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="where the recordings go")
    parser.add_argument("--only", action="append", choices=sorted(SCENARIOS), help="repeatable")
    parser.add_argument("--minutes", type=float, help="squeeze the schedule into so many minutes")
    parser.add_argument("--base-port", type=int, default=19100)
    options = parser.parse_args()
    scale = options.minutes * 60 / (LEAD_IN + END) if options.minutes else 1.0
    work = Path(tempfile.mkdtemp(prefix="recordings-"))
    plans = [Plan(SCENARIOS[name], scale) for name in options.only or SCENARIOS]
    recorders = [
        Recorder(plan, work / plan.scenario.name, options.base_port, ordinal + 1)
        for ordinal, plan in enumerate(plans)
    ]
    rollout_start = int(time.time() + WARM_UP - plans[0].start)
    print(f"working in {work}, rollout starts at {rollout_start}", flush=True)
    try:
        for recorder in recorders:
            recorder.start_server(rollout_start)
        for recorder in recorders:
            recorder.write_targets(float("-inf"))
            recorder.start_prometheus()
        for recorder in recorders:
            wait_for(f"http://127.0.0.1:{recorder.server_port}/ready")
            wait_for(f"{recorder.url}/-/ready")
        if time.time() > rollout_start + plans[0].start:
            sys.exit("the servers took too long to start: run again on a quieter machine")
        sleep_until(rollout_start + plans[0].start, recorders)
        follow_schedule(recorders, rollout_start)
        for recorder in recorders:
            keep(recorder, rollout_start, options.out)
    finally:
        for recorder in recorders:
            recorder.stop()
    shutil.rmtree(work)
    print(f"recorded {len(recorders)} scenarios in {options.out}")


if __name__ == "__main__":
    main()
