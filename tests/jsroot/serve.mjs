// serve.mjs - page.html, jsroot and a folder of ROOT files over HTTP on loopback.
// SPDX-License-Identifier: Apache-2.0
//
// node serve.mjs MODULES FILES: prints its address and serves until it is ended.
import { promises } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const [modules, files] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript' };

// The file of a path below /jsroot/ or /files/, or the page.
const place = path => {
    const clean = normalize(path);
    if (clean === '/') return join(here, 'page.html');
    if (clean.startsWith('/jsroot/')) return join(modules, 'node_modules', clean);
    if (clean.startsWith('/files/')) return join(files, clean.slice('/files/'.length));
    return null;
};

// The ranges of "bytes=A-B,C-D" in a file of `size` bytes; none: all of it.
const ranges = (header, size) => (/^bytes=([\d,\s-]+)$/.exec(header ?? '')?.[1] ?? '')
    .split(',').filter(Boolean).map(text => {
        const [start, end] = text.trim().split('-').map(Number);
        return { start, end: end ? Math.min(end, size - 1) : size - 1 };
    });

// Head and body of the answer; several ranges become one body of several parts.
const answer_of = async (path, size, type, wanted) => {
    const head = { 'Content-Type': type, 'Accept-Ranges': 'bytes', 'Cache-Control': 'no-store' };
    const file = await promises.open(path), bodies = [];
    for (const { start, end } of wanted.length ? wanted : [{ start: 0, end: size - 1 }]) {
        const body = Buffer.alloc(Math.max(end - start + 1, 0));
        await file.read(body, 0, body.length, start);
        const place = `bytes ${start}-${end}/${size}`;
        if (wanted.length > 1)
            bodies.push(Buffer.from(`\r\n--part\r\nContent-Type: ${type}\r\nContent-Range: ${place}\r\n\r\n`));
        else if (wanted.length) head['Content-Range'] = place;
        bodies.push(body);
    }
    await file.close();
    if (wanted.length > 1) {
        head['Content-Type'] = 'multipart/byteranges; boundary=part';
        bodies.push(Buffer.from('\r\n--part--\r\n'));
    }
    const body = Buffer.concat(bodies);
    head['Content-Length'] = body.length;
    return { status: wanted.length ? 206 : 200, head, body };
};

const server = createServer(async (request, answer) => {
    const path = place(decodeURIComponent(new URL(request.url, 'http://h').pathname));
    const known = path && await promises.stat(path).catch(() => null);
    if (!known?.isFile()) {
        answer.writeHead(404).end();
        return;
    }
    const type = TYPES[extname(path)] ?? 'application/octet-stream';
    const { status, head, body } = await answer_of(path, known.size, type,
                                                   ranges(request.headers.range, known.size));
    answer.writeHead(status, head).end(request.method === 'HEAD' ? undefined : body);
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/`));
