#!/usr/bin/env python3
"""Writes journals of a service that never ran, for tests of `lambda-warmd report`: through systemd-journal-remote, which
makes journal files of the export format. The same arguments make the same entries.

journals.py write FILE.journal [--host NAME] [--compact]   entries from stdin, one a line:
    AT KIND [ENDPOINT] [FIELD=value]... [-FIELD]...
  AT is +SECONDS from 2026-11-24T00:00:00Z on, or a time such as 2026-11-24T03:10:00Z. KIND is a WARM_EVENT, or "other" for
  an entry of somebody else. FIELD is a field's name with or without WARM_; -FIELD leaves out one that a round or summary
  has by itself. Values are quoted as in a shell; \\n, \\x41, \\\\ are read; @1000xA is 1,000 times A.
journals.py month FOLDER [--endpoints N] [--days N] [--hosts N]   rounds every 5 minutes from 2026-11-01 on, with events
"""
import argparse
import codecs
import datetime
import hashlib
import os
import random
import shlex
import subprocess
import sys

WRITER = "/lib/systemd/systemd-journal-remote"
DAY_US = 86400 * 10**6
BASE_US = 1795478400 * 10**6  # 2026-11-24T00:00:00Z, a Tuesday
MONTH_US = 1793491200 * 10**6  # 2026-11-01
OURS = "72282ae89753416391fc11b80657ba19"


def identity(*parts):
    return hashlib.md5(":".join(map(str, parts)).encode()).hexdigest()


class Host:
    """A machine that has been running since the day before BASE_US."""

    def __init__(self, name="warm-a"):
        self.name, self.machine, self.boot = name, identity("machine", name), identity("boot", name)
        self.booted_us = MONTH_US - DAY_US

    def fields(self, at_us):
        return {"__REALTIME_TIMESTAMP": at_us, "__MONOTONIC_TIMESTAMP": at_us - self.booted_us, "_BOOT_ID": self.boot,
                "_MACHINE_ID": self.machine, "_HOSTNAME": self.name, "_TRANSPORT": "journal"}


def round_fields(at_us, endpoint, target=5, ok=None, cold=0, **others):
    """What the daemon writes of a round; OTHERS replace fields by their names without WARM_, None leaves one out."""
    ok = target if ok is None else ok
    fields = {"WARM_EVENT": "round", "WARM_ENDPOINT": endpoint, "WARM_ROUND": identity("round", endpoint, at_us),
              "WARM_RESULT": "met" if ok >= target else "short" if ok else "failed", "WARM_TARGET": target,
              "WARM_SENT": target, "WARM_OK": ok, "WARM_FAILED": target - ok, "WARM_THROTTLED": 0, "WARM_DISTINCT": ok,
              "WARM_COLD": cold, "WARM_PEAK": target, "WARM_SKEW_USEC": 800, "WARM_CONNECT_USEC": 30000,
              "WARM_P50_USEC": 80000, "WARM_P99_USEC": 112000, "WARM_MAX_USEC": 120000, "WARM_HOLD_USEC": 75000,
              "WARM_ATTEMPTS": 1, "WARM_COST_MICROUSD": 2 * target, "WARM_INTERVAL_USEC": 300 * 10**6,
              "MESSAGE": f"{endpoint}: {ok}/{target} warm", "PRIORITY": 6 if ok >= target else 4,
              "MESSAGE_ID": OURS, "SYSLOG_IDENTIFIER": "lambda-warmd", "_SYSTEMD_UNIT": "lambda-warmd.service"}
    for name, value in others.items():
        fields["WARM_" + name] = value
    return fields


def summary_fields(at_us, endpoint, rounds=12, met=None, short=0, failed=0, target=5):
    met = rounds - short - failed if met is None else met
    fields = round_fields(at_us, endpoint, target, SENT=target * rounds, OK=target * met, DISTINCT=target * met,
                          FAILED=target * (rounds - met), COST_MICROUSD=2 * target * rounds, ROUND=None, RESULT=None,
                          ATTEMPTS=None)
    return fields | {"WARM_EVENT": "summary", "WARM_ROUNDS": rounds, "WARM_MET": met, "WARM_SHORT": short,
                     "WARM_FAILED_ROUNDS": failed, "WARM_SINCE_USEC": at_us - 3600 * 10**6,
                     "MESSAGE": f"{endpoint}: {met} of {rounds} rounds met their target"}


def event_fields(kind, endpoint=None, **others):
    fields = {"WARM_EVENT": kind, "MESSAGE": f"{endpoint or 'the service'}: {kind}", "PRIORITY": 5,
              "SYSLOG_IDENTIFIER": "lambda-warmd"}
    if endpoint:
        fields["WARM_ENDPOINT"] = endpoint
    return fields | {"WARM_" + name: value for name, value in others.items()}


def export(fields):
    """An entry in the export format: binary where a line can't hold the value."""
    out = []
    for name, value in fields.items():
        if value is None:
            continue
        value = value if isinstance(value, bytes) else str(value).encode()
        if all(byte >= 32 or byte == 9 for byte in value) and valid_utf8(value):
            out.append(name.encode() + b"=" + value + b"\n")
        else:
            out.append(name.encode() + b"\n" + len(value).to_bytes(8, "little") + value + b"\n")
    return b"".join(out) + b"\n"


def valid_utf8(value):
    try:
        value.decode()
        return True
    except UnicodeDecodeError:
        return False


def write(path, entries, compact=False):
    """Writes ENTRIES, dicts of fields in the order of time, into PATH, and beside it where a file gets full."""
    environment = os.environ | {"SYSTEMD_JOURNAL_COMPACT": "1" if compact else "0", "SYSTEMD_LOG_LEVEL": "err"}
    writer = subprocess.Popen([WRITER, "-o", path, "-"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, env=environment)
    pieces, size = [], 0
    for entry in entries:
        pieces.append(export(entry))
        size += len(pieces[-1])
        if size > 1 << 20:
            writer.stdin.write(b"".join(pieces))
            pieces, size = [], 0
    writer.stdin.write(b"".join(pieces))
    _, said = writer.communicate()
    if writer.returncode:
        sys.exit(f"{WRITER}: {said.decode()}")


# Entries from lines of text.

def when(text):
    if text.startswith("+"):
        return BASE_US + round(float(text[1:]) * 1e6)
    moment = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return round(moment.timestamp() * 1e6)


def value_of(text):
    if text.startswith("@") and "x" in text:
        times, what = text[1:].split("x", 1)
        return int(times) * what
    return codecs.escape_decode(text.encode())[0]


def field_name(name):
    known = ("MESSAGE", "PRIORITY", "SYSLOG", "OBJECT", "_", "WARM_")
    return name if name.startswith(known) else "WARM_" + name


def parse(line, host):
    at, kind, *rest = shlex.split(line)
    at_us = when(at)
    endpoint = rest.pop(0) if rest and "=" not in rest[0] and not rest[0].startswith("-") else None
    if kind == "round":
        given = dict(part.split("=", 1) for part in rest if "=" in part)
        target = int(given["TARGET"]) if given.get("TARGET", "").isascii() and given.get("TARGET", "").isdigit() else 5
        ok = int(given["OK"]) if given.get("OK", "").isdigit() else None
        fields = round_fields(at_us, endpoint, min(target, 10**9), ok)
    elif kind == "summary":
        fields = summary_fields(at_us, endpoint)
    elif kind == "other":
        fields = {"MESSAGE": "something else", "PRIORITY": 6, "SYSLOG_IDENTIFIER": "other"}
    else:
        fields = event_fields(kind, endpoint)
    for part in rest:
        if part.startswith("-"):
            fields.pop(field_name(part[1:]), None)
        else:
            name, value = part.split("=", 1)
            fields[field_name(name)] = value_of(value)
    return host.fields(at_us) | fields


def from_lines(lines, host):
    return [parse(line, host) for line in lines if line.strip() and not line.startswith("#")]


# A month that looks like one.

def month(endpoints, days, host, first=0, seed=1):
    """Rounds of N endpoints every 5 minutes, of which 4 in 1,000 miss their target; a reload and deploys a day."""
    chance = random.Random(seed)
    yield host.fields(MONTH_US) | event_fields("started")
    for r in range(int(days * 288)):
        start_us = MONTH_US + (r * 300 + 1) * 10**6
        if r % 288 == 120:
            yield host.fields(start_us) | event_fields("reloaded")
            name = f"ep{first + r // 288 % endpoints}"
            yield host.fields(start_us) | event_fields("deployed", name)
        for e in range(endpoints):
            at_us = start_us + e * 299 * 10**6 // endpoints + chance.randrange(10**6)
            target = 5 + e % 20
            missed = chance.random() < 0.004
            others = {"ERRORS": "1 throttled", "THROTTLED": 1} if missed else {}
            yield host.fields(at_us) | round_fields(
                at_us, f"ep{first + e}", target, target - missed, chance.choice([0] * 50 + [1]),
                SKEW_USEC=chance.randrange(200, 2000), CONNECT_USEC=chance.randrange(20000, 60000),
                P50_USEC=chance.randrange(75000, 95000), P99_USEC=chance.randrange(95000, 130000),
                MAX_USEC=chance.randrange(130000, 190000), HTTP_VERSION="1.1",
                COST_USD=f"{2e-6 * target:.9f}", **others)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("write")
    one.add_argument("file")
    one.add_argument("--host", default="warm-a")
    one.add_argument("--compact", action="store_true")
    all_of = commands.add_parser("month")
    all_of.add_argument("folder")
    all_of.add_argument("--endpoints", type=int, default=100)
    all_of.add_argument("--days", type=float, default=30)
    all_of.add_argument("--hosts", type=int, default=1)
    options = parser.parse_args()
    if options.command == "write":
        write(options.file, from_lines(sys.stdin, Host(options.host)), options.compact)
        return
    share = options.endpoints // options.hosts
    for h in range(options.hosts):
        host = Host(f"warm-{chr(ord('a') + h)}")
        folder = os.path.join(options.folder, host.machine) if options.hosts > 1 else options.folder
        os.makedirs(folder, exist_ok=True)
        write(os.path.join(folder, "system.journal"), month(share, options.days, host, h * share, seed=h + 1))


if __name__ == "__main__":
    main()
