#!/usr/bin/env python3
"""An endpoint that quotes what it was sent: headers, target and body, in whatever the daemon may show of an answer. Prints its
port on 127.0.0.1; ends with its stdin, or by itself.

The path chooses where: /signature (403, as AWS explains a wrong signature), /denied (403), /error (500), /function (200 with
X-Amz-Function-Error), the Invoke API's own likewise (a dry run: 403), anything else 200.
"""
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LIFETIME = 120


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode("utf-8", "replace")
        quoted = f"{self.command} {self.path}\n{self.headers}\n{body}"
        status, headers, answer = 200, {}, {"message": quoted}
        if self.path.startswith("/signature"):
            status, headers = 403, {"x-amzn-ErrorType": "InvalidSignatureException"}
            answer = {"message": "The request signature we calculated does not match the signature you provided. The Canonical String for this "
                                 f"request should have been '{quoted}'"}
        elif self.path.startswith("/denied"):
            status, headers = 403, {"x-amzn-ErrorType": "AccessDeniedException"}
        elif self.path.startswith("/error"):
            status = 500
        elif self.headers.get("X-Amz-Invocation-Type") == "DryRun":
            status, headers = 403, {"x-amzn-ErrorType": "AccessDeniedException"}
            answer = {"message": "who is " + self.headers.get("X-Amz-Security-Token", "")}
        elif self.path.startswith("/function") or "/functions/" in self.path:
            headers, answer = {"X-Amz-Function-Error": "Unhandled"}, {"errorType": "Error", "errorMessage": "what is this: " + body}
        data = json.dumps(answer).encode()
        self.send_response(status, "Quoted")
        for name, value in {**headers, "Content-Type": "application/json", "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


server = Server(("127.0.0.1", 0), Handler)
timer = threading.Timer(LIFETIME, server.shutdown)
timer.daemon = True
timer.start()
print(server.server_address[1], flush=True)
threading.Thread(target=lambda: (sys.stdin.read(), server.shutdown()), daemon=True).start()
server.serve_forever()
