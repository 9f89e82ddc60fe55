#!/usr/bin/env python3
"""A strict reader of the Prometheus text format 0.0.4, which complains of all that a scraper might.

prometheus.py FILE                    prints the samples, one a line, with sorted labels: NAME{L="V",…} VALUE
prometheus.py --watch FILE N SECONDS  reads FILE again and again until it has seen N different ones: each whole, no
                                      counter ever less than before
"""
import math
import re
import sys
import time

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"'
SAMPLE = re.compile(rf"({NAME})(?:\{{((?:{LABEL})(?:,{LABEL})*)\}})? (\S+)$")
SUFFIXES = {"histogram": ("_bucket", "_sum", "_count"), "counter": ("",), "gauge": ("",)}


class Fault(Exception):
    pass


def demand(true, *what):
    if not true:
        raise Fault(" ".join(map(str, what)))


def parse(text):
    """{(name, labels): value}, {family: type}"""
    demand(text.endswith("\n"), "does not end with a line's end")
    samples, types, helps, family = {}, {}, {}, None
    for line in text[:-1].split("\n"):
        head = re.fullmatch(rf"# (HELP|TYPE) ({NAME}) (.+)", line)
        if head:
            kind, name, rest = head.groups()
            known = helps if kind == "HELP" else types
            demand(name not in known, "told twice:", line)
            demand(kind == "HELP" or (name in helps and rest in SUFFIXES), line)
            known[name] = rest
            family = name
            continue
        sample = SAMPLE.fullmatch(line)
        demand(sample, "malformed:", line)
        name, labels = sample[1], dict(re.findall(LABEL, sample[2] or ""))
        demand(family in types, "before its TYPE:", line)
        demand(name in [family + suffix for suffix in SUFFIXES[types[family]]], "not of", family, line)
        demand((types[family] == "counter") == family.endswith("_total"), "named unlike its type:", family)
        key = (name, tuple(sorted(labels.items())))
        demand(key not in samples, "twice:", line)
        samples[key] = float(sample[sample.lastindex])
        demand(not math.isnan(samples[key]) and samples[key] >= 0, line)
    for family in (f for f, kind in types.items() if kind == "histogram"):
        check_histogram(samples, family)
    return samples, types


def check_histogram(samples, family):
    of = {}
    for (name, labels), value in samples.items():
        if name == family + "_bucket":
            rest = tuple(label for label in labels if label[0] != "le")
            of.setdefault(rest, []).append((float(dict(labels)["le"]), value))
    demand(len(of) == sum(name == family + "_count" for name, _ in samples), family, "lacks buckets")
    for rest, buckets in of.items():
        demand(buckets == sorted(buckets) and len({le for le, _ in buckets}) == len(buckets), family, "is out of order")
        demand(all(a[1] <= b[1] for a, b in zip(buckets, buckets[1:])), family, "does not accumulate")
        demand(buckets[-1] == (math.inf, samples[(family + "_count", rest)]), family, "does not end in its count")
        demand((family + "_sum", rest) in samples, family, "lacks a sum")


def watch(path, wanted, seconds):
    seen, reads, before, end = set(), 0, {}, time.monotonic() + seconds
    while len(seen) < wanted:
        demand(time.monotonic() < end, "only", len(seen), "different ones in", reads, "readings")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        reads += 1
        if text in seen:
            continue
        samples, types = parse(text)
        demand(any(name.endswith("_build_info") for name, _ in samples), "the end is missing")
        for key, value in before.items():
            demand(not key[0].endswith(("_total", "_count", "_sum", "_bucket")) or samples.get(key, -1) >= value,
                   "less than before:", key)
        before = samples
        seen.add(text)
    print(len(seen), "different ones in", reads, "readings")


def main(arguments):
    try:
        if arguments[0] == "--watch":
            watch(arguments[1], int(arguments[2]), float(arguments[3]))
            return 0
        with open(arguments[0], encoding="utf-8") as file:
            samples, _ = parse(file.read())
    except Fault as fault:
        print(f"{arguments[-1]}: {fault}", file=sys.stderr)
        return 1
    for (name, labels), value in samples.items():
        text = ",".join(f'{label}="{of}"' for label, of in labels)
        print(name + (f"{{{text}}}" if text else ""), f"{value:.9f}".rstrip("0").rstrip("."))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
