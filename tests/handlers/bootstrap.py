"""What Lambda's Python runtime is to a handler, for lambda-sim --exec: python3 bootstrap.py FILE [FUNCTION]
A request is a JSON line on stdin, {"event", "context"}; an answer one on stdout, {"result"} or {"error"}, and "log"."""
import importlib.util
import io
import json
import os
import sys
import types


def load(path, name, context):
    os.environ["AWS_LAMBDA_FUNCTION_NAME"] = context["functionName"]
    os.environ["AWS_LAMBDA_FUNCTION_VERSION"] = context["functionVersion"]
    spec = importlib.util.spec_from_file_location("function", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, name)


def context_of(fields):
    client = fields.get("clientContext")
    return types.SimpleNamespace(
        aws_request_id=fields["awsRequestId"], function_name=fields["functionName"],
        function_version=fields["functionVersion"], invoked_function_arn=fields["invokedFunctionArn"],
        client_context=types.SimpleNamespace(**client) if client else None,
        get_remaining_time_in_millis=lambda: 3000)


def main(path, name="handler"):
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    handler = None
    for line in sys.stdin:
        request = json.loads(line)
        sys.stdout = log = io.StringIO()
        try:
            handler = handler or load(path, name, request["context"])
            answer = {"result": handler(request["event"], context_of(request["context"]))}
        except Exception as error:  # whatever a handler raises is its answer
            answer = {"error": {"errorType": type(error).__name__, "errorMessage": str(error)}}
        if log.getvalue():
            answer["log"] = log.getvalue()
        print(json.dumps(answer), file=answers, flush=True)


main(*sys.argv[1:])
