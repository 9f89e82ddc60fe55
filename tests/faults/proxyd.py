#!/usr/bin/env python3
"""A forward proxy for tests: CONNECT for https, absolute URLs for http.

usage: proxyd.py [--bind ADDRESS] [--tls CERT KEY] [--status N] [--stall | --endless] [--lifetime S]

Prints "PORT" when it listens on 127.0.0.1 or the other address; ends by itself after the lifetime (60 s).
With a status it refuses everything with that; stalled, it answers nothing; endless, it refuses with an endless body.
GET /_log: the first lines of the requests it got, as JSON.
"""
import argparse
import json
import socket
import ssl
import threading
import time
import urllib.parse

log = []
log_lock = threading.Lock()


def pump(source, sink):
    try:
        while True:
            piece = source.recv(65536)
            if not piece:
                break
            sink.sendall(piece)
    except OSError:
        pass
    for end in (source, sink):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def join(client, upstream):
    threading.Thread(target=pump, args=(upstream, client), daemon=True).start()
    pump(client, upstream)


def read_head(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return None, b""
        data += piece
    head, rest = data.split(b"\r\n\r\n", 1)
    return head.decode("latin-1").split("\r\n"), rest


def serve(client, options, context):
    try:
        if context:
            client = context.wrap_socket(client, server_side=True)
        lines, rest = read_head(client)
        if not lines:
            return
        method, url, version = lines[0].split(" ")
        if url == "/_log":
            text = json.dumps(log).encode()
            client.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(text) + text)
            return
        with log_lock:
            log.append(lines[0])
        if options.stall:
            time.sleep(3600)
        if options.endless:
            client.sendall(b"HTTP/1.1 407 No\r\nTransfer-Encoding: chunked\r\n\r\n")
        while options.endless:
            client.sendall(b"2\r\nxy\r\n" * 10000)
        if options.status:
            client.sendall(b"HTTP/1.1 %d No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n" % options.status)
            return
        if method == "CONNECT":
            host, _, port = url.rpartition(":")
            upstream = socket.create_connection((host.strip("[]"), int(port)))
            client.sendall(b"HTTP/1.1 200 Connection established\r\nX-Lambda-Instance: proxy\r\n\r\n")
        else:
            parts = urllib.parse.urlsplit(url)
            upstream = socket.create_connection((parts.hostname, parts.port or 80))
            path = urllib.parse.urlunsplit(("", "", parts.path or "/", parts.query, ""))
            kept = [line for line in lines[1:] if not line.lower().startswith("proxy-")]
            upstream.sendall("\r\n".join([" ".join((method, path, version))] + kept + ["", ""]).encode("latin-1"))
        upstream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if rest:
            upstream.sendall(rest)
        join(client, upstream)
    except (OSError, ValueError):
        pass
    finally:
        client.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bind", default="127.0.0.1")
    parser.add_argument("--tls", nargs=2, metavar=("CERT", "KEY"))
    parser.add_argument("--status", type=int)
    parser.add_argument("--stall", action="store_true")
    parser.add_argument("--endless", action="store_true")
    parser.add_argument("--lifetime", type=float, default=60)
    options = parser.parse_args()
    context = None
    if options.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*options.tls)
    family = socket.AF_INET6 if ":" in options.bind else socket.AF_INET
    listener = socket.create_server((options.bind, 0), family=family, dualstack_ipv6=family == socket.AF_INET6, backlog=1024)
    listener.settimeout(1)
    print(listener.getsockname()[1], flush=True)
    end = time.monotonic() + options.lifetime
    while time.monotonic() < end:
        try:
            client, _ = listener.accept()
        except socket.timeout:
            continue
        client.settimeout(None)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=serve, args=(client, options, context), daemon=True).start()


main()
