#!/usr/bin/env python3
"""How long queries take while senders write as fast as they can, beside how long they take alone.

    swift build -c release --product assay
    python3 Benchmarks/IngestLatency/measure.py .build/release/assay

Starts the server on a fresh directory and loads an hour of samples. Then, in turns so that what else
the machine does falls on both, one client asks the same queries alone and while four connections
write new scrapes without a pause. Senders stand for other machines, so they leave the cores to the
server where both want them. Needs nothing but Python.
"""
import argparse
import http.client
import multiprocessing
import os
import random
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.parse

START_MS = 1_717_200_000_000
INTERVAL_MS = 15_000
SERIES_A_REQUEST = 2000
LOADED_SCRAPES = 240
METRICS = [
    "requests_total", "errors_total", "duration_seconds_sum", "duration_seconds_count",
    "queue_depth", "memory_bytes", "cpu_seconds_total", "batch_size",
]
QUERIES = [
    ("query", "sum by (job) (rate(requests_total[5m]))"),
    ("query", 'queue_depth{instance="host-7"}'),
    ("query", "topk(5, sum by (instance) (rate(cpu_seconds_total[5m])))"),
    ("query_range", "sum(rate(errors_total[5m])) / sum(rate(requests_total[5m]))"),
    ("query_range", "avg by (job) (queue_depth)"),
    ("query_range", "max_over_time(memory_bytes{instance=~\"host-1.*\"}[10m])"),
]


def varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def field(number, payload):
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def snappy_literal(message):
    """The block format's plainest form: the length, then one literal."""
    return varint(len(message)) + b"\xfc" + struct.pack("<I", len(message) - 1) + message


class Fleet:
    """Series whose samples come as remote-write requests, all but the last bytes made before."""

    def __init__(self, targets, seed):
        self.random = random.Random(seed)
        self.heads, self.values, self.steps = [], [], []
        for target in range(targets):
            for name in METRICS:
                labels = [("__name__", name), ("instance", f"host-{target}"),
                          ("job", f"job-{target % 5}"), ("zone", f"zone-{target % 3}")]
                pairs = b"".join(
                    field(1, field(1, key.encode()) + field(2, value.encode()))
                    for key, value in labels)
                # A sample is 16 bytes: a tag and a double, a tag and a varint of six bytes.
                size = len(pairs) + 2 + 16
                self.heads.append(b"\x0a" + varint(size) + pairs + b"\x12\x10\x09")
                self.values.append(float(self.random.randrange(10_000)))
                self.steps.append(self.random.choice((0.0, 1.0, 7.0, 0.125)))

    def scrape(self, number):
        """The requests of one scrape of all targets."""
        end = b"\x10" + varint(START_MS + number * INTERVAL_MS)
        for first in range(0, len(self.heads), SERIES_A_REQUEST):
            parts = []
            for row in range(first, min(first + SERIES_A_REQUEST, len(self.heads))):
                self.values[row] += self.steps[row] * (row % 7 + number % 5)
                parts += (self.heads[row], struct.pack("<d", self.values[row]), end)
            yield snappy_literal(b"".join(parts))


def post(connection, body):
    connection.request("POST", "/api/v1/write", body, {
        "Content-Type": "application/x-protobuf", "Content-Encoding": "snappy",
        "X-Prometheus-Remote-Write-Version": "0.1.0"})
    answer = connection.getresponse()
    text = answer.read()
    if answer.status != 204:
        raise SystemExit(f"a write was answered {answer.status}: {text[:200]}")


def flood(port, targets, sender, first, written, stop):
    """Writes scrapes of targets of its own until told to stop."""
    os.nice(5)
    fleet = Fleet(targets, seed=100 + sender)
    fleet.heads = [head.replace(b"host-", b"flo%d-" % sender) for head in fleet.heads]
    connection = http.client.HTTPConnection("127.0.0.1", port)
    number = first
    while not stop.is_set():
        for body in fleet.scrape(number):
            post(connection, body)
            with written.get_lock():
                written.value += min(SERIES_A_REQUEST, len(fleet.heads))
        number += 1


def ask(port, seconds, latencies):
    """Asks the queries in turn, one at a time, over what was loaded before."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    end_s = (START_MS + LOADED_SCRAPES * INTERVAL_MS) // 1000
    paths = []
    for kind, query in QUERIES:
        times = (f"time={end_s}" if kind == "query"
                 else f"start={end_s - 1800}&end={end_s}&step=30")
        paths.append(f"/api/v1/{kind}?query={urllib.parse.quote(query)}&{times}")
    end, turn = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        began = time.perf_counter()
        connection.request("GET", paths[turn % len(paths)])
        answer = connection.getresponse()
        text = answer.read()
        latencies.append((time.perf_counter() - began) * 1e3)
        if answer.status != 200:
            raise SystemExit(f"a query was answered {answer.status}: {text[:200]}")
        turn += 1


def percentile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def wait_until_ready(port, server):
    for _ in range(300):
        if server.poll() is not None:
            raise SystemExit(f"the server ended with {server.returncode}")
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
            connection.request("GET", "/-/ready")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise SystemExit("the server isn't ready after 30 s")


def measure(port, arguments):
    alone, beside, written_in_all, flooded_s = [], [], 0, 0.0
    for turn in range(arguments.rounds):
        ask(port, arguments.seconds, alone)
        stop, written = multiprocessing.Event(), multiprocessing.Value("q", 0)
        senders = [
            multiprocessing.Process(target=flood, args=(
                port, arguments.targets, sender, LOADED_SCRAPES + 10_000 * turn, written, stop))
            for sender in range(arguments.senders)]
        for sender in senders:
            sender.start()
        began = time.monotonic()
        # Senders need a moment to make their series.
        while written.value == 0:
            time.sleep(0.01)
        ask(port, arguments.seconds, beside)
        stop.set()
        for sender in senders:
            sender.join()
        flooded_s += time.monotonic() - began
        written_in_all += written.value
    return alone, beside, written_in_all / flooded_s


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("assay")
    arguments.add_argument("--seconds", type=float, default=5, help="of each turn")
    arguments.add_argument("--rounds", type=int, default=4)
    arguments.add_argument("--senders", type=int, default=4)
    arguments.add_argument("--targets", type=int, default=500, help="of 8 series each")
    arguments = arguments.parse_args()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    directory = tempfile.mkdtemp(prefix="ingest-latency-")
    server = subprocess.Popen(
        [arguments.assay, "serve", "--listen", f"127.0.0.1:{port}", "--data", directory + "/data"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until_ready(port, server)
        connection = http.client.HTTPConnection("127.0.0.1", port)
        fleet = Fleet(arguments.targets, seed=1)
        for number in range(1, LOADED_SCRAPES + 1):
            for body in fleet.scrape(number):
                post(connection, body)
        ask(port, 1, [])
        alone, beside, speed = measure(port, arguments)
    finally:
        server.kill()
        server.wait()
        shutil.rmtree(directory)
    print(f"{len(fleet.heads)} series, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
          f"{speed / 1e3:.0f} thousand samples a second written beside the queries")
    print("| wall time of a query, ms | p50 | p99 | queries |\n|---|---|---|---|")
    for name, found in (("alone", alone), ("under ingest", beside)):
        print(f"| {name} | {percentile(found, .5):.2f} | {percentile(found, .99):.2f} "
              f"| {len(found)} |")
    print(f"p99 under ingest: {percentile(beside, .99) / percentile(alone, .99):.2f} times alone")


if __name__ == "__main__":
    sys.exit(main())
