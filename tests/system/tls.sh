#!/bin/bash
# tls.sh - a real TLS server with certificates of every wrong kind; tokens and redirects.
# SPDX-License-Identifier: Apache-2.0
set -u
bin=$1
spillway=$bin/spillway
work=$(mktemp -d)
servers=()
trap 'kill "${servers[@]}" 2>/dev/null; wait; rm -rf "$work"' EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }
unset http_proxy https_proxy all_proxy BEARER_TOKEN BEARER_TOKEN_FILE SSL_CERT_FILE
export XDG_RUNTIME_DIR=$work/runtime
mkdir "$XDG_RUNTIME_DIR"
for tool in openssl python3; do
    command -v $tool > /dev/null || { echo "skip: no $tool"; exit 77; }
done

# ---- certificates ----
cd "$work" || exit 1
key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key" 2> /dev/null || fail "no key"; }
authority() {
    key "$1"
    openssl req -x509 -new -key "$1.key" -days 2 -subj "/CN=SYNTHETIC $1" -out "$1.pem" ||
        fail "no authority"
}
certificate() { # name host authority days
    key "$1"
    openssl req -new -key "$1.key" -subj "/CN=$2" -out "$1.csr" || fail "no request"
    printf 'subjectAltName=DNS:%s\n' "$2" > "$1.ext"
    openssl x509 -req -in "$1.csr" -CA "$3.pem" -CAkey "$3.key" -set_serial "0x$RANDOM" \
        -days "$4" -extfile "$1.ext" -out "$1.pem" 2> /dev/null || fail "no certificate $1"
}
authority trusted
authority foreign
certificate good localhost trusted 2
certificate expired localhost trusted -1
certificate elsewhere elsewhere.example trusted 2
certificate unknown localhost foreign 2

# ---- the server: logs "PORT PATH AUTHORIZATION" of every request ----
cat > server.py << 'PYTHON'
import hashlib, http.server, json, ssl, sys

mode, name, extra = sys.argv[1], sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else ""
payload = b"""spillway-table 1
type calo_gain
source ours
synthetic yes
led_reference none
columns detector:name x:count y:count gain_gev_per_count:real
ECAL0 0 0 0.01
end
"""
tag = {"name": "t", "status": {"name": "frozen"}, "payload_lists": [
    {"payload_type": "calo_gain", "payload_iov": [
        {"payload_url": "g/1", "checksum": hashlib.sha256(payload).hexdigest(),
         "major_iov": 3000, "minor_iov": 0, "major_iov_end": 2**63 - 1,
         "minor_iov_end": 2**63 - 1}]}]}


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def send(self, status, body, kind="application/json", **headers):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for key, value in headers.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        token = self.headers.get("Authorization", "none")
        with open("log", "a") as log:
            log.write(f"{port} {self.path} {token}\n")
        if mode == "redirect":
            self.send(302, b"", Location=extra.replace("PORT", str(port)) + self.path)
        elif mode == "token" and token != "Bearer s3cret":
            self.send(403, b'{"detail":"Authentication credentials were not provided."}')
        elif self.path.startswith("/payloads/"):
            self.send(200, payload, "text/plain")
        elif self.path.startswith("/api/cdb_rest/user_settings"):
            base = extra or f"{scheme}://localhost:{port}"
            self.send(200, json.dumps({"CDB_PAYLOAD_BASE_URL": base + "/payloads"}).encode())
        elif self.path.startswith("/api/cdb_rest/globalTag/t"):
            self.send(200, json.dumps(tag).encode())
        else:
            self.send(404, b'{"detail":"Not found."}')


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        pass


server = Server(("127.0.0.1", 0), Handler)
port = server.server_address[1]
scheme = "http" if name == "none" else "https"
if scheme == "https":
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(name + ".pem", name + ".key")
    if mode == "tls1.1":
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    server.socket = context.wrap_socket(server.socket, server_side=True)
print(port, flush=True)
server.serve_forever()
PYTHON
start() { # mode certificate [extra]; sets port
    exec 3< <(exec python3 -W ignore server.py "$@" 2> server.err)
    servers+=($!)
    read -r -t 20 port <&3 || { cat server.err >&2; fail "the server $* does not start"; }
}
expect() { # status text command...
    local status=$1 text=$2 got
    shift 2
    timeout 60 "$@" > out 2> err
    got=$?
    [ "$got" = "$status" ] || { cat out err >&2; fail "status $got, not $status: $*"; }
    grep -qF -- "$text" out err || { cat out err >&2; fail "does not say '$text': $*"; }
    ! grep -qF s3cret out err || fail "the token is in a message: $*"
}
show() { # status text port [scheme]
    expect "$1" "$2" "$spillway" conditions show t --source "${4:-https}://localhost:$3/api/cdb_rest" --patience 0
}

# ---- certificates ----
trusted=$work/trusted.pem
start plain good
good=$port
show 11 certificate "$good" # an authority that the system does not know
SSL_CERT_FILE=$trusted show 0 g/1 "$good"
SSL_CERT_FILE=$work/foreign.pem show 11 certificate "$good"
SSL_CERT_FILE=$work/none.pem show 11 'SSL CA cert' "$good"
for kind in expired elsewhere unknown; do
    start plain $kind
    SSL_CERT_FILE=$trusted show 11 certificate "$port"
done
SSL_CERT_FILE=$trusted expect 11 certificate "$spillway" conditions show t --source "https://127.0.0.1:$good/api/cdb_rest" --patience 0
start tls1.1 good
SSL_CERT_FILE=$trusted show 11 SSL "$port"
start plain none
show 0 g/1 "$port" http
SSL_CERT_FILE=$trusted show 11 SSL "$port" # https to a server that speaks http

# ---- a pilot trusts the same authorities ----
if command -v mpirun > /dev/null; then
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
    echo "https://localhost:$good" > address
    echo secret > pilot.token
    chmod 600 pilot.token
    pilot() { # status text
        timeout 120 mpirun -n 1 "$bin/spillway-pilot" --coordinator address --token pilot.token \
            --scratch scratch --cache cache --patience 1 > pilot.log 2>&1
        [ $? = "$1" ] || { cat pilot.log >&2; fail "a pilot does not end with $1"; }
        grep -q -- "$2" pilot.log || { cat pilot.log >&2; fail "a pilot does not say '$2'"; }
    }
    pilot 16 certificate
    SSL_CERT_FILE=$trusted pilot 16 'status 501' # a server that takes no POST
fi

# ---- a protected service: without a token first, with it when asked ----
export SSL_CERT_FILE=$trusted
start token good
show 11 'no bearer token was found' "$port"
rm -f log
BEARER_TOKEN=s3cret show 0 g/1 "$port"
[ "$(grep -c "^$port " log)" = 2 ] || { cat log; fail "not two requests: refused, then granted"; }
[ "$(head -1 log | cut -d' ' -f3-)" = none ] || fail "the token was sent before it was asked for"
BEARER_TOKEN=wr0ng show 11 'credentials were not provided' "$port"
printf 's3cret\n' > token
chmod 644 token
BEARER_TOKEN_FILE=$work/token show 11 'others may read it' "$port"
BEARER_TOKEN_FILE=$work/token show 0 g/1 "$good" # not asked, not looked at
chmod 600 token
BEARER_TOKEN_FILE=$work/token show 0 g/1 "$port"
cp token "$XDG_RUNTIME_DIR/bt_u$(id -u)"
show 0 g/1 "$port"
# The whole of a check, payloads too; then with payloads on another server.
expect 0 'manifest ' "$spillway" conditions check t --runs 3500-3600 --source "https://localhost:$port/api/cdb_rest"
start token good "https://localhost:$good"
rm -f log
expect 0 'manifest ' "$spillway" conditions check t --runs 3500-3600 --source "https://localhost:$port/api/cdb_rest"
grep -q "^$good /payloads/g/1 none" log || { cat log; fail "the payloads were not asked for without a token"; }
! grep "^$good " log | grep -q s3cret || fail "the token went to another server"

# ---- redirects ----
start redirect good "https://localhost:$good"
rm -f log
show 0 g/1 "$port" # to https: followed
! grep "^$good " log | grep -q s3cret || fail "the token went along with a redirect"
start plain none
plain=$port
start redirect good "http://localhost:$plain"
show 11 '' "$port" # from https to http: not followed
! grep -q "^$plain " log || fail "a redirect from https to http was followed"
start redirect good "https://localhost:PORT"
rm -f log
show 11 'redirect' "$port" # to itself, for ever
[ "$(grep -c "^$port " log)" -le 4 ] || fail "more than three redirects were followed"
echo "all well"
