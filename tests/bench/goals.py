"""What is aimed at, and whether a run's figures reach it."""

import statistics
from dataclasses import dataclass


def formula_floor_us(jitter_us, n):
    """Mean spread of N independent delays that are uniform within ± JITTER_US."""
    return 2 * jitter_us * (n - 1) / (n + 1)


FLOORS = {"sim": "same receiver", "reader": "bare reader"}


class Figures:
    """Medians of a run's figures; None where there are none."""

    def __init__(self, results):
        self.results = results

    def runs(self, condition, sender, n):
        """Those in which all requests arrived."""
        return [r for r in self.results["runs"]
                if (r["condition"], r["sender"], r["n"]) == (condition, sender, n) and r["complete"]]  # fmt: skip

    def floor_us(self, condition, receiver, n):
        return [f["skew_us"] for f in self.results["floors"]
                if (f["condition"], f["receiver"], f["n"]) == (condition, receiver, n)]  # fmt: skip

    def median(self, condition, sender, n, of):
        values = [of(r) for r in self.runs(condition, sender, n)]
        return statistics.median(values) if values else None

    def skew_us(self, condition, sender, n):
        return self.median(condition, sender, n, lambda r: r["skew_us"])

    def skew_ms(self, sender, n, condition="loopback"):
        return divide(self.skew_us(condition, sender, n), 1000)

    def distinct(self, sender, n, hold, condition="loopback"):
        return self.median(condition, sender, n, lambda r: r["distinct"][hold])

    def cpu_ms(self, sender, n):
        return self.median("loopback", sender, n, lambda r: (r["user_us"] + r["system_us"]) / n / 1000)

    def arming_s(self, sender, n):
        return divide(self.median("loopback", sender, n, lambda r: r["connect_us"]), 1e6)

    def rss_kb(self, sender):
        return next((c["rss_per_request_kb"] for c in self.results["costs"] if c["sender"] == sender), None)

    def over_floor(self, receiver, n):
        floor = self.floor_us("loopback", receiver, n)
        return divide(self.skew_us("loopback", "h1", n), statistics.median(floor) if floor else None)

    def over_ours(self, sender, n):
        return divide(self.skew_us("loopback", sender, n), self.skew_us("loopback", "h1", n))

    def over_formula(self, n):
        return divide(self.skew_us("network", "h1", n), formula_floor_us(self.results["network"]["jitter_us"], n))


def divide(a, b):
    return None if a is None or not b else a / b


@dataclass
class Goal:
    label: str
    unit: str
    measured: float
    sign: str  # of what is wanted: ≤ or ≥
    must: float = None
    aim: float = None

    def shown(self):
        if self.measured is None:
            return "not measured"
        return f"{self.measured:.3g}" if self.measured < 1000 else f"{self.measured:.0f}"

    def wanted(self, limit):
        return "–" if limit is None else f"{self.sign} {limit}"

    def verdict(self, limit):
        if self.measured is None or limit is None:
            return "–"
        reached = self.measured <= limit if self.sign == "≤" else self.measured >= limit
        return "pass" if reached else "**miss**"


def all_goals(f):
    h1 = {50: (0.8, 0.3), 500: (6, 2.5), 1000: (15, 6), 5000: (80, 36), 10000: (160, 70)}
    h2 = {50: (0.2, 0), 1000: (1, 0.4), 10000: (3, 0.7)}
    peers = {"hey": (20, 60), "curl": (20, 60), "node": (8, 60)}
    goals = [Goal(f"HTTP/2, N = {n}: skew", "ms", f.skew_ms("h2", n), "≤", *limits) for n, limits in h2.items()]
    goals += [Goal(f"HTTP/1.1, N = {n}: skew", "ms", f.skew_ms("h1", n), "≤", *limits) for n, limits in h1.items()]
    for receiver, name in FLOORS.items():
        goals += [Goal(f"HTTP/1.1, N = {n}: skew ÷ floor, {name}", "", f.over_floor(receiver, n), "≤", 2.0, 1.1)
                  for n in h1]  # fmt: skip
    for sender, name in (("h2", "HTTP/2"), ("h1", "HTTP/1.1")):
        goals += [Goal(f"{name}, N = 50: distinct at a hold of 1 ms", "of 50", f.distinct(sender, 50, "1"), "≥", 50),
                  Goal("the same with a busy loop on every core", "of 50", f.distinct(sender, 50, "1", "hogs"), "≥",
                       aim=50)]  # fmt: skip
    goals += [Goal("HTTP/2, N = 1000: distinct at a hold of 5 ms", "of 1000", f.distinct("h2", 1000, "5"), "≥", 1000),
              Goal("HTTP/2, N = 10000: distinct at a hold of 5 ms", "of 10000", f.distinct("h2", 10000, "5"), "≥",
                   aim=10000)]  # fmt: skip
    goals += [Goal(f"{sender} ÷ HTTP/1.1, N = 500", "", f.over_ours(sender, 500), "≥", *limits)
              for sender, limits in peers.items()]  # fmt: skip
    goals += [Goal("RTT 40 ± 10 ms, N = 50: HTTP/2, skew", "ms", f.skew_ms("h2", 50, "network"), "≤", 1, 0.2),
              Goal("RTT 40 ± 10 ms, N = 50: HTTP/1.1 ÷ the formula's floor", "", f.over_formula(50), "≤", 1.25, 1.05),
              Goal("HTTP/1.1, N = 1000: CPU per request", "ms", f.cpu_ms("h1", 1000), "≤", 2, 1.5),
              Goal("HTTP/2, N = 1000: CPU per request", "ms", f.cpu_ms("h2", 1000), "≤", 0.15, 0.05),
              Goal("HTTP/1.1, N = 1000: RSS per request", "KB", f.rss_kb("h1"), "≤", 70, 57),
              Goal("HTTP/2, N = 1000: RSS per request", "KB", f.rss_kb("h2"), "≤", 15, 8),
              Goal("HTTP/2, N = 10000: arming", "s", f.arming_s("h2", 10000), "≤", 1, 0.3)]  # fmt: skip
    return goals
