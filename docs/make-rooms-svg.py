#!/usr/bin/env python3
"""Draws docs/rooms.svg from the includes of daemon/: make-rooms-svg.py [DAEMON] >docs/rooms.svg

Plain SVG: no fonts, scripts or images from elsewhere; a background of its own, for light and dark pages. An arrow that
follows from others is left out. Where a room stands is given here, what points where is not: an arrow that would cross a
room, and a room without a place, are errors.
"""
import os, re, sys

# room: floor from the top, first and last column, trade
PLACES = {
    "main.c": (0, 0, 5, "argv → command"),
    "commands": (1, 0, 5, "run, check, once, plan, probe, status, report, reload, help"),
    "config": (2, 0, 0, "text → plan"),
    "report": (2, 1, 1, "the journal, looked back on"),
    "service": (2, 2, 5, "the event loop’s objects: the fleet, a warmer for each endpoint, rounds in progress"),
    "memory": (3, 2, 2, "survives a restart"),
    "telemetry": (3, 3, 3, "journal, status, metrics"),
    "volley": (3, 4, 5, "arm, hold back the last byte, release at T0, collect"),
    "decide": (4, 1.5, 3, "pure: how many, when, what it means, what it costs"),
    "protocol": (4, 4, 4, "asking, reading answers"),
    "aws": (4, 5, 5, "credentials, signatures"),
    "net": (5, 5, 5, "names, TLS, proxies, fetch"),
    "record": (6, 1, 5, "what happened, as values: sample, attempt, round, causes"),
    "plan": (7, 0, 5, "what the configuration says, complete and immutable"),
    "base": (8, 0, 5, "errors, text, files, time: what everybody stands on"),
}
COLUMN, GAP, HIGH, STOREY, LEFT, TOP = 184, 14, 54, 82, 20, 64
WIDTH = LEFT * 2 + 6 * COLUMN + 5 * GAP
HEIGHT = TOP + 8 * STOREY + HIGH + 48
STYLE = """
    text { font: 12px system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: #57606a; text-anchor: middle }
    .page { fill: #ffffff; stroke: #d0d7de } .name { font-size: 15px; font-weight: 600; fill: #1f2328 }
    .room { fill: #f6f8fa; stroke: #8c959f } .pure { fill: #ddf4ff; stroke: #54aeff } .edge { fill: #fff8c5; stroke: #d4a72c }
    .arrow { stroke: #57606a; stroke-width: 1.5; fill: none } .head { fill: #57606a } .title { font-size: 18px; fill: #1f2328 }
    .left { text-anchor: start }
    @media (prefers-color-scheme: dark) {
      text { fill: #9198a1 } .page { fill: #0d1117; stroke: #3d444d } .name, .title { fill: #f0f6fc }
      .room { fill: #151b23; stroke: #656c76 } .pure { fill: #0c2d4a; stroke: #388bfd } .edge { fill: #332705; stroke: #9e6a03 }
      .arrow { stroke: #9198a1 } .head { fill: #9198a1 }
    }"""
PURE = {"plan", "record", "decide"}
EDGE = {"net", "volley", "aws"}  # they use the network


def survey(root):
    """room -> (files, lines, rooms it includes)"""
    found = {}
    for folder, _, names in os.walk(root):
        for name in names:
            if not name.endswith((".c", ".h", ".def")):
                continue
            path = os.path.join(folder, name)
            room = os.path.relpath(path, root).split(os.sep)[0]
            with open(path, encoding="utf-8") as file:
                text = file.read()
            files, lines, uses = found.get(room, (0, 0, set()))
            uses |= set(re.findall(r'^ *# *include *"([^"/]+)/', text, re.M)) - {room}
            found[room] = files + 1, lines + text.count("\n"), uses
    return found


def leads_to(uses, room):
    """All that ROOM reaches."""
    seen, todo = set(), [room]
    while todo:
        for other in uses[todo.pop()] - seen:
            seen.add(other)
            todo.append(other)
    return seen


def box(room):
    floor, first, last, _ = PLACES[room]
    return LEFT + first * (COLUMN + GAP), LEFT + last * (COLUMN + GAP) + COLUMN, TOP + floor * STOREY


def arrow(room, other):
    left, right, top = box(room)
    other_left, other_right, other_top = box(other)
    x = (max(left, other_left) + min(right, other_right)) / 2
    for between in PLACES:
        l, r, t = box(between)
        if top < t < other_top and l - 4 < x < r + 4:
            sys.exit(f"rooms: the arrow from {room} to {other} would cross {between}: move a room")
    if top >= other_top or not max(left, other_left) < x < min(right, other_right):
        sys.exit(f"rooms: {room} does not stand above {other}: move a room")
    y, end = top + HIGH, other_top - 9
    return (f'  <g id="{room}-{other}"><path class="arrow" d="M{x:g} {y}V{end}"/>'
            f'<path class="head" d="M{x - 4.5:g} {end - 1}h9l-4.5 9z"/></g>')


def draw(found):
    if set(found) != set(PLACES):
        sys.exit(f"rooms: give a place to, or take it from: {' '.join(sorted(set(found) ^ set(PLACES)))}")
    uses = {room: found[room][2] for room in found}
    total = sum(lines for _, lines, _ in found.values())
    yield (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" '
           'role="img" aria-labelledby="t">')
    yield '  <title id="t">The rooms of daemon/, and which of them include which</title>'
    yield f"  <style>{STYLE}\n  </style>"
    yield f'  <rect class="page" x="0.5" y="0.5" width="{WIDTH - 1}" height="{HEIGHT - 1}" rx="8"/>'
    yield f'  <text class="title left" x="{LEFT}" y="36">The rooms of daemon/</text>'
    yield f'  <text x="{WIDTH - LEFT}" y="36" style="text-anchor: end">{total / 1000:.0f},000 lines</text>'
    for room in PLACES:
        further = set().union(*(leads_to(uses, other) for other in uses[room]))
        for other in PLACES:
            if other in uses[room] and other not in further:
                yield arrow(room, other)
    for room, (_, _, _, trade) in PLACES.items():
        files, lines, _ = found[room]
        left, right, top = box(room)
        kind = "pure" if room in PURE else "edge" if room in EDGE else "room"
        middle = (left + right) / 2
        size = f"{round(lines, -2):,} lines" if lines >= 50 else "a few lines"
        yield f'  <rect class="{kind}" x="{left}" y="{top}" width="{right - left}" height="{HIGH}" rx="6"/>'
        yield (f'  <text x="{middle:g}" y="{top + 22}"><tspan class="name">{room}</tspan>'
               f'<tspan dx="8">{size}</tspan></text>')
        yield f'  <text x="{middle:g}" y="{top + 42}">{trade}</text>'
    y = HEIGHT - 18
    yield (f'  <text class="left" x="{LEFT}" y="{y}">An arrow: includes it, and may include what it leads to.</text>')
    for x, kind, text in ((440, "pure", "values and pure functions"), (640, "edge", "uses the network")):
        yield f'  <rect class="{kind}" x="{x}" y="{y - 11}" width="20" height="13" rx="3"/>'
        yield f'  <text class="left" x="{x + 28}" y="{y}">{text}</text>'
    yield "</svg>"


print("\n".join(draw(survey(sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "../daemon")))))
