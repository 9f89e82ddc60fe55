#!/usr/bin/env bats
# The scripts of docs/pipelines.md do what the page says: the shift comes after the proof, or not at all.

bats_require_minimum_version 1.5.0
load common.bash

setup() {
  PAGE=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)/docs/pipelines.md
  PIDS=
  cd "$BATS_TEST_TMPDIR" || return
  mkdir bin
  PATH=$PWD/bin:$PATH
  export AWS_REGION=eu-west-1 AWS_ACCESS_KEY_ID=AKIDEXAMPLE AWS_SECRET_ACCESS_KEY=secret
  # The AWS CLI: writes down what it is asked, and has published version 8.
  cat >bin/aws <<'END'
#!/bin/sh
echo "$*" >>aws.log
[ "$2" != publish-version ] || echo 8
END
  chmod +x bin/aws
}

teardown() { stop_all; }

# block LANGUAGE N FILE: the page's N-th fenced block of that language.
block() {
  awk -v wanted="\`\`\`$1" -v n="$2" '
    !inside && /^```/ { inside = 1; keep = $0 == wanted && ++seen == n; next }
    inside && /^```/ { inside = 0; next }
    inside && keep' "$PAGE" >"$3"
  [ -s "$3" ]
}

# warmd STATUS...: a lambda-warmd that ends with these, one after the other, and keeps what it was configured with.
warmd() {
  printf '%s\n' "$@" >statuses
  cat >bin/lambda-warmd <<'END'
#!/bin/sh
cp "$2" given.conf
echo "$*" | sed 's|/.*/|/|' >>warmd.log
status=$(head -n 1 statuses)
sed -i 1d statuses
exit "$status"
END
  chmod +x bin/lambda-warmd
}

@test "deploy.sh publishes, warms the version, and then shifts the alias" {
  block sh 1 deploy.sh
  warmd 0
  run -0 sh deploy.sh orders live 20
  [ "$(cut -d' ' -f1-2 aws.log | tr '\n' ' ')" = 'lambda publish-version lambda wait lambda update-alias ' ]
  grep -q -- '--name live --function-version 8' aws.log
  [ "$(cat warmd.log)" = '-c /version.conf once --distinct' ]
  "$WARMD" -c given.conf check
  grep -q 'qualifier = "8"' given.conf && grep -q 'warm = 20;' given.conf
}

@test "deploy.sh tries again, and shifts nothing that stays unproven" {
  block sh 1 deploy.sh
  warmd 1 1 0
  run -0 sh deploy.sh orders live 20
  [ "$(wc -l <warmd.log)" -eq 3 ]
  : >aws.log
  warmd 1 1 1
  run -1 sh deploy.sh orders live 20
  [[ "$output" == *"orders:8 is not warm; live stays where it is"* ]]
  run ! grep -q update-alias aws.log
}

@test "deploy.sh stops at once where trying again can't help" {
  block sh 1 deploy.sh
  warmd 78 0
  run -78 sh deploy.sh orders live 20
  [ "$(wc -l <warmd.log)" -eq 1 ]
  run ! grep -q update-alias aws.log
}

@test "deploy.sh warms a version of the simulator's, and is refused what it can't have" {
  make_certs
  block sh 1 deploy.sh
  start_sim --invoke-api --cold 50 --max-instances 20
  # The real one, sent to the simulator.
  cat >bin/lambda-warmd <<END
#!/bin/sh
grep -q endpoint_url "\$2" || sed -i 's|warm = |endpoint_url = "http://127.0.0.1:$PLAIN"; warm = |' "\$2"
exec "$(cd "$BUILD" && pwd)/lambda-warmd" "\$@"
END
  chmod +x bin/lambda-warmd
  run -0 sh deploy.sh orders live 20
  grep -q update-alias aws.log
  [ "$(stats | jq '.functions | to_entries[] | select(.key | contains(":8")) | .value.instances_born')" -eq 20 ]
  : >aws.log
  run -1 sh deploy.sh orders live 21
  run ! grep -q update-alias aws.log
}

# hook STATUS...: runs the page's bootstrap for one event, with a lambda-warmd that ends with these.
hook() {
  block sh 2 bootstrap
  warmd "$@"
  cat >runtime.py <<'END'
import http.server, json, sys
class Api(http.server.BaseHTTPRequestHandler):
    events = 1
    def do_GET(self):
        if Api.events == 0:
            return self.send_error(410)
        Api.events = 0
        body = json.dumps({"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "h-1"}).encode()
        self.send_response(200)
        self.send_header("Lambda-Runtime-Aws-Request-Id", "r-1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        open("answers", "a").write(self.path + " " + body + "\n")
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *args):
        pass
server = http.server.HTTPServer(("127.0.0.1", 0), Api)
print(server.server_port, flush=True)
server.serve_forever()
END
  python3 -B runtime.py >port 3>&- &
  started $!
  wait_for 10 test -s port
  AWS_LAMBDA_RUNTIME_API=127.0.0.1:$(cat port) FUNCTION=orders VERSION=8 INSTANCES=20 sh bootstrap 2>hook.err
}

@test "the CodeDeploy hook says Succeeded once it is proven" {
  hook 1 0
  [ "$(cat answers)" = '/2018-06-01/runtime/invocation/r-1/response "Succeeded"' ]
  grep -qx 'deploy put-lifecycle-event-hook-execution-status --status Succeeded --deployment-id d-1 --lifecycle-event-hook-execution-id h-1' aws.log
  "$WARMD" -c given.conf check
}

@test "the CodeDeploy hook says Failed where it is not" {
  hook 1 1 1
  grep -q -- '--status Failed' aws.log
  [ "$(cat answers)" = '/2018-06-01/runtime/invocation/r-1/response "Failed"' ]
}

@test "the workflow and the template are YAML, and the workflow deploys after it has made lambda-warmd" {
  python3 -c 'import yaml' 2>/dev/null || skip "python3-yaml is not installed"
  block yaml 1 workflow.yml
  block yaml 2 template.yml
  python3 - <<'END'
import yaml
class Loader(yaml.SafeLoader):
    pass
Loader.add_multi_constructor("!", lambda loader, tag, node: loader.construct_scalar(node))
steps = yaml.load(open("workflow.yml"), Loader)["jobs"]["deploy"]["steps"]
runs = [step.get("run", "") for step in steps]
assert any("make -C lambda-warmd" in run for run in runs) and runs[-1].startswith("sh ./deploy.sh orders live")
template = yaml.load(open("template.yml"), Loader)["Resources"]
hook = template["Orders"]["Properties"]["DeploymentPreference"]["Hooks"]["PreTraffic"]
assert set(template[hook]["Properties"]["Environment"]["Variables"]) == {"FUNCTION", "VERSION", "INSTANCES"}
END
}

@test "the page's exit statuses are the program's" {
  sed -nE 's/.* = ([0-9]+),.*/\1/p' "$TESTS/../daemon/commands/commands.h" | sort -n >known
  sed -nE 's/^\| ([0-9][0-9, ]*) \|.*/\1/p' "$PAGE" | tr ',' '\n' | tr -d ' ' | sort -n >told
  diff known told
}

@test "the page's configurations are good" {
  local n=0
  awk '!inside && /^```/ { inside = 1; keep = $0 == "```"; n += keep; next } inside && /^```/ { inside = 0; next }
    inside && keep { print >("conf." n) }' "$PAGE"
  for block in conf.*; do
    "$WARMD" -c "$block" check
    n=$((n + 1))
  done
  [ "$n" -ge 2 ]
}
