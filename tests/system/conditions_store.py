# conditions_store.py - what the HSF client asks, told and refused, against a served store.
# SPDX-License-Identifier: Apache-2.0
# conditions_store.py URL TOKEN-FILE
import gzip
import hashlib
import http.client
import json
import os
import random
import socket
import sys
import threading
import urllib.parse

from conditions_client import Client

OPEN = 9223372036854775807
URL = sys.argv[1]
TOKEN = open(sys.argv[2]).read().split()[1]
FOLDER = os.path.dirname(sys.argv[2])
client = Client(URL, TOKEN)
anyone = Client(URL)


def same(found, expected, what):
    assert found == expected, f"{what}:\n  found    {found}\n  expected {expected}"


def without(value, *names):
    return {k: v for k, v in value.items() if k not in names}


def refused(status, method, path, body=None, headers=None, by=None):
    reply = (by or client).ask(method, path, body, headers)
    same(reply.status, status, f"{method} {path} {body}")
    if method != "HEAD":
        told = reply.json()
        assert "detail" in told or all(isinstance(v, list) for v in told.values()), told
    return reply


# ---- the documented bodies ----
def hsf_sequence():
    same(without(client.make_type("ECAL_GAIN"), "created", "id"), {"name": "ECAL_GAIN"}, "pt")
    tag = client.make_tag("t1")
    same(without(tag, "created", "updated", "id"),
         {"name": "t1", "author": "test", "status": "unlocked"}, "gt")
    made = client.good("POST", "pl", {"payload_type": "ECAL_GAIN"})
    same(without(made, "created"), {"id": made["id"], "name": f"ECAL_GAIN_{made['id']}",
                                    "global_tag": None, "payload_type": "ECAL_GAIN"}, "pl")
    name = made["name"]
    attached = client.good("PUT", "pl_attach", {"payload_list": name, "global_tag": "t1"})
    same(attached["global_tag"], "t1", "pl_attach")
    url = "ECAL_GAIN/ab/cd/abcd_e1.txt"
    row = client.make_row(url, (8000, 0), size=12, extra="r7")
    md5 = hashlib.md5(url.encode()).hexdigest()
    expected = {"id": row["id"], "payload_url": url, "checksum": md5, "size": 12, "extra": "r7",
                "comb_iov": "8000.0000000000000000000", "major_iov": 8000, "minor_iov": 0,
                "major_iov_end": OPEN, "minor_iov_end": OPEN, "payload_list": None}
    same(without(row, "inserted"), expected, "piov")
    same(client.attach(name, row)["payload_list"], name, "piov_attach")
    same(client.attach(name, row)["payload_list"], name, "piov_attach again")
    second = client.put(name, "ECAL_GAIN/ab/ce/abce_e2.txt", (8100, 10))
    same(second["comb_iov"], "8100.0000000000000000010", "comb_iov")
    query = "payloadiovs/?gtName=t1&majorIOV=8100&minorIOV="
    same(anyone.good("GET", query + "9"),
         [["ECAL_GAIN", url, md5, 12, 8000, 0, 8100, 10, "r7"]], "point query, arrays of nine")
    same(anyone.good("GET", query + "11&shape=dict"),
         [{"payload_type_name": "ECAL_GAIN", "payload_url": "ECAL_GAIN/ab/ce/abce_e2.txt",
           "checksum": second["checksum"], "size": None, "major_iov": 8100, "minor_iov": 10,
           "major_iov_end": OPEN, "minor_iov_end": OPEN, "revision": None}], "point query, objects")
    same(anyone.good("GET", "payload-iovs/query/" + query[12:] + "9"),
         anyone.good("GET", query + "9"), "the hyphenated query")
    same(anyone.get("payloadiovs/?gtName=t1&majorIOV=9223372036854775807&minorIOV=9223372036854775807").status,
         200, "2^63-1")
    same(anyone.good("GET", "payloadiovs/?gtName=none&majorIOV=1&minorIOV=1"), [], "an unknown tag")
    same(anyone.good("GET", "gtPayloadLists/t1"), {"ECAL_GAIN": name}, "gtPayloadLists")
    light = anyone.good("GET", "globalTag/t1?light=1")
    same((light["payload_lists_count"], light["payload_iov_count"]), (1, 2), "light")
    same(anyone.good("GET", "payload-lists/by-name/" + name)["iov_count"], 2, "by-name")
    same(anyone.good("GET", f"pl/{made['id']}")["global_tag"], tag["id"], "pl/<id> has numbers")
    copy = client.good("POST", "cloneGlobalTag/t1/t1copy")
    same((copy["status"], copy["author"], copy["payload_iov_count"]), ("unlocked", "test", 2), "clone")
    same([r[:2] for r in client.rows("t1copy", "ECAL_GAIN")],
         [((8000, 0), (8100, 10)), ((8100, 10), (OPEN, OPEN))], "rows of the clone")
    moved = client.good("PUT", "gt_change_status/t1copy/locked")
    same(moved["status"], 2, "a change of status answers a number")
    client.good("PUT", "gt_change_status/t1copy/unlocked")
    same(client.good("DELETE", "deletePayloadIOV/t1copy/ECAL_GAIN/8100/10"),
         {"detail": "Payload IOV of ECAL_GAIN deleted."}, "deletePayloadIOV")
    same(client.good("DELETE", "global-tags/t1copy/delete"), {"detail": "Global Tag t1copy deleted."}, "delete")
    lists = client.make_list("ECAL_GAIN", "t1")  # takes the place of the one before
    same(anyone.good("GET", "gtPayloadLists/t1"), {"ECAL_GAIN": lists}, "the newer list")
    bulk = client.ask("POST", "bulk_piov", [
        {"payload_url": f"ECAL_GAIN/{i}", "checksum": f"{i:032x}", "major_iov": 100 - i,
         "minor_iov": 0, "payload_list": lists} for i in range(20)])
    same((bulk.status, bulk.body), (200, b""), "bulk")
    rows = client.rows("t1", "ECAL_GAIN")
    same(([r[0][0] for r in rows], rows[0][1], rows[-1][1]), (list(range(81, 101)), (82, 0), (OPEN, OPEN)),
         "open rows in falling order all stay")


def mended_faults():
    client.make_tag("m")
    name = client.make_list("ECAL_GAIN", "m")
    refused(401, "POST", "pt", {"name": "x"}, by=anyone)
    refused(403, "POST", "pt", {"name": "x"}, by=Client(URL, "wrong"))
    refused(404, "POST", "pl", {"payload_type": "NONE"})
    refused(404, "PUT", "pl_attach", {"payload_list": "NONE_1", "global_tag": "m"})
    refused(404, "PUT", "piov_attach", {"payload_list": name, "piov_id": 999999})
    refused(404, "PUT", "gt_change_status/m/nosuch")
    refused(404, "POST", "gt", {"name": "n", "status": "nosuch"})
    refused(404, "DELETE", "deletePayloadIOV/m/ECAL_GAIN/1/1")
    refused(400, "POST", "pt", {"name": "ECAL_GAIN"})
    refused(400, "POST", "gt", {"name": "m", "status": "unlocked"})
    refused(400, "POST", "pt", {})
    refused(400, "POST", "pt", b"{")
    refused(409, "DELETE", "deletePayloadType/ECAL_GAIN")
    refused(409, "DELETE", "deletePayloadList/" + name)
    refused(405, "PATCH", "pl_attach", {})
    good = {"payload_url": "a/b", "checksum": "0" * 32, "major_iov": 5, "minor_iov": 0}
    for wrong in ({"major_iov": "5"}, {"major_iov": 5.5}, {"major_iov": -1}, {"major_iov": 2 ** 63},
                  {"checksum": ""}, {"checksum": "xyz"}, {"size": -3}, {"size": "3"}, {"extra": 4},
                  {"payload_url": "a" * 256}, {"extra": "e" * 256}):
        refused(400, "POST", "piov", {**good, **wrong})
    refused(422, "POST", "piov", {**good, "major_iov_end": 5, "minor_iov_end": 0})
    refused(400, "POST", "bulk_piov", [{k: v for k, v in good.items() if k != "checksum"} | {"payload_list": name}])
    refused(400, "POST", "bulk_piov", {"payload_list": name})
    # one wrong item: nothing of the bulk is there
    refused(409, "POST", "bulk_piov", [{**good, "payload_list": name}, {**good, "payload_list": name}])
    same(client.rows("m", "ECAL_GAIN"), [], "a refused bulk leaves nothing")
    # another content under a known URL
    client.put(name, "m/one", (10, 0), (20, 0))
    refused(409, "POST", "piov", {"payload_url": "m/one", "checksum": "1" * 32, "major_iov": 1, "minor_iov": 0})
    # an early open interval wipes nothing unless it is told to
    client.put(name, "m/early", (5, 0))
    same([r[:2] for r in client.rows("m", "ECAL_GAIN")], [((5, 0), (10, 0)), ((10, 0), (20, 0))], "early")
    client.put(name, "m/inside", (12, 0), (15, 0))
    same([(r[0][0], r[1][0], r[2]) for r in client.rows("m", "ECAL_GAIN")],
         [(5, 10, "m/early"), (10, 12, "m/one"), (12, 15, "m/inside"), (15, 20, "m/one")], "cut in two")
    client.put(name, "m/all", (7, 0), query="?replace=true")
    same([(r[0][0], r[1][0], r[2]) for r in client.rows("m", "ECAL_GAIN")],
         [(5, 7, "m/early"), (7, OPEN, "m/all")], "replace")
    # a lost update
    sequence = anyone.good("GET", "x/head/m")["sequence"]
    row = client.make_row("m/match", (8, 0), (9, 0))
    refused(412, "PUT", "piov_attach", {"payload_list": name, "piov_id": row["id"]}, {"If-Match": f'"{sequence - 1}"'})
    client.good("PUT", "piov_attach", {"payload_list": name, "piov_id": row["id"]}, {"If-Match": f'"{sequence}"'})
    # locked: only behind the end
    client.good("PUT", "gt_change_status/m/locked")
    row = client.make_row("m/locked", (6, 0), (7, 0))
    refused(423, "PUT", "piov_attach", {"payload_list": name, "piov_id": row["id"]})
    client.put(name, "m/append", (30, 0), (40, 0))
    refused(423, "DELETE", "deletePayloadIOV/m/ECAL_GAIN/30/0/40/0")
    refused(423, "DELETE", "deleteGlobalTag/m")


def frozen_for_good():
    client.make_type("ANY")
    client.make_tag("f")
    client.make_tag("other")
    name = client.make_list("ANY", "f")
    text = b"some bytes"
    row = client.make_row("any/bytes", (1, 0), text=text)
    client.attach(name, row)
    told = refused(409, "PUT", "gt_change_status/f/frozen").json()
    assert "not here" in told["detail"], told
    refused(422, "PUT", "x/blob/" + "0" * 64, text)
    client.put_bytes(text)
    client.good("PUT", "gt_change_status/f/frozen")
    client.good("PUT", "global-tags/f/change-status/frozen")  # repeated
    before = client.get("globalTag/f").body
    head = anyone.good("GET", "x/head/f")
    free = client.make_row("any/free", (5, 0))
    inside = client.good("GET", "globalTag/f")["payload_lists"][0]["payload_iov"][0]
    elsewhere = client.good("POST", "pl", {"payload_type": "ANY"})["name"]
    item = {"payload_url": "any/x", "checksum": "2" * 32, "major_iov": 9, "minor_iov": 0, "payload_list": name}
    for method, path, body in (
            ("PUT", "piov_attach", {"payload_list": name, "piov_id": free["id"]}),
            ("PUT", "piov_attach?replace=true", {"payload_list": name, "piov_id": free["id"]}),
            ("PUT", "payload-iovs/attach", {"payload_list": name, "piov_id": free["id"]}),
            ("POST", "bulk_piov", [item]), ("POST", "payload-iovs/bulk", [item]),
            ("PUT", "pl_attach", {"payload_list": name, "global_tag": "other"}),
            ("PUT", "pl_attach", {"payload_list": elsewhere, "global_tag": "f"}),
            ("PUT", "gt_change_status/f/unlocked", None), ("PUT", "gt_change_status/f/locked", None),
            ("PUT", "global-tags/f/change-status/unlocked", None),
            ("DELETE", "deletePayloadIOV/f/ANY/1/0", None), ("DELETE", f"payload-iovs/f/ANY/1/0/delete", None),
            ("DELETE", "deletePayloadList/" + name, None), ("DELETE", "deleteGlobalTag/f", None),
            ("DELETE", "global-tags/f/delete", None)):
        refused(423, method, path, body)
    refused(409, "PUT", "piov_attach", {"payload_list": elsewhere, "piov_id": inside["id"]})
    refused(409, "DELETE", "deletePayloadType/ANY")
    refused(409, "POST", "piov", {**item, "payload_url": "any/bytes"})  # other bytes, same URL
    same(client.get("globalTag/f").body, before, "the frozen tag")
    same(anyone.good("GET", "x/head/f"), head, "its head")
    client.good("POST", "cloneGlobalTag/f/f2")
    same(anyone.good("GET", "x/head/f2")["snapshot"], head["snapshot"], "a clone has the same content")


def eight_writers():
    client.make_tag("w")
    name = client.make_list("ANY", "w")
    starts = [(run, spill) for run in range(40) for spill in range(5)]
    random.Random(5).shuffle(starts)
    failures = []

    def write(mine):
        try:
            writer = Client(URL, TOKEN)
            for start in mine:
                writer.put(name, f"w/{start[0]}_{start[1]}", start)
        except Exception as problem:  # told below: this is a thread
            failures.append(problem)

    threads = [threading.Thread(target=write, args=(starts[i::8],)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    same(failures, [], "writers")
    rows = client.rows("w", "ANY")
    same([(r[0], r[2]) for r in rows], [(s, f"w/{s[0]}_{s[1]}") for s in sorted(starts)], "nothing is lost")
    same([r[1] for r in rows], [r[0] for r in rows[1:]] + [(OPEN, OPEN)], "ends are the next starts")
    same(anyone.good("GET", "x/head/w")["sequence"], 2 + len(starts), "each change counts once")


def extension():
    about = anyone.good("GET", "x")
    same(about["mode"], "store", "x")
    head = anyone.get("x/head/f")
    assert "max-age=5" in head.headers["cache-control"], head.headers
    digest = head.json()["snapshot"].split(":")[1]
    reply = anyone.get("x/snapshot/" + digest)
    same(hashlib.sha256(reply.body).hexdigest(), digest, "the hash of the snapshot")
    assert "immutable" in reply.headers["cache-control"], reply.headers
    etag = reply.headers["etag"]
    same(anyone.ask("GET", "x/snapshot/" + digest, headers={"If-None-Match": etag}).status, 304, "304")
    unfrozen = anyone.good("GET", "x/head/f2")["snapshot"].split(":")[1]
    same(anyone.get("x/snapshot/" + unfrozen).status, 200, "the snapshot of a clone")
    same(anyone.good("GET", "x/head/w")["snapshot"], None, "rows without bytes have no snapshot")
    blob = hashlib.sha256(b"some bytes").hexdigest()
    for text, status, body in (("bytes=0-3", 206, b"some"), ("bytes=5-", 206, b"bytes"),
                               ("bytes=-5", 206, b"bytes"), ("bytes=20-30", 416, None),
                               ("bytes=3-1", 416, None), ("lines=1-2", 200, b"some bytes")):
        reply = anyone.ask("GET", "x/blob/" + blob, headers={"Range": text})
        same(reply.status, status, text)
        if body is not None:
            same(reply.body, body, text)
    same(anyone.get("/payloads/any/bytes").body, b"some bytes", "payload_url gives the bytes")
    same(anyone.get("/payloads/any/free").status, 404, "bytes that were never put")
    reply = anyone.ask("HEAD", "x/blob/" + blob)
    same((reply.status, reply.body, reply.headers["content-length"]), (200, b"", "10"), "HEAD")
    # compressed or not, the same; and by its ETag not sent at all
    plain = anyone.get("globalTag/w")
    for _ in range(2):
        packed = anyone.ask("GET", "globalTag/w", headers={"Accept-Encoding": "deflate, gzip;q=0.8"})
        same((packed.headers["content-encoding"], gzip.decompress(packed.body)), ("gzip", plain.body), "gzip")
    assert len(packed.body) * 5 < len(plain.body)
    same(anyone.ask("GET", "globalTag/w", headers={"If-None-Match": plain.headers["etag"]}).status, 304, "304")
    row = client.make_row("w/new", (1, 1))
    client.attach(anyone.good("GET", "gtPayloadLists/w")["ANY"], row)
    again = anyone.ask("GET", "globalTag/w", headers={"If-None-Match": plain.headers["etag"]})
    same((again.status, b"w/new" in again.body), (200, True), "a change has another ETag")
    found = anyone.good("GET", "x/range?tag=w&from=3&to=4")
    same([r[4:6] for r in found], [[2, 4]][:0] + [[run, s] for run in (3, 4) for s in range(5)], "range")
    diff = anyone.good("GET", "x/diff?a=f&b=w")
    same(diff["differences"][0]["b"]["payload_url"], "w/0_0", "diff")
    same(anyone.good("GET", "x/diff?a=f&b=f2")["differences"], [], "diff of a clone")
    same([u["global_tag"] for u in anyone.good("GET", "x/uses/" + blob)], ["f", "f2"], "uses by sha256")
    same(len(anyone.good("GET", "x/uses/" + hashlib.md5(b"some bytes").hexdigest())), 2, "uses by MD5")
    page = anyone.good("GET", "piov?page=2&page_size=7&global_tag=w&sort=major_iov&order=desc")
    same((page["count"], page["page"], page["page_size"], page["total_pages"], len(page["results"])),
         (200, 2, 7, 29, 7), "a page")
    same([r["major_iov"] for r in page["results"]], [38, 38, 38, 37, 37, 37, 37], "its order")
    clamped = anyone.good("GET", "globalTags?page=abc&page_size=0&search=F")
    same((clamped["page"], clamped["page_size"], clamped["results"][0]["name"]), (1, 1, "f"), "clamped")


def put_in_one_step():
    def query(**changed):
        values = {"tag": "p", "type": "NEW", "payload_url": "p/1", "major_iov": 10, "minor_iov": 0} | changed
        return "x/payload?" + urllib.parse.urlencode({k: v for k, v in values.items() if v is not None})

    def all_there_is():
        blobs = sorted(f for _, _, files in os.walk(os.path.join(FOLDER, "blobs")) for f in files)
        return [anyone.get(path).body for path in ("gt", "pt", "pl", "piov")] + [blobs]

    def leaves_nothing(status, path, headers=None, by=None):
        before = all_there_is()
        refused(status, "PUT", path, b"never kept", headers, by)
        same(all_there_is(), before, "after a refused " + path)

    leaves_nothing(404, query())
    leaves_nothing(401, query(create="true"), by=anyone)
    leaves_nothing(412, query(create="true"), {"If-Match": "1"})
    for wrong in ({"tag": "../x"}, {"tag": None}, {"type": "a b"}, {"type": "n" * 33}, {"payload_url": "../x"},
                  {"payload_url": ""}, {"major_iov": None}, {"major_iov": -1}, {"minor_iov": "x"},
                  {"major_iov_end": "9223372036854775808"}, {"major_iov": "1.5"}):
        leaves_nothing(400, query(create="true", **wrong))
    leaves_nothing(422, query(create="true", major_iov_end=10, minor_iov_end=0))
    made = client.good("PUT", query(create="true"), b"kept")
    same(without(made, "piov"), {"global_tag": "p", "sequence": 1, "sha256": hashlib.sha256(b"kept").hexdigest()}, "put")
    same(client.rows("p", "NEW"), [((10, 0), (OPEN, OPEN), "p/1")], "its row")
    same(anyone.get("/payloads/p/1").body, b"kept", "its bytes")
    leaves_nothing(409, query())  # other bytes under a known URL
    leaves_nothing(412, query(payload_url="p/2"), {"If-Match": "7"})
    second = client.good("PUT", query(payload_url="p/2", major_iov=5), b"early", headers={"If-Match": "1"})
    same(second["sequence"], 2, "its sequence")
    other = client.good("PUT", query(payload_url="p/3", type="NEWER", major_iov=1, major_iov_end=9, minor_iov_end=2), b"3")
    same(other["sequence"], 3, "a second type")
    same([r[:2] for r in client.rows("p", "NEW")], [((5, 0), (10, 0)), ((10, 0), (OPEN, OPEN))], "no overlap")
    same(client.rows("p", "NEWER"), [((1, 0), (9, 2), "p/3")], "bounded")
    client.good("PUT", "gt_change_status/p/locked")
    leaves_nothing(423, query(payload_url="p/4", major_iov=7))
    client.good("PUT", query(payload_url="p/5", major_iov=20), b"append")
    client.good("PUT", "gt_change_status/p/frozen")
    leaves_nothing(423, query(payload_url="p/6", major_iov=30))
    leaves_nothing(423, query(payload_url="p/6", type="THIRD", major_iov=30))


def eight_putters():
    starts = [(run, spill) for run in range(20) for spill in range(4)]
    random.Random(6).shuffle(starts)
    failures, sequences = [], []

    def write(mine):
        try:
            writer = Client(URL, TOKEN)
            for run, spill in mine:
                query = {"tag": "q", "type": f"Q{run % 2}", "payload_url": f"q/{run}_{spill}", "major_iov": run,
                         "minor_iov": spill, "create": "true"}
                told = writer.good("PUT", "x/payload?" + urllib.parse.urlencode(query), b"same bytes %d" % spill)
                sequences.append(told["sequence"])
        except Exception as problem:  # told below: this is a thread
            failures.append(problem)

    threads = [threading.Thread(target=write, args=(starts[i::8],)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    same(failures, [], "putters")
    same(sorted(sequences), list(range(1, len(starts) + 1)), "each put is a change of its own")
    same(sorted(anyone.good("GET", "gtPayloadLists/q")), ["Q0", "Q1"], "one list a type")
    for half in (0, 1):
        mine = sorted(s for s in starts if s[0] % 2 == half)
        rows = client.rows("q", f"Q{half}")
        same([(r[0], r[2]) for r in rows], [(s, f"q/{s[0]}_{s[1]}") for s in mine], "nothing is lost")
        same([r[1] for r in rows], mine[1:] + [(OPEN, OPEN)], "ends are the next starts")
    for run, spill in starts:
        same(anyone.get(f"/payloads/q/{run}_{spill}").body, b"same bytes %d" % spill, "its bytes")


def log_is_a_chain():
    previous, number = "0" * 64, 0
    while True:
        entries = anyone.good("GET", f"x/log?since={number}&limit=50")
        if not entries:
            break
        for e in entries:
            line = f'{e["number"]} {e["time"]} {e["sequence"]} {e["who"]} {e["tag"] or "-"} {previous} {e["what"]}\n'
            same(e["previous"], previous, "the entry before")
            same(hashlib.sha256(line.encode()).hexdigest(), e["hash"], "the hash of an entry")
            same(e["number"], number + 1, "no holes")
            previous, number = e["hash"], e["number"]
    assert number > 200, number
    assert {e["who"] for e in anyone.good("GET", "x/log?since=1&limit=9")} == {"admin"}


def hostile():
    for url in ("../../etc/passwd", "/etc/passwd", "a/../b", "a//b", "./a", "http://h/x", "a\\b", "a%2e", "a\nb",
                "a b", "file:/etc", ""):
        refused(400, "POST", "piov", {"payload_url": url, "checksum": "0" * 32, "major_iov": 1, "minor_iov": 0})
    for path in ("/payloads/..%2f..%2ftoken", "/payloads/%2e%2e/token", "/payloads/../token", "/payloads/",
                 "x/blob/../../token", "x/blob/zz", "x/snapshot/" + "0" * 64):
        same(anyone.get(path).status, 404, path)
    refused(400, "POST", "pt", b"[" * 100000)
    refused(400, "POST", "pt", b'{"name":' + b"[" * 40 + b"]" * 40 + b"}")
    refused(400, "POST", "pt", b'{"name":"a","name":"b"}')
    refused(400, "POST", "pt", {"name": "../x"})
    refused(400, "POST", "pt", {"name": "n" * 33})
    refused(415, "POST", "pt", gzip.compress(b'{"name":"zip"}' + b" " * 10 ** 6), {"Content-Encoding": "gzip"})
    same(anyone.get("globalTag/" + "a" * 2000).status, 414, "a long path")
    big = socket.create_connection((client.connection.host, client.connection.port))
    big.sendall(b"POST /api/cdb_rest/pt HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer " + TOKEN.encode() +
                b"\r\nContent-Length: 99999999999\r\n\r\n")
    assert b" 413 " in big.recv(4096)
    big.close()
    # without a token nothing of a body is read
    big = socket.create_connection((client.connection.host, client.connection.port))
    big.sendall(b"POST /api/cdb_rest/pt HTTP/1.1\r\nHost: h\r\nContent-Length: 60000000\r\n\r\n")
    assert b" 401 " in big.recv(4096)
    big.close()
    for query in ("majorIOV=x&minorIOV=1", "majorIOV=1.5&minorIOV=1", "majorIOV=1",
                  "majorIOV=9223372036854775808&minorIOV=0"):
        refused(400, "GET", "payloadiovs/?gtName=t1&" + query)
    # clients that send and read next to nothing take no other one's place
    drips = []
    for _ in range(100):
        drip = socket.create_connection((client.connection.host, client.connection.port))
        drip.sendall(b"GET /api/cdb_rest/globalTag/w HTTP/1.1\r\nHos")
        drips.append(drip)
    same(Client(URL).get("gtstatus").status, 200, "beside slow clients")
    for drip in drips:
        drip.close()


for part in (hsf_sequence, mended_faults, frozen_for_good, eight_writers, extension, put_in_one_step, eight_putters, log_is_a_chain, hostile):
    part()
    print(part.__name__, "is well")
