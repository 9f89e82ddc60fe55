"""Requests for tests of the simulator: many connections, each with a complete request but for its last byte, released
together; or raw bytes. Prints one JSON object.

  client.py volley PORT N [--tls CA] [--gap MS] [--path PATH] [--header 'Name: value']... [--limit S]
      says "released" on stderr when the last byte is out
  client.py raw PORT [--tls CA] [--half-close] [--split]
      sends stdin, in which \\r, \\n and \\xNN are escapes; --split: byte by byte. Prints all that is answered.
"""
import argparse
import json
import re
import resource
import selectors
import socket
import ssl
import sys
import time


def connect(port, context, deadline):
    raw = socket.create_connection(("127.0.0.1", port), timeout=max(0.1, deadline - time.monotonic()))
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return context.wrap_socket(raw, server_hostname="localhost") if context else raw


def arm(connections, request, tls):
    """Everything but the last byte. Over TLS the record is held, so what is left is ciphertext."""
    armed = []
    for connection in connections:
        if not tls:
            connection.sendall(request[:-1])
            armed.append((connection, connection, request[-1:]))
            continue
        raw, engine, out = connection
        engine.write(request)
        bytes_ = out.read()
        raw.sendall(bytes_[:-1])
        armed.append((connection, raw, bytes_[-1:]))
    return armed


def connect_engine(port, context, deadline):
    """TLS over memory BIOs, so that its bytes can be held."""
    raw = socket.create_connection(("127.0.0.1", port), timeout=max(0.1, deadline - time.monotonic()))
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    engine = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
    while True:
        try:
            engine.do_handshake()
            break
        except ssl.SSLWantReadError:
            raw.sendall(outgoing.read())
            incoming.write(raw.recv(65536))
    raw.sendall(outgoing.read())
    engine.incoming = incoming
    return raw, engine, outgoing


def answer_of(text):
    head, _, body = text.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    headers = {k.strip().lower(): v.strip() for k, _, v in (line.partition(b":") for line in lines[1:])}
    length = int(headers.get(b"content-length", b"0"))
    if len(lines[0].split()) < 2 or len(body) < length:
        return None
    return {"status": int(lines[0].split()[1]),
            "instance": headers.get(b"x-lambda-instance", b"").decode() or None,
            "cold": headers.get(b"x-lambda-cold", b"").decode() or None}


def collect(armed, tls, deadline):
    selector = selectors.DefaultSelector()
    for entry in armed:
        entry[1].setblocking(False)
        selector.register(entry[1], selectors.EVENT_READ, (entry, bytearray()))
    answers = []
    while selector.get_map() and time.monotonic() < deadline:
        for key, _ in selector.select(1):
            (connection, raw, _), text = key.data
            bytes_ = raw.recv(65536)
            if tls and bytes_:
                connection[1].incoming.write(bytes_)
                try:
                    while True:
                        more = connection[1].read(65536)
                        if not more:
                            break
                        text += more
                except ssl.SSLWantReadError:
                    pass
            else:
                text += bytes_
            answer = answer_of(bytes(text))
            if answer or not bytes_:
                selector.unregister(raw)
                answers.append(answer or {"status": None, "instance": None, "cold": None})
    return answers


def volley(options):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    deadline = time.monotonic() + options.limit
    headers = "".join(header + "\r\n" for header in options.header)
    request = f"GET {options.path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n".encode()
    context = ssl.create_default_context(cafile=options.tls) if options.tls else None
    make = connect_engine if context else connect
    connections = [make(options.port, context, deadline) for _ in range(options.n)]
    armed = arm(connections, request, bool(context))
    began = time.monotonic()
    for index, (_, raw, last) in enumerate(armed):
        while options.gap and time.monotonic() < began + index * options.gap / 1000:
            time.sleep(max(0, began + index * options.gap / 1000 - time.monotonic()))
        raw.send(last)
    released = time.monotonic()
    print("released", file=sys.stderr, flush=True)
    answers = collect(armed, bool(context), deadline)
    statuses = {}
    for answer in answers:
        statuses[str(answer["status"])] = statuses.get(str(answer["status"]), 0) + 1
    print(json.dumps({"answers": len(answers), "statuses": statuses,
                      "instances": len({a["instance"] for a in answers if a["instance"]}),
                      "cold": sum(a["cold"] == "1" for a in answers), "release_us": (released - began) * 1e6,
                      "answered_us": (time.monotonic() - released) * 1e6}))


def raw_bytes(options):
    text = sys.stdin.buffer.read()
    text = re.sub(rb"\\(r|n|x..)", lambda m: {b"r": b"\r", b"n": b"\n"}.get(m[1]) or bytes.fromhex(m[1][1:].decode()), text)
    context = ssl.create_default_context(cafile=options.tls) if options.tls else None
    connection = connect(options.port, context, time.monotonic() + options.limit)
    connection.settimeout(options.limit)
    try:
        for at in range(0, len(text), 1 if options.split else len(text)):
            connection.sendall(text[at:at + 1] if options.split else text)
        if options.half_close:
            connection.shutdown(socket.SHUT_WR)
        while True:
            bytes_ = connection.recv(65536)
            if not bytes_:
                break
            sys.stdout.buffer.write(bytes_)
    except (ConnectionResetError, BrokenPipeError):
        sys.stdout.buffer.write(b"<reset>")


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("what", choices=["volley", "raw"])
parser.add_argument("port", type=int)
parser.add_argument("n", type=int, nargs="?", default=1)
parser.add_argument("--tls")
parser.add_argument("--gap", type=float, default=0)
parser.add_argument("--path", default="/f")
parser.add_argument("--header", action="append", default=[])
parser.add_argument("--limit", type=float, default=60)
parser.add_argument("--half-close", action="store_true")
parser.add_argument("--split", action="store_true")
arguments = parser.parse_args()
volley(arguments) if arguments.what == "volley" else raw_bytes(arguments)
