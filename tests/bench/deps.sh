#!/bin/sh
# Installs what the bench needs and the peers that it sends beside lambda-warmd, one by one: what can't be had is said,
# and a peer left out.
set -u
cd "$(dirname "$0")/../.." || exit 1

# command:package
for pair in python3:python3 hey:hey ab:apache2-utils node:nodejs h2load:nghttp2-client curl:curl ip:iproute2 openssl:openssl; do
  command -v "${pair%%:*}" >/dev/null 2>&1 && continue
  package=${pair##*:}
  echo "bench: installing $package" >&2
  if ! command -v apt-get >/dev/null 2>&1; then
    false
  elif [ "$(id -u)" -eq 0 ]; then
    sh tests/deps.sh --install "$package" >/dev/null
  elif command -v sudo >/dev/null 2>&1; then
    sudo sh tests/deps.sh --install "$package" >/dev/null
  else
    false
  fi || echo "bench: $package could not be installed: what needs it is skipped" >&2
done
exit 0
