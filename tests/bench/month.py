#!/usr/bin/env python3
"""What `report` takes for a month of 100 endpoints at 5 minutes: 864,000 rounds.

usage: month.py [--endpoints N] [--days N] [--journals FOLDER] BUILD

Writes the month with tests/report/journals.py (a minute or two, 700 MB), or reads the journals in FOLDER. Reads them three
times, once as a page, and takes the best time, because a machine is never faster than it is. Exit status 0 if every goal
is met.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

TESTS = pathlib.Path(__file__).resolve().parent.parent
TIMES = 3


def rss_anon_kib(pid):
    """0 when the process has ended."""
    try:
        found = re.search(r"RssAnon:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0
    return int(found[1]) if found else 0


def measure(command):
    """Seconds, seconds of CPU, and the most KiB of RssAnon that one of many looks has seen."""
    start, most = time.monotonic(), 0
    with open(os.devnull, "wb") as nowhere:
        process = subprocess.Popen(command, stdout=nowhere)
        while True:
            most = max(most, rss_anon_kib(process.pid))
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            time.sleep(0.01)
    if status:
        sys.exit(f"{command}: exit status {os.waitstatus_to_exitcode(status)}")
    return time.monotonic() - start, usage.ru_utime + usage.ru_stime, most


def row(what, value, unit, goal):
    verdict = "" if goal is None else f"goal {goal:g} {unit}: {'met' if value <= goal else 'MISSED'}"
    print(f"{what:24} {value:9.2f} {unit:4} {verdict}", flush=True)
    return goal is None or value <= goal


def bench(warmd, journals, page):
    command = [warmd, "report", "--directory", journals]
    texts = [measure(command) for _ in range(TIMES)]
    pages = [measure(command + ["--html", page])]
    runs = texts + pages
    return all([
        row("text", min(run[0] for run in texts), "s", 10),
        row("page", pages[0][0], "s", 10),
        row("CPU", min(run[1] for run in runs), "s", None),
        row("RssAnon at most", max(run[2] for run in runs) / 1024, "MiB", 64),
        row("page's size", os.path.getsize(page) / 1e6, "MB", 3),
    ])


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--endpoints", default="100")
    parser.add_argument("--days", default="30")
    parser.add_argument("--journals")
    parser.add_argument("build", type=pathlib.Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.build) as folder:
        journals = options.journals or os.path.join(folder, "journals")
        if not options.journals:
            print(f"writing {options.days} days of {options.endpoints} endpoints", flush=True)
            subprocess.run([sys.executable, "-B", TESTS / "report" / "journals.py", "month", journals,
                            "--endpoints", options.endpoints, "--days", options.days], check=True)
        met = bench(options.build / "lambda-warmd", journals, os.path.join(folder, "page.html"))
    sys.exit(0 if met else 1)


if __name__ == "__main__":
    main()
