"""Lambda's runtime API between lambda-sim --exec and a program that brings its own runtime (Go, Rust):
python3 runtime_api.py PROGRAM. A request is a JSON line on stdin, {"event", "context"}; an answer one on stdout."""
import http.server
import json
import os
import subprocess
import sys
import threading
import time

answers = sys.stdout
DEADLINE_S = 900


class Api(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def reply(self, status, headers, body):
        self.send_response(status)
        for name, value in {**headers, "Content-Type": "application/json", "Content-Length": len(body)}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):  # /2018-06-01/runtime/invocation/next
        line = sys.stdin.readline()
        if not line:
            os._exit(0)  # the instance ends; so does its program, whose parent is gone (see main)
        request = json.loads(line)
        context = request["context"]
        headers = {"Lambda-Runtime-Aws-Request-Id": context["awsRequestId"],
                   "Lambda-Runtime-Invoked-Function-Arn": context["invokedFunctionArn"],
                   "Lambda-Runtime-Deadline-Ms": int((time.time() + DEADLINE_S) * 1000)}
        if context.get("clientContext"):
            headers["Lambda-Runtime-Client-Context"] = json.dumps(context["clientContext"])
        self.reply(200, headers, json.dumps(request["event"]).encode())

    def do_POST(self):  # …/invocation/ID/response or error, …/init/error
        length = self.headers.get("Content-Length")
        body = json.loads(self.rfile.read(int(length)) if length else self.chunks())
        if self.path.endswith("/error"):
            answer = {"error": {name: body[name] for name in ("errorType", "errorMessage")}}
        else:
            answer = {"result": body}
        self.reply(202, {}, b'{"status":"OK"}')
        print(json.dumps(answer), file=answers, flush=True)

    def chunks(self):
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def log_message(self, *_):
        pass


def main(program):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    environment = dict(os.environ, AWS_LAMBDA_RUNTIME_API="127.0.0.1:%d" % server.server_port,
                       AWS_LAMBDA_FUNCTION_NAME="function", AWS_LAMBDA_FUNCTION_VERSION="$LATEST",
                       AWS_LAMBDA_FUNCTION_MEMORY_SIZE="128", AWS_LAMBDA_LOG_GROUP_NAME="/aws/lambda/function",
                       AWS_LAMBDA_LOG_STREAM_NAME="1", _HANDLER="bootstrap", LAMBDA_TASK_ROOT=".")
    # PR_SET_PDEATHSIG by util-linux: the program ends with this one, however it ends.
    sys.exit(subprocess.call(["setpriv", "--pdeathsig", "KILL", program], env=environment, stdin=subprocess.DEVNULL,
                             stdout=sys.stderr))


main(sys.argv[1])
