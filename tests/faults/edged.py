#!/usr/bin/env python3
"""A server at the edge of HTTP, for tests: the request's path says how it answers.

usage: edged.py [--bind ADDRESS] [--port P] [--tls CERT KEY] [--unread-every K] [--deaf] [--lifetime S]

Prints "PORT" when it listens; ends by itself after the lifetime (60 s). Requests are read whole, with their bodies,
except for the paths that say otherwise. Every K-th connection is never read from. Deaf: clients get no answer, as from a
machine that is gone. GET /_log: what came, as JSON.
"""
import argparse
import json
import socket
import ssl
import threading
import time
import uuid

STALL = 3600
log = []
log_lock = threading.Lock()


def instance():
    return b"X-Lambda-Instance: " + uuid.uuid4().hex.encode() + b"\r\n"


def answers(path, request):
    """The answer's pieces, one after the other."""
    name = instance()
    empty = b"Content-Length: 0\r\n\r\n"
    if path == "/interim":
        yield b"HTTP/1.1 100 Continue\r\n\r\n"
        yield b"HTTP/1.1 103 Early Hints\r\nX-Lambda-Instance: none\r\nX-Lambda-Cold: 1\r\nLink: </x>\r\n\r\n"
        time.sleep(0.05)
        yield b"HTTP/1.1 200 OK\r\n" + name + b"X-Lambda-Cold: 0\r\n" + empty
    elif path == "/http10":
        yield b"HTTP/1.0 200 OK\r\n" + name + b"\r\nbody until the end"
    elif path == "/no-length":
        yield b"HTTP/1.1 200 OK\r\n" + name + b"\r\nbody until the end"
    elif path == "/chunked":
        yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Lambda-Instance\r\n\r\n3\r\nabc\r\n"
        yield b"0\r\n" + name + b"X-Other: 1\r\n\r\n"
    elif path == "/close":
        yield b"HTTP/1.1 200 OK\r\nConnection: close\r\n" + name + empty
    elif path == "/keep":
        yield b"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nKeep-Alive: timeout=60\r\n" + name + empty
        time.sleep(STALL)
    elif path == "/long-id":
        yield b"HTTP/1.1 200 OK\r\nX-Lambda-Instance: " + uuid.uuid4().hex.encode() + b"i" * 60000 + b"\r\n" + empty
    elif path == "/twice":
        yield b"HTTP/1.1 200 OK\r\nX-Lambda-Instance: first\r\n" + name + b"X-Lambda-Cold: 1\r\nX-Lambda-Cold: 0\r\n" + empty
    elif path == "/lf":
        yield b"HTTP/1.1 200 OK\n" + name.replace(b"\r\n", b"\n") + b"Content-Length: 0\n\n"
    elif path == "/no-content":
        yield b"HTTP/1.1 204 No Content\r\n" + name + b"\r\n"
    elif path == "/too-much":
        yield b"HTTP/1.1 200 OK\r\n" + name + b"Content-Length: 2\r\n\r\nok and more than was said"
    elif path == "/upgrade":
        yield b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: other\r\nConnection: Upgrade\r\n\r\n\x00\x01other"
    elif path == "/headers":
        yield b"HTTP/1.1 200 OK\r\n"
        while True:
            yield b"X-Filler: " + b"f" * 4000 + b"\r\n"
    elif path == "/interims":
        while True:
            yield b"HTTP/1.1 103 Early Hints\r\nX-Filler: " + b"f" * 4000 + b"\r\n\r\n"
    elif path == "/head":
        yield b"HTTP/1.1 200 OK\r\n" + name + b"Content-Length: 1000\r\n\r\n"
        if request["method"] != "HEAD":
            yield b"b" * 1000
        else:
            time.sleep(STALL)
    elif path == "/_log":
        text = json.dumps(log).encode()
        yield b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(text) + text
    else:
        yield b"HTTP/1.1 200 OK\r\n" + name + empty


def read_request(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return None
        data += piece
        # These don't wait for the end of the request.
        if data.startswith(b"POST /early-ok "):
            connection.sendall(b"HTTP/1.1 200 OK\r\n" + instance() + b"Content-Length: 0\r\n\r\n")
            time.sleep(STALL)
        if data.startswith(b"POST /early-413 "):
            connection.sendall(b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
            return None
    head, body = data.split(b"\r\n\r\n", 1)
    lines = head.decode("latin-1").split("\r\n")
    method, path, _ = lines[0].split(" ")
    headers = {}
    for line in lines[1:]:
        key, _, value = line.partition(":")
        headers.setdefault(key.lower(), []).append(value.strip())
    length = int(headers.get("content-length", ["0"])[0])
    while len(body) < length:
        piece = connection.recv(65536)
        if not piece:
            return None
        body += piece
    request = {"method": method, "path": path, "headers": headers, "length": len(body)}
    if path != "/_log":
        with log_lock:
            log.append(request)
    return request


def serve(connection, unread, context):
    try:
        if unread:
            time.sleep(STALL)
        if context:
            connection = context.wrap_socket(connection, server_side=True)
        request = read_request(connection)
        if request:
            for piece in answers(request["path"], request):
                connection.sendall(piece)
        connection.close()
    except (OSError, ValueError):
        pass


def be_deaf(address, family, lifetime):
    """A listener whose queue is full drops new connections."""
    listener = socket.socket(family)
    listener.bind(address)
    listener.listen(0)
    callers = []
    for _ in range(4):
        callers.append(socket.socket(family))
        callers[-1].setblocking(False)
        callers[-1].connect_ex(listener.getsockname())
    print(listener.getsockname()[1], flush=True)
    time.sleep(lifetime)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bind", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--tls", nargs=2, metavar=("CERT", "KEY"))
    parser.add_argument("--unread-every", type=int, default=0)
    parser.add_argument("--deaf", action="store_true")
    parser.add_argument("--lifetime", type=float, default=60)
    options = parser.parse_args()
    context = None
    if options.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*options.tls)
    family = socket.AF_INET6 if ":" in options.bind else socket.AF_INET
    if options.deaf:
        be_deaf((options.bind, options.port), family, options.lifetime)
        return
    listener = socket.create_server((options.bind, options.port), family=family, backlog=1024)
    if options.unread_every:  # loopback's buffers would take megabytes
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1400)
    listener.settimeout(1)
    print(listener.getsockname()[1], flush=True)
    end = time.monotonic() + options.lifetime
    number = 0
    while time.monotonic() < end:
        try:
            connection, _ = listener.accept()
        except socket.timeout:
            continue
        connection.settimeout(None)
        number += 1
        unread = options.unread_every and number % options.unread_every == 0
        threading.Thread(target=serve, args=(connection, unread, context), daemon=True).start()


main()
