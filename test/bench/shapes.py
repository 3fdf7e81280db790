"""Records of other shapes than the ventilators', the same every time.

wide        60 fields, nested three deep, with lists: a product event
log         a line of an access log: long texts
telemetry   numbers, and little else
columns-N   N integers
bytes-N     one text that makes the record N bytes"""
import json, os, random

WIDE_SCHEMA = ("id:string,type:string,version:int,received:timestamp,sent:timestamp," +
               "user:struct<id:bigint,name:string,email:string,plan:string,country:string,city:string,"
               "zip:string,age:int,verified:boolean,score:double>," +
               "device:struct<id:string,model:string,os:string,os_version:string,width:int,height:int,"
               "dpi:double,battery:double,online:boolean,locale:string>," +
               "page:struct<url:string,title:string,referrer:string,ms:int,scroll:double," +
               "view:struct<x:int,y:int,w:int,h:int>>," +
               "order:struct<id:bigint,total:double,currency:string,discount:double,items:int," +
               "lines:array<struct<sku:string,count:int,price:double>>>,tags:array<string>," +
               ",".join("m%d:%s" % (i, "double" if i % 3 else "bigint") for i in range(20)))
LOG_SCHEMA = ("time:timestamp,host:string,method:string,path:string,query:string,status:int,bytes:bigint,"
              "seconds:double,agent:string,referrer:string,request_id:string")
TELEMETRY_SCHEMA = "device:int,at:timestamp," + ",".join("v%d:double" % i for i in range(16)) + \
    ",n0:bigint,n1:bigint,n2:int,n3:int"
WORDS = ("lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut "
         "labore et dolore magna aliqua").split()


def text(r, words):
    return " ".join(r.choice(WORDS) for _ in range(words))


def moment(r, i):
    return "2026-%02d-%02d %02d:%02d:%02d.%03d" % (i // 90000 % 12 + 1, i // 3000 % 28 + 1, i // 120 % 24,
                                                    i // 2 % 60, r.randrange(60), r.randrange(1000))


def token(r, size):
    return "%0*x" % (size, r.getrandbits(size * 4))


def wide(r, i):
    record = {
        "id": token(r, 32), "type": r.choice(["view", "click", "order", "signup"]), "version": 3,
        "received": moment(r, i), "sent": moment(r, i),
        "user": {"id": r.randrange(10 ** 9), "name": text(r, 2), "email": "%s@example.org" % token(r, 8),
                 "plan": r.choice(["free", "team", "pro"]), "country": r.choice(["DE", "US", "FR", "JP"]),
                 "city": r.choice(WORDS), "zip": "%05d" % r.randrange(10 ** 5), "age": r.randrange(18, 90),
                 "verified": r.random() < .5, "score": round(r.random() * 100, 3)},
        "device": {"id": token(r, 16), "model": r.choice(WORDS), "os": r.choice(["ios", "android"]),
                   "os_version": "1%d.%d" % (r.randrange(8), r.randrange(9)), "width": 1170, "height": 2532,
                   "dpi": 460.5, "battery": round(r.random(), 2), "online": True, "locale": "de_DE"},
        "page": {"url": "https://example.org/%s/%s" % (r.choice(WORDS), r.choice(WORDS)), "title": text(r, 6),
                 "referrer": "https://example.org/" + r.choice(WORDS), "ms": r.randrange(5000),
                 "scroll": round(r.random(), 4), "view": {"x": 0, "y": r.randrange(9999), "w": 390, "h": 844}},
        "order": {"id": r.randrange(10 ** 12), "total": round(r.random() * 500, 2), "currency": "EUR",
                  "discount": 0.0, "items": 2, "lines": [
                      {"sku": token(r, 8), "count": r.randrange(1, 9), "price": round(r.random() * 99, 2)}
                      for _ in range(r.randrange(4))]},
        "tags": [r.choice(WORDS) for _ in range(r.randrange(5))]}
    for k in range(20):
        record["m%d" % k] = round(r.random() * 1000, 4) if k % 3 else r.randrange(10 ** 6)
    return record


def log(r, i):
    return {"time": moment(r, i), "host": "10.%d.%d.%d" % (r.randrange(4), r.randrange(256), r.randrange(256)),
            "method": r.choice(["GET", "GET", "GET", "POST"]), "path": "/" + "/".join(text(r, 5).split()),
            "query": "&".join("%s=%s" % (r.choice(WORDS), token(r, 24)) for _ in range(6)),
            "status": r.choice([200, 200, 200, 304, 404]), "bytes": r.randrange(10 ** 6),
            "seconds": round(r.random() * 3, 4),
            "agent": "Mozilla/5.0 (%s) %s" % (text(r, 6), text(r, 12)),
            "referrer": "https://example.org/" + "/".join(text(r, 8).split()), "request_id": token(r, 32)}


def telemetry(r, i):
    record = {"device": r.randrange(5000), "at": moment(r, i)}
    for k in range(16): record["v%d" % k] = round(r.gauss(100 * k, 10), 1 + k % 5)
    record.update(n0=i, n1=r.randrange(1 << 40), n2=r.randrange(-1000, 1000), n3=r.randrange(8))
    return record


SHAPES = {"wide": (wide, WIDE_SCHEMA), "log": (log, LOG_SCHEMA), "telemetry": (telemetry, TELEMETRY_SCHEMA)}


def maker(shape):
    """(function of random and number, schema)"""
    name, _, size = shape.partition("-")
    if name == "columns":
        count = int(size)
        return (lambda r, i: {"c%d" % k: r.randrange(1000) for k in range(count)},
                ",".join("c%d:int" % k for k in range(count)))
    if name == "bytes":
        return lambda r, i: {"id": i, "text": text(r, int(size) // 5)[:int(size) - 30]}, "id:int,text:string"
    return SHAPES[shape]


def make(path, shape, count):
    """A file of so many records, a line each."""
    if os.path.exists(path): return
    make_one, _ = maker(shape)
    r = random.Random(1)
    with open(path + ".part", "w") as file:
        for i in range(count): file.write(json.dumps(make_one(r, i)) + "\n")
    os.rename(path + ".part", path)


def schema_of(shape):
    return maker(shape)[1]
