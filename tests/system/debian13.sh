#!/usr/bin/env bash
# Debian 13 in a folder, to build and test in: libcurl 8.14, libconfig 1.7, systemd 257, gcc 14. Needs root.
#   debian13.sh DIR up             fetches what is not there yet (kept between runs); exit status 69 and a line why, where it
#                                  can't be had
#   debian13.sh DIR run COMMAND... in it, in a copy of the working tree, with a network of its own that has only a loopback
# The build tree is kept too: BUILD=/build.
set -eu
dir=$1
action=$2
shift 2
here=$(cd "$(dirname "$0")/../.." && pwd)
root=$dir/root

not_here() { echo "debian13: $*"; exit 69; }

# Debian's mirror as this machine's own packages come from, or debootstrap's choice.
mirror() {
  # shellcheck disable=SC2016 # apt's own placeholder
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' 2>/dev/null | head -n 1
}

proxy() {
  local found=''
  eval "$(apt-config shell found Acquire::http::Proxy 2>/dev/null)"
  [ -z "$found" ] || export http_proxy=$found
}

# chroot_with_proc UNSHARE-OPTIONS -- COMMAND...: as processes that end with it, and with mounts that do.
chroot_with_proc() {
  local options=()
  while [ "$1" != -- ]; do
    options+=("$1")
    shift
  done
  shift
  # shellcheck disable=SC2016 # for the inner shell
  unshare --mount --propagation private --pid --fork --kill-child "${options[@]}" -- sh -euc '
    root=$1; shift
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    exec chroot "$root" env -i HOME=/root LANG=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin ${http_proxy:+http_proxy="$http_proxy"} "$@"
  ' sh "$root" "$@"
}

# The files that git knows or would know, and nothing that has gone from there.
copy_tree() {
  rm -rf "$root/src"
  mkdir "$root/src"
  (cd "$here" && git ls-files -coz --exclude-standard | tar --create --null --files-from=- --ignore-failed-read 2>/dev/null) |
    tar --extract --directory="$root/src"
}

up() {
  local command found
  [ "$(id -u)" -eq 0 ] || not_here "needs root"
  for command in debootstrap unshare; do
    command -v $command >/dev/null || not_here "$command is missing"
  done
  unshare --mount --pid --fork true 2>/dev/null || not_here "no namespaces"
  proxy
  if [ ! -e "$dir/ready" ]; then
    rm -rf --one-file-system "$root"
    mkdir -p "$dir"
    found=$(mirror)
    # shellcheck disable=SC2086 # none where not found
    timeout 900 debootstrap --variant=minbase --include=make,ca-certificates trixie "$root" $found >"$dir/log" 2>&1 ||
      not_here "cannot be fetched: $(tail -n 1 "$dir/log")"
    printf '127.0.0.1 localhost\n::1 localhost\n' >"$root/etc/hosts"
    touch "$dir/ready"
  fi
  cp /etc/resolv.conf "$root/etc/resolv.conf"
  copy_tree
  chroot_with_proc -- sh -c 'cd /src && timeout 900 ./tests/deps.sh check'
}

run() {
  chroot_with_proc --net -- sh -euc 'ip link set lo up; cd /src; exec "$@"' sh "$@"
}

case $action in
  up | run) "$action" "$@" ;;
  *) echo "debian13: unknown: $action" >&2; exit 64 ;;
esac
