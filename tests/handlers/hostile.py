"""A configuration of a hundred endpoints whose requests are hard to sign, for lambda-sim:
python3 hostile.py PORT CA_FILE HTTP_VERSION > FILE
The credential "pad" is 64 KiB of text, for bodies of 1 MiB: a configuration can't be as large as that itself."""
import sys

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:"
PATHS = ["/prod/a%20b", "/prod/%24default", "/a+b", "/a=b", "/a@b,c;d", "/a:b:c", "/a%2Fb", "/a%2fb", "/%C3%A9t%C3%A9", "/a~b-c_d.e",
         "/a!b'c(d)*e", "/a$LATEST", "/a%25b", "/a%2520b", "/a//b", "/a/./b", "/a/b/../c", "/a/", "//", "/%7Ea", "/a%2Bb", "/a%3Ab", "/a&b"]
QUERIES = ["", "b=2&a=1", "a", "a=", "a&b=1", "a=b+c", "a=b%20c", "a=b%2Bc", "a=b=c", "a=1&a=0", "A=1&a=2&B=3", "%C3%A9=%c3%a9", "a=%3a%2f",
           "a=x:y/z@w", "a=1&&b=2", "z&y&x", "a=~-_.", "a=!'()*", "Action=%24LATEST", "a=%", "x=a,b;c", "a=%7e&%7E", "a=1&A=1&a=1&aa=0"]
HEADERS = [[], ["X-Empty:"], ["X-Two: 2", "X-Two: 1", "x-two: 3"], ["X-Spaces:   a   b  "], ["X-Utf: grün, 東京, é"], ["X-Amz-Meta: a", "x-amz-meta: b"],
           ["Content-Type: text/plain; charset=utf-8"], ["X-Quotes: \\\"a   b\\\""], ["Accept:"], ["X_Under: 1", "X-Aa: 1", "X-A: 2"], ["X-Comma: a, b,c"],
           ["X-I: ${index} of ${count}"], ["Cache-Control: no-cache", "Range: bytes=0-1", "If-None-Match: *"]]
BODIES = [None, "{}", "größer, 東京", "a=b&c=d", "", "{ \\\"n\\\": \\\"${round}\\\" }", "${credential:pad}" * 16, "[1,\\n2]"]
FUNCTIONS = [("billing", None), ("billing", "$LATEST"), ("billing", "live"), ("billing", "7"), (ARN + "billing", None), (ARN + "billing:live", None),
             (ARN + "billing:$LATEST", None), (ARN + "billing:42", None), (ARN + "billing", "blue-green_1"), ("a_b-c", "$LATEST"),
             ("billing:live", None), ("123456789012:function:billing:live", None)]
N_FUNCTIONS = 24


def quoted(text):
    return f'"{text}"'


def url_endpoint(port, i):
    """Each value of one list meets others of the rest."""
    path, query = PATHS[i % len(PATHS)], QUERIES[(i * 3 + i // 23) % len(QUERIES)]
    if query.endswith("%"):
        query += "25"
    headers, body = HEADERS[i * 5 % len(HEADERS)], BODIES[i * 3 % len(BODIES)] if i % 40 < 30 or i > 70 else None
    fields = [f'url = {quoted(f"https://localhost:{port}{path}" + ("?" + query if query else ""))}', 'auth = "sigv4"', 'region = "eu-west-1"',
              f'service = {quoted(["execute-api", "lambda"][i % 2])}']
    if headers:
        fields.append(f'headers = ( {", ".join(quoted(header) for header in headers)} )')
    if body is not None:
        fields.append(f"body = {quoted(body)}")
        fields.append(f'method = {quoted(["POST", "PUT", "PATCH", "DELETE"][i % 4])}')
    return fields


def function_endpoint(port, i):
    function, qualifier = FUNCTIONS[i % len(FUNCTIONS)]
    fields = [f"function = {quoted(function)}", f'endpoint_url = "https://localhost:{port}"', 'region = "eu-west-1"']
    if qualifier:
        fields.append(f"qualifier = {quoted(qualifier)}")
    if i % 5 == 1:
        fields.append('tenant_id = "tenant-1"')
    if i % 7 == 2:
        fields.append('protocol = "serverless-plugin-warmup"')
    if i == 3:
        fields.append(f'body = "{{ \\"pad\\": \\"{"${credential:pad}" * 16}\\" }}"')
    if i % 6 == 4:
        fields.append('body = "{ \\"grün\\": \\"東京\\" }"')
    return fields


def main(port, ca_file, http_version):
    print(f'defaults = {{ warm = 1; attempts = 1; protocol = "auto"; ca_file = "{ca_file}"; http_version = "{http_version}"; timeout = "60s";\n'
          '  connect_timeout = "60s"; instance = "none"; cold = "none"; };\nendpoints = (')
    kinds = [function_endpoint(port, i) for i in range(N_FUNCTIONS)] + [url_endpoint(port, i) for i in range(100 - N_FUNCTIONS)]
    print(",\n".join(f'  {{ name = "e{i}"; {"; ".join(fields)}; }}' for i, fields in enumerate(kinds)))
    print(");")


main(*sys.argv[1:])
