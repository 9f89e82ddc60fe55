#!/usr/bin/env python3
"""An endpoint that answers as a script says: scriptd.py SCRIPT. Prints its port on 127.0.0.1; ends by itself after 120 s.

SCRIPT is a Python file that defines `answers`: a path's last part, and its answer: (status, headers, body). In strings of
both, {n} is the number of the answer, {sent} the request's body and {key} its header X-Key; bodies may be bytes.
"""
import runpy
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

answers = runpy.run_path(sys.argv[1])["answers"]
lock = threading.Lock()
numbers = {}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def do_POST(self):
        sent = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        name = self.path.split("?")[0].replace("/invocations", "").rsplit("/", 1)[-1]
        status, headers, body = answers[name]
        with lock:
            numbers[name] = numbers.get(name, 0) + 1
            number = str(numbers[name])

        def fill(text):
            return text.replace("{n}", number).replace("{sent}", sent).replace("{key}", self.headers.get("X-Key", ""))

        data = body if isinstance(body, bytes) else fill(body).encode()
        self.send_response(status)
        for header, value in headers.items():
            self.send_header(header, fill(value))
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


server = Server(("127.0.0.1", 0), Handler)
timer = threading.Timer(120, server.shutdown)
timer.daemon = True
timer.start()
print(server.server_address[1], flush=True)
server.serve_forever()
