"""What measures: the receiver, the launcher that counts cost, the floor, the emulated network, two busy loops."""

import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SIM_CERTIFICATES = os.path.join(HERE, "..", "sim", "make-cert.sh")
STEP_NS = 1_000_000  # a wall clock that moved more than this against the monotonic one voids the round
HANDLER_MS = 50  # an answer sooner than that would compete with requests that are still being sent
PORTS_A_RECEIVER = 20_000  # of the 28 000 that one address has, before TIME_WAIT holds them all
NETWORK_A, NETWORK_B = "192.0.2.1", "192.0.2.2"  # documentation addresses, in namespaces of their own
DEVICE = "lwbench0"
SLACK_S = 15  # for what is around a command that has a limit of its own


class Clock:
    """Says whether the wall clock, which kernel stamps are of, stepped meanwhile."""

    def __init__(self):
        self.offset_ns = self._offset_ns()

    @staticmethod
    def _offset_ns():
        return time.time_ns() - time.monotonic_ns()

    def stepped(self):
        return abs(self._offset_ns() - self.offset_ns) > STEP_NS


class Processes:
    """All that was started and runs in the background: ended by process id, whatever happens."""

    def __init__(self):
        self.running = []

    def start(self, command, **options):
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **options)
        self.running.append(process)
        return process

    def end(self, process):
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(SLACK_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self.running.remove(process)

    def end_all(self):
        for process in reversed(list(self.running)):
            self.end(process)


def make_certificates(folder):
    """An authority and a server certificate for loopback and for the emulated network."""
    subprocess.run(["sh", SIM_CERTIFICATES, folder], check=True, stdout=subprocess.DEVNULL)
    with open(os.path.join(folder, "bench.ext"), "w", encoding="ascii") as file:
        file.write(f"subjectAltName=DNS:localhost,IP:127.0.0.1,IP:{NETWORK_B}\nbasicConstraints=CA:FALSE\n")
    key = "openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout bench.key -out bench.csr -subj /CN=bench"
    leaf = "openssl x509 -req -in bench.csr -out bench.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile bench.ext"
    for command in (key, leaf):
        subprocess.run(command.split(), cwd=folder, check=True, stderr=subprocess.DEVNULL)


class Network:
    """Two namespaces with delay and jitter between them; `within` prefixes commands of the sender's side."""

    def __init__(self, processes, build, delay_us, jitter_us, lifetime_s):
        self.processes, self.build = processes, build
        self.times = [str(delay_us), str(jitter_us), "1", str(lifetime_s)]
        self.names = [f"lwbench{os.getpid()}{side}" for side in "ab"]
        self.made = []
        self.process = None

    @staticmethod
    def missing():
        if os.geteuid() != 0:
            return "needs root, for network namespaces"
        if not shutil.which("ip"):
            return "ip (iproute2) is not installed"
        return "" if os.path.exists("/dev/net/tun") else "there is no /dev/net/tun"

    def __enter__(self):
        try:
            self._make()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _make(self):
        for name in self.names:
            subprocess.run(["ip", "netns", "add", name], check=True)
            self.made.append(name)
        program = os.path.join(self.build, "tests/bench/delay")
        self.process = self.processes.start([program, *self.names, DEVICE, *self.times], stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "ready\n":
            raise RuntimeError("the emulated network did not start")
        for name, own, peer in zip(self.names, (NETWORK_A, NETWORK_B), (NETWORK_B, NETWORK_A)):
            for command in (f"addr add {own} peer {peer} dev {DEVICE}", f"link set {DEVICE} txqueuelen 30000 up",
                            "link set lo up"):  # fmt: skip
                subprocess.run(["ip", "-n", name, *command.split()], check=True)

    def __exit__(self, *unused):
        self.report = ""
        if self.process:
            self.processes.end(self.process)
            self.report = self.process.stdout.read().strip()
            self.process.stdout.close()
        for name in self.made:
            subprocess.run(["ip", "netns", "del", name], check=False)

    def within(self, side):
        return ["ip", "netns", "exec", self.names["ab".index(side)]]


class Receiver:
    """lambda-sim, the same for all senders: stamps arrivals by the kernel and counts what they would have bound."""

    def __init__(self, processes, build, certificates, network=None, holds=False):
        self.holds = holds
        self.processes, self.build, self.certificates, self.network = processes, build, certificates, network
        self.process, self.ports_used, self.runs = None, 0, 0

    def _start(self):
        certificate = os.path.join(self.certificates, "bench")
        self.process = self.processes.start(
            [*(self.network.within("b") if self.network else []), os.path.join(self.build, "lambda-sim"),
             "--bind", NETWORK_B if self.network else "127.0.0.1", "--port", "0", "--plain-port", "0",
             "--tls-cert", certificate + ".pem", "--tls-key", certificate + ".key", "--handler", str(HANDLER_MS),
             "--cold", "0", *([] if self.holds else ["--no-hold"]), "--volley-gap", "900000", "--lifetime", "1800"],
            stdout=subprocess.PIPE, text=True)  # fmt: skip
        text = self.process.stdout.readline() + self.process.stdout.readline()
        self.ports = dict((scheme, int(port)) for port, scheme in re.findall(r":(\d+) \((https?)\)", text))
        self.ports_used = 0

    def end(self):
        if self.process:
            self.processes.end(self.process)
            self.process.stdout.close()
        self.process = None

    def prepare(self, n):
        """A URL that nobody has used, on a receiver that has ports left for N connections."""
        if self.process and self.ports_used + n > PORTS_A_RECEIVER:
            self.end()
        if not self.process:
            self._start()
        self.ports_used += n
        self.runs += 1
        self._ask("POST", "/_sim/reset")
        address = NETWORK_B if self.network else "127.0.0.1"
        return f"https://{address}:{self.ports['https']}/run/{self.runs}"

    def stats(self):
        return json.loads(self._ask("GET", "/_sim/stats"))

    def _ask(self, method, path):
        if self.network:
            url = f"http://{NETWORK_B}:{self.ports['http']}{path}"
            command = [*self.network.within("b"), "curl", "-sS", "--max-time", "30", "-X", method, url]
            return subprocess.run(command, check=True, capture_output=True, text=True).stdout
        connection = http.client.HTTPConnection("127.0.0.1", self.ports["http"], timeout=30)
        connection.request(method, path)
        body = connection.getresponse().read()
        connection.close()
        return body


def measure(build, command, limit_s, network=None, sample=False, environment=None):
    """Runs COMMAND for at most LIMIT_S seconds; what it cost, and its stdout."""
    with tempfile.TemporaryDirectory(prefix="lwbench") as folder:
        report, out = os.path.join(folder, "report"), os.path.join(folder, "out")
        launcher = [os.path.join(build, "tests/bench/measure"), *(["-s"] if sample else []), "-t", str(limit_s), report]
        prefix = network.within("a") if network else []
        with open(out, "w", encoding="utf-8") as stdout:
            subprocess.run([*prefix, *launcher, *command], stdin=subprocess.DEVNULL, stdout=stdout,
                           stderr=subprocess.DEVNULL, timeout=limit_s + SLACK_S, check=True,
                           env={**os.environ, **(environment or {})})  # fmt: skip
        with open(report, encoding="utf-8") as file:
            cost = json.load(file)
        with open(out, encoding="utf-8", errors="replace") as file:
            return cost, file.read()


def floor(build, n, *target):
    """One run of the bare send loops, to a receiver of their own or to TARGET (port, path); what it prints."""
    command = [os.path.join(build, "tests/bench/floor"), str(n), *target]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=150).stdout


class Hogs:
    """As many busy loops as there are cores, each for so many seconds of CPU at most."""

    def __init__(self, processes, lifetime_s):
        self.processes, self.lifetime_s, self.hogs = processes, lifetime_s, []

    def __enter__(self):
        for _ in os.sched_getaffinity(0):
            loop = f"ulimit -t {self.lifetime_s}; while :; do :; done"
            self.hogs.append(self.processes.start(["sh", "-c", loop]))
        return self

    def __exit__(self, *unused):
        for hog in self.hogs:
            self.processes.end(hog)
