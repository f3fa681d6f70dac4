# conditions_client.py - a client of the HSF conditions API, for tests: what the C++ one says.
# SPDX-License-Identifier: Apache-2.0
import hashlib
import http.client
import json
import urllib.parse


class Reply:
    def __init__(self, response, body):
        self.status = response.status
        self.headers = {k.lower(): v for k, v in response.getheaders()}
        self.body = body

    def json(self):
        return json.loads(self.body)


class Client:
    """One kept connection; `token` None asks without one."""

    def __init__(self, url, token=None):
        parts = urllib.parse.urlsplit(url)
        self.root = parts.path
        self.connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
        self.token = token

    def ask(self, method, path, body=None, headers=None):
        headers = dict(headers or {})
        if self.token:
            headers["Authorization"] = "Bearer " + self.token
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json")
        target = path if path.startswith("/") else self.root + "/" + path
        try:
            self.connection.request(method, target, body, headers)
            response = self.connection.getresponse()
            return Reply(response, response.read())
        except (http.client.HTTPException, OSError):
            self.connection.close()
            raise

    def get(self, path, **headers):
        return self.ask("GET", path, headers=headers)

    def good(self, method, path, body=None, headers=None):
        reply = self.ask(method, path, body, headers)
        assert reply.status == 200, f"{method} {path}: {reply.status} {reply.body[:300]}"
        return reply.json() if reply.body else None

    # ---- what the C++ client does ----
    def make_type(self, name):
        return self.good("POST", "pt", {"name": name})

    def make_tag(self, name):
        return self.good("POST", "gt", {"name": name, "status": "unlocked", "author": "test"})

    def make_list(self, payload_type, tag):
        made = self.good("POST", "pl", {"payload_type": payload_type})
        self.good("PUT", "pl_attach", {"payload_list": made["name"], "global_tag": tag})
        return made["name"]

    def make_row(self, url, start, end=None, text=None, **more):
        text = text if text is not None else url.encode()
        body = {"payload_url": url, "checksum": hashlib.md5(text).hexdigest(),
                "major_iov": start[0], "minor_iov": start[1], **more}
        if end:
            body["major_iov_end"], body["minor_iov_end"] = end
        return self.good("POST", "piov", body)

    def attach(self, name, row, query=""):
        return self.good("PUT", "piov_attach" + query, {"payload_list": name, "piov_id": row["id"]})

    def put(self, name, url, start, end=None, query="", **more):
        return self.attach(name, self.make_row(url, start, end, **more), query)

    def put_bytes(self, data):
        name = hashlib.sha256(data).hexdigest()
        self.good("PUT", "x/blob/" + name, data)
        return name

    def rows(self, tag, payload_type):
        dump = self.good("GET", "globalTag/" + tag)
        for one in dump["payload_lists"]:
            if one["payload_type"] == payload_type:
                return [((r["major_iov"], r["minor_iov"]), (r["major_iov_end"], r["minor_iov_end"]),
                         r["payload_url"]) for r in one["payload_iov"]]
        return []
