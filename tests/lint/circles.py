#!/usr/bin/env python3
"""Looks for circles between the files of daemon/: circles.py OBJECTS [SOURCES]

A file is a .c with the .h of its name. It points to what it includes, and to what it calls: the linker's symbols tell that,
so that a header which several .c files share hides no arrow. OBJECTS is the folder of a build tree with the .o files.
"""
import os, re, subprocess, sys

INCLUDE = re.compile(r'^ *# *include *"([^"]+)\.h"', re.M)


def sources(root):
    for folder, folders, names in os.walk(root):
        folders.sort()
        for name in sorted(names):
            if name.endswith((".c", ".h", ".def")):
                path = os.path.join(folder, name)
                with open(path, encoding="utf-8") as file:
                    yield os.path.relpath(path, root), file.read()


def symbols(root, objects, stems):
    """(stem, its undefined symbols), and symbol -> the stem that defines it."""
    defined, wanted = {}, {}
    for stem in stems:
        path = os.path.join(objects, stem + ".o")
        if not os.path.exists(os.path.join(root, stem + ".c")):
            continue
        if not os.path.exists(path):
            sys.exit(f"circles: {path} is missing: build first")
        for line in subprocess.run(["nm", path], check=True, capture_output=True, text=True).stdout.splitlines():
            kind, name = line[17:18], line[19:]
            if kind in "TDBRGSVW":
                defined[name] = stem
            elif kind == "U":
                wanted.setdefault(stem, []).append(name)
    return wanted, defined


def arrows_of(root, objects):
    arrows = {}
    texts = list(sources(root))
    stems = {path.rsplit(".", 1)[0] for path, _ in texts}
    for path, text in texts:
        stem = path.rsplit(".", 1)[0]
        for other in INCLUDE.findall(text):
            if other != stem and other in stems:
                arrows.setdefault(stem, {}).setdefault(other, []).append(f'includes "{other}.h"')
    wanted, defined = symbols(root, objects, sorted(stems))
    for stem, names in wanted.items():
        for name in names:
            other = defined.get(name, stem)
            if other != stem:
                arrows.setdefault(stem, {}).setdefault(other, []).append(name)
    return arrows


def reach(arrows, start):
    seen, todo = set(), [start]
    while todo:
        for other in arrows.get(todo.pop(), ()):
            if other not in seen:
                seen.add(other)
                todo.append(other)
    return seen


def main():
    objects, root = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "daemon"
    arrows = arrows_of(root, objects)
    reached = {stem: reach(arrows, stem) for stem in arrows}
    circles = {tuple(sorted(other for other in reached[stem] if stem in reached.get(other, ())))
               for stem in arrows if stem in reached[stem]}
    for circle in sorted(circles):
        print(f"a circle of {len(circle)} files: {', '.join(circle)}")
        for stem in circle:
            for other in sorted(set(arrows[stem]) & set(circle)):
                print(f"  {stem} -> {other}: {', '.join(arrows[stem][other])}")
    sys.exit(bool(circles))


main()
