#!/usr/bin/env python3
"""Writes the journal of a Tuesday in a shop, 2026-11-24 in UTC, as a daemon would have: what docs/journal.md asks it.

usage: day.py FILE.journal

orders is deployed in the night, reports is throttled in the morning, search is down for a while in the afternoon, and billing
has windows from 08:00 to 18:30. Some instances are new without a deployment, most of them in the night.
"""
import os
import random
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "report"))
import journals  # noqa: E402

SECOND, MINUTE, HOUR = 10**6, 60 * 10**6, 3600 * 10**6
EVERY = 5 * MINUTE
OPEN, CLOSE = 8 * HOUR - 2 * MINUTE, 18 * HOUR + 30 * MINUTE
TARGETS = {"orders": 20, "billing": 5, "search": 10, "reports": 8}
INFO, NOTICE, WARNING, ERR = 6, 5, 4, 3

with open(os.path.join(HERE, "../../daemon/telemetry/events.def"), encoding="utf-8") as definitions:
    IDS = dict(re.findall(r'^EVENT\(\w+, "([a-z0-9-]+)", "(\w+)"\)', definitions.read(), re.M))


class Day:
    def __init__(self):
        self.host, self.chance, self.entries = journals.Host("warm-a"), random.Random(4), []

    def add(self, at_us, fields, message, priority):
        """AT_US is within the day."""
        at_us += journals.BASE_US
        fields |= {"MESSAGE": message, "PRIORITY": priority, "SYSLOG_IDENTIFIER": "lambda-warmd", "_PID": 175,
                   "_COMM": "lambda-warmd", "_SYSTEMD_UNIT": "lambda-warmd.service", "MESSAGE_ID": IDS[fields["WARM_EVENT"]]}
        self.entries.append((at_us, self.host.fields(at_us) | fields))

    def event(self, at_us, kind, message, priority=NOTICE, endpoint=None, **fields):
        self.add(at_us, journals.event_fields(kind, endpoint, **fields), f"{endpoint}: {message}" if endpoint else message,
                 priority)

    def round(self, at_us, name, cold=0, errors=None, throttled=0, lost=0, unsent=0):
        target, others = TARGETS[name], {"HTTP_VERSION": "2", "ATTEMPTS": 1, "SENT": TARGETS[name] - unsent,
                                         "FAILED": lost - throttled, "THROTTLED": throttled}
        ok, skew_us = target - lost - unsent, self.chance.randrange(300, 1900)
        p50_us = self.chance.randrange(76000, 88000)
        p99_us = p50_us + (self.chance.randrange(300000, 900000) if cold else self.chance.randrange(9000, 40000))
        if lost:
            others |= {"ERRORS": errors}
        if not ok:
            others |= {"DISTINCT": None, "COLD": None}
            p50_us = p99_us = skew_us = 0
        found = f"{ok} distinct, {cold} cold), skew {skew_us / 1e3:.1f} ms, p99 {p99_us / 1e3:.0f} ms" if ok else \
            "none answered as expected)"
        usd = ok * (0.2e-6 + 0.076 * 1.66667e-5) + cold * 0.4 * 1.66667e-5
        fields = journals.round_fields(
            journals.BASE_US + at_us, name, target, ok, cold, SKEW_USEC=skew_us, P50_USEC=p50_us, P99_USEC=p99_us,
            MAX_USEC=p99_us + (9000 if ok else 0), COST_MICROUSD=round(usd * 1e6), COST_USD=f"{usd:.9f}",
            PROVISIONED_MICROUSD=15000 * target, **others)
        self.add(at_us, fields, f"{name}: {ok}/{target} warm ({found}{'; ' + errors if errors else ''}",
                 INFO if ok == target else WARNING if ok else ERR)

    def replaced(self, at_us):
        """How many instances are new, without a deployment."""
        rare = 0.10 if at_us < 5 * HOUR else 0.03
        return self.chance.choice((1, 1, 2)) if self.chance.random() < rare else 0

    def of(self, name, at_us):
        if name == "billing" and not OPEN <= at_us < CLOSE:
            return
        if name == "search" and 14 * HOUR <= at_us < 14 * HOUR + 24 * MINUTE:
            if at_us < 14 * HOUR + EVERY:
                self.round(at_us, name, errors="10 refused", lost=10)
                self.event(at_us + 900, "endpoint-failing", "failing: none of 10 requests was answered as expected; next try in "
                           "1min; the next entry comes when it recovers", ERR, name, ERRORS="10 refused")
            return
        since_us = at_us - 9 * HOUR
        if name == "reports" and 0 <= since_us < 2 * EVERY:
            self.round(at_us, name, errors="2 throttled-concurrency" if since_us < EVERY else None,
                       throttled=2 if since_us < EVERY else 0, lost=2 if since_us < EVERY else 0,
                       unsent=0 if since_us < EVERY else 4)
            return
        deployed = name == "orders" and 3 * HOUR + 10 * MINUTE <= at_us < 3 * HOUR + 15 * MINUTE
        first = name == "billing" and at_us < OPEN + EVERY
        self.round(at_us, name, TARGETS[name] if deployed or first else self.replaced(at_us))

    def begin_and_end(self):
        self.event(4 * SECOND, "started", "lambda-warmd 1.0 started: 4 endpoints, 43 instances", INFO, ENDPOINTS=4, INSTANCES=43)
        self.event(4 * SECOND + 80, "resting", "its windows are closed: it rests until Tue 07:58", INFO, "billing",
                   UNTIL_USEC=journals.BASE_US + OPEN)
        self.event(CLOSE, "resting", "its windows are closed: it rests until Wed 07:58", INFO, "billing",
                   UNTIL_USEC=journals.BASE_US + OPEN + 24 * HOUR)

    def incidents(self):
        self.event(3 * HOUR + 10 * MINUTE + 21 * SECOND, "deployed", "version 42 answers instead of 41: it was deployed, so a "
                   "round follows at once", NOTICE, "orders", VERSION=42)
        self.event(9 * HOUR + 45 * SECOND, "throttled", "throttled (2 throttled-concurrency): real traffic comes first, so only "
                   "4 of 8 requests in 5min, then more", WARNING, "reports", THROTTLED=2)
        self.event(9 * HOUR + 10 * MINUTE + 45 * SECOND, "throttle-over", "no longer throttled", NOTICE, "reports")
        self.event(11 * HOUR + 3 * MINUTE, "reload-rejected", "configuration not reloaded: "
                   "/etc/lambda-warmd/lambda-warmd.conf:14: warm must be an integer, not a string", ERR)
        self.event(11 * HOUR + 5 * MINUTE, "reloaded", "reloaded /etc/lambda-warmd/lambda-warmd.conf: 4 endpoints, 43 instances",
                   INFO, ENDPOINTS=4, INSTANCES=43)
        self.event(14 * HOUR + 24 * MINUTE + 19 * SECOND, "endpoint-recovered", "answers again, after failing for 23min 50s",
                   NOTICE, "search")

    def write(self, path):
        self.begin_and_end()
        self.incidents()
        for start_us in range(0, 24 * HOUR, EVERY):
            for i, name in enumerate(TARGETS):
                at_us = OPEN if name == "billing" and start_us == 7 * HOUR + 55 * MINUTE else start_us + (20 + 8 * i) * SECOND
                self.of(name, at_us + self.chance.randrange(SECOND))
        self.entries.sort(key=lambda entry: entry[0])
        journals.write(path, [fields for _, fields in self.entries])


Day().write(sys.argv[1])
