# conditions_writers.py - writers whose service is killed, and what must be there afterwards.
# SPDX-License-Identifier: Apache-2.0
# conditions_writers.py URL TOKEN-FILE make | write ROUND FILE | check FILE | fill
import hashlib
import http.client
import os
import sys
import threading

from conditions_client import Client

URL, TOKEN = sys.argv[1], open(sys.argv[2]).read().split()[1]
OPEN = 9223372036854775807


def make():
    client = Client(URL, TOKEN)
    client.make_type("ANY")
    client.make_tag("k")
    client.make_list("ANY", "k")


def write_some(round_number, part, out, lock):
    client = Client(URL, TOKEN)
    try:
        for i in range(1000):
            start = (round_number, part * 1000 + i)
            client.put("ANY_1", f"k/{start[0]}_{start[1]}", start)
            with lock:
                out.write(f"{start[0]} {start[1]}\n")
                out.flush()
    except (http.client.HTTPException, OSError):
        pass  # it was killed


def write(round_number, path):
    lock = threading.Lock()
    with open(path, "a") as out:
        parts = [threading.Thread(target=write_some, args=(round_number, p, out, lock)) for p in range(4)]
        for part in parts:
            part.start()
        for part in parts:
            part.join()


def check(path):
    acknowledged = {tuple(map(int, line.split())) for line in open(path)}
    rows = Client(URL).rows("k", "ANY")
    starts = [r[0] for r in rows]
    missing = acknowledged - set(starts)
    assert not missing, f"acknowledged and lost: {sorted(missing)[:5]}"
    # one row a writer may be there without its answer
    assert len(starts) <= len(acknowledged) + 4 * 8, (len(starts), len(acknowledged))


def fill():
    client = Client(URL, TOKEN)
    kept = []
    refused = 0
    for i in range(200):
        data = os.urandom(100000)
        name = hashlib.sha256(data).hexdigest()
        reply = client.ask("PUT", "x/blob/" + name, data)
        if reply.status == 200:
            kept.append(name)
        else:
            assert reply.status == 507, (reply.status, reply.body)
            refused += 1
            if refused == 3:
                break
    assert refused and kept, (refused, len(kept))
    for name in kept:
        assert hashlib.sha256(client.get("x/blob/" + name).body).hexdigest() == name


action = sys.argv[3]
if action == "make":
    make()
elif action == "write":
    write(int(sys.argv[4]), sys.argv[5])
elif action == "check":
    check(sys.argv[4])
else:
    fill()
