#!/usr/bin/env python3
"""What ten thousand endpoints take: check, start, reload, rounds, and doing nothing.

usage: many.py [--endpoints N] [--interval S] [--seconds S] [--tls] [--no-files] BUILD

The configuration is in files of conf.d, the server is lambda-sim on loopback. Prints a line for each figure; the exit
status is 0 if the daemon did what it should, whatever it took.
"""

import argparse
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

TESTS = pathlib.Path(__file__).resolve().parent.parent
TICK = os.sysconf("SC_CLK_TCK")
A_FILE = 2000  # endpoints in one file


def say(what, value, unit):
    print(f"{what:34} {value:10.2f} {unit}", flush=True)


def cpu_s(pid):
    """User and system time so far, all threads."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def rss_anon_mib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"RssAnon:\s+(\d+)", status)[1]) / 1024


def wait_for(condition, seconds=120.0):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            sys.exit("waited in vain")
        time.sleep(0.005)


class Notified:
    """What the daemon says to systemd; somebody has to listen, or it waits."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.times_ready = 0
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            self.times_ready += b"READY=1" in self.socket.recv(1 << 16)


def write_config(folder, options, base, warm=1, windows=""):
    confd = folder / "conf.d"
    confd.mkdir(exist_ok=True)
    files = "" if options.no_files else f'metrics_file = "{folder}/m.prom"; '
    ca = f' ca_file = "{folder}/certs/ca.pem";' if options.tls else ""
    (folder / "main.conf").write_text(f'daemon = {{ {files}stagger = "{options.interval}s"; }};\n')
    for first in range(0, options.endpoints, A_FILE):
        rows = ",\n".join(
            f'  {{ name = "endpoint-{i:05}"; url = "{base}/f{i}"; {windows}}}'
            for i in range(first, min(first + A_FILE, options.endpoints))
        )
        (confd / f"{first:06}.conf").write_text(
            f'defaults = {{ interval = "{options.interval}s"; warm = {warm};{ca} }};\nendpoints = (\n{rows}\n);\n'
        )


def start_sim(build, folder, options):
    command = [build / "lambda-sim", "--port", "0", "--lifetime", "3600", "--cold", "0"]
    if options.tls:
        certs = folder / "certs"
        subprocess.run(["sh", TESTS / "sim" / "make-cert.sh", certs], check=True, stdout=subprocess.DEVNULL)
        command += ["--tls-cert", certs / "server.pem", "--tls-key", certs / "server.key"]
    sim = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    port = re.search(r":(\d+) \(", sim.stdout.readline())[1]
    return sim, f"https://localhost:{port}" if options.tls else f"http://127.0.0.1:{port}"


def start_daemon(build, folder, log):
    notified = Notified(folder / "notify")
    state = folder / "state"
    state.mkdir(exist_ok=True)
    runtime = folder / "runtime"
    runtime.mkdir(exist_ok=True)
    environment = dict(os.environ, NOTIFY_SOCKET=str(folder / "notify"), STATE_DIRECTORY=str(state),
                       RUNTIME_DIRECTORY=str(runtime))  # fmt: skip
    begin = time.monotonic()
    daemon = subprocess.Popen([build / "lambda-warmd", "-c", folder / "main.conf", "run"], stdout=log, stderr=log,
                              env=environment)  # fmt: skip
    wait_for(lambda: notified.times_ready == 1)
    return daemon, notified, time.monotonic() - begin


def stop(process):
    process.send_signal(signal.SIGTERM)
    return process.wait(60)


def measure(daemon, seconds):
    """Share of a core over so many seconds, in percent; and the most memory."""
    before, most = cpu_s(daemon.pid), 0.0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.5)
        most = max(most, rss_anon_mib(daemon.pid))
    return 100 * (cpu_s(daemon.pid) - before) / seconds, most


def check(build, folder):
    begin = time.monotonic()
    subprocess.run([build / "lambda-warmd", "-c", folder / "main.conf", "check"], check=True, stdout=subprocess.DEVNULL)
    say("check", time.monotonic() - begin, "s")


def work(build, folder, options, base):
    log = (folder / "log").open("w")
    write_config(folder, options, base)
    check(build, folder)
    daemon, notified, took_s = start_daemon(build, folder, log)
    say("start", took_s, "s")
    say("start, CPU", cpu_s(daemon.pid), "s")
    share, most = measure(daemon, options.seconds)
    rounds = len(re.findall(r"1/1 warm", (folder / "log").read_text()))
    say("rounds a second", rounds / options.seconds, "")
    say("CPU while rounds are made", share, "% of a core")
    say("RssAnon, most", most, "MiB")
    begin, before_s = time.monotonic(), cpu_s(daemon.pid)
    daemon.send_signal(signal.SIGHUP)
    wait_for(lambda: notified.times_ready == 2)
    say("reload", time.monotonic() - begin, "s")
    say("reload, CPU", cpu_s(daemon.pid) - before_s, "s")
    if stop(daemon) != 0 or rounds == 0:
        sys.exit("the daemon failed: " + (folder / "log").read_text()[-1000:])
    for name in ("state/state.json", "runtime/status.json", "m.prom"):
        if (folder / name).exists():
            say("size of " + name, (folder / name).stat().st_size / 1e6, "MB")
    (folder / "notify").unlink()
    daemon, _, took_s = start_daemon(build, folder, log)
    say("start with the state of before", took_s, "s")
    stop(daemon)
    (folder / "notify").unlink()


def rest(build, folder, options, base):
    """All windows are closed."""
    log = (folder / "log").open("w")
    hour = (time.localtime().tm_hour + 12) % 24
    window = f'windows = ( {{ from = "{hour:02}:00"; to = "{(hour + 1) % 24:02}:00"; warm = 1; }} ); '
    write_config(folder, options, base, warm=0, windows=window)
    daemon, _, took_s = start_daemon(build, folder, log)
    say("start, all windows closed", took_s, "s")
    say("the same, CPU", cpu_s(daemon.pid), "s")
    time.sleep(2)
    share, most = measure(daemon, min(options.seconds, 20))
    say("CPU while all windows are closed", share, "% of a core")
    say("RssAnon then", most, "MiB")
    stop(daemon)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--endpoints", type=int, default=10000)
    parser.add_argument("--interval", type=int, default=300)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--no-files", action="store_true", help="neither state nor metrics")
    parser.add_argument("build", type=pathlib.Path)
    options = parser.parse_args()
    build = options.build.resolve()
    with tempfile.TemporaryDirectory(prefix="warmd-many-") as name:
        folder = pathlib.Path(name)
        sim, base = start_sim(build, folder, options)
        try:
            work(build, folder, options, base)
            rest(build, folder, options, base)
        finally:
            sim.terminate()
            sim.wait()


main()
