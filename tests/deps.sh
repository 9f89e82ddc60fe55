#!/bin/sh
# Installs what is missing, by apt-get: tests/deps.sh [--quiet | --list] build|check|lint|all
#   build  what compiles the daemon and the simulator, and runs the demo: 55 packages on a bare Debian 12
#   check  build, and what `make check` uses        lint  build, and what `make lint` uses
#   all    all of these, and what the slow tests use
# It looks for the things themselves, not for packages, so a machine that has them otherwise needs no root.
# --list prints the group's packages and installs nothing.
# Exit status: 0 all is there, 69 it can't be had here, apt-get's own if that fails.
set -eu

# What to look for (a command, pkg-config's NAME.pc, or a file in an include path), and the Debian package that has it.
# libc6-dev is only recommended by gcc. pkgconf brings pkg-config in one package less than pkg-config does.
build='gcc:gcc make:make pkg-config:pkgconf stdio.h:libc6-dev libcurl.pc:libcurl4-openssl-dev
  libconfig.pc:libconfig-dev libsystemd.pc:libsystemd-dev openssl.pc:libssl-dev jansson.pc:libjansson-dev
  libnghttp2.pc:libnghttp2-dev http_parser.h:libhttp-parser-dev openssl:openssl'
# ca-certificates is only recommended by libcurl.
check='cmocka.h:libcmocka-dev bats:bats curl:curl jq:jq nginx:nginx-light haproxy:haproxy apache2:apache2-bin
  mandoc:mandoc zsh:zsh /usr/share/bash-completion/bash_completion:bash-completion python3:python3 ip:iproute2 unshare:util-linux setpriv:util-linux ps:procps
  /usr/lib/python3/dist-packages/botocore:python3-botocore
  /etc/ssl/certs/ca-certificates.crt:ca-certificates
  /lib/systemd/systemd-journal-remote:systemd-journal-remote'
lint='cmocka.h:libcmocka-dev clang:clang clang-tidy:clang-tidy clang-format:clang-format cppcheck:cppcheck
  shellcheck:shellcheck git:git'
# The sanitizers' runtimes come with gcc. promtool reads docs/alerts.yml and docs/grafana.json; chromium shows the report's
# page.
slow='valgrind:valgrind systemd-analyze:systemd systemd-nspawn:systemd-container dbus-daemon:dbus
  debootstrap:debootstrap node:nodejs npm:npm chromium:chromium promtool:prometheus
  prometheus-node-exporter:prometheus-node-exporter'

policy=${POLICY_RC_D:-/usr/sbin/policy-rc.d}
marker='# lambda-warmd: make deps'
usage='usage: tests/deps.sh [--quiet | --list] build|check|lint|all'

say() { [ -n "$quiet" ] || echo "deps: $*"; }
die() { echo "deps: $*" >&2; exit 69; }

there() {
  case $1 in
    *.pc) pkg-config --exists "${1%.pc}" 2>/dev/null ;;
    *.h) echo "#include <$1>" | "${CC:-cc}" -E -xc -include stdarg.h -include stddef.h -include setjmp.h \
      -include stdint.h - >/dev/null 2>&1 ;;
    /*) [ -e "$1" ] ;;
    *) command -v "$1" >/dev/null 2>&1 ;;
  esac
}

# Sets $packages to those of the things that are not there.
look_for() {
  packages=
  for pair in "$@"; do
    there "${pair%%:*}" || case " $packages " in
      *" ${pair##*:} "*) ;;
      *) packages="${packages:+$packages }${pair##*:}" ;;
    esac
  done
}

# Installed services shall not start: until this script ends, invoke-rc.d and deb-systemd-invoke are told so by a
# policy, unless the machine has one of its own.
forbid_services() {
  if [ -e "$policy" ] && ! grep -qxF "$marker" "$policy"; then
    return
  fi
  trap 'rm -f "$policy"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  printf '#!/bin/sh\n%s\nexit 101\n' "$marker" >"$policy"
  chmod 755 "$policy"
}

# As root: apt-get, with no question asked.
install() {
  export DEBIAN_FRONTEND=noninteractive
  forbid_services
  apt-get -o DPkg::Lock::Timeout=300 update -qq
  apt-get -o DPkg::Lock::Timeout=300 install -y -q --no-install-recommends -- "$@"
  # Nor at the next boot.
  for service in nginx haproxy prometheus prometheus-node-exporter; do
    case " $* " in
      *" $service"[-\ ]*) systemctl disable --quiet $service.service 2>/dev/null || update-rc.d $service disable || : ;;
    esac
  done
}

PATH=$PATH:/usr/sbin:/sbin
quiet=
if [ "${1:-}" = --install ]; then
  shift
  install "$@"
  exit
fi
list=
case ${1:-} in
  --quiet) quiet=yes && shift ;;
  --list) list=yes && shift ;;
esac
case ${1:-} in
  build) wanted=$build ;;
  check) wanted="$build $check" ;;
  lint) wanted="$build $lint" ;;
  all) wanted="$build $check $lint $slow" ;;
  *) echo "$usage" >&2 && exit 64 ;;
esac
if [ -n "$list" ]; then
  for pair in $wanted; do echo "${pair##*:}"; done | sort -u
  exit
fi

# shellcheck disable=SC2086 # a list of words
look_for $wanted
if [ -z "$packages" ]; then
  say "nothing is missing"
  exit 0
fi
command -v apt-get >/dev/null 2>&1 || die "no apt-get here; install what Debian calls: $packages"
echo "deps: installing $packages"
if [ "$(id -u)" -eq 0 ]; then
  # shellcheck disable=SC2086
  sh "$0" --install $packages
elif command -v sudo >/dev/null 2>&1; then
  # shellcheck disable=SC2086
  sudo sh "$0" --install $packages || { status=$? && echo "deps: not installed: $packages" >&2 && exit $status; }
else
  die "neither root nor sudo; have these installed: $packages"
fi
# shellcheck disable=SC2086
look_for $wanted
[ -z "$packages" ] || die "still missing after installing: $packages"
