#!/bin/sh
# Puts the npm package lambda-warmer, as it is published, and a handler that uses it into a folder:
# tests/handlers/install-lambda-warmer.sh DIR. Exit status 69, with the reason, where it can't be had.
set -eu
dir=$1
command -v npm >/dev/null || { echo 'npm is not installed'; exit 69; }
mkdir -p "$dir"
here=$(cd "$(dirname "$0")" && pwd)
cp "$here/lambda-warmer/package.json" "$here/lambda-warmer/package-lock.json" "$here/lambda-warmer/handler.js" "$dir"
# What is locked is installed, by its hash, and nothing in it runs.
if ! (cd "$dir" && timeout 120 npm ci --fetch-retries=1 --ignore-scripts --no-audit --no-fund --loglevel=error >npm.log 2>&1 </dev/null); then
  echo "npm can't install lambda-warmer: $(grep -v ' code ' "$dir/npm.log" | grep -m 1 'npm error')"
  exit 69
fi
