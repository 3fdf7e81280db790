"""A network that fails: an HTTP proxy in front of an endpoint that cuts connections, answers with
faults of its own, or is slow, as often as told. Requests pass unchanged, signatures hold. As a forward
proxy ($http_proxy) it takes every host for the endpoint and notes which were named."""
import http.client, http.server, random, socket, struct, threading, time, urllib.parse

SLOW_DOWN_XML = (b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>SlowDown</Code>'
                 b"<Message>Please reduce your request rate.</Message></Error>")
SLOW_DOWN_JSON = b'{"__type":"ThrottlingException","message":"Rate exceeded"}'

FAULTS = ("reset before", "reset after", "half a reply", "500", "503", "slow")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def cut(self):
        """RST instead of FIN: what was sent may be lost too."""
        if self.server.proxy.on_cut:
            self.server.proxy.on_cut()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.wfile.flush()
        self.connection.close()

    def answer(self, status, body, headers=()):
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def forward(self, body):
        upstream = http.client.HTTPConnection("127.0.0.1", self.server.upstream, timeout=60)
        upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            upstream.putheader(name, value)
        upstream.endheaders(body)
        reply = upstream.getresponse()
        data = reply.read()
        headers = [(n, v) for n, v in reply.getheaders()
                   if n.lower() not in ("transfer-encoding", "connection", "content-length")]
        length = reply.getheader("Content-Length")
        upstream.close()
        return reply.status, headers, data, length

    def serve(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        proxy = self.server.proxy
        proxy.hosts.add(self.headers.get("Host"))
        if self.path.startswith("http://"):
            self.path = self.path[len("http://" + urllib.parse.urlsplit(self.path).netloc):]
        refusal = proxy.refuse and proxy.refuse(self.headers)
        if refusal:
            return self.answer(400, refusal, [("Content-Type", "application/x-amz-json-1.1")])
        fault = proxy.draw(self.command, self.path, self.headers)
        if fault == "reset before":
            return self.cut()
        if fault in ("500", "503"):
            json = self.headers.get("X-Amz-Target") is not None
            text = (SLOW_DOWN_JSON if json else SLOW_DOWN_XML) if fault == "503" else b"oops"
            return self.answer(int(fault), text)
        if fault == "slow":
            time.sleep(random.uniform(0.1, 0.5))
        status, headers, data, length = self.forward(body)
        if fault == "reset after":
            return self.cut()
        if fault == "half a reply" and len(data) > 1:
            self.send_response_only(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data[:len(data) // 2])
            return self.cut()
        if self.command == "HEAD" and length:
            self.send_response_only(status)
            for name, value in headers + [("Content-Length", length)]:
                self.send_header(name, value)
            return self.end_headers()
        return self.answer(status, data, headers)

    def handle_one_request(self):
        try:
            super().handle_one_request()
        except (ConnectionError, BrokenPipeError, ValueError, OSError):
            self.close_connection = True

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = serve


class Proxy:
    """`rate` of all requests get one of `faults`; `only` may say which requests can; `on_cut` is called
    before a connection is cut; `refuse` sees each request's headers and may give the body of a 400."""

    def __init__(self, endpoint, rate=0.0, faults=FAULTS, only=None, seed=1, on_cut=None,
                 refuse=None):
        self.rate, self.faults, self.only, self.on_cut = rate, faults, only, on_cut
        self.refuse = refuse
        self.random = random.Random(seed)
        self.lock = threading.Lock()
        self.counts = {fault: 0 for fault in FAULTS}
        self.requests = 0
        self.hosts = set()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.proxy = self
        self.server.upstream = int(endpoint.rsplit(":", 1)[1])
        self.endpoint = "http://127.0.0.1:%d" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def draw(self, method, path, headers):
        with self.lock:
            self.requests += 1
            if self.only and not self.only(method, path, headers):
                return None
            if self.random.random() >= self.rate:
                return None
            fault = self.random.choice(self.faults)
            self.counts[fault] += 1
            return fault

    def close(self):
        self.server.shutdown()
        self.server.server_close()
