#!/usr/bin/env python3
"""A front that forwards slowly, and a function behind it, for tests: the K-th of simultaneous requests reaches an instance
K steps later. An instance takes one request, holds for as long as that asks (X-Lambda-Warm-Hold), and is free again.

usage: slowd.py [--step MS] [--lifetime S]

Prints "PORT" when it listens on 127.0.0.1; ends by itself after the lifetime (60 s).
"""
import argparse
import itertools
import re
import socket
import threading
import time

lock = threading.Lock()
waiting = [0]
free, numbers = [], itertools.count(1)


def function(hold_s):
    with lock:
        instance = free.pop() if free else next(numbers)
    time.sleep(hold_s)
    with lock:
        free.append(instance)
    return instance


def serve(connection, step_s):
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return
        data += piece
    with lock:
        place = waiting[0]
        waiting[0] += 1
    time.sleep(place * step_s)
    instance = function(int(re.search(rb"x-lambda-warm-hold: (\d+)", data, re.I).group(1)) / 1000)
    connection.sendall(b"HTTP/1.1 204 No Content\r\nX-Lambda-Instance: i-%d\r\n\r\n" % instance)
    with lock:
        waiting[0] -= 1
    connection.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--step", type=float, default=20)
    parser.add_argument("--lifetime", type=float, default=60)
    options = parser.parse_args()
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    print(listener.getsockname()[1], flush=True)
    end = time.monotonic() + options.lifetime
    while (left := end - time.monotonic()) > 0:
        listener.settimeout(left)
        try:
            connection, _ = listener.accept()
        except socket.timeout:
            break
        threading.Thread(target=serve, args=(connection, options.step / 1000), daemon=True).start()


main()
