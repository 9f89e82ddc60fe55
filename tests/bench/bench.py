#!/usr/bin/env python3
"""make bench: arrival skew by kernel receive stamps, of lambda-warmd and of its peers, interleaved in one run.

usage: bench.py [--quick] [--only ID,…] BUILD OUT.md

Raw figures go to BUILD/bench.json, the report to stdout and OUT.md, progress to stderr. Exit status 0 if the run was
complete, whatever its figures; 1 if lambda-warmd failed to send a volley.
"""

import argparse
import json
import os
import re
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
from dataclasses import dataclass

import lab
import report
from senders import Job, all_senders

VOID_MAX = 5  # rounds in a row that the wall clock may spoil
BROKEN_MAX = 2  # rounds with missing requests before a sender is left alone at that N
SLOW_S = 30  # a peer's run that takes longer is repeated
SLOW_MAX = 3  # no more often than this, or the bench would take hours


@dataclass(frozen=True)
class Condition:
    """One network, some sizes, and who is measured there."""

    name: str
    sizes: tuple
    repetitions: int
    limit_s: int  # of one sender's run
    without: tuple = ()  # senders that are left out, and
    why: str = ""
    with_floor: bool = True
    delay_us: int = 0
    jitter_us: int = 0


FULL = (
    Condition("loopback", (50, 500, 1000, 5000, 10000), 5, 90),
    Condition("hogs", (50,), 5, 60, without=("serial",), why="says nothing there that it doesn't say elsewhere"),
    Condition("network", (50, 500), 5, 60, without=("serial",), why="takes N × 4 round trips, by construction",
              with_floor=False, delay_us=20000, jitter_us=5000),
)  # fmt: skip
QUICK = (
    Condition("loopback", (50, 500, 1000), 3, 20),
    Condition("hogs", (50,), 3, 20, without=("serial",), why=FULL[1].why),
    Condition("network", (50,), 3, 20, without=("serial",), why=FULL[2].why, with_floor=False, delay_us=20000,
              jitter_us=5000),
)  # fmt: skip
COST_N = 1000
COST_REPETITIONS = 3


def tell(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


class Bench:
    def __init__(self, build, senders, processes, certificates):
        self.build, self.processes, self.certificates = build, processes, certificates
        self.senders = senders
        self.runs, self.floors, self.skips, self.costs, self.notes = [], [], [], [], []

    def skip(self, condition, sender, n, reason):
        if not any(s["sender"] == sender.id and s["reason"] == reason for s in self.skips):
            tell(f"{condition.name}, N = {n}: no {sender.label}: {reason}")
        self.skips.append({"condition": condition.name, "sender": sender.id, "n": n, "reason": reason})

    def send(self, condition, sender, n, receiver, sample=False):
        """One volley, again where the wall clock has stepped. None: it always did."""
        for _ in range(VOID_MAX):
            job = Job(receiver.prepare(n), n, os.path.join(self.certificates, "ca.pem"), condition.limit_s)
            clock = lab.Clock()
            cost, out = lab.measure(self.build, sender.command(job), condition.limit_s, receiver.network, sample,
                                    sender.environment(job))  # fmt: skip
            stats = receiver.stats()
            volley = stats["volley"] or {"requests": 0, "skew_us": None, "clock_stepped": False, "http_version": None}
            if not clock.stepped() and not volley["clock_stepped"]:
                return self.result(condition, sender, n, cost, out, volley, stats["distinct_at_hold"])
            self.notes.append(f"{sender.label}, N = {n}: a round was void, the wall clock stepped")
            tell(self.notes[-1])
        return None

    def result(self, condition, sender, n, cost, out, volley, distinct):
        result = {"condition": condition.name, "sender": sender.id, "n": n, "arrived": volley["requests"],
                  "complete": volley["requests"] == n and volley["http_version"] == sender.http and not cost["timed_out"],
                  "skew_us": volley["skew_us"], "http": volley["http_version"], "distinct": distinct, **cost}  # fmt: skip
        if sender.ours and out.strip():
            own = json.loads(out)["rounds"][0]
            result |= {"own_skew_us": own["skew_us"], "connect_us": own["connect_us"], "errors": own["errors"]}
        return result

    def so_far(self, condition, sender, n):
        return [r for r in self.runs if (r["condition"], r["sender"], r["n"]) == (condition.name, sender.id, n)]

    def is_broken(self, runs):
        return sum(not r["complete"] for r in runs) >= BROKEN_MAX

    def is_too_slow(self, runs):
        return len(runs) >= SLOW_MAX and statistics.median(r["wall_us"] for r in runs) > SLOW_S * 1e6

    def turn(self, condition, n, repetition, receiver):
        """Every sender once, and the floors; each repetition begins with another one."""
        row = [*self.senders, *([self.floor_of_its_own, self.floor_at_receiver] if condition.with_floor else [])]
        shift = repetition % len(row)
        for sender in row[shift:] + row[:shift]:
            if callable(sender):
                self.measure_floor(condition, n, receiver, sender)
            elif self.is_wanted(condition, sender, n):
                run = self.send(condition, sender, n, receiver)
                if run:
                    self.runs.append(run)

    def floor_of_its_own(self, n, receiver):
        return {"receiver": "reader", **json.loads(lab.floor(self.build, n))}

    def floor_at_receiver(self, n, receiver):
        path = urllib.parse.urlsplit(receiver.prepare(n)).path
        lab.floor(self.build, n, str(receiver.ports["http"]), path)
        return {"receiver": "sim", **receiver.stats()["volley"]}

    def measure_floor(self, condition, n, receiver, one_run):
        for _ in range(VOID_MAX):
            clock = lab.Clock()
            run = one_run(n, receiver)
            if not clock.stepped() and not run["clock_stepped"] and run["requests"] == n:
                self.floors.append({"condition": condition.name, "n": n, "receiver": run["receiver"],
                                    "skew_us": run["skew_us"]})  # fmt: skip
                return

    def is_wanted(self, condition, sender, n):
        reason = sender.missing() or sender.cap(n)
        if sender.id in condition.without:
            reason = condition.why
        elif not reason and self.is_broken(self.so_far(condition, sender, n)):
            reason = f"given up after {BROKEN_MAX} rounds that were not complete"
        elif not reason and not sender.ours and self.is_too_slow(self.so_far(condition, sender, n)):
            reason = f"takes over {SLOW_S} s: {SLOW_MAX} repetitions only"
        if reason:
            self.skip(condition, sender, n, reason)
        return not reason

    def run_condition(self, condition, network=None):
        receiver = lab.Receiver(self.processes, self.build, self.certificates, network)
        for n in condition.sizes:
            start = time.monotonic()
            for repetition in range(condition.repetitions):
                self.turn(condition, n, repetition, receiver)
            tell(f"{condition.name}, N = {n}: {condition.repetitions} repetitions in {time.monotonic() - start:.0f} s")
        receiver.end()

    def run_hogs(self, condition):
        with lab.Hogs(self.processes, 600):
            self.run_condition(condition)

    def run_network(self, condition):
        reason = lab.Network.missing()
        if reason:
            for sender in self.senders:
                self.skip(condition, sender, condition.sizes[0], reason)
            return
        network = lab.Network(self.processes, self.build, condition.delay_us, condition.jitter_us, 900)
        with network:
            self.run_condition(condition, network)
        self.notes.append(f"the emulated network {network.report}")

    def measure_costs(self, condition):
        """Largest RSS at N and at 1, and a run whose threads and descriptors are counted (and nothing else)."""
        n = COST_N
        receiver = lab.Receiver(self.processes, self.build, self.certificates)
        for sender in self.senders:
            if sender.missing() or sender.cap(n):
                continue
            ones = [self.send(condition, sender, 1, receiver) for _ in range(COST_REPETITIONS)]
            sampled = self.send(condition, sender, n, receiver, sample=True)
            full = [r["max_rss_kb"] for r in self.runs if (r["condition"], r["sender"], r["n"]) ==
                    ("loopback", sender.id, n) and r["complete"]]  # fmt: skip
            if not sampled or not full or not all(ones):
                continue
            one_kb = statistics.median(r["max_rss_kb"] for r in ones)
            self.costs.append({"sender": sender.id, "n": n, "rss_one_kb": one_kb, "rss_kb": statistics.median(full),
                               "rss_per_request_kb": (statistics.median(full) - one_kb) / (n - 1),
                               "threads": sampled["threads"], "descriptors": sampled["descriptors"]})  # fmt: skip
        receiver.end()


def first_line(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return "not installed"
    return done.stdout.strip().split("\n")[0] if done.returncode == 0 else "unknown"


def read(path, pattern, otherwise="unknown"):
    try:
        with open(path, encoding="utf-8") as file:
            found = re.search(pattern, file.read(), re.MULTILINE)
    except OSError:
        found = None
    return found.group(1) if found else otherwise


def describe_machine(build):
    version = subprocess.run([os.path.join(build, "lambda-warmd"), "--version"], capture_output=True, text=True, check=True)
    memory_kb = read("/proc/meminfo", r"^MemTotal:\s+(\d+)", "0")
    here = os.path.dirname(os.path.abspath(__file__))
    return {
        "commit": first_line("git", "-C", here, "describe", "--always", "--dirty"),
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "lambda-warmd": " · ".join(version.stdout.strip().split("\n")),
        "cores": len(os.sched_getaffinity(0)),
        "processor": read("/proc/cpuinfo", r"^model name\s*: (.*)$"),
        "memory": f"{int(memory_kb) // 1024} MB",
        "kernel": f"{os.uname().sysname} {os.uname().release}",
        "system": read("/etc/os-release", r'^PRETTY_NAME="(.*)"$'),
        "congestion control": read("/proc/sys/net/ipv4/tcp_congestion_control", r"^(\S+)$"),
        "descriptors": resource.getrlimit(resource.RLIMIT_NOFILE)[1],
        "load before the run": read("/proc/loadavg", r"^(\S+ \S+ \S+)"),
        "curl": first_line("curl", "--version"),
        "h2load": first_line("h2load", "--version"),
        "node": first_line("node", "--version"),
        "ab": first_line("ab", "-V"),
        "hey": first_line("dpkg-query", "-W", "-f", "hey ${Version}", "hey") if shutil.which("hey") else "not installed",
    }


def run(arguments, processes):
    conditions = QUICK if arguments.quick else FULL
    senders = all_senders(arguments.build)
    if arguments.only:
        senders = [s for s in senders if s.id in arguments.only.split(",")]
    machine = describe_machine(arguments.build)
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="lwbench") as certificates:
        lab.make_certificates(certificates)
        bench = Bench(arguments.build, senders, processes, certificates)
        bench.run_condition(conditions[0])
        bench.measure_costs(conditions[0])
        bench.run_hogs(conditions[1])
        bench.run_network(conditions[2])
    network = conditions[2]
    return {"quick": arguments.quick, "machine": machine, "took_s": time.monotonic() - start,
            "repetitions": conditions[0].repetitions, "sizes": conditions[0].sizes,
            "network": {"delay_us": network.delay_us, "jitter_us": network.jitter_us, "sizes": network.sizes},
            "senders": [{"id": s.id, "label": s.label, "http": s.http, "what": s.what, "ours": s.ours} for s in senders],
            "runs": bench.runs, "floors": bench.floors, "costs": bench.costs, "skips": bench.skips,
            "notes": bench.notes}  # fmt: skip


def stop(number, frame):
    sys.exit(128 + number)


def main():
    parser = argparse.ArgumentParser(usage="bench.py [--quick] [--only ID,…] BUILD OUT.md")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("build")
    parser.add_argument("out")
    arguments = parser.parse_args()
    arguments.build = os.path.abspath(arguments.build)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stop)
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    processes = lab.Processes()
    try:
        results = run(arguments, processes)
    finally:
        processes.end_all()
    with open(os.path.join(arguments.build, "bench.json"), "w", encoding="utf-8") as file:
        json.dump(results, file, indent=1)
    text = report.render(results)
    print(text, end="")
    os.makedirs(os.path.dirname(os.path.abspath(arguments.out)), exist_ok=True)
    with open(arguments.out, "w", encoding="utf-8") as file:
        file.write(text)
    tell(f"{results['took_s']:.0f} s; the report is in {arguments.out}")
    ours = {s["id"] for s in results["senders"] if s["ours"]}
    return 0 if all(r["complete"] for r in results["runs"] if r["sender"] in ours) else 1


if __name__ == "__main__":
    sys.exit(main())
