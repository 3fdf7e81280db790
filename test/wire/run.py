#!/usr/bin/env python3
"""Plays the *.case files of this folder against a real gateway and compares every reply. Speaks TAP.

usage: run.py [FILE.case ...]

A file is a list of steps in order, on one gateway with an empty data directory:

    # comment
    === what the next request shows
    > Operation {"Member": "value", ...}       a signed request; JSON may go on over several lines;
                                               Glue.Operation, Sts.Operation .. name the service
                                               (Query: members become fields, replies read back
                                               as JSON: lists of <member>, all values texts; a
                                               TemplateBody may be an object)
    > S3.PUT /bucket/key?query                 a request to S3; XML replies read back as JSON: the
                                               root too, texts, elements that repeat as a list
    | raw body text                            instead of JSON (with `> Operation` alone)
    @ cbor                                     send and expect CBOR; {"$blob": "base64"} is a blob,
                                               {"$time": ms} a time
    @ header Name: value                       one more header ("header Name:" removes it)
    @ hex a1ff..                               raw body bytes
    @ repeat Records 501                       the one element of the list member, so many times
    @ times 8                                  the request is sent so many times
    @ until                                    the request is sent until the reply is as expected
    @ size Data 1048577                        a blob of so many zero bytes (base64): the member, or
                                               each record's
    @ target Text                              X-Amz-Target as it stands
    @ request METHOD /path                     instead of POST /
    @ zeros 5242880                            a body of so many zero bytes
    @ md5                                      Content-MD5 of the body
    @ reply Name: value                        a header of the reply ("reply Name:": it has none)
    @ auth none | unknown | secret | old | service NAME | region NAME | other
    < 200 {"Member": "${name}"}                the whole reply; ${name} binds what comes first and
                                               must be equal later, ${*} is anything, ${~regex}
    < 400 ErrorName Message with ${*}
    < 200 | text                               the whole body as it stands
    < event Type {...}                         the next message of an event stream, in order
    < exception Type Message
    < end                                      the event stream ends
    ! advance SECONDS | limits on | restart | put-key ID SECRET ACCOUNT | close NAME
    ! server --no-auth                         options of the gateway; the first step if at all

Inside requests ${name} stands for what was bound. `@ open NAME` keeps an event stream open under
a name: steps `=== ...` with `& NAME` and `<` lines go on reading it.
"""
import base64, datetime, glob, hashlib, html, http.client, json, os, re, struct, sys, time
import urllib.parse, xml.etree.ElementTree

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "conformance", "lib"))
from gateway import Gateway

import botocore.auth, botocore.awsrequest, botocore.credentials, botocore.eventstream

# ---- CBOR, written from RFC 8949 as an independent judge of the gateway's ----

class Blob(bytes):
    pass

class Time(int):
    pass

def cbor_head(major, value):
    for limit, code, form in ((24, None, None), (1 << 8, 24, ">B"), (1 << 16, 25, ">H"),
                              (1 << 32, 26, ">I"), (1 << 64, 27, ">Q")):
        if value < limit:
            return bytes([major << 5 | (value if code is None else code)]) + (
                struct.pack(form, value) if form else b"")

def cbor_dump(value):
    if value is None or isinstance(value, bool):
        return {None: b"\xf6", True: b"\xf5", False: b"\xf4"}[value]
    if isinstance(value, dict) and list(value) == ["$blob"]:
        data = base64.b64decode(value["$blob"])
        return cbor_head(2, len(data)) + data
    if isinstance(value, dict) and list(value) == ["$time"]:
        return b"\xc1" + cbor_dump(value["$time"])
    if isinstance(value, dict):
        return cbor_head(5, len(value)) + b"".join(cbor_dump(k) + cbor_dump(v) for k, v in value.items())
    if isinstance(value, list):
        return cbor_head(4, len(value)) + b"".join(map(cbor_dump, value))
    if isinstance(value, str):
        return cbor_head(3, len(value.encode())) + value.encode()
    if isinstance(value, int):
        return cbor_head(0, value) if value >= 0 else cbor_head(1, -1 - value)
    return b"\xfb" + struct.pack(">d", value)

def cbor_load(data):
    value, rest = cbor_item(data)
    assert not rest, "bytes behind the CBOR item"
    return value

BREAK = object()

def cbor_item(data):
    major, info, data = data[0] >> 5, data[0] & 31, data[1:]
    if info < 24: argument = info
    elif info < 28:
        size = 1 << info - 24
        argument, data = int.from_bytes(data[:size], "big"), data[size:]
    else: argument = None
    if major == 0: return argument, data
    if major == 1: return -1 - argument, data
    if major == 2: return {"$blob": base64.b64encode(data[:argument]).decode()}, data[argument:]
    if major == 3: return data[:argument].decode(), data[argument:]
    if major == 6:
        assert argument == 1
        value, data = cbor_item(data)
        return {"$time": value}, data
    if major == 7:
        return {20: False, 21: True, 22: None, 31: BREAK}[info], data
    items = []
    while argument is None or len(items) < argument * (2 if major == 5 else 1):
        item, data = cbor_item(data)
        if item is BREAK: break
        items.append(item)
    return (items if major == 4 else dict(zip(items[::2], items[1::2]))), data

# ---- matching ----

class Mismatch(Exception):
    pass

PLACE = re.compile(r"\$\{((?:[^{}]|\{[^{}]*\})+)\}")

def match_text(want, got, bound):
    """Text with places in it, against text."""
    whole = PLACE.fullmatch(want)
    if whole:
        return match_place(whole.group(1), got, bound)
    if not isinstance(got, str):
        raise Mismatch("%r instead of %r" % (got, want))
    pattern, names = "", []
    for i, part in enumerate(PLACE.split(want)):
        if i % 2 == 0: pattern += re.escape(part)
        elif part.startswith("~"): pattern += "(?:%s)" % part[1:]
        elif part == "*": pattern += ".*"
        elif part in bound: pattern += re.escape(str(bound[part]))
        else:
            pattern += "(.*?)"
            names.append(part)
    found = re.fullmatch(pattern, got, re.S)
    if not found:
        raise Mismatch("%r instead of %r" % (got, want))
    bound.update(zip(names, found.groups()))

def match_place(name, got, bound):
    if name == "*": return
    if name.startswith("~"):
        if not re.fullmatch(name[1:], str(got)):
            raise Mismatch("%r does not match %s" % (got, name[1:]))
    elif bound.setdefault(name, got) != got:
        raise Mismatch("%r instead of %r (%s)" % (got, bound[name], name))

def match(want, got, bound, where=""):
    try:
        if isinstance(want, str):
            match_text(want, got, bound)
        elif isinstance(want, dict):
            if not isinstance(got, dict) or set(want) != set(got):
                raise Mismatch("members %s instead of %s" % (
                    sorted(got) if isinstance(got, dict) else got, sorted(want)))
            for name in want:
                match(want[name], got[name], bound, where + "." + name)
        elif isinstance(want, list):
            if not isinstance(got, list) or len(want) != len(got):
                raise Mismatch("%d elements instead of %d: %s" % (
                    len(got) if isinstance(got, list) else -1, len(want), json.dumps(got)[:300]))
            for i, (w, g) in enumerate(zip(want, got)):
                match(w, g, bound, "%s[%d]" % (where, i))
        elif want != got or isinstance(want, bool) != isinstance(got, bool):
            raise Mismatch("%r instead of %r" % (got, want))
    except Mismatch as problem:
        if where and not str(problem).startswith("at "):
            raise Mismatch("at %s: %s" % (where.lstrip("."), problem))
        raise

# ---- requests ----

SERVICES = {"": ("Kinesis_20131202", "kinesis"), "Glue": ("AWSGlue", "glue"), "Logs": ("Logs_20140328", "logs"),
            "Ssm": ("AmazonSSM", "ssm"), "Athena": ("AmazonAthena", "athena"), "Sts": ("-", "sts", "2011-06-15"), "Iam": ("-", "iam", "2010-05-08"),
            "Lake": ("/", "lakeformation"), "S3": ("-", "s3"),
            "Cfn": ("-", "cloudformation", "2010-05-15")}
# X-Amz-Target, "-": none, "/": the path; signing name; Version of Query

class Clock(datetime.datetime):
    """What botocore signs with; `offset` follows the gateway's clock."""
    offset = 0

    @classmethod
    def utcnow(cls):
        return datetime.datetime.utcnow() + datetime.timedelta(seconds=cls.offset)

class SigningTime:
    datetime = Clock

botocore.auth.datetime = SigningTime
botocore.auth.get_current_datetime = lambda remove_tzinfo=True: Clock.utcnow() # of newer ones

def signed_headers(gateway, service, how, method, path, headers, body):
    kind, _, argument = how.partition(" ")
    if kind == "none":
        return headers
    key, secret, token = gateway.access_key, gateway.secret_key, None
    if kind == "unknown": key = "AKIAAAAAAAAAAAAAAAAA"
    if kind == "secret": secret = "x" * 40
    if kind == "other": key, secret, *token = argument.split()
    request = botocore.awsrequest.AWSRequest(
        method=method, url=gateway.endpoint + path, headers=dict(headers), data=body)
    Clock.offset -= 1200 if kind == "old" else 0
    kind_of_auth = botocore.auth.S3SigV4Auth if service == "s3" else botocore.auth.SigV4Auth
    kind_of_auth(botocore.credentials.Credentials(key, secret, token[0] if token else None),
                 argument if kind == "service" else service,
                 argument if kind == "region" else gateway.region).add_auth(request)
    Clock.offset += 1200 if kind == "old" else 0
    return dict(request.headers.items())

class Step:
    def __init__(self, title):
        self.title, self.operation, self.text, self.raw = title, None, "", None
        self.options, self.expected, self.stream, self.keep = [], [], None, None

def substitute(value, bound):
    if isinstance(value, str):
        return PLACE.sub(lambda m: str(bound[m.group(1)]), value)
    if isinstance(value, list): return [substitute(v, bound) for v in value]
    if isinstance(value, dict): return {k: substitute(v, bound) for k, v in value.items()}
    return value

def build(step, bound):
    """Body, headers, method, path, auth, cbor of a step."""
    options = {"auth": "good", "cbor": False, "request": "POST /", "headers": [], "times": 1, "until": False,
               "reply": []}
    service, _, operation = step.operation.rpartition(".")
    document, body = None, None if step.raw is None else step.raw.encode()
    if service == "S3":
        options["request"] = operation + " " + substitute(step.text.strip(), bound)
        body = substitute(step.raw or "", bound).encode()
    elif step.text.strip(): document = substitute(json.loads(step.text), bound)
    if isinstance(document, dict) and isinstance(document.get("TemplateBody"), dict):
        document["TemplateBody"] = json.dumps(document["TemplateBody"])
    target, options["service"] = SERVICES[service][0] + "." + operation, SERVICES[service][1]
    if SERVICES[service][0] in ("-", "/"): target = "-"
    if SERVICES[service][0] == "/": options["request"] = "POST /" + operation
    for option in step.options:
        name, _, argument = option.partition(" ")
        if name == "cbor": options["cbor"] = True
        elif name == "hex": body = bytes.fromhex(argument)
        elif name == "repeat":
            member, count = argument.split()
            document[member] = document[member] * int(count)
        elif name == "size":
            member, count = argument.split()
            for holder in document.get("Records", [document]):
                holder[member] = base64.b64encode(bytes(int(count))).decode()
        elif name == "target": target = argument
        elif name == "zeros": body = bytes(int(argument))
        elif name == "md5":
            options["headers"].append("Content-MD5: " + base64.b64encode(hashlib.md5(body).digest()).decode())
        elif name == "header": options["headers"].append(substitute(argument, bound))
        elif name == "reply": options["reply"].append(argument)
        elif name in ("auth", "request"): options[name] = substitute(argument, bound)
        elif name == "until": options["until"] = True
        elif name == "times": options["times"] = int(argument)
        else: raise AssertionError("unknown option " + option)
    if body is None and SERVICES[service][0] == "-":
        fields = {"Action": operation, "Version": SERVICES[service][2], **query_fields(document or {})}
        body = urllib.parse.urlencode(fields).encode()
        options["headers"].append("Content-Type: application/x-www-form-urlencoded; charset=utf-8")
    if body is None:
        body = b"" if document is None else \
            cbor_dump(document) if options["cbor"] else json.dumps(document).encode()
    kind = "application/x-amz-%s-1.1" % ("cbor" if options["cbor"] else "json")
    headers = {} if service == "S3" else {"Content-Type": kind, "X-Amz-Target": target}
    for header in options["headers"]:
        name, _, value = header.partition(":")
        headers.pop(name, None)
        if value.strip(): headers[name] = value.strip()
    method, path = options["request"].split()
    if target == "-": headers.pop("X-Amz-Target", None)
    return body, headers, method, path, options

# ---- replies ----

def query_fields(value, prefix=""):
    """{"A": [{"B": 1}]} -> {"A.member.1.B": "1"}"""
    if isinstance(value, bool): return {prefix: "true" if value else "false"}
    if isinstance(value, list) and not value: return {prefix: ""}
    if not isinstance(value, (dict, list)): return {prefix: str(value)}
    pairs = value.items() if isinstance(value, dict) else (
        ("member.%d" % i, v) for i, v in enumerate(value, 1))
    fields = {}
    for name, inner in pairs: fields.update(query_fields(inner, prefix + "." + name if prefix else name))
    return fields

def query_reply(element):
    tag = lambda e: e.tag.split("}")[-1]
    if not len(element): return element.text or ""
    if tag(element[0]) == "member": return [query_reply(e) for e in element]
    return {tag(e): query_reply(e) for e in element}

def xml_reply(element):
    """{tag: text or what is inside}; elements of the same name in a row are a list."""
    inside = {}
    for inner in element:
        [(tag, value)] = xml_reply(inner).items()
        inside.setdefault(tag, []).append(value)
    return {element.tag.split("}")[-1]: {tag: values if len(values) > 1 else values[0]
                                         for tag, values in inside.items()} or element.text or ""}

def parsed(content_type, body):
    if not body: return None
    if content_type == "application/xml" and b"<Error>" not in body:
        return xml_reply(xml.etree.ElementTree.fromstring(body))
    if content_type == "text/xml" and b"<ErrorResponse" not in body:
        reply = query_reply(xml.etree.ElementTree.fromstring(body))
        reply.pop("ResponseMetadata")
        return next(iter(reply.values()), {}) or {}
    if "cbor" in content_type: return cbor_load(body)
    if "json" in content_type: return json.loads(body)
    return body.decode()

def check_error(want, reply, bound):
    name, _, message = want.partition(" ")
    if isinstance(reply, str):
        got = re.search("<Code>(.*?)</Code><Message>(.*?)</Message>", reply)
        reply = {"__type": got and got.group(1), "message": got and html.unescape(got.group(2))}
    if "Message" in reply: reply["message"] = reply.pop("Message")
    for code in ("AthenaErrorCode", "ErrorCode"): reply.pop(code, None)  # boto3's tests look at them
    match({"__type": name, "message": message}, reply, bound)

def check_reply(want, status, content_type, body, bound, cbor):
    code, _, rest = want.partition(" ")
    reply = body.decode() if rest.startswith("|") else parsed(content_type, body)
    if str(status) != code:
        raise Mismatch("status %s instead of %s: %s" % (status, code, str(reply)[:400]))
    if status == 200 and body and ("cbor" in content_type) != cbor:
        raise Mismatch("Content-Type " + content_type)
    if rest.startswith("{"): match(json.loads(rest), reply, bound)
    elif rest.startswith("|"): match_text(rest[2:], reply, bound)
    elif rest: check_error(rest, reply, bound)
    elif body: raise Mismatch("a body: %s" % str(reply)[:300])

def check_headers(wanted, headers, bound):
    for want in wanted:
        name, _, value = want.partition(":")
        got = headers.get(name)
        if not value.strip() and got is not None: raise Mismatch("%s: %s" % (name, got))
        if value.strip(): match(value.strip(), got, bound, name)

class EventStream:
    """The messages of one reply, read as they come."""

    def __init__(self, connection, response):
        self.connection, self.response = connection, response
        self.buffer = botocore.eventstream.EventStreamBuffer()

    def next(self):
        while True:
            for message in self.buffer:
                return message
            data = self.response.read1(65536)
            if not data: return None
            self.buffer.add_data(data)

    def close(self):
        self.connection.close()

def check_event(want, stream, bound):
    kind, _, rest = want.partition(" ")
    message = stream.next()
    if kind == "end":
        if message: raise Mismatch("one more message: %s" % message.payload[:300])
        return
    if not message: raise Mismatch("the event stream ended")
    name, _, rest = rest.partition(" ")
    got = message.headers.get(":event-type") or message.headers.get(":exception-type")
    if (message.headers[":message-type"], got) != (kind, name):
        raise Mismatch("%s %s %s" % (message.headers[":message-type"], got, message.payload[:300]))
    payload = parsed(message.headers[":content-type"], message.payload)
    match(json.loads(rest) if kind == "event" else {"message": rest}, payload, bound)

# ---- files ----

def read_case(path):
    steps, step = [], None
    for number, line in enumerate(open(path), 1):
        line = line.rstrip("\n")
        if not line.strip() or line.startswith("#"): continue
        mark, text = line[0], line[1:].strip()
        if line.startswith("==="):
            step = Step(line[3:].strip())
            steps.append(step)
        elif mark == "!": steps.append(text)
        elif mark == ">": step.operation, _, step.text = text.partition(" ")
        elif mark == "|": step.raw = (step.raw or "") + line[2:]
        elif mark == "@" and text.startswith("open "): step.keep = text[5:]
        elif mark == "@": step.options.append(text)
        elif mark == "&": step.stream = text
        elif mark == "<": step.expected.append(text)
        elif mark == " " and step and step.expected: step.expected[-1] += " " + text
        elif mark == " " and step: step.text += " " + text
        else: raise AssertionError("%s:%d: not understood" % (path, number))
    return steps

class Player:
    def __init__(self, gateway):
        self.gateway, self.bound, self.streams = gateway, {}, {}
        self.bound.update(account=gateway.account, region=gateway.region,
                          arn="arn:aws:kinesis:%s:%s" % (gateway.region, gateway.account))
        self.connection = None

    def command(self, text):
        if text.startswith("advance "):
            Clock.offset += int(text.split()[1])
            self.connection = None  # idle for too long, as the gateway sees it
        if text == "restart":
            self.gateway.stop()
            self.gateway.start()
            self.connection = None
        elif text.startswith("close "): self.streams.pop(text.split()[1]).close()
        else: self.gateway.tell(text)

    def play(self, step):
        if step.stream:
            for want in step.expected: check_event(want, self.streams[step.stream], self.bound)
            return
        options = build(step, self.bound)[-1]
        for _ in range(options["times"]): self.request(step)

    def request(self, step):
        """Once, or until the reply is the expected one."""
        patience = 100 if build(step, self.bound)[-1]["until"] else 0
        while True:
            try:
                return self.request_once(step)
            except Mismatch:
                if not patience: raise
                patience -= 1
                time.sleep(0.2)

    def request_once(self, step):
        body, headers, method, path, options = build(step, self.bound)
        headers = signed_headers(self.gateway, options["service"], options["auth"], method, path, headers, body)
        events = len(step.expected) > 1 or step.expected[0].split()[0] in ("event", "exception")
        connection = http.client.HTTPConnection("127.0.0.1", self.gateway.port, timeout=60) \
            if events or not self.connection else self.connection
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        if not response.headers.get("x-amzn-RequestId"): raise Mismatch("no x-amzn-RequestId")
        if events:
            self.events(step, connection, response)
            return
        self.connection = connection
        kind = response.headers.get("Content-Type", "")
        check_reply(step.expected[0], response.status, kind, response.read(), self.bound,
                    options["cbor"])
        check_headers(options["reply"], response.headers, self.bound)

    def events(self, step, connection, response):
        stream = EventStream(connection, response)
        if response.status != 200 or \
                response.headers["Content-Type"] != "application/vnd.amazon.eventstream":
            raise Mismatch("status %d: %s" % (response.status, response.read()[:300]))
        for want in step.expected: check_event(want, stream, self.bound)
        if step.keep: self.streams[step.keep] = stream
        else: stream.close()

def main():
    paths = sys.argv[1:] or sorted(glob.glob(os.path.join(HERE, "*.case")))
    files = [(path, read_case(path)) for path in paths]
    print("1..%d" % sum(isinstance(s, Step) for _, steps in files for s in steps))
    number = failed = 0
    for path, steps in files:
        name = os.path.splitext(os.path.basename(path))[0]
        Clock.offset = 0
        server = steps.pop(0) if isinstance(steps[0], str) and steps[0].startswith("server ") else ""
        with Gateway(*server.split()[1:]) as gateway:
            player = Player(gateway)
            for step in steps:
                if isinstance(step, str):
                    player.command(step)
                    continue
                number += 1
                try:
                    player.play(step)
                    print("ok %d - %s: %s" % (number, name, step.title), flush=True)
                except (Mismatch, KeyError, OSError, http.client.HTTPException) as problem:
                    failed += 1
                    print("not ok %d - %s: %s\n# %s: %s" % (
                        number, name, step.title, type(problem).__name__, problem), flush=True)
            for stream in player.streams.values(): stream.close()
    sys.exit(1 if failed else 0)

main()
