#!/usr/bin/env python3
"""The sources of AWS credentials, misbehaving, for tests. Prints its port on 127.0.0.1; ends by itself.

usage: awsd.py [CERT KEY]      with a certificate it speaks TLS

The first part of the path chooses what happens, so that one server does for all tests:
  /imds-KIND/latest/…   the instance's metadata     /c-KIND     the container's     POST /sts-KIND    STS
  /_count/NAME          how often NAME was asked for (tokens apart)                 /_last            STS's last request
Every secret that it gives begins with "planted".
"""
import json
import socket
import ssl
import sys
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LIFETIME = 60
lock = threading.Lock()
counts = {}
last = {}


def document(serial, expiration, **more):
    return json.dumps({"Code": "Success", "AccessKeyId": f"AKIA{serial}", "SecretAccessKey": f"planted-secret-{serial}",
                       "Token": f"planted-token-{serial}", "Expiration": expiration, **more})


FAR = "2100-01-01T00:00:00Z"
PAST = "2001-09-09T01:46:40Z"
STS_OK = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
  <AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>planted/role+secret</SecretAccessKey>
  <SessionToken>planted&amp;role</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration>
</Credentials></AssumeRoleResult></AssumeRoleResponse>"""
STS_DENIED = """<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>
<Message>not authorized to perform: sts:AssumeRole\x1b[31m</Message></Error></ErrorResponse>"""

# Faults that pass by themselves: the first answer of these kinds. Status 0: the connection is closed.
STS_FIRST = {"sts-500": (500, "InternalFailure"), "sts-503": (503, "ServiceUnavailable"), "sts-idp": (400, "IDPCommunicationError"),
             "sts-throttled": (400, "Throttling"), "sts-closed": (0, "")}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def reply(self, status, body="", **headers):
        data = body.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def asked(self, name):
        with lock:
            counts[name] = counts.get(name, 0) + 1
            return counts[name]

    def do_PUT(self):
        kind = self.path.split("/")[1]
        n = self.asked(kind + "-token")
        if not self.path.endswith("/latest/api/token") or not self.headers.get("X-aws-ec2-metadata-token-ttl-seconds"):
            self.reply(400)
        elif kind == "imds-slow":
            time.sleep(LIFETIME)
        elif kind == "imds-forbidden":
            self.reply(403)
        elif kind == "imds-v1":
            self.reply(404)
        elif kind == "imds-evil":
            self.reply(200, "a\r\nX-Evil: 1")
        elif kind == "imds-unsteady" and n == 1:
            self.reply(503)
        else:
            self.reply(200, f"planted-session-{n}")

    def do_metadata(self, kind, rest):
        n = self.asked(kind)
        token = self.headers.get("X-aws-ec2-metadata-token", "")
        known = token.startswith("planted-session-") and not (kind == "imds-restarted" and token.endswith("-1"))
        if kind == "imds-401" or not known:
            self.reply(401)
        elif rest == "placement/region":
            if kind == "imds-late":
                time.sleep(0.3)
            self.reply(200, "eu-west-1")
        elif rest == "iam/security-credentials/":
            if kind == "imds-norole":
                self.reply(404)
            else:
                self.reply(200, "bad role\n" if kind == "imds-badrole" else "warm-role")
        elif kind == "imds-junk":
            self.reply(200, '{"AccessKeyId": "AKIA", "SecretAccessKey": "planted')
        elif kind == "imds-expired":
            self.reply(200, document(n, PAST))
        elif kind == "imds-brief":
            soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2))
            self.reply(200, document(n, soon)) if n <= 2 else self.reply(503)
        elif kind == "imds-until":
            self.reply(200, document(n, self.path.split("/")[2]))
        elif kind == "imds-untrusted":
            self.reply(200, json.dumps({"Code": "AssumeRoleUnauthorizedAccess", "Message": "EC2 cannot assume the role by " + token}))
        else:
            self.reply(200, document(n, FAR))

    def do_GET(self):
        parts = self.path.split("/")
        kind = parts[1]
        if kind == "_count":
            self.reply(200, str(counts.get(parts[2], 0)))
        elif kind == "_last":
            self.reply(200, json.dumps(last))
        elif kind.startswith("imds-"):
            self.do_metadata(kind, self.path.split("/latest/meta-data/", 1)[-1])
        else:
            self.do_container(kind, parts[2:])

    def do_container(self, kind, rest):
        n = self.asked(kind)
        if kind == "c-slow":
            time.sleep(0.3)
        if kind == "c-silent":
            time.sleep(LIFETIME)
        elif kind == "c-401":
            self.reply(401, json.dumps({"code": "InvalidAuth", "message": "no\x1b[2J"}))
        elif kind == "c-quote":
            self.reply(403, json.dumps({"code": "AccessDenied", "message": "who is " + self.headers.get("Authorization", "")}))
        elif kind == "c-junk":
            self.reply(200, "planted <html>")
        elif kind == "c-expired":
            self.reply(200, document(n, PAST))
        elif kind == "c-time":
            self.reply(200, document(n, "soon"))
        elif kind == "c-inject":
            self.reply(200, document(n, FAR, Token="planted\r\nX-Evil: 1"))
        elif kind == "c-huge":
            self.reply(200, "x" * (2 << 20))
        elif kind == "c-header":
            self.reply(200, "{}", **{"X-Long": "planted" * 30000})
        elif kind == "c-redirect":
            self.reply(302, Location="/c-ok")
        elif kind == "c-token" and self.headers.get("Authorization") != urllib.parse.unquote(rest[0]):
            self.reply(401)
        elif kind == "c-until":
            self.reply(200, document(n, rest[0]))
        else:
            self.reply(200, document(n, FAR))

    def do_POST(self):
        kind = self.path.split("/")[1]
        form = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        n = self.asked(kind)
        with lock:
            last.clear()
            last.update(urllib.parse.parse_qsl(form), Authorization=self.headers.get("Authorization", ""),
                        Security=self.headers.get("X-Amz-Security-Token", ""))
        if kind in STS_FIRST and n == 1:
            status, code = STS_FIRST[kind]
            if not status:
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
                return
            self.reply(status, f"<ErrorResponse><Error><Code>{code}</Code><Message>not now</Message></Error></ErrorResponse>")
        elif kind == "sts-down":
            self.reply(503, "planted")
        elif kind == "sts-denied":
            self.reply(403, STS_DENIED)
        elif kind == "sts-quote":
            quoted = last.get("WebIdentityToken", "") + last["Security"]
            self.reply(403, f"<ErrorResponse><Error><Code>AccessDenied</Code><Message>who is {quoted}</Message></Error></ErrorResponse>")
        elif kind == "sts-junk":
            self.reply(200, "<AssumeRoleResponse><AccessKeyId>planted")
        else:
            self.reply(200, STS_OK)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass  # clients give up, which is what the tests want


server = Server(("127.0.0.1", 0), Handler)
if len(sys.argv) == 3:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*sys.argv[1:])
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
timer = threading.Timer(LIFETIME, server.shutdown)
timer.daemon = True
timer.start()
print(server.server_address[1], flush=True)
# Whoever started it holds the other end of its stdin: it ends when that is closed.
threading.Thread(target=lambda: (sys.stdin.read(), server.shutdown()), daemon=True).start()
server.serve_forever()
