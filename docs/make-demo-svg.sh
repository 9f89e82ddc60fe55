#!/bin/sh
# Writes docs/demo.svg, the README's picture: a real run of the demo as a terminal would show it.
#   docs/make-demo-svg.sh [BUILD]      runs BUILD's binaries (default: build)
#   docs/make-demo-svg.sh - <OUTPUT    takes a run's output from stdin instead
# Plain SVG: no fonts, scripts or images from elsewhere; a background of its own, for light and dark pages.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$(mktemp)
trap 'rm -f "$out"' EXIT
{
  echo "\$ make demo"
  if [ "${1:-}" = - ]; then cat; else "$here/../tests/demo.sh" "${1:-build}"; fi
} >"$out"

awk '
function escape(text) {
  gsub(/&/, "\\&amp;", text); gsub(/</, "\\&lt;", text); gsub(/>/, "\\&gt;", text)
  gsub(/ /, "\\&#160;", text) # not every renderer keeps runs of blanks
  return text
}
# textLength keeps the columns, whichever monospace font there is.
function put(column, text, class) {
  if (text == "") return
  printf "  <text x=\"%g\" y=\"%d\" textLength=\"%g\" lengthAdjust=\"spacingAndGlyphs\"%s>%s</text>\n",
    left + column * wide, top + row * high, length(text) * wide, class ? " class=\"" class "\"" : "", escape(text)
}
{ lines[NR] = $0; if (length($0) > columns) columns = length($0) }
END {
  wide = 7.25; high = 18; left = 16; top = 42
  printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\" aria-labelledby=\"t\">\n",
    width = int(columns * wide + 2 * left), height = top + NR * high + 12, width, height
  print "  <title id=\"t\">A run of make demo: three functions of a simulator are kept warm for three rounds</title>"
  print "  <style>text { font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, \"Liberation Mono\", monospace; fill: #d0d7de }"
  print "    .command { fill: #ffffff; font-weight: bold } .time { fill: #8b949e } .met { fill: #7ee787 } .note { fill: #a5d6ff }</style>"
  printf "  <rect width=\"%d\" height=\"%d\" rx=\"8\" fill=\"#161b22\" stroke=\"#484f58\"/>\n", width, height
  print "  <circle cx=\"20\" cy=\"16\" r=\"5\" fill=\"#ff7b72\"/><circle cx=\"38\" cy=\"16\" r=\"5\" fill=\"#d29922\"/><circle cx=\"56\" cy=\"16\" r=\"5\" fill=\"#3fb950\"/>"
  for (row = 1; row <= NR; row++) {
    line = lines[row]
    if (line ~ /^\$ /) put(0, line, "command")
    else if (line ~ /^[0-9:.]+ /) {
      match(line, /^[0-9:.]+/)
      put(0, substr(line, 1, RLENGTH), "time")
      put(RLENGTH + 1, substr(line, RLENGTH + 2), line ~ / warm \(/ ? "met" : "")
    } else put(0, line, line ~ /^Every target/ ? "note" : "")
  }
  print "</svg>"
}' "$out" >"$here/demo.svg"
