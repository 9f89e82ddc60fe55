#!/usr/bin/env python3
"""Comments that name what there is not: mentions.py [ROOT] looks for files, functions and options in daemon/'s comments."""
import glob, os, re, sys

COMMENT = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.S)
FILE = re.compile(r"(?<![\w./<])((?:[a-z0-9_]+/)*[a-z0-9_]+\.(?:c|h|def))(?![\w/])")
WORD = re.compile(r"(?<![\w.$%/-])[a-z0-9]+_[a-z0-9_]+\b(?!\*)")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
FOREIGN = re.compile(r"(posix_\w+|close_notify|days_from_civil)$")  # of libraries, protocols and others' programs


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else "."
    os.chdir(root)
    code, comments = [], []
    for path in sorted(glob.glob("daemon/**/*.[chd]*", recursive=True)):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for hit in COMMENT.finditer(text):
            if hit.group(0).startswith("/*"):
                comments.append((path, text.count("\n", 0, hit.start()) + 1, hit.group(0)))
        code.append(COMMENT.sub(lambda hit: "" if hit.group(0).startswith("/*") else hit.group(0), text))
    words = set(re.findall(r"\w+", " ".join(code)))
    options = set(re.findall(r'"([a-z][a-z-]+)"', " ".join(code)))
    known = set(glob.glob("**/*.*", recursive=True, root_dir="daemon")) | set(glob.glob("tests/**/*.*", recursive=True))
    names = known | {os.path.basename(path) for path in known}
    bad = 0
    for path, line, text in comments:
        lost = [name for name in FILE.findall(text) if name not in names and not os.path.exists("/usr/include/" + name)]
        lost += [word for word in WORD.findall(text) if word not in words and not FOREIGN.match(word)]
        lost += [option for option in OPTION.findall(text) if option[2:] not in options]
        for name in lost:
            bad = 1
            print(f"{path}:{line}: a comment names {name}, which isn't there")
    sys.exit(bad)


main()
