#!/bin/bash
# mirrors_tls.sh - payloads that a store lost come over https, from authorities of a site.
# SPDX-License-Identifier: Apache-2.0
#
# A front with a real certificate before a service of conditions. One whose certificate is
# of another authority gives nothing; without the site's authority the right one does not
# either. The bytes are those of a campaign that lost nothing.
for tool in openssl python3 mpirun; do
    command -v $tool >/dev/null || { echo "skip: no $tool"; exit 77; }
done
. "$2/tests/system/area_lib.sh"
unset http_proxy https_proxy all_proxy SSL_CERT_FILE

# ---- certificates ----
authority() { # NAME
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
        -keyout "$scratch/$1.key" -out "$scratch/$1.pem" -subj "/CN=SYNTHETIC $1" 2>/dev/null ||
        { echo "no authority"; exit 1; }
}
certificate() { # NAME AUTHORITY: of localhost
    printf 'subjectAltName=DNS:localhost\n' >"$scratch/names"
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost \
        -keyout "$scratch/$1.key" -out "$scratch/$1.csr" 2>/dev/null &&
        openssl x509 -req -in "$scratch/$1.csr" -CA "$scratch/$2.pem" -CAkey "$scratch/$2.key" \
            -set_serial 7 -days 2 -extfile "$scratch/names" -out "$scratch/$1.pem" 2>/dev/null ||
        { echo "no certificate"; exit 1; }
}
authority site
authority foreign
certificate good site
certificate bad foreign

# ---- TLS outside, plain inside; a line for each connection that came through ----
cat >"$scratch/front.py" <<'PYTHON'
import socket, ssl, sys, threading

certificate, inside = sys.argv[1], int(sys.argv[2])
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate + ".pem", certificate + ".key")


def pump(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass
    for end in (source, sink):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def serve(plain):
    try:
        outside = context.wrap_socket(plain, server_side=True)
    except OSError:
        return
    with open(certificate + ".log", "a") as log:
        log.write("a connection\n")
    service = socket.create_connection(("127.0.0.1", inside))
    threading.Thread(target=pump, args=(service, outside), daemon=True).start()
    pump(outside, service)


listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
PYTHON
front() { # CERTIFICATE PORT: sets port
    exec 4< <(exec python3 "$scratch/front.py" "$scratch/$1" "$2")
    started+=($!)
    read -r -t 20 port <&4 || { echo "the front does not start"; exit 1; }
}

# ---- a campaign that loses nothing, and one that does ----
must spillway-simulate --out "$scratch/data" --runs 9001 --spills 3 --events 20 --seed 5
data=$scratch/data/conditions
campaign() { # FILE STORE MIRRORS
    cat >"$1" <<YAML
name: c1
purpose: test
store: $2
select: {types: [physics]}
conditions: {source: "file:$data", tag: sim-1, mirrors: [$3]}
reconstruct: {setup: 2022-electron-100}
retry: {delay_s: 1}
skims:
  - {name: random, kind: random, fraction: 0.1, events: [physics]}
YAML
}
make_area calm "$scratch/data"
campaign "$scratch/calm.yaml" "$scratch/store-calm" ""
must spillway --area "$scratch/calm" run "$scratch/calm.yaml" --workers 2

cp -r "$data" "$scratch/copy"
exec 3< <(exec "$bin/spillway" conditions serve --data "$scratch/copy" --listen 127.0.0.1:0)
started+=($!)
read -r -t 20 line <&3 || { echo "the service does not start"; exit 1; }
inside=${line##*:}
inside=${inside%%/*}
front good "$inside"
good=https://localhost:$port/api/cdb_rest
front bad "$inside"
bad=https://localhost:$port/api/cdb_rest

store=$scratch/store
planned() { # a campaign whose store lost its payloads; the node has none either
    rm -rf "$scratch/area" "$store"
    make_area area "$scratch/data"
    campaign "$scratch/c.yaml" "$store" "$bad, $good"
    must spillway --area "$scratch/area" plan "$scratch/c.yaml"
    find "$store/conditions" -type f -delete
}
run() { timeout 300 "$bin/spillway" --area "$scratch/area" run "$scratch/c.yaml" --workers 2; }

# The system knows neither authority.
planned
expect 10 run
says err E_CAMPAIGN_STUCK "$bad: SSL peer certificate" "$good: SSL peer certificate"
[ -e "$scratch/good.log" ] && fail "a connection came through without the authority"
[ -z "$(find "$store/conditions" -type f)" ] || fail "payloads came from somewhere"

planned
export SSL_CERT_FILE=$scratch/site.pem
must run
same_bytes "$scratch/store-calm" "$store"
[ -s "$scratch/good.log" ] || fail "nothing came through the front"
[ -e "$scratch/bad.log" ] && fail "a certificate of another authority was taken"
grep -q "blob=healed .*put-back=yes" "$scratch/area/logs/pilots.log" || fail "no payload was put back"
must spillway --area "$scratch/area" catalog check
finish
