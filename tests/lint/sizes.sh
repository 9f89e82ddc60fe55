#!/bin/sh
# No file over 400 lines; functions are clang-tidy's (.clang-tidy).
set -eu
find "${1:-daemon}" -name '*.[ch]' -exec awk 'FNR == 401 { print FILENAME ": over 400 lines"; bad = 1 } END { exit bad }' {} +
