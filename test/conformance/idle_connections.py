"""Connections with nothing to do cost little memory, and take the next request as if nothing had been:
also one whose first bytes came before the server put the connection to rest."""
import os, socket, sys, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from testing import *

CONNECTIONS = 200
KIB_EACH = 64  # resident; a connection that has just been answered holds 200
REST = 1.6     # seconds: longer than the server waits before it puts a connection to rest
REQUEST = b"GET /_sluice/health HTTP/1.1\r\nHost: localhost\r\n\r\n"


def resident_kib(pid):
    with open("/proc/%d/status" % pid) as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def answer(connection):
    """The status line of the next reply."""
    text = b""
    while b'"objects":"open"' not in text:
        more = connection.recv(65536)
        if not more:
            return "closed"
        text += more
    return text.split(b"\r\n", 1)[0].decode()


def ask(connection):
    connection.sendall(REQUEST)
    return answer(connection)


@test
def memory():
    with Server() as server:
        pid = server.process.pid
        before = resident_kib(pid)
        connections = [socket.create_connection(("127.0.0.1", server.port))
                       for _ in range(CONNECTIONS)]
        equal({ask(c) for c in connections}, {"HTTP/1.1 200 OK"}, "all are answered")
        deadline = time.monotonic() + 60
        while True:
            each = (resident_kib(pid) - before) / CONNECTIONS
            if each <= KIB_EACH or time.monotonic() > deadline:
                break
            time.sleep(0.1)
        ok(each <= KIB_EACH, "an idle connection holds at most %d KiB" % KIB_EACH, "%.1f KiB" % each)
        equal({ask(c) for c in connections}, {"HTTP/1.1 200 OK"}, "all are answered again")
        for connection in connections:
            connection.close()


@test
def halves():
    with Server() as server:
        for name, first, rest, answers in (
                ("its first half alone", REQUEST[:20], REQUEST[20:], 0),
                ("its first half behind a whole one", REQUEST + REQUEST[:20], REQUEST[20:], 1),
                ("an empty line behind a whole one", REQUEST + b"\r\n", REQUEST, 1),
                ("a body, then half a head", b"PUT /none HTTP/1.1\r\nHost: localhost\r\n"
                 b"Content-Length: 3\r\n\r\nabc" + REQUEST[:9], REQUEST[9:], 0)):
            with socket.create_connection(("127.0.0.1", server.port)) as connection:
                equal(ask(connection), "HTTP/1.1 200 OK", "a request: " + name)
                connection.sendall(first)
                for _ in range(answers):
                    equal(answer(connection), "HTTP/1.1 200 OK", "a whole one: " + name)
                time.sleep(REST)
                connection.sendall(rest)
                got = answer(connection)
                ok(got.startswith("HTTP/1.1 "), "the rest of it, later: " + name, got)


done()
