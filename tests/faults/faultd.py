#!/usr/bin/env python3
"""A server that fails in chosen ways, for tests: every K-th connection has the fault, the others are answered.

usage: faultd.py FAULT [--every K] [--also FAULT=NUMBER] [--tls CERT KEY] [--lifetime S]

Prints "PORT" when it listens on 127.0.0.1; ends by itself after the lifetime (60 s). A good answer names an instance
of its own (X-Lambda-Instance), so that a volley's distinct instances can be counted.
"""
import argparse
import socket
import ssl
import struct
import threading
import time
import uuid

FAULTS = ("none", "silent", "tls-stall", "reset", "reset-early", "close", "half-close", "drip", "endless", "partial",
          "truncated", "truncated-coded", "oversized", "unsized", "garbage", "huge-header", "crumbs", "endless-interim", "late",
          "evil-id", "slow-start", "no-resumption")
STALL = 3600


def read_request(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return False
        data += piece
    return True


def good_answer():
    return (b"HTTP/1.1 200 OK\r\nX-Lambda-Instance: " + uuid.uuid4().hex.encode() +
            b"\r\nX-Lambda-Cold: 0\r\nContent-Length: 2\r\n\r\nok")


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raw = connection.detach() if not isinstance(connection, ssl.SSLSocket) else None
    if raw is not None:
        socket.close(raw)
    else:
        connection.close()


def misbehave(connection, fault):
    """The fault itself, on a connection that is ready and whose request is read."""
    if fault == "reset":
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nsome")
        time.sleep(0.05)
        reset(connection)
    elif fault == "close":
        connection.close()
    elif fault == "partial":
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nsome")
        connection.close()
    elif fault in ("truncated", "truncated-coded", "oversized", "unsized"):  # only the connection's end ends it; TLS has its own
        more = {"truncated-coded": b"Transfer-Encoding: identity\r\n", "oversized": b"Content-Length: 1" + b"0" * 30 + b"\r\n"}
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-Lambda-Instance: " + uuid.uuid4().hex.encode() + b"\r\n" +
                           more.get(fault, b"") + b"\r\nsome")
        if fault in ("oversized", "unsized"):
            connection.settimeout(1)
            connection.unwrap()
        connection.close()
    elif fault == "half-close":
        raw = socket.socket(fileno=connection.detach())
        raw.shutdown(socket.SHUT_WR)
        time.sleep(STALL)
    elif fault == "drip":
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while True:
            connection.sendall(b".")
            time.sleep(0.05)
    elif fault == "endless":
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)
    elif fault == "crumbs":
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.sendall(b"1\r\nx\r\n" * 10000)
    elif fault == "endless-interim":
        while True:
            connection.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 1000)
    elif fault == "garbage":
        connection.sendall(b"\x00\x01\x02 this is not HTTP\r\n\r\n")
        connection.close()
    elif fault == "huge-header":
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-Huge: " + b"h" * 2000000 + b"\r\n\r\n")
        connection.close()
    elif fault == "evil-id":
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-Lambda-Instance: evil\x1b[31m\r\nContent-Length: 0\r\n\r\n")
        read_request(connection)
    elif fault == "late":
        time.sleep(STALL)


def offers_session(hello):
    """Whether a ClientHello, as it is on the wire, has a pre-shared key of TLS 1.3 or a ticket of TLS 1.2."""
    at = 5 + 4 + 2 + 32
    at += 1 + hello[at]
    at += 2 + int.from_bytes(hello[at:at + 2], "big")
    at += 1 + hello[at] + 2
    while at + 4 <= len(hello):
        kind, length = struct.unpack(">HH", hello[at:at + 4])
        if kind == 41 or kind == 35 and length:
            return True
        at += 4 + length
    return False


def serve(connection, fault, context):
    try:
        if fault == "no-resumption":  # OpenSSL's servers, if they ask for certificates and have no session id context
            if offers_session(connection.recv(65536, socket.MSG_PEEK)):
                connection.sendall(b"\x15\x03\x03\x00\x02\x02\x50")
                connection.close()
                return
            fault = "none"
        if fault == "silent":
            time.sleep(STALL)
        if fault == "slow-start":
            time.sleep(0.4)
            fault = "none"
        if fault == "tls-stall":
            connection.recv(65536)
            connection.sendall(b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76")  # the start of a ServerHello, and no more
            time.sleep(STALL)
        if fault == "reset-early":
            reset(connection)
            return
        if context:
            connection = context.wrap_socket(connection, server_side=True)
        if not read_request(connection):
            return
        if fault != "none":
            misbehave(connection, fault)
            return
        connection.sendall(good_answer())
        read_request(connection)
    except (OSError, ValueError):
        pass


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("fault", choices=FAULTS)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--also", action="append", default=[], metavar="FAULT=NUMBER", help="of one connection")
    parser.add_argument("--tls", nargs=2, metavar=("CERT", "KEY"))
    parser.add_argument("--lifetime", type=float, default=60)
    options = parser.parse_args()
    context = None
    if options.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*options.tls)
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    listener.settimeout(options.lifetime)
    print(listener.getsockname()[1], flush=True)
    end = time.monotonic() + options.lifetime
    also = {int(pair.split("=")[1]): pair.split("=")[0] for pair in options.also}
    number = 0
    while time.monotonic() < end:
        try:
            connection, _ = listener.accept()
        except socket.timeout:
            break
        number += 1
        fault = options.fault if number % options.every == 0 else "none"
        fault = also.get(number, fault)
        threading.Thread(target=serve, args=(connection, fault, context), daemon=True).start()


main()
