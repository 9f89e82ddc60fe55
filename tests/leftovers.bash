# For tests/run: gives tests a HOME and a TMPDIR of their own, and finds what a file of tests left there, in the source tree,
# or running. It doesn't need git: it also compares a tarball's tree.
# It expects $work, a folder that the runner removes, and $lane, one in it for a file of tests.

top=$(cd "${BASH_SOURCE[0]%/*}/.." && pwd)
chmod 711 "$work" # tests that act as another user must be able to reach what is under TMPDIR
: >"$work/blamed" # a line for each file of tests that has left something

# own_environment: sets `isolated`, the command that gives a test a HOME and a TMPDIR of its own and removes variables that
# would hide a leak, or make a test depend on whose machine it runs on.
own_environment() {
  local name kept
  isolated=(env)
  for name in PYTHONDONTWRITEBYTECODE PYTHONPYCACHEPREFIX XDG_CACHE_HOME XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME "${!AWS_@}"; do
    isolated+=(-u "$name")
  done
  isolated+=("HOME=$lane/home" "TMPDIR=$lane/tmp")
  mkdir -m 700 "$lane/home"
  mkdir -m 711 "$lane/tmp"
  # Tests use existing caches of compilers and package managers; missing ones get a temporary folder.
  while read -r name kept; do
    [ -z "${!name:-}" ] || continue
    if [ -d "${HOME:-/nonexistent}/$kept" ]; then isolated+=("$name=$HOME/$kept"); else isolated+=("$name=$work/cache/$name"); fi
  done <<'CACHES'
CCACHE_DIR .cache/ccache
CARGO_HOME .cargo
RUSTUP_HOME .rustup
GOPATH go
GOCACHE .cache/go-build
npm_config_cache .npm
CACHES
}

# Every name in the source tree except git's own, build trees, the runner's folder (if TMPDIR is in the tree), and the files
# that editors put beside an open file.
names_in_tree() {
  local build=${WARMD_BUILD:-$top/build}
  find "$top" -mindepth 1 \( -path "$top/.git" -o -path "$top/build" -o -path "$top/build-*" -o -path "$build" \
    -o -path "$build-*" -o -path "$work" -o -name '.*.sw?' -o -name '*~' \) -prune -o -printf '%P\n' | LC_ALL=C sort
}

# in_tree: lists what is new there since it was last asked.
in_tree() {
  names_in_tree >"$work/tree.now"
  LC_ALL=C comm -13 "$work/tree" "$work/tree.now" | sed 's|^|in the source tree: |'
  mv "$work/tree.now" "$work/tree"
}

# Processes that a test started and didn't end; they get two seconds to end.
processes_left() {
  local tries
  for tries in {1..20}; do
    grep -lzxF "TMPDIR=$lane/tmp" /proc/[0-9]*/environ 2>/dev/null >"$lane/running" || return
    sleep 0.1
  done
}

# in_lane: lists what this file of tests left in HOME, in TMPDIR and running, and ends the latter.
in_lane() {
  local pid
  processes_left
  (cd "$lane/home" && find . -mindepth 1 -print) | sed 's|^\./|in HOME: |'
  (cd "$lane/tmp" && find . -mindepth 1 -print) | sed 's|^\./|in TMPDIR: |'
  while IFS=/ read -r _ _ pid _; do
    echo "running: $(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null)(process $pid)"
    kill -KILL "$pid" 2>/dev/null
  done <"$lane/running"
}

# blame NAME LIST: shows what it left, if that is anything.
blame() {
  [ -s "$2" ] || return 0
  echo "$1 leaves behind" | tee -a "$work/blamed"
  head -n 20 "$2" | sed 's/^/  /'
}
