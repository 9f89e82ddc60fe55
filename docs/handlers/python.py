# lambda-warmd's pings, for Python: paste this, and put @warm before your handler, as at the end.
import functools
import time
import uuid

HOLD_MAX_MS = 1000  # anyone may send the header: nobody shall keep instances busy for long
instance = None  # this instance's id; made by its first request, for a snapshot is shared by many instances


def warm(handler):
    @functools.wraps(handler)
    def answer(event, context):
        global instance
        cold, instance = instance is None, instance or str(uuid.uuid4())
        headers = event.get("headers") if isinstance(event, dict) else None
        headers = {name.lower(): value for name, value in (headers or {}).items()}
        if not headers.get("x-lambda-warm"):
            return handler(event, context)
        hold = headers.get("x-lambda-warm-hold", "")
        time.sleep(min(int(hold) if hold.isdecimal() else 0, HOLD_MAX_MS) / 1000)
        return {"statusCode": 204, "headers": {"X-Lambda-Instance": instance, "X-Lambda-Cold": "1" if cold else "0"}}

    return answer


@warm
def handler(event, context):
    return {"statusCode": 200, "body": "what it does for users"}
