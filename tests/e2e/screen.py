#!/usr/bin/env python3
"""Runs a command on a terminal, for tests of what it shows there meanwhile and what is left at the end.

usage: screen.py [--columns N] [--stdout FILE] [--stderr FILE] [--interrupt TEXT] COMMAND...

Prints JSON: {"status": its exit status, or the signal's number negated; "screen": the lines that are on the terminal at the
end; "lines": each text that was shown in place, in order, with the seconds since the start; "widest": its columns}. With
--stdout or --stderr, that goes to FILE. --interrupt presses Ctrl-C when TEXT is shown. The command is killed after 60 s.
"""
import argparse
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

ERASE = "\r\033[K"


def draw(shown):
    """The lines that SHOWN leaves on a terminal, which knows no other control than these."""
    lines, at = [""], 0
    for piece in re.findall(r"\r|\n|\033\[K|[^\r\n\033]+|\033", shown):
        if piece == "\r":
            at = 0
        elif piece == "\n":
            lines.append("")
        elif piece == "\033[K":
            lines[-1] = lines[-1][:at]
        else:
            lines[-1] = lines[-1][:at] + piece + lines[-1][at + len(piece):]
            at += len(piece)
    return lines if lines[-1] else lines[:-1]


def start(options):
    pid, terminal = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, options.columns, 0, 0))
        for fd, name in ((1, options.stdout), (2, options.stderr)):
            if name:
                os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), fd)
        os.execvpe(options.command[0], options.command, dict(os.environ, TERM="xterm"))
    return pid, terminal


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--columns", type=int, default=80)
    parser.add_argument("--stdout")
    parser.add_argument("--stderr")
    parser.add_argument("--interrupt")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    began, shown, lines = time.monotonic(), "", []
    pid, terminal = start(options)
    while True:
        if time.monotonic() > began + 60:
            os.kill(pid, signal.SIGKILL)
        if not select.select([terminal], [], [], 0.1)[0]:
            continue
        try:
            bytes_ = os.read(terminal, 65536)
        except OSError:  # it is gone
            break
        if not bytes_:
            break
        text = bytes_.decode(errors="replace")
        shown += text
        for piece in text.split(ERASE)[1:]:
            if piece and "\n" not in piece:
                lines.append([round(time.monotonic() - began, 3), piece])
        if options.interrupt and options.interrupt in shown:
            os.write(terminal, b"\x03")
            options.interrupt = None
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    json.dump({"status": status, "screen": draw(shown), "lines": lines, "widest": max([len(l) for _, l in lines], default=0)}, sys.stdout)


main()
