#!/usr/bin/env python3
"""Stands in for systemd's journal: what is sent to the socket FOLDER/socket is appended to FOLDER/entries as it came.

usage: journald.py FOLDER      prints a line when it listens; ends with its stdin, or by itself
"""
import array
import os
import socket
import sys
import threading

LIFETIME = 120


def entry(message, ancillary):
    """Large entries come as a file."""
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            for fd in array.array("i", data[:len(data) - len(data) % 4]):
                with os.fdopen(fd, "rb") as file:
                    file.seek(0)
                    message += file.read()
    return message


def main(folder):
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(os.path.join(folder, "socket"))
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    timer = threading.Timer(LIFETIME, os._exit, (0,))
    timer.daemon = True
    timer.start()
    with open(os.path.join(folder, "entries"), "ab", buffering=0) as entries:
        print("listening", flush=True)
        while True:
            message, ancillary, _, _ = listener.recvmsg(1 << 20, socket.CMSG_SPACE(4))
            entries.write(entry(message, ancillary) + b"\n")


main(sys.argv[1])
