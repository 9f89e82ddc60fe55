#!/usr/bin/env python3
"""HTTP/1.1 over TLS: what a request costs beside `h2load --h1` in the same run, and 10,000 of them at once.

usage: http1.py [--quick] BUILD

h2load verifies no certificate; lambda-warmd verifies the first one of a volley and resumes its session for the others.
Memory for a request is the largest RSS of N requests less that of one, divided by N - 1. The 10,000 (not with --quick)
go to lambda-sim with a hold of 1 s; simulator and sender share this machine. Exit status 0 if every round was complete,
whatever its figures.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import sys
import tempfile

import lab

N, LARGE = 1000, 10000
LIMIT_S = 150
CONFIG = """daemon = {{ max_in_flight = 10000; }};
endpoints = ( {{ name = "a"; url = "{url}"; ip_family = "4"; warm = {n}; attempts = 1; http_version = "1.1"; hold = "{hold}";
  ca_file = "{ca}"; connect_timeout = "60s"; timeout = "60s"; }} );
"""


def cpu_us(cost, n):
    return (cost["user_us"] + cost["system_us"]) / n


class Comparison:
    def __init__(self, build, folder, receiver):
        self.build, self.folder, self.receiver = build, folder, receiver

    def warmd(self, n, hold):
        path = os.path.join(self.folder, "http1.conf")
        with open(path, "w", encoding="ascii") as file:
            file.write(CONFIG.format(url=self.receiver.prepare(n), n=n, hold=hold, ca=os.path.join(self.folder, "ca.pem")))
        cost, out = lab.measure(self.build, [os.path.join(self.build, "lambda-warmd"), "-c", path, "once", "--json"], LIMIT_S)
        one = json.loads(out)["rounds"][0]
        if one["ok"] != n:
            raise RuntimeError(f"{one['ok']} of {n} requests were answered: {one['errors']}")
        return cost, one

    def h2load(self, n):
        url = self.receiver.prepare(n)
        return lab.measure(self.build, ["h2load", "--h1", "-n", str(n), "-c", str(n), url], LIMIT_S)[0]

    def beside(self, repetitions):
        """Interleaved, so that both meet the same machine; medians."""
        ours, theirs = [], []
        for _ in range(repetitions):
            ours.append(self.warmd(N, "1ms")[0])
            theirs.append(self.h2load(N))
        one = (self.warmd(1, "1ms")[0]["max_rss_kb"], self.h2load(1)["max_rss_kb"])
        for name, costs, base in (("lambda-warmd", ours, one[0]), ("h2load --h1", theirs, one[1])):
            cpu = statistics.median(cpu_us(cost, N) for cost in costs)
            rss = statistics.median((cost["max_rss_kb"] - base) / (N - 1) for cost in costs)
            print(f"{name:14} N = {N}: {cpu:5.0f} us of CPU and {rss:4.1f} KB a request")
        ratio = statistics.median(cpu_us(a, N) / cpu_us(b, N) for a, b in zip(ours, theirs))
        print(f"CPU a request: {ratio:.2f} times h2load's (at most 1.30)")


def main():
    parser = argparse.ArgumentParser(usage="http1.py [--quick] BUILD")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("build")
    arguments = parser.parse_args()
    build = os.path.abspath(arguments.build)
    if not shutil.which("h2load"):
        print("http1: h2load is not installed: nothing to compare with", file=sys.stderr)
        return 0
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    processes = lab.Processes()
    try:
        with tempfile.TemporaryDirectory(prefix="lwbench") as folder:
            lab.make_certificates(folder)
            Comparison(build, folder, lab.Receiver(processes, build, folder)).beside(1 if arguments.quick else 3)
            if not arguments.quick and limit > LARGE + 500:
                receiver = lab.Receiver(processes, build, folder, holds=True)
                cost, one = Comparison(build, folder, receiver).warmd(LARGE, "1s")
                print(f"N = {LARGE}, hold 1 s: {one['distinct']} distinct, skew {one['skew_us'] / 1000:.0f} ms, "
                      f"{cost['wall_us'] / 1e6:.1f} s in all (at most 15), {cost['max_rss_kb'] / 1024:.0f} MiB")  # fmt: skip
    finally:
        processes.end_all()
    return 0


if __name__ == "__main__":
    sys.exit(main())
