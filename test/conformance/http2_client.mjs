// The HTTP/2 server as node's own client sees it (the transport of the AWS SDK for JavaScript).
// Over TLS when $HTTP2_OVER_TLS is set (tls_http2.mjs). Its server is the program unit/http_http2 of $SLUICE_BUILD (default: build). Speaks TAP.
import http2 from 'node:http2';
import http from 'node:http';
import https from 'node:https';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const program = `${process.env.SLUICE_BUILD ?? 'build'}/unit/http_http2`;
const folder = process.env.HTTP2_OVER_TLS && mkdtempSync(join(tmpdir(), 'http2-tls-'));
const server = spawn(program, folder ? ['serve', folder] : ['serve'], { stdio: ['pipe', 'pipe', 'inherit'] });
const port = await new Promise((resolve, reject) => {
  server.on('error', reject);
  createInterface({ input: server.stdout }).once('line', resolve);
});
const origin = `${folder ? 'https' : 'http'}://127.0.0.1:${port}`;
const trust = folder ? { ca: readFileSync(join(folder, 'ca.pem')) } : {};

// What http_handler.h calls data_at().
const dataAt = (i) => String.fromCharCode(97 + (i % 26) - (Math.floor(i / 26) % 2 ? 32 : 0));
const data = (from, bytes) => {
  const out = Buffer.alloc(bytes);
  for (let i = 0; i < bytes; i++) out[i] = dataAt(from + i).charCodeAt(0);
  return out;
};

function fetch(session, headers, body, { slowly = false } = {}) {
  return new Promise((resolve, reject) => {
    const stream = session.request(headers);
    const chunks = [];
    let head;
    stream.on('response', (h) => { head = h; });
    stream.on('error', reject);
    stream.on('data', (chunk) => {
      chunks.push(chunk);
      if (slowly && chunks.length % 20 === 0) {
        stream.pause();
        setTimeout(() => stream.resume(), 5);
      }
    });
    stream.on('end', () => resolve({ status: head[':status'], headers: head, body: Buffer.concat(chunks) }));
    stream.end(body);
  });
}

const ping = (session) => new Promise((resolve, reject) => {
  session.ping((error, ms) => (error ? reject(error) : resolve(ms)));
});

async function connected(use, options = {}) {
  const session = http2.connect(origin, { ...trust, ...options });
  try {
    return await use(session);
  } finally {
    await new Promise((resolve) => session.close(resolve));
  }
}

const tests = {
  async 'a body of 3 MB goes up and comes back'() {
    const body = data(0, 3_000_000);
    await connected(async (session) => {
      const r = await fetch(session, { ':method': 'POST', ':path': '/echo' }, body);
      assert.equal(r.status, 200);
      assert.equal(r.headers['x-test'], 'yes');
      assert.equal(Number(r.headers['content-length']), body.length);
      assert.ok(r.body.equals(body));
    });
  },
  async 'a large reply respects a small window'() {
    await connected(async (session) => {
      const r = await fetch(session, { ':path': '/pull?bytes=2000000' }, undefined, { slowly: true });
      assert.ok(r.body.equals(data(0, 2_000_000)));
      const f = await fetch(session, { ':path': '/file?from=17&bytes=250000' }, undefined, { slowly: true });
      assert.equal(f.status, 206);
      assert.ok(f.body.equals(data(17, 250_000)));
    }, { settings: { initialWindowSize: 2000 } });
  },
  async 'many requests at once on one connection'() {
    await connected(async (session) => {
      const replies = await Promise.all(Array.from({ length: 90 }, (_, i) =>
        fetch(session, { ':method': 'PUT', ':path': '/echo' }, data(i, 1000 + 999 * i))));
      replies.forEach((r, i) => assert.ok(r.body.equals(data(i, 1000 + 999 * i)), `reply ${i}`));
    });
  },
  async 'one connection for each of many requests'() {
    for (let i = 0; i < 20; i++) {
      const r = await connected((session) => fetch(session, { ':path': `/info?${i}` }));
      assert.equal(r.body.toString(), `GET|/info?${i}|/info|${i}|127.0.0.1:${port}`);
    }
  },
  async 'PING is answered while a handler blocks and a reply is open'() {
    await connected(async (session) => {
      const blocked = session.request({ ':path': '/pull?bytes=4&gated=1' });
      await new Promise((resolve) => blocked.once('response', resolve));
      for (let i = 0; i < 5; i++) await ping(session);
      const other = await fetch(session, { ':path': '/info' });
      assert.equal(other.status, 200);
      blocked.on('error', () => {});
      blocked.close(http2.constants.NGHTTP2_CANCEL);
      await new Promise((resolve) => blocked.once('close', resolve));
      assert.equal((await fetch(session, { ':path': '/info' })).status, 200);
    });
  },
  async 'streamed upload of 20 MB'() {
    await connected(async (session) => {
      const r = await fetch(session, { ':method': 'PUT', ':path': '/upload' }, data(0, 20_000_000));
      assert.equal(r.status, 200);
      assert.match(r.body.toString(), /^20000000 [0-9a-f]{8} chunks/);
    });
  },
  async 'a body over the limit gets 413'() {
    await connected(async (session) => {
      const r = await new Promise((resolve, reject) => {
        const stream = session.request({ ':method': 'PUT', ':path': '/small' });
        stream.on('response', (h) => resolve(h));
        stream.on('error', reject);
        stream.on('data', () => {});
        stream.end(Buffer.alloc(200_000));
      });
      assert.equal(r[':status'], 413);
    });
  },
  async 'HEAD and 204 have no body'() {
    await connected(async (session) => {
      const head = await fetch(session, { ':method': 'HEAD', ':path': '/object' });
      assert.equal(head.headers['content-length'], '123456');
      assert.equal(head.body.length, 0);
      const none = await fetch(session, { ':path': '/nothing' });
      assert.equal(none.status, 204);
      assert.equal(none.headers['content-length'], undefined);
    });
  },
  async 'HTTP/1.1 is served on the same port'() {
    const { Agent, get } = folder ? https : http;
    const agent = new Agent({ keepAlive: true, ...trust });
    for (let i = 0; i < 3; i++) {
      const body = await new Promise((resolve, reject) => {
        get(`${origin}/info?${i}`, { agent }, (reply) => {
          let text = '';
          reply.on('data', (chunk) => { text += chunk; });
          reply.on('end', () => resolve(text));
        }).on('error', reject);
      });
      assert.equal(body, `GET|/info?${i}|/info|${i}|127.0.0.1:${port}`);
    }
    agent.destroy();
  },
};

console.log(`1..${Object.keys(tests).length}`);
let number = 0;
let failed = 0;
for (const [name, test] of Object.entries(tests)) {
  number++;
  try {
    await Promise.race([test(), new Promise((_, reject) => {
      setTimeout(() => reject(new Error('timed out')), 30_000).unref();
    })]);
    console.log(`ok ${number} - ${name}`);
  } catch (error) {
    failed++;
    console.log(`not ok ${number} - ${name}`);
    console.log(String(error.stack).replace(/^/gm, '# '));
  }
}
server.stdin.end();
const code = await new Promise((resolve) => server.once('exit', resolve));
if (folder) rmSync(folder, { recursive: true });
if (code !== 0) console.log(`# the server ended with ${code}`);
process.exit(failed || code !== 0 ? 1 : 0);
