#!/usr/bin/env bats
# make install and uninstall, into a folder.

bats_require_minimum_version 1.5.0

setup() {
  HERE=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
  BUILD=${WARMD_BUILD:-$HERE/build}
  STAGE=$BATS_TEST_TMPDIR/stage
}

run_make() {
  env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -s -C "$HERE" BUILD="$BUILD" SAN="${WARMD_SAN:-}" "$@"
}
files() { (cd "$STAGE" && find . -type f ! -path './*/doc/*' | sort); }
mode() { stat -c %a "$STAGE$1"; }

@test "everything lies where systemd, journalctl and a user's PATH look" {
  run_make install DESTDIR="$STAGE"
  files
  [ "$(files)" = "./etc/lambda-warmd/lambda-warmd.conf
./usr/local/bin/lambda-warmd
./usr/local/lib/systemd/catalog/lambda-warmd.catalog
./usr/local/lib/systemd/system/lambda-warmd.service
./usr/local/share/bash-completion/completions/lambda-warmd
./usr/local/share/man/man1/lambda-warmd-report.1
./usr/local/share/man/man5/lambda-warmd.conf.5
./usr/local/share/man/man8/lambda-warmd.8
./usr/local/share/zsh/site-functions/_lambda-warmd" ]
  [ -d "$STAGE/etc/lambda-warmd/conf.d" ]
  [ "$(mode /usr/local/bin/lambda-warmd) $(mode /etc/lambda-warmd/lambda-warmd.conf)" = "755 644" ]
  [ "$(mode /usr/local/lib/systemd/system/lambda-warmd.service)" = 644 ]
  [ -s "$STAGE/usr/local/share/doc/lambda-warmd/LICENSE" ]
  [ -s "$STAGE/usr/local/share/doc/lambda-warmd/docs/architecture.md" ]
  run ! grep -rIE '@[A-Z]+@|'"$STAGE" "$STAGE/usr/local/lib/systemd/system"
  grep -qF 'ExecStart=/usr/local/bin/lambda-warmd -c /etc/lambda-warmd/lambda-warmd.conf run' \
    "$STAGE/usr/local/lib/systemd/system/lambda-warmd.service"
  "$STAGE/usr/local/bin/lambda-warmd" --version
}

@test "every link of the installed documents leads to a file that is installed" {
  run_make install DESTDIR="$STAGE"
  cd "$STAGE/usr/local/share/doc/lambda-warmd"
  local seen=0 file link
  while IFS=: read -r file link; do
    link=${link#"]("} link=${link%)}
    case $link in *://* | '#'*) continue ;; esac
    [ -e "${file%/*}/${link%%#*}" ] || { echo "$file: $link leads nowhere" && return 1; }
    seen=$((seen + 1))
  done < <(grep -roE --include='*.md' '\]\([^)]+\)' .)
  [ "$seen" -ge 20 ]
  [ -s docs/alerts.yml ]
}

@test "the examples lie where people look for them, and the README's links lead there, too" {
  run_make install DESTDIR="$STAGE"
  cd "$STAGE/usr/local/share/doc/lambda-warmd"
  ls "$HERE/conf/examples" >expected
  [ "$(wc -l <expected)" -ge 6 ]
  diff expected <(ls examples/)
  diff expected <(ls conf/examples/)
  [ "$(mode /usr/local/share/doc/lambda-warmd/examples/auto.conf)" = 644 ]
}

@test "a strict umask of the installing user changes no mode" {
  (umask 077 && run_make install DESTDIR="$STAGE")
  [ "$(mode /etc/lambda-warmd) $(mode /etc/lambda-warmd/conf.d) $(mode /etc/lambda-warmd/lambda-warmd.conf)" = "755 755 644" ]
  [ "$(mode /usr/local/lib/systemd/system/lambda-warmd.service)" = 644 ]
  [ "$(mode /usr/local/bin) $(mode /usr/local/lib/systemd/catalog) $(mode /usr/local/share/doc/lambda-warmd)" = "755 755 755" ]
}

@test "PREFIX, BINDIR and the folders' own variables are honoured, also in the unit" {
  run_make install DESTDIR="$STAGE" PREFIX=/usr BINDIR=/usr/libexec UNITDIR=/units CATALOGDIR=/catalogs
  files
  [ "$(files)" = "./catalogs/lambda-warmd.catalog
./etc/lambda-warmd/lambda-warmd.conf
./units/lambda-warmd.service
./usr/libexec/lambda-warmd
./usr/share/bash-completion/completions/lambda-warmd
./usr/share/man/man1/lambda-warmd-report.1
./usr/share/man/man5/lambda-warmd.conf.5
./usr/share/man/man8/lambda-warmd.8
./usr/share/zsh/vendor-completions/_lambda-warmd" ]
  [ -d "$STAGE/usr/share/doc/lambda-warmd" ]
  grep -qF 'ExecStart=/usr/libexec/lambda-warmd -c /etc/' "$STAGE/units/lambda-warmd.service"
}

@test "a prefix that systemd doesn't search: the unit goes to /etc, the catalog to /usr/local" {
  run_make install DESTDIR="$STAGE" PREFIX=/opt/warmd
  [ -f "$STAGE/etc/systemd/system/lambda-warmd.service" ]
  [ -f "$STAGE/usr/local/lib/systemd/catalog/lambda-warmd.catalog" ]
  grep -qF 'ExecStart=/opt/warmd/bin/lambda-warmd -c /etc/' "$STAGE/etc/systemd/system/lambda-warmd.service"
}

@test "SYSCONFDIR is compiled in" {
  mkdir "$BATS_TEST_TMPDIR/build"
  cp -a "$BUILD/." "$BATS_TEST_TMPDIR/build"
  BUILD=$BATS_TEST_TMPDIR/build
  run_make install DESTDIR="$STAGE" SYSCONFDIR=/usr/local/etc >/dev/null
  [ -f "$STAGE/usr/local/etc/lambda-warmd/lambda-warmd.conf" ]
  grep -qF -- '-c /usr/local/etc/lambda-warmd/lambda-warmd.conf run' "$STAGE/usr/local/lib/systemd/system/lambda-warmd.service"
  run "$STAGE/usr/local/bin/lambda-warmd" check
  [[ "$output" == */usr/local/etc/lambda-warmd/lambda-warmd.conf* ]]
}

@test "a configuration that is there is never overwritten" {
  mkdir -p "$STAGE/etc/lambda-warmd"
  echo mine >"$STAGE/etc/lambda-warmd/lambda-warmd.conf"
  run run_make install DESTDIR="$STAGE"
  [ "$status" -eq 0 ]
  [[ "$output" == *"kept: $STAGE/etc/lambda-warmd/lambda-warmd.conf"* ]]
  [ "$(cat "$STAGE/etc/lambda-warmd/lambda-warmd.conf")" = mine ]
}

# Where no DESTDIR is: a systemctl that knows a unit of that file, and writes down what it is asked.
installed_here() {
  mkdir "$BATS_TEST_TMPDIR/bin"
  cat >"$BATS_TEST_TMPDIR/bin/systemctl" <<END
#!/bin/sh
[ "\$1" != show ] || exec echo "$1"
echo "\$*: \$(ls "$STAGE/units")" >>"$BATS_TEST_TMPDIR/asked"
END
  chmod +x "$BATS_TEST_TMPDIR/bin/systemctl"
  folders=(PREFIX="$STAGE/usr" SYSCONFDIR=/etc UNITDIR="$STAGE/units" CATALOGDIR="$STAGE/catalog" CONFDIR="$STAGE/etc/lambda-warmd")
  run_make install "${folders[@]}"
}

@test "uninstall stops and disables the service before its unit goes, and has systemd read its units again" {
  installed_here "$STAGE/units/lambda-warmd.service"
  PATH=$BATS_TEST_TMPDIR/bin:$PATH run run_make uninstall "${folders[@]}"
  echo "$output"
  [ "$status" -eq 0 ]
  [ "$(cat "$BATS_TEST_TMPDIR/asked")" = "disable --now lambda-warmd.service: lambda-warmd.service
daemon-reload: " ]
  [[ "$output" == *"left alone: $STAGE/etc/lambda-warmd"* ]]
}

@test "uninstall leaves a service alone that another installation has put there" {
  installed_here /lib/systemd/system/lambda-warmd.service
  PATH=$BATS_TEST_TMPDIR/bin:$PATH run_make uninstall "${folders[@]}"
  [ ! -e "$STAGE/units/lambda-warmd.service" ]
  [ ! -e "$BATS_TEST_TMPDIR/asked" ]
}

@test "uninstall leaves the configuration and nothing else" {
  run_make install DESTDIR="$STAGE"
  run_make uninstall DESTDIR="$STAGE"
  (cd "$STAGE" && find . -type f)
  [ "$(cd "$STAGE" && find . -type f)" = ./etc/lambda-warmd/lambda-warmd.conf ]
}
