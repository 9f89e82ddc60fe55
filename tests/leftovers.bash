# For tests/run: gives tests a HOME and a TMPDIR of their own, and finds what a file of tests left there, in the source tree,
# or running. It doesn't need git: it also compares a tarball's tree.
# It expects $work, a folder that the runner removes.

top=$(cd "${BASH_SOURCE[0]%/*}/.." && pwd)
left_behind=0 # files of tests that left something

# own_environment: sets `isolated`, the command that gives a test a HOME and a TMPDIR of its own and removes variables that
# would hide a leak, or make a test depend on whose machine it runs on.
own_environment() {
  local name kept
  isolated=(env)
  for name in PYTHONDONTWRITEBYTECODE PYTHONPYCACHEPREFIX XDG_CACHE_HOME XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME "${!AWS_@}"; do
    isolated+=(-u "$name")
  done
  isolated+=("HOME=$work/home" "TMPDIR=$work/tmp")
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
  names_in_tree >"$work/tree"
  fresh_folders
}

# Tests that act as another user must be able to reach what is under TMPDIR.
fresh_folders() {
  rm -rf --one-file-system "${work:?}/home" "$work/tmp"
  mkdir -m 700 "$work/home"
  mkdir -m 711 "$work/tmp"
  chmod 711 "$work"
}

# Every name in the source tree except git's own, build trees, the runner's folder (if TMPDIR is in the tree), and the files
# that editors put beside an open file.
names_in_tree() {
  local build=${WARMD_BUILD:-$top/build}
  find "$top" -mindepth 1 \( -path "$top/.git" -o -path "$top/build" -o -path "$top/build-*" -o -path "$build" \
    -o -path "$build-*" -o -path "$work" -o -name '.*.sw?' -o -name '*~' \) -prune -o -printf '%P\n' | LC_ALL=C sort
}

# Processes that a test started and didn't end; they get two seconds to end.
processes_left() {
  local tries
  for tries in {1..20}; do
    grep -lzxF "TMPDIR=$work/tmp" /proc/[0-9]*/environ 2>/dev/null >"$work/running" || return
    sleep 0.1
  done
}

# check_leftovers NAME: lists what this file of tests left, and cleans HOME and TMPDIR for the next one.
check_leftovers() {
  local file pid
  names_in_tree >"$work/tree.now"
  processes_left
  {
    LC_ALL=C comm -13 "$work/tree" "$work/tree.now" | sed 's|^|in the source tree: |'
    (cd "$work/home" && find . -mindepth 1 -print) | sed 's|^\./|in HOME: |'
    (cd "$work/tmp" && find . -mindepth 1 -print) | sed 's|^\./|in TMPDIR: |'
    while IFS=/ read -r _ _ pid _; do
      echo "running: $(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null)(process $pid)"
      kill -KILL "$pid" 2>/dev/null
    done <"$work/running"
  } >"$work/left"
  mv "$work/tree.now" "$work/tree"
  fresh_folders
  [ -s "$work/left" ] || return 0
  left_behind=$((left_behind + 1))
  echo "$1 leaves behind"
  head -n 20 "$work/left" | sed 's/^/  /'
}
