#!/usr/bin/env python3
"""Draws docs/report.svg, the README's picture of `lambda-warmd report`: make-report-svg.py [BUILD [FILE]]

It writes the journal of a week in a shop (with systemd-journal-remote, as the tests do), has BUILD's binary report on it on a
terminal of 80 columns, and draws what that shows; of ten worst rounds, three. Plain SVG: no fonts, scripts or images from
elsewhere; a background of its own, for light and dark pages.
"""
import fcntl, html, os, pty, random, re, struct, subprocess, sys, tempfile, termios

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../tests/report"))
import journals  # noqa: E402

SECOND, MINUTE, HOUR = 10**6, 60 * 10**6, 3600 * 10**6
DAY, MONDAY = 24 * HOUR, 1794787200 * 10**6  # 2026-11-16, in UTC
TARGETS = {"orders": 20, "billing": 5, "search": 10, "reports": 8}
COLUMNS, WORST_SHOWN = 80, 3


def at(day, clock):
    """Microseconds from Monday on: at("Tue", "03:10:20")."""
    h, m, s = map(int, clock.split(":"))
    return ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].index(day) * DAY + h * HOUR + m * MINUTE + s * SECOND


def is_open(at_us):
    return at_us < 5 * DAY and 8 * HOUR - 2 * MINUTE <= at_us % DAY < 18 * HOUR + 30 * MINUTE


def rounds(chance):
    for start in range(0, 7 * DAY, 5 * MINUTE):
        for i, (name, target) in enumerate(TARGETS.items()):
            at_us = start + (20 + 8 * i) * SECOND + chance.randrange(SECOND)
            opens = name == "billing" and start % DAY == 8 * HOUR - 5 * MINUTE
            at_us += 165 * SECOND if opens else 0  # a round as the window opens
            if name == "billing" and not is_open(at_us):
                continue
            if name == "search" and at("Thu", "14:00:00") <= at_us < at("Thu", "14:25:00"):
                if at_us < at("Thu", "14:05:00"):
                    yield at_us, name, 0, {"ERRORS": "10 refused", "COST_MICROUSD": 0} | dict.fromkeys(
                        ("DISTINCT", "COLD", "SKEW_USEC", "P50_USEC", "P99_USEC", "MAX_USEC"))
                continue
            if name == "reports" and at("Wed", "09:00:00") <= at_us < at("Wed", "09:10:00"):
                yield at_us, name, 6, {"ERRORS": "2 throttled-concurrency", "THROTTLED": 2}
                continue
            deployed = name == "orders" and at("Tue", "03:10:00") <= at_us < at("Tue", "03:15:00")
            rare = 0.05 if at_us % DAY < 6 * HOUR or at_us >= 5 * DAY else 0.015
            cold = target if deployed or opens else chance.choice((1, 1, 2)) if chance.random() < rare else 0
            yield at_us, name, target, {"COLD": cold}


def entries(chance):
    host = journals.Host("warm-a")
    def event(at_us, kind, message, endpoint=None):
        text = f"{endpoint}: {message}" if endpoint else message
        return at_us, journals.event_fields(kind, endpoint) | {"MESSAGE": text}

    all_of = [
        event(0, "started", "lambda-warmd 0.1.0 started: 4 endpoints, 43 instances"),
        event(SECOND, "resting", "its windows are closed: it rests until Mon 07:58", "billing"),
        event(at("Tue", "03:10:21"), "deployed", "version 42 answers instead of 41", "orders"),
        event(at("Wed", "09:00:45"), "throttled", "throttled (2 throttled-concurrency)", "reports"),
        event(at("Wed", "09:10:45"), "throttle-over", "no longer throttled", "reports"),
        event(at("Thu", "14:00:38"), "endpoint-failing", "failing: none of 10 requests answered", "search"),
        event(at("Thu", "14:25:38"), "endpoint-recovered", "answers again, after failing for 25min", "search"),
        event(at("Fri", "11:05:00"), "reloaded", "reloaded lambda-warmd.conf: 4 endpoints, 43 instances"),
    ]
    for day in range(5):
        all_of.append(event(day * DAY + 18 * HOUR + 30 * MINUTE, "resting", "its windows are closed", "billing"))
    for at_us, name, ok, others in rounds(chance):
        cold = others.get("COLD") or 0
        p50_us = chance.randrange(76000, 84000)
        p99_us = p50_us + (chance.randrange(300000, 800000) if cold else chance.randrange(9000, 40000))
        usd = TARGETS[name] * (0.2e-6 + 0.076 * 1.66667e-5) + cold * 0.5 * 1.66667e-5  # 1 GB, by Invoke
        fields = {"SKEW_USEC": chance.randrange(300, 1900), "P50_USEC": p50_us, "P99_USEC": p99_us,
                  "MAX_USEC": p99_us + 9000, "COST_MICROUSD": round(usd * 1e6),
                  "PROVISIONED_MICROUSD": 15000 * TARGETS[name]} | others
        all_of.append((at_us, journals.round_fields(MONDAY + at_us, name, TARGETS[name], ok, **fields)))
    for at_us, fields in sorted(all_of, key=lambda entry: entry[0]):
        yield host.fields(MONDAY + at_us) | fields


def run(build):
    """What the report shows on a terminal, with its colours."""
    program = os.path.join(os.path.abspath(build), "lambda-warmd")
    with tempfile.TemporaryDirectory() as folder:
        journals.write(os.path.join(folder, "week.journal"), entries(random.Random(7)))
        master, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 200, COLUMNS, 0, 0))
        settings = {"TZ": "UTC", "LC_ALL": "C.UTF-8", "TERM": "xterm", "PATH": os.environ["PATH"]}
        with subprocess.Popen([program, "report", "--file", "week.journal"], cwd=folder, env=settings, stdout=terminal,
                              stderr=subprocess.PIPE) as process:
            os.close(terminal)
            out = b""
            try:
                while piece := os.read(master, 65536):
                    out += piece
            except OSError:  # the other end of a terminal was closed
                pass
            said = process.stderr.read().decode()
    os.close(master)
    if process.returncode or said:
        sys.exit(f"report: exit status {process.returncode}: {said}")
    return out.decode().replace("\r\n", "\n").rstrip("\n").split("\n")


def shorten(lines):
    """Leaves out all but the first worst rounds."""
    first = next(i for i, line in enumerate(lines) if "WORST ROUNDS" in line) + 1 + 2 * WORST_SHOWN
    end = next(i for i in range(first, len(lines)) if not lines[i])
    return lines[:first] + [f"\033[0;2m    … and {(end - first) // 2} more\033[0m"] + lines[end:]


WIDE, HIGH, LEFT, TOP = 7.25, 17, 16, 42
BLOCKS = {"█": 8, "▅": 5, "▃": 3, "▁": 1}  # eighths; drawn, as fonts differ
CLASSES = {"0": "", "0;1": "strong", "0;2": "faint", "0;38;5;32": "good", "0;38;5;166": "bad", "0;38;5;166;7": "alarm"}
STYLE = """
    text { font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; fill: #d0d7de }
    .strong { fill: #ffffff; font-weight: bold } .faint { fill: #8b949e } rect { fill: #d0d7de }
    .good { fill: #4aa3ff } .bad { fill: #ff9a52 } .alarm { fill: #161b22; font-weight: bold } .page { fill: #161b22; stroke: #484f58 }"""


def draw_run(text, x, y, name):
    """TEXT, all of one class: blocks as rectangles, words between them as text."""
    marked = f' class="{name}"' if name else ""
    if name == "alarm":
        yield f'  <rect x="{x:g}" y="{y - 12}" width="{len(text) * WIDE:g}" height="16" class="bad"/>'
    for part in re.finditer(r"([█▅▃▁])\1*|[^█▅▃▁\s](?:[^█▅▃▁]*[^█▅▃▁\s])?", text):
        left, width = x + part.start() * WIDE, len(part[0]) * WIDE
        if eighths := BLOCKS.get(part[0][0]):
            high = eighths * 1.5
            yield f'  <rect x="{left:g}" y="{y + 2 - high:g}" width="{width:g}" height="{high:g}"{marked}/>'
        else:
            words = html.escape(part[0], quote=False).replace(" ", "&#160;")
            yield f'  <text x="{left:g}" y="{y}" textLength="{width:g}" lengthAdjust="spacingAndGlyphs"{marked}>{words}</text>'


def draw(lines):
    width, height = int(COLUMNS * WIDE + 2 * LEFT), TOP + len(lines) * HIGH + 8
    yield f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" ' \
          'role="img" aria-labelledby="t">'
    yield "  <title id=\"t\">lambda-warmd report on a week of four endpoints: how warm each was, what it cost, when instances " \
          "started cold, the worst rounds, and what happened</title>"
    yield f"  <style>{STYLE}</style>"
    yield f'  <rect class="page" x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="8"/>'
    for x, colour in ((20, "#ff7b72"), (38, "#d29922"), (56, "#3fb950")):
        yield f'  <circle cx="{x}" cy="16" r="5" fill="{colour}"/>'
    name = ""
    for row, line in enumerate(lines):
        column = 0
        for piece in re.split(r"(\033\[[0-9;]*m)", line):
            if piece.startswith("\033"):
                name = CLASSES[piece[2:-1]]
                continue
            yield from draw_run(piece, LEFT + column * WIDE, TOP + row * HIGH, name)
            column += len(piece)
    yield "</svg>"


def main():
    build, path = (sys.argv[1:] + ["build", os.path.join(HERE, "report.svg")][len(sys.argv) - 1:])[:2]
    lines = ["\033[0;1m$ lambda-warmd report\033[0m"] + shorten(run(build))
    picture = "\n".join(draw(lines)) + "\n"
    with open(path, "w", encoding="utf-8") as file:
        file.write(picture)


main()
