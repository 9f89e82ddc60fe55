#!/bin/sh
# No file over 700 lines. clang-tidy checks the length of functions (.clang-tidy).
set -eu
find "${1:-daemon}" -name '*.[ch]' -exec awk 'FNR == 701 { print FILENAME ": over 700 lines"; bad = 1 } END { exit bad }' {} +
