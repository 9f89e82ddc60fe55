#!/usr/bin/env python3
"""Runs a daemon on a terminal and swaps a file under it, for tests: does anything prompt the user?

usage: terminal.py FILE NEW_FILE WORD COMMAND...

When the command says that it has started, NEW_FILE takes FILE's place and SIGUSR1 asks for a round. Exit status: 0 when the
terminal then shows WORD, 1 if it asks for a pass phrase, 2 after 20 s without either. The command is ended.
"""
import os
import pty
import select
import signal
import sys
import time


def main():
    file, new_file, word = sys.argv[1:4]
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(sys.argv[4], sys.argv[4:])
    shown, swapped, status, end = b"", False, 2, time.monotonic() + 20
    while status == 2 and time.monotonic() < end:
        if select.select([terminal], [], [], 0.2)[0]:
            shown += os.read(terminal, 65536)
        if not swapped and b"started" in shown:
            os.replace(new_file, file)
            os.kill(pid, signal.SIGUSR1)
            swapped, shown = True, b""
        elif swapped and b"pass phrase:" in shown:
            status = 1
        elif swapped and word.encode() in shown:
            status = 0
    sys.stderr.write(shown.decode(errors="replace"))
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    sys.exit(status)


main()
