#!/usr/bin/env python3
"""How much memory a server takes at most to answer a query, beside how much it has before.

    python3 Benchmarks/QueryMemory/measure.py --end 1717221600 --hours 6 \\
      assay=http://127.0.0.1:9090 prometheus=http://127.0.0.1:9091 'sum(rate(x[5m]))' ...

Servers run already, on the same data. The peak (VmHWM) is reset before each query, so the figure is
that query's own; a path that begins with a slash is asked for as it is. Needs root or the servers'
user, and nothing but Python.
"""
import argparse
import os
import sys
import urllib.parse
import urllib.request


def listening_process(port):
    """The process that listens on a loopback port, found by its socket."""
    sockets = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in open(table).readlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and int(fields[1].split(":")[1], 16) == port:
                sockets.add(f"socket:[{fields[9]}]")
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            links = {os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")}
        except OSError:
            continue
        if links & sockets:
            return int(pid)
    sys.exit(f"nobody listens on port {port}")


def mebibytes(pid, name):
    for line in open(f"/proc/{pid}/status"):
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    sys.exit(f"process {pid} has no {name}")


def ask(url):
    """The number of bytes of the answer, read without keeping them."""
    with urllib.request.urlopen(url, timeout=600) as answer:
        size = 0
        while part := answer.read(1 << 20):
            size += len(part)
        return size


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--end", type=float, required=True, help="seconds since 1970")
    parser.add_argument("--hours", type=float, default=6)
    parser.add_argument("--step", default="60s")
    parser.add_argument("servers", nargs=2, metavar="NAME=URL")
    parser.add_argument("queries", nargs="+", metavar="QUERY")
    options = parser.parse_args()
    servers = [server.split("=", 1) for server in options.servers]
    pids = {name: listening_process(urllib.parse.urlsplit(url).port) for name, url in servers}
    print("MiB more than before the query: peak - resident")
    for query in options.queries:
        parameters = {"query": query, "start": options.end - options.hours * 3600,
                      "end": options.end, "step": options.step}
        path = query if query.startswith("/") else (
            "/api/v1/query_range?" + urllib.parse.urlencode(parameters))
        print(query)
        for name, url in servers:
            pid = pids[name]
            before = mebibytes(pid, "VmRSS")
            with open(f"/proc/{pid}/clear_refs", "w") as file:
                file.write("5")
            size = ask(url + path)
            peak = mebibytes(pid, "VmHWM")
            print(f"  {name:12} {before:8.1f} + {peak - before:8.1f} = {peak:8.1f}, {size:,} bytes")


if __name__ == "__main__":
    main()
