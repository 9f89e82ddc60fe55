#!/bin/sh
# Puts an npm package, as it is published, into a folder: tests/handlers/install-npm.sh NAME DIR, where NAME is a folder
# beside this file (lambda-warmer, with a handler that uses it; aws4). Exit status 69, with the reason, where it can't be had.
set -eu
name=$1
dir=$2
command -v npm >/dev/null || { echo 'npm is not installed'; exit 69; }
mkdir -p "$dir"
cp "$(dirname "$0")/$name"/* "$dir"
# What is locked is installed, by its hash, and nothing in it runs.
if ! (cd "$dir" && timeout 120 npm ci --fetch-retries=1 --ignore-scripts --no-audit --no-fund --loglevel=error >npm.log 2>&1 </dev/null); then
  echo "npm can't install $name: $(grep -v ' code ' "$dir/npm.log" | grep -m 1 'npm error')"
  exit 69
fi
