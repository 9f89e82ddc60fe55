#!/usr/bin/env python3
"""An HTTP/2 server that fails in chosen ways, for tests: it builds frames by hand, so that they can be wrong.

usage: h2faultd.py FAULT --tls CERT KEY [--lifetime S]

Prints "PORT" when it listens on 127.0.0.1; ends by itself after the lifetime (60 s). Each complete stream is
answered by an instance of its own, unless the fault says otherwise.
"""
import argparse
import collections
import os
import socket
import ssl
import struct
import threading
import time

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9
END_STREAM = ACK = 1
END_HEADERS = 4
MAX_STREAMS, INITIAL_WINDOW = 3, 4
REFUSED_STREAM = 7
NO_ERROR = 0
STATUS = {200: b"\x88", 103: b"\x08\x03103", 413: b"\x08\x03413"}  # HPACK, by its static table


def frame(kind, flags=0, stream=0, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes((kind, flags)) + struct.pack(">I", stream) + payload


def settings(**values):
    names = {"streams": MAX_STREAMS, "window": INITIAL_WINDOW}
    return frame(SETTINGS, 0, 0, b"".join(struct.pack(">HI", names[name], value) for name, value in values.items()))


def literal(name, value):
    return b"\x00" + bytes((len(name),)) + name + bytes((len(value),)) + value


def answer(stream, status=200, flags=END_STREAM | END_HEADERS, more=b""):
    return frame(HEADERS, flags, stream,
                 STATUS[status] + literal(b"x-lambda-instance", os.urandom(8).hex().encode()) + more)


class Connection:
    """What a well-behaved server does; a fault overrides some of it."""

    def __init__(self, raw, tls, number):
        self.raw, self.tls, self.number = raw, tls, number
        self.asked = 0  # streams that were opened
        self.bodies = collections.Counter()

    def send(self, data):
        self.tls.sendall(data)

    def receive(self, n):
        data = b""
        while len(data) < n:
            piece = self.tls.recv(n - len(data))
            if not piece:
                raise OSError("closed")
            data += piece
        return data

    def greet(self):
        self.send(settings(streams=128))

    def opened(self, stream):
        """A stream has its headers, and a body to come."""

    def part(self, stream, n):
        if n:
            self.send(frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", n)) +
                      frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", n)))

    def whole(self, stream):
        self.send(answer(stream))

    def settled(self):
        """The client has taken note of our settings."""

    def serve(self):
        self.receive(len(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
        self.greet()
        while True:
            head = self.receive(9)
            kind, flags, stream = head[3], head[4], struct.unpack(">I", head[5:])[0]
            payload = self.receive(struct.unpack(">I", b"\0" + head[:3])[0])
            if kind == SETTINGS:
                self.settled() if flags & ACK else self.send(frame(SETTINGS, ACK))
            elif kind == PING and not flags & ACK:
                self.send(frame(PING, ACK, 0, payload))
            elif kind == HEADERS:
                self.asked += 1
                if not flags & END_STREAM:
                    self.opened(stream)
            elif kind == DATA:
                self.bodies[stream] += len(payload)
                self.part(stream, len(payload))
            if kind in (HEADERS, DATA) and flags & END_STREAM:
                self.whole(stream)


class Early(Connection):
    """Bodies don't fit the window, so that an early answer comes before the last byte."""

    def greet(self):
        self.send(settings(streams=128, window=1000))


class EarlyAnswer(Early):
    """The first stream is answered before its body has ended, and the rest of the body is declined."""

    def opened(self, stream):
        if self.asked == 1:
            self.send(answer(stream, 413) + frame(RST_STREAM, 0, stream, struct.pack(">I", 0)))


class EarlyAnswerOnly(Early):
    def opened(self, stream):
        if self.asked == 1:
            self.send(answer(stream, 413))


class EarlyOk(Early):
    def opened(self, stream):
        if self.asked == 1:
            self.send(answer(stream))


class EarlyRefusal(Early):
    """The first stream is refused before its body has ended."""

    def opened(self, stream):
        if self.asked == 1:
            self.send(frame(RST_STREAM, 0, stream, struct.pack(">I", REFUSED_STREAM)))


class Shrinks(Connection):
    """Fewer streams are allowed as soon as more have been acknowledged."""

    def settled(self):
        if not self.asked:
            self.send(settings(streams=3))
            self.settled = lambda: None


class ShrinksFirst(Connection):
    """The first connection allows fewer streams once it is open; the others take a while to greet."""

    def greet(self):
        if self.number > 1:
            time.sleep(0.4)
        super().greet()

    def settled(self):
        if self.number == 1:
            self.send(settings(streams=3))
            self.number = 0


class Zero(Connection):
    def greet(self):
        self.send(settings(streams=0))


class ZeroFirst(Connection):
    """No stream is allowed until a while after the greeting."""

    def greet(self):
        self.send(settings(streams=0))
        threading.Timer(0.3, lambda: self.send(settings(streams=128))).start()


class One(Connection):
    def greet(self):
        self.send(settings(streams=1))


class SilentOthers(Connection):
    """Two streams on the first connection; the others are never spoken to."""

    def greet(self):
        self.send(settings(streams=2))

    def whole(self, stream):
        print("whole", stream, flush=True)
        super().whole(stream)


class AnsweredElsewhere(Early):
    """The first connection answers a stream before its body has ended, and goes away. The second never answers that
    request: it ends the stream without an error. What the first connection said doesn't answer it."""

    def opened(self, stream):
        if self.number == 1:
            self.send(answer(stream))
            if self.asked == 2:
                self.send(frame(GOAWAY, 0, 0, struct.pack(">II", (1 << 31) - 1, 0)))

    def greet(self):
        self.send(settings(streams=128, window=1000 if self.number == 1 else 1 << 20))

    def whole(self, stream):
        self.send(frame(RST_STREAM, 0, stream, struct.pack(">I", NO_ERROR)))


class Cut(Connection):
    """Four bytes of ten, and the stream is over, without an error."""

    def whole(self, stream):
        self.send(answer(stream, 200, END_HEADERS, literal(b"content-length", b"10")) +
                  frame(DATA, 0, stream, b"half") + frame(RST_STREAM, 0, stream, struct.pack(">I", NO_ERROR)))


class CutEmpty(Connection):
    """Nothing after the headers."""

    def whole(self, stream):
        self.send(answer(stream, 200, END_HEADERS) + frame(RST_STREAM, 0, stream, struct.pack(">I", NO_ERROR)))


class WrongLength(Connection):
    """Ends well, with fewer bytes than announced."""

    def whole(self, stream):
        self.send(answer(stream, 200, END_HEADERS, literal(b"content-length", b"10")) +
                  frame(DATA, END_STREAM, stream, b"half"))


class LateReset(Connection):
    """A whole answer, and a reset that means nothing."""

    def whole(self, stream):
        self.send(answer(stream) + frame(RST_STREAM, 0, stream, struct.pack(">I", NO_ERROR)))


class Hpack(Connection):
    """Early hints with one byte for 4 KB of headers, for ever; one stream per connection."""
    LARGE = b"\x40\x03x-a\x7f" + bytes((0x80 | (4000 - 127) & 0x7f, (4000 - 127) >> 7)) + b"y" * 4000

    def greet(self):
        self.send(settings(streams=1))

    def whole(self, stream):
        self.send(frame(HEADERS, END_HEADERS, stream, STATUS[103] + self.LARGE))
        many = frame(HEADERS, END_HEADERS, stream, STATUS[103] + b"\xbe" * 16000) * 16
        while True:
            self.send(many)


class BadFrame(Connection):
    """DATA of the connection itself, which no one may send."""

    def whole(self, stream):
        if self.asked == 1:
            self.send(frame(DATA, 0, 0, b"x"))


class BadGreeting(Connection):
    def greet(self):
        self.send(frame(DATA, 0, 0, b"x"))


class Plaintext(Connection):
    """Not TLS any more."""

    def whole(self, stream):
        self.raw_send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    def raw_send(self, data):
        os.write(self.tls.fileno(), data)


class PlaintextGreeting(Plaintext):
    def greet(self):
        self.raw_send(b"HTTP/1.1 400 Bad Request\r\n\r\n")


class CloseNotify(Connection):
    """Ends TLS, but not TCP."""

    def whole(self, stream):
        fd = os.dup(self.tls.fileno())
        try:
            self.tls.settimeout(0.2)
            self.tls.unwrap()
        except (OSError, ValueError):
            pass
        time.sleep(30)
        os.close(fd)


class Flood(Connection):
    """More than can be read, for ever."""
    FRAMES = frame(0x42, 0, 0, b"")

    def whole(self, stream):
        many = self.FRAMES * 100000
        while True:
            self.send(many)


class BigFlood(Flood):
    FRAMES = frame(0x42, 0, 0, b"x" * 16000) * 10

    def whole(self, stream):
        many = self.FRAMES * 100
        while True:
            self.send(many)


class PingFlood(Flood):
    FRAMES = frame(PING, 0, 0, b"12345678")


class SettingsFlood(Flood):
    FRAMES = settings(streams=128)


class FloodGreeting(Flood):
    def greet(self):
        super().greet()
        self.whole(1)


class Interim(Connection):
    """103 Early Hints, for ever."""

    def whole(self, stream):
        many = answer(stream, 103, END_HEADERS) * 20000
        while True:
            self.send(many)


class Hints(Connection):
    """A few interim answers, then the answer."""

    def whole(self, stream):
        self.send(answer(stream, 103, END_HEADERS) * 3 + answer(stream))


class HugeHeader(Connection):
    def whole(self, stream):
        self.send(frame(HEADERS, 0, stream, STATUS[200]))
        many = frame(CONTINUATION, 0, stream, literal(b"x-a", b"y" * 100) * 100) * 100
        while True:
            self.send(many)


class TinyWindow(Connection):
    """Bodies byte by byte."""

    def greet(self):
        self.send(settings(streams=128, window=1))


class NoWindow(Connection):
    def greet(self):
        self.send(settings(streams=128, window=0))


class HalfGone(Connection):
    """Sends GOAWAY when all requests are there: streams after the fifth were not looked at."""

    def whole(self, stream):
        if stream == 1:
            self.send(frame(GOAWAY, 0, 0, struct.pack(">II", 9, 0)))
        if stream <= 9:
            self.send(answer(stream))


class Http11Required(Connection):
    """Agrees to HTTP/2, but then demands HTTP/1.1."""

    def whole(self, stream):
        self.send(frame(RST_STREAM, 0, stream, struct.pack(">I", 13)))


class NoEnd(Connection):
    def whole(self, stream):
        self.send(answer(stream, 200, END_HEADERS))


FAULTS = {"good": Connection, "early-answer": EarlyAnswer, "early-answer-only": EarlyAnswerOnly, "early-ok": EarlyOk,
          "early-refusal": EarlyRefusal, "shrinks": Shrinks, "shrinks-first": ShrinksFirst, "zero": Zero, "zero-first": ZeroFirst, "one": One,
          "bad-frame": BadFrame, "bad-greeting": BadGreeting, "plaintext": Plaintext,
          "plaintext-greeting": PlaintextGreeting, "close-notify": CloseNotify, "flood": Flood, "big-flood": BigFlood, "ping-flood": PingFlood,
          "settings-flood": SettingsFlood, "flood-greeting": FloodGreeting, "interim": Interim, "hints": Hints,
          "huge-header": HugeHeader, "tiny-window": TinyWindow, "no-window": NoWindow, "half-gone": HalfGone,
          "http11-required": Http11Required, "no-end": NoEnd, "silent-others": SilentOthers, "cut": Cut, "cut-empty": CutEmpty,
          "wrong-length": WrongLength, "late-reset": LateReset, "answered-elsewhere": AnsweredElsewhere, "hpack": Hpack}
count = [0]


def serve_http1(tls):
    data = b""
    while b"\r\n\r\n" not in data:
        data += tls.recv(65536)
    tls.sendall(b"HTTP/1.1 204 No Content\r\nX-Lambda-Instance: " + os.urandom(8).hex().encode() + b"\r\n\r\n")
    time.sleep(30)


def serve(raw, context, fault, number):
    if fault == "silent-others" and number > 1:
        time.sleep(60)
        return
    try:
        tls = context.wrap_socket(raw, server_side=True)
        if tls.selected_alpn_protocol() == "h2":
            FAULTS[fault](raw, tls, number).serve()
        else:
            serve_http1(tls)
    except (OSError, ValueError):
        pass


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("fault", choices=FAULTS)
    parser.add_argument("--tls", nargs=2, required=True, metavar=("CERT", "KEY"))
    parser.add_argument("--lifetime", type=float, default=60)
    options = parser.parse_args()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*options.tls)
    context.set_alpn_protocols(["h2", "http/1.1"])
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    print(listener.getsockname()[1], flush=True)
    end = time.monotonic() + options.lifetime
    number = 0
    while (left := end - time.monotonic()) > 0:
        listener.settimeout(left)
        try:
            raw, _ = listener.accept()
        except socket.timeout:
            break
        number += 1
        print("connection", number, flush=True)
        threading.Thread(target=serve, args=(raw, context, options.fault, number), daemon=True).start()


main()
