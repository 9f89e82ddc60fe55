"""The senders: a row each. What they are, how they are started, and where they end."""

import os
import re
import resource
import shutil
import subprocess
from dataclasses import dataclass
from typing import Callable

HERE = os.path.dirname(os.path.abspath(__file__))
CURL_PARALLEL_MAX = 300  # curl's own limit before 8.16
SERIAL_MAX = 50  # a serial loop takes some 60 ms a request
H2_STREAMS = 128  # a connection, as API Gateway and the Lambda API have it
FD_LIMIT = resource.getrlimit(resource.RLIMIT_NOFILE)[1]


@dataclass(frozen=True)
class Job:
    """One volley to send."""

    url: str
    n: int
    ca: str
    connect_timeout_s: int


@dataclass(frozen=True)
class Sender:
    id: str
    label: str
    http: str
    what: str  # for a reader of the report
    command: Callable[[Job], list]
    missing: Callable[[], str] = lambda: ""  # why it can't be had here
    cap: Callable[[int], str] = lambda n: ""  # why it isn't asked for N
    environment: Callable[[Job], dict] = lambda job: {}
    ours: bool = False


def needs(program):
    return lambda: "" if shutil.which(program) else f"{program} is not installed"


def needs_descriptors(per_request):
    def cap(n):
        wanted = per_request * n + 64
        return f"needs {wanted} descriptors, the limit is {FD_LIMIT}" if wanted > FD_LIMIT else ""

    return cap


def probe(warmd, options):
    return lambda job: [
        warmd, "probe", job.url, "-n", str(job.n), "--cacert", job.ca, "--json",
        "--connect-timeout", f"{job.connect_timeout_s}s", "--timeout", "60s", *options]  # fmt: skip


def has_http_option(warmd):
    """Whether `probe` can be told which HTTP to speak."""
    text = subprocess.run([warmd, "probe", "--help"], capture_output=True, text=True, check=False).stdout
    return re.search(r"--http\b", text) is not None


def serial(job):
    loop = 'for ((i = 0; i < $1; i++)); do curl -sS --http1.1 --cacert "$2" -o /dev/null "$3"; done'
    return ["bash", "-c", loop, "serial", str(job.n), job.ca, job.url]


def curl_parallel(job):
    return ["curl", "--parallel", "--parallel-immediate", "--parallel-max", str(min(job.n, CURL_PARALLEL_MAX)),
            "-sS", "--http1.1", "--cacert", job.ca, "-o", "/dev/null", f"{job.url}?[1-{job.n}]"]  # fmt: skip


def all_senders(build):
    warmd = os.path.join(build, "lambda-warmd")
    barrier = os.path.join(build, "tests/bench/barrier")
    choosable = has_http_option(warmd)
    return [
        Sender("h2", "lambda-warmd, HTTP/2", "2",
               "`lambda-warmd probe --http 2`: all requests of a connection in one TLS record, whose last byte is released",
               probe(warmd, ["--http", "2"]), ours=True,
               missing=lambda: "" if choosable else "this build has no HTTP/2 engine (`probe` has no `--http`)"),
        Sender("h1", "lambda-warmd, HTTP/1.1", "1.1",
               "`lambda-warmd probe`: a connection for each request, whose last byte is released",
               probe(warmd, ["--http", "1.1"] if choosable else []), ours=True, cap=needs_descriptors(1)),
        Sender("h2load2", "h2load, HTTP/2", "2",
               f"`h2load -n N -c ⌈N/{H2_STREAMS}⌉ -m {H2_STREAMS}`: nghttp2's load generator, {H2_STREAMS} streams a connection",
               lambda job: ["h2load", "-n", str(job.n), "-c", str(-(-job.n // H2_STREAMS)), "-m", str(H2_STREAMS), job.url],
               missing=needs("h2load")),
        Sender("barrier", "thread per request + barrier", "1.1",
               "tests/bench/barrier.c: N threads, each a libcurl easy handle that waits, connected, in "
               "CURLOPT_PREREQFUNCTION at a pthread_barrier; trust anchors shared",
               lambda job: [barrier, job.url, str(job.n), job.ca], cap=needs_descriptors(3)),
        Sender("h2load1", "h2load, HTTP/1.1", "1.1",
               "`h2load --h1 -n N -c N`: nghttp2's load generator, a connection for each request",
               lambda job: ["h2load", "--h1", "-n", str(job.n), "-c", str(job.n), job.url],
               missing=needs("h2load"), cap=needs_descriptors(1)),
        Sender("hey", "hey", "1.1", "`hey -n N -c N`: a goroutine for each request (does not verify certificates)",
               lambda job: ["hey", "-n", str(job.n), "-c", str(job.n), "-t", "60", job.url],
               missing=needs("hey"), cap=needs_descriptors(1)),
        Sender("node", "node, Promise.all of fetch", "1.1", "tests/bench/fetch.mjs: N × fetch, awaited together",
               lambda job: ["node", os.path.join(HERE, "fetch.mjs"), job.url, str(job.n)],
               missing=needs("node"), cap=needs_descriptors(1),
               environment=lambda job: {"NODE_EXTRA_CA_CERTS": job.ca}),
        Sender("curl", "curl --parallel", "1.1",
               f"`curl --parallel --parallel-immediate --parallel-max min(N, {CURL_PARALLEL_MAX}) --http1.1`: "
               f"{CURL_PARALLEL_MAX} at a time is the most that this curl does, the others follow on the same connections",
               curl_parallel, missing=needs("curl")),
        Sender("ab", "ab", "1.0", "`ab -n N -c N` of apache2-utils (does not verify certificates)",
               lambda job: ["ab", "-q", "-n", str(job.n), "-c", str(job.n), "-s", "60", job.url],
               missing=needs("ab"), cap=needs_descriptors(1)),
        Sender("serial", "serial loop of curl", "1.1", "`for …; do curl …; done`: one after the other",
               serial, missing=needs("curl"),
               cap=lambda n: f"takes as long as N requests one by one: {SERIAL_MAX} at most" if n > SERIAL_MAX else ""),
    ]  # fmt: skip
