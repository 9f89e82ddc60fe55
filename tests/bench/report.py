"""The report: tables and goals from a run's figures. `python3 report.py bench.json` renders them again."""

import json
import statistics
import sys

import goals

INTRODUCTION = """\
# Benchmarks

How close together N requests arrive: lambda-warmd and its peers, in one run, on one machine, at one receiver.
Written by `make bench`{quick}.
"""

HOW_TO_READ = """\
## How to read it

- **Skew** is the last arrival less the first, of N requests that were to arrive together. Arrival is the kernel's
  receive stamp (SO_TIMESTAMPNS) of the segment that completes a request, taken at the receiver: it depends neither on
  what a sender says of itself nor on when the receiving program gets to run.
- **Distinct at a hold of H** is how many instances Lambda would have needed for these very arrivals if each had kept its
  instance busy for H: the most that are ever busy together. N of N means that every request met an instance of its own.
- The **receiver** is `lambda-sim`, the same for all senders: one thread, TLS 1.3 with a P-256 certificate, HTTP/2 and
  HTTP/1.1, an answer after {handler} ms. It shares the machine's cores with the sender. That costs those most whose handshakes
  are still going on while their first requests arrive, which is all but lambda-warmd and the barrier: against a remote
  server their skew would be smaller, by up to what N handshakes cost here.
- Senders take turns within each repetition, each repetition begins with another one. Figures are **medians of {repetitions}
  repetitions [least–most]**. Rounds in which the wall clock stepped against the monotonic one are void and were repeated.
- **Floor** is a bare send() loop: 1 byte on each of N idle TCP connections from as many threads as there are cores, with no
  TLS and no library (tests/bench/floor.c), in the same run and by the same kind of stamps: once at the *same receiver* as
  all the others, where the byte completes a request over plain HTTP, and once at a *bare reader* that does nothing but
  take the bytes, and so leaves the sender more of the machine. A sender of HTTP/1.1 can't be much better, as it has N bytes
  to send on N connections; HTTP/2 sends one for {streams} requests.
- **CPU** is the sender's user and system time, all of it, from its start to its end, divided by N. **RSS per request** is the
  largest RSS at N less that at N = 1, divided by N − 1.
- **÷ ours** is a sender's median skew divided by that of lambda-warmd over HTTP/1.1 at the same N.
"""

FAULTS = """\
That connections which are refused, silent or slow hold nobody else up is shown by tests/e2e/faults.bats.
"""

NETWORK = """\
Round trip {rtt} ± {jitter} ms: two network namespaces, a TUN device in each, and between them a program (tests/bench/delay.c)
that delays every packet by {base} ± {one_way} ms, uniformly, each way; the order within a connection is kept. Nothing that sends N
independent packets can arrive closer together, in the mean, than 2J(N−1)/(N+1) with J = {one_way} ms, whatever it does: that
is the formula's floor. Requests that share one packet have one arrival.
"""


def number(value, digits=3):
    """Three significant digits and no more, plain."""
    if value is None:
        return "–"
    if value == 0:
        return "0"
    decimals = max(0, digits - len(str(int(abs(value))))) if abs(value) >= 1 else digits
    return f"{value:.{decimals}f}"


def spread(values, scale=1.0):
    scaled = [v / scale for v in values]
    if len(scaled) == 1:
        return f"{number(scaled[0])} (once)"
    return f"{number(statistics.median(scaled))} [{number(min(scaled))}–{number(max(scaled))}]"


def table(head, rows):
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines) + "\n"


def distinct(runs, hold):
    values = [r["distinct"][hold] for r in runs]
    low, high = min(values), max(values)
    return f"{low}" if low == high else f"{statistics.median(values):.0f} [{low}–{high}]"


class Report:
    def __init__(self, results):
        self.results = results
        self.figures = goals.Figures(results)
        self.label = {s["id"]: s["label"] for s in results["senders"]}

    def floor_rows(self, condition, n, columns):
        ours = self.figures.skew_us(condition, "h1", n)
        for receiver, name in goals.FLOORS.items():
            floor = self.figures.floor_us(condition, receiver, n)
            if floor:
                ratio = number(statistics.median(floor) / ours) if ours else "–"
                yield [f"*floor, {name}*", "–", spread(floor, 1000), *["–"] * columns, ratio]

    def sender_row(self, condition, sender, n):
        runs = self.figures.runs(condition, sender, n)
        if not runs:
            return []
        ours = self.figures.skew_us(condition, "h1", n)
        skew = [r["skew_us"] for r in runs]
        label = self.label[sender] + (f" ({len(runs)} rounds)" if len(runs) < self.results["repetitions"] else "")
        return [[label, runs[0]["http"], spread(skew, 1000), *[distinct(runs, h) for h in ("1", "5", "20")],
                 number(statistics.median(r["user_us"] + r["system_us"] for r in runs) / n / 1000),
                 number(statistics.median(skew) / ours) if ours else "–"]]  # fmt: skip

    def skew_table(self, condition, n):
        head = [f"N = {n}", "HTTP", "skew, ms", "distinct at 1 ms", "5 ms", "20 ms", "CPU per request, ms", "÷ ours"]
        rows = [row for s in self.results["senders"] for row in self.sender_row(condition, s["id"], n)]
        return table(head, [*rows, *self.floor_rows(condition, n, 4)]) if rows else ""

    def ours_table(self):
        rows = []
        for n in self.results["sizes"]:
            for sender in ("h2", "h1"):
                runs = self.figures.runs("loopback", sender, n)
                if not runs:
                    continue
                rows.append([f"{self.label[sender]}, N = {n}", spread([r["connect_us"] for r in runs], 1000),
                             spread([r["own_skew_us"] for r in runs], 1000), spread([r["skew_us"] for r in runs], 1000)])  # fmt: skip
        head = ["lambda-warmd", "arming, ms", "skew as it reports it, ms", "skew at the receiver, ms"]
        return table(head, rows)

    def cost_table(self):
        rows = [[f"{self.label[c['sender']]}, N = {c['n']}", number(c["rss_per_request_kb"]), number(c["rss_one_kb"] / 1024),
                 c["threads"], c["descriptors"]] for c in self.results["costs"]]  # fmt: skip
        return table(["sender", "RSS per request, KB", "RSS at N = 1, MB", "threads, most", "descriptors, most"], rows)

    def network_tables(self):
        network = self.results["network"]
        jitter_ms = network["jitter_us"] / 1000
        text = NETWORK.format(rtt=number(2 * network["delay_us"] / 1000), jitter=number(2 * jitter_ms),
                              base=number(network["delay_us"] / 1000), one_way=number(jitter_ms))  # fmt: skip
        for n in network["sizes"]:
            skews = self.skew_table("network", n)
            formula = goals.formula_floor_us(network["jitter_us"], n)
            ours = self.figures.skew_us("network", "h1", n)
            ratio = f"; HTTP/1.1 ÷ it is {ours / formula:.2f}" if ours else ""
            text += f"\nThe formula's floor at N = {n} is {number(formula / 1000)} ms{ratio}.\n\n{skews}" if skews else ""
        return text

    def goal_table(self):
        rows = [[g.label, g.unit, g.shown(), g.wanted(g.must), g.verdict(g.must), g.wanted(g.aim), g.verdict(g.aim)]
                for g in goals.all_goals(self.figures)]  # fmt: skip
        return table(["goal", "unit", "measured", "must", "", "aim", ""], rows)

    def skips(self):
        reasons = {}
        for s in self.results["skips"]:
            sizes = reasons.setdefault((s["condition"], s["sender"], s["reason"]), [])
            if s["n"] not in sizes:
                sizes.append(s["n"])
        lines = [f"- {condition}, N = {', '.join(map(str, sizes))}: {self.label[sender]}: {reason}"
                 for (condition, sender, reason), sizes in reasons.items()]  # fmt: skip
        given_up = [f"- {r['condition']}, N = {r['n']}: {self.label[r['sender']]}: {r['arrived']} of {r['n']} arrived, by HTTP/{r['http']}"
                    f"{' before its time was over' if r['timed_out'] else ''}"
                    for r in self.results["runs"] if not r["complete"]]  # fmt: skip
        notes = [f"- {note}" for note in self.results["notes"]]
        return "\n".join([*lines, *given_up, *notes] or ["- nothing"]) + "\n"

    def render(self):
        quick = self.results["quick"]
        machine = "\n".join(f"- {key}: {value}" for key, value in self.results["machine"].items())
        senders = "\n".join(f"- **{s['label']}**: {s['what']}" for s in self.results["senders"])
        introduction = INTRODUCTION.format(quick=" in its QUICK form: few repetitions, rough figures" if quick else "")
        how = HOW_TO_READ.format(repetitions=self.results["repetitions"], handler=50, streams=128)
        loopback = "\n".join(t for n in self.results["sizes"] if (t := self.skew_table("loopback", n)))
        took = f"- the run took {self.results['took_s'] / 60:.0f} min"
        return "\n".join([
            introduction, "## Goals\n", self.goal_table(), FAULTS, how, f"## The machine\n\n{machine}\n{took}\n",
            f"## The senders\n\n{senders}\n", f"## Loopback, TLS\n\n{loopback}",
            "## The same with a busy loop on every core beside it\n", self.skew_table("hogs", 50),
            "## What lambda-warmd says of itself\n\nArming is from the start until every connection is ready.\n",
            self.ours_table(), "## Memory, threads, descriptors\n", self.cost_table(),
            "## A network with delay and jitter\n", self.network_tables(), "## Left out, given up, void\n", self.skips()])  # fmt: skip


def render(results):
    return Report(results).render()


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        print(render(json.load(file)), end="")
