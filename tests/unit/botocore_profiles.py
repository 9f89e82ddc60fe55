#!/usr/bin/env python3
"""Does botocore read the cases in profiles/ as they say? python3 botocore_profiles.py FOLDER-OF-CASES SCRATCH

What is wrong goes to stdout; the exit status is 1 then, and 77 where botocore isn't installed. STS and Lambda are played: no
request leaves this process. A case begins with a line of what it shows; then come parts, each after a line `--- NAME`:

  profile      the one that is asked for; else it is the environment's
  environment  variables; @HOME@ is a folder made for the case
  credentials, config, token    files in that folder: .aws/credentials, .aws/config, token
  since        the first version of botocore that can do it
  expected     `error`, or lines of what was found: key, secret, token, region, lambda, sts (URLs), and of the last role that was
               assumed role, external, identity (the web's), signer (its access key), scope (the region signed for), calls
  botocore     the same, where botocore does something else, as the first line says
"""
import os
import re
import shutil
import sys

try:
    import botocore
    import botocore.awsrequest
    import botocore.exceptions
    import botocore.loaders
    import botocore.session
except ImportError:
    sys.exit(77)

ANSWER = """<{0}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{0}Result><Credentials><AccessKeyId>ASIAROLE</AccessKeyId>
<SecretAccessKey>planted</SecretAccessKey><SessionToken>planted</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration>
</Credentials></{0}Result></{0}Response>"""


class Raw:
    def __init__(self, text):
        self.text = text

    def stream(self, **_):
        yield self.text.encode()


class Elsewhere(Exception):
    """Where a request would have gone."""


def read_case(path):
    parts, name = {"why": ""}, "why"
    with open(path, newline="", encoding="utf-8") as file:
        for line in file.read().split("\n"):
            if line.startswith("--- "):
                name = line[4:]
                parts[name] = ""
            else:
                parts[name] += line + "\n"
    return parts


def prepare(parts, home):
    shutil.rmtree(home, ignore_errors=True)
    os.makedirs(home + "/.aws")
    for name, path in (("credentials", ".aws/credentials"), ("config", ".aws/config"), ("token", "token")):
        if name in parts:
            with open(f"{home}/{path}", "w", newline="", encoding="utf-8") as file:
                file.write(parts[name].replace("@HOME@", home))
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(HOME=home, AWS_EC2_METADATA_DISABLED="true", AWS_STS_REGIONAL_ENDPOINTS="regional")
    for line in parts.get("environment", "").splitlines():
        if line:
            name, value = line.split("=", 1)
            os.environ[name] = value.replace("@HOME@", home)


def answer_role(found):
    def answer(request, **_):
        body = request.body if isinstance(request.body, str) else request.body.decode()
        form = dict(pair.split("=", 1) for pair in body.split("&"))
        text = {name: botocore.compat.unquote(value) for name, value in form.items()}
        signed = re.search(r"Credential=([^/]+)/\d+/([^/]+)/", str(request.headers.get("Authorization", "")))
        found["calls"] = str(int(found.get("calls", "0")) + 1)
        found["role"] = text["RoleArn"]
        found["external"] = text.get("ExternalId", "-")
        found["identity"] = text.get("WebIdentityToken", "-").rstrip()
        found["signer"], found["scope"] = signed.groups() if signed else ("-", "-")
        return botocore.awsrequest.AWSResponse(request.url, 200, {}, Raw(ANSWER.format(text["Action"])))
    return answer


# Of all sessions: reading its models is most of the work.
loader = botocore.loaders.create_loader()


def session_of(parts):
    session = botocore.session.Session(profile=parts["profile"].strip() if "profile" in parts else None)
    session.register_component("data_loader", loader)
    return session


def find_credentials(parts):
    found = {}
    session = session_of(parts)
    session.register("before-send.sts", answer_role(found))
    credentials = session.get_credentials()
    if not credentials:
        return {"error": "none"}
    frozen = credentials.get_frozen_credentials()
    found.update(key=frozen.access_key, secret=frozen.secret_key, token=frozen.token or "-")
    return found


def find_host(parts, service):
    def tell(request, **_):
        raise Elsewhere(re.match(r"https?://[^/]*", request.url).group(0))

    session = session_of(parts)
    session.set_credentials("AKIA", "planted")
    try:
        client = session.create_client(service)
        client.meta.events.register("before-send", tell)
        client.list_functions() if service == "lambda" else client.get_caller_identity()
    except Elsewhere as place:
        return str(place)
    except (botocore.exceptions.BotoCoreError, ValueError):
        return "error"


def find(parts, wanted):
    found = {}
    hosts = wanted.keys() & {"lambda", "sts"}
    if wanted.keys() - {"lambda", "sts", "region"}:
        try:
            found = find_credentials(parts)
        except Exception:  # of many kinds
            return {"error": ""}
        if "error" in found:
            return found
    if "region" in wanted:
        found["region"] = session_of(parts).get_config_variable("region") or "-"
    for service in hosts:
        found[service] = find_host(parts, service)
    return found


def version(text):
    return tuple(int(number) for number in re.findall(r"\d+", text)[:2])


def check(path, home):
    parts = read_case(path)
    if version(botocore.__version__) < version(parts.get("since", "0.0")):
        return True
    lines = parts.get("botocore", parts["expected"]).split("\n")
    wanted = dict((line + " ").split(" ", 1) for line in lines if line)
    wanted = {name: value.strip() for name, value in wanted.items()}
    prepare(parts, home)
    found = find(parts, wanted)
    wrong = [name for name in wanted if name not in found or (name != "error" and found[name] != wanted[name])]
    for name in wrong:
        print(f"{os.path.basename(path)}: botocore {botocore.__version__}: {name} is {found.get(name, found)}, not {wanted[name]}")
    return not wrong


def main(cases, scratch):
    paths = sorted(os.path.join(cases, name) for name in os.listdir(cases) if name.endswith(".case"))
    results = [check(path, scratch + "/botocore") for path in paths]
    sys.exit(0 if results and all(results) else 1)


main(*sys.argv[1:])
