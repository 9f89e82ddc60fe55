"""Are requests, as lambda-sim --record has written them, signed as AWS's own library signs them?
python3 verify_botocore.py RECORD [ACCESS_KEY]          secrets by access key are in the environment: SECRET_<ACCESS_KEY>

Each line's signature is made again by botocore from the bytes that came, and compared. Prints how many were right; what is
wrong goes to stderr with both strings, and the exit status is 1."""
import base64
import json
import os
import re
import sys

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$")


def text(latin):
    """Of characters that stand for bytes."""
    return latin.encode("latin-1").decode("utf-8")


def must_be_signed(name):
    return name in ("host", "content-type") or name.startswith("x-amz-")


def check(line):
    """None, or what is wrong."""
    request = json.loads(line)
    headers = [(name.lower(), text(value)) for name, value in request["headers"]]
    if not any(name == "host" for name, _ in headers):
        headers.append(("host", text(request["authority"])))
    found = [value for name, value in headers if name == "authorization"]
    if len(found) != 1:
        return f"{len(found)} Authorization headers"
    match = AUTHORIZATION.match(found[0])
    if not match:
        return f"what is this: {found[0]}"
    key, day, region, service, signed, signature = match.groups()
    names = signed.split(";")
    unsigned = {name for name, _ in headers if must_be_signed(name)} - set(names)
    if unsigned:
        return f"not signed: {', '.join(unsigned)}"
    signer = SigV4Auth(Credentials(key, os.environ["SECRET_" + key]), service, region)
    again = AWSRequest(request["method"], "https://" + text(request["authority"]) + text(request["target"]),
                       data=base64.b64decode(request["body_base64"]))
    for name, value in headers:
        if name in names:
            again.headers[name] = value
    again.context["timestamp"] = again.headers["x-amz-date"]
    canonical = signer.canonical_request(again)
    expected = signer.signature(signer.string_to_sign(again, canonical), again)
    if canonical.split("\n")[-2] != signed:
        return f"SignedHeaders are {signed}; botocore has {canonical.split(chr(10))[-2]}"
    if not again.context["timestamp"].startswith(day):
        return f"signed for {day}, sent at {again.context['timestamp']}"
    return None if expected == signature else f"the signature is another one; botocore's canonical request:\n{canonical}"


def main(path):
    right = wrong = 0
    with open(path, encoding="ascii") as lines:
        for number, line in enumerate(lines, 1):
            complaint = check(line)
            right += complaint is None
            if complaint:
                wrong += 1
                print(f"{number}: {line[:300]}\n  {complaint}", file=sys.stderr)
    print(right)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
