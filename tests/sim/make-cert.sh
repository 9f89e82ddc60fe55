#!/bin/sh
# Makes certificates for tests in FOLDER: two authorities that don't know each other, a server certificate from each for
# localhost, fault.test, 127.0.0.1 and ::1, an expired one, one for another host, one that names localhost only as its
# common name, and a client's. Does nothing if they are there.
# usage: make-cert.sh FOLDER
set -eu
dir=$1
# The marker is written last. Certificates older than a month are made again.
if [ -f "$dir/complete" ] && openssl x509 -checkend 86400 -noout -in "$dir/server.pem" >/dev/null 2>&1; then exit 0; fi
mkdir -p "$dir"
cd "$dir"
names=DNS:localhost,DNS:fault.test,IP:127.0.0.1,IP:::1

authority() { # NAME
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.pem" -days 30 \
    -subj "/CN=test authority $1" -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign 2>/dev/null
}
leaf() { # NAME AUTHORITY ALTERNATIVE-NAMES [FROM UNTIL [COMMON-NAME]]
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.csr" -subj "/CN=${6:-test $1}" 2>/dev/null
  printf '%sbasicConstraints=CA:FALSE\n' "${3:+subjectAltName=$3
}" >"$1.ext"
  if [ -n "${4:-}" ]; then
    mkdir -p "$1.ca"
    : >"$1.ca/index"
    printf '[ca]\ndefault_ca=d\n[d]\ndatabase=%s/index\nnew_certs_dir=%s\nrand_serial=yes\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n' \
      "$1.ca" "$1.ca" >"$1.cnf"
    openssl ca -batch -config "$1.cnf" -in "$1.csr" -out "$1.pem" -cert "$2.pem" -keyfile "$2.key" -startdate "$4" \
      -enddate "$5" -extfile "$1.ext" -notext 2>/dev/null
  else
    openssl x509 -req -in "$1.csr" -out "$1.pem" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -days 30 -extfile "$1.ext" 2>/dev/null
  fi
}
authority ca
authority other-ca
leaf server ca "$names"
leaf other other-ca "$names"
leaf wrongname ca DNS:elsewhere.example
leaf client ca DNS:client.example
leaf expired ca "$names" 20200101000000Z 20200201000000Z
leaf commonname ca '' '' '' localhost
: >complete
