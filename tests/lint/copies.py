#!/usr/bin/env python3
"""Lists code that stands in two places: copies.py [FOLDER] names runs of ten equal lines or more.

Blank lines, comments, includes and lone punctuation don't count, nor does indentation.
"""
import os, re, sys

LEAST = 10
COMMENT = re.compile(r'/\*.*?\*/|("(?:\\.|[^"\\])*")', re.S)


def lines_of(path):
    """(number, text) of each line that counts."""
    with open(path, encoding="utf-8") as file:
        text = COMMENT.sub(lambda hit: hit.group(1) or "\n" * hit.group(0).count("\n"), file.read())
    for number, line in enumerate(text.splitlines(), 1):
        line = " ".join(line.split())
        if re.search(r"\w", line) and not line.startswith("#include"):
            yield number, line


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else "daemon"
    files = {}
    for folder, _, names in os.walk(root):
        for name in names:
            if name.endswith((".c", ".h", ".def")):
                path = os.path.join(folder, name)
                files[path] = list(lines_of(path))
    places = {}  # a run of LEAST lines -> where it begins
    for path in sorted(files):
        texts = [text for _, text in files[path]]
        for at in range(len(texts) - LEAST + 1):
            places.setdefault(tuple(texts[at : at + LEAST]), []).append((path, at))
    pairs = {(a, b) for found in places.values() for i, a in enumerate(found) for b in found[i + 1 :]}
    for (path, at), (other, there) in sorted(pairs):
        if ((path, at - 1), (other, there - 1)) in pairs:
            continue  # within a longer run that is listed
        length = LEAST
        while ((path, at + length - LEAST + 1), (other, there + length - LEAST + 1)) in pairs:
            length += 1
        spans = [f"{p}:{files[p][n][0]}-{files[p][n + length - 1][0]}" for p, n in ((path, at), (other, there))]
        print(f"{spans[0]} stands again at {spans[1]}")
    sys.exit(bool(pairs))


main()
