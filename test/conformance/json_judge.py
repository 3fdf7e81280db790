#!/usr/bin/python3
"""Two independent JSON parsers judge a torture corpus: Python's json and node's JSON.parse.

usage: json_judge.py            checks test/data/json_judge.jsonl against both (TAP)
       json_judge.py --write    makes the file anew from the corpus below

The unit test decode_judge holds the decoder against the same file. One line per document:
{"base64": bytes, "accept": bool, "type": kind of member "a", "value": its value}; type is string
(value in base64), integer (decimal) or double (C99 hexadecimal), absent for others.
Both parsers take lone surrogates and (by default) more than UTF-8; they are held to UTF-8 without
them here, as RFC 8259 section 8 asks of interoperable texts.
"""
import base64, json, os, random, shutil, subprocess, sys

FILE = os.path.join(os.path.dirname(__file__), "..", "data", "json_judge.jsonl")

NUMBERS = """0 -0 1 -1 9 10 123 00 01 -01 007 1. .1 -.1 1.0 1.5 -1.5 1.50 1e5 1E5 1e+5 1e-5 1e 1e+ 1e- 1.e5
1.5e3 1.5E-3 0e0 0e+0 0.0 -0.0 0.10 00.1 +1 +0 -- - -a 1a 1_0 1,0 0x1 0b1 0o7 1f 1d 1L 1e5.5 1e5e5 1.2.3
NaN nan Infinity -Infinity inf 1e400 -1e400 1e-400 9007199254740993 9223372036854775807
9223372036854775808 -9223372036854775808 -9223372036854775809 123456789012345678901234567890
0.1 0.2 0.3 1e22 1e23 8.5e22 5e-324 2.4703282292062327e-324 2.4703282292062328e-324
2.2250738585072011e-308 2.2250738585072014e-308 1.7976931348623157e308 1.7976931348623159e308
179769313486231580793728971405301e276 0.30000000000000004 123456789.123456789 1e0000000001
0.000000000000000000000000000001 100000000000000000000000 4.35 4.349999999999999 1.7976931348623158e+308
\u0661 \uff11 1\u0660 1\u00a0 \u20032""".replace("\n", " ").split(" ")

STRINGS = r'''"" "a" "\"" "\\" "\/" "\b" "\f" "\n" "\r" "\t" "\u0041" "\u00e9" "\u00E9" "\u20AC" "\uFFFF" "\u0000"
"\u001f" "\ud83d\ude00" "\uD83D\uDE00" "\udbff\udfff" "\ud800\udc00" "\ud800" "\udc00" "\udfff" "\ud83d"
"\ud83dx" "\ud83d\n" "\ud83d\u0041" "\ud83d\ud83d" "\ude00\ud83d" "\ud83d\\ude00" "x\ud83d" "\u" "\u0" "\u00"
"\u004" "\u00g1" "\u 041" "\u-041" "\u+041" "\U0041" "\x41" "\a" "\v" "\0" "\'" "\e" "\ " "\"
"é" "€" "😀" "0123456\n" "01234567\n" "012345678\n" "0123456é" "01234567é" "012345678é" "'" 'a' "a 'b'
"a"b" "a\" "a\\" "a\\\" "~" "/" "//" "/*x*/" "\u2028" "a'''.replace("\n", " ").split(" ")

STRUCTURES = r'''{} [] [1] [1,2] [1,] [,1] [,] [1,,2] [1 2] [1;2] [1:2] [ {"a":1,} {,} {"a"} {"a":} {"a":1 "b":2} {:1}
{"a":1,"b":2} {"a":1,,"b":2} {"a"1} {a:1} {'a':1} {1:1} {null:1} {"a":1}} {"a":1]} {"a":[1}} ] } ][ }{ [} {]
[[]] [[[]]] [[],[]] {"a":{"a":{}}} true false null True False None nul nulll tru truee fals TRUE
undefined 1,2 1\t2 {}[] {}{} {},{} //x {} /**/{} #x <a/> "a":1 {"a":1}\u0000 \ufeff{} {}\ufeff \u00a0{} \u2028{}'''.split()

BYTES = [b"", b" ", b"\n", b"\t\r\n ", b"\x00", b"{}\x00", b"\x00{}", b"\xff", b"{}\xff", b"\xef\xbb\xbf{}",
         b"\xff\xfe{\x00}\x00", b"{\x00}\x00", b"\x0b{}", b"\x0c{}", b"{}\x0b", b"\x1e{}\n", b"{}\n", b"\n\n{}\r\n"]
BAD_UTF8 = [b"\x80", b"\xbf", b"\xc0\x80", b"\xc1\xbf", b"\xc2", b"\xc2\x41", b"\xdf\xc0", b"\xe0\x80\x80",
            b"\xe0\x9f\xbf", b"\xe0\xa0\x80", b"\xe1\x80", b"\xed\x9f\xbf", b"\xed\xa0\x80", b"\xed\xbf\xbf",
            b"\xee\x80\x80", b"\xef\xbf\xbf", b"\xf0\x80\x80\x80", b"\xf0\x8f\xbf\xbf", b"\xf0\x90\x80\x80",
            b"\xf0\x90\x80", b"\xf3\xbf\xbf\xbf", b"\xf4\x8f\xbf\xbf", b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80",
            b"\xf8\x88\x80\x80\x80", b"\xfe", b"\xff", b"\xc2\xa0", b"\xe2\x82\xac", b"\xf0\x9f\x98\x80",
            b"\xed\xa0\xbd\xed\xb8\x80", b"\xc3\xa9\xc3"]
SEEDS = [b'{"a":"x\\u00e9\\ud83d\\ude00\xe2\x82\xac","b":[1,-2.5e-3,true,false,null,{"c":{}}],"d":0}',
         b' { "a" : -12.50E+3 , "key with spaces" : [ [ ] , [ "\\n\\"" ] ] } \r\n']

def corpus():
    for number in NUMBERS:
        yield ('{"a":%s}' % number).encode()
        yield ("[%s]" % number).encode()
        yield number.encode()
    for string in STRINGS:
        yield ('{"a":%s}' % string).encode()
        yield ("{%s:1}" % string).encode()
    for text in STRUCTURES:
        yield text.encode()
        yield ('{"a":%s}' % text).encode()
    yield from BYTES
    for bad in BAD_UTF8:
        yield b'{"a":"' + bad + b'"}'
        yield b'{"a":"0123456789' + bad + b'0123456789"}'
        yield b'{"' + bad + b'":1}'
        yield b'{"a":' + bad + b'}'
    for byte in range(256):
        yield b'{"a":"0123456' + bytes([byte]) + b'"}'
        yield b'{"a":1' + bytes([byte]) + b'}'
    for seed in SEEDS:
        for cut in range(len(seed)):
            yield seed[:cut]
    rng = random.Random(8259)
    for _ in range(600):  # two bytes changed: deleted, doubled or replaced
        text = bytearray(rng.choice(SEEDS))
        for _ in range(2):
            at, how = rng.randrange(len(text)), rng.randrange(3)
            text[at:at + 1] = (b"", text[at:at + 1] * 2, bytes([rng.choice(b'{}[]",:\\0e.-u tfn\x80\xc3')]))[how]
        yield bytes(text)

def lone(value):
    """A string with a lone surrogate somewhere inside."""
    if isinstance(value, str):
        return any(0xD800 <= ord(c) < 0xE000 for c in value)
    if isinstance(value, list):
        return any(map(lone, value))
    return isinstance(value, dict) and any(lone(k) or lone(v) for k, v in value.items())

def refuse(word):
    raise ValueError(word)

def python_verdict(document):
    try:
        pairs = []
        value = json.loads(document.decode("utf-8"), parse_constant=refuse,
                           object_pairs_hook=lambda p: pairs.extend(p) or dict(p))
    except (ValueError, RecursionError):
        return {"accept": False}
    if lone(value) or lone([list(p) for p in pairs]):  # also in values that a later key replaced
        return {"accept": False}
    a = value.get("a") if isinstance(value, dict) else None
    if isinstance(a, str):
        return {"accept": True, "type": "string", "value": base64.b64encode(a.encode()).decode()}
    if isinstance(a, int) and not isinstance(a, bool):
        return {"accept": True, "type": "integer", "value": str(a)}
    if isinstance(a, float):
        return {"accept": True, "type": "double", "value": a.hex()}
    return {"accept": True}

NODE = r"""
const lines = require('fs').readFileSync(0, 'utf8').split('\n').filter(Boolean);
const lone = /\p{Surrogate}/u; // a lone one: with u, a pair is one code point
const text = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true});
for (const line of lines) {
    let accept = true;
    try {
        JSON.parse(text.decode(Buffer.from(line, 'base64')), function (key, value) {
            if (lone.test(key) || (typeof value === 'string' && lone.test(value))) accept = false;
            return value;
        });
    } catch (e) { accept = false; }
    console.log(accept);
}
"""

def node_verdicts(documents):
    text = "".join(base64.b64encode(d).decode() + "\n" if d else "IA==\n" for d in documents)
    done = subprocess.run(["node", "-e", NODE], input=text, capture_output=True, text=True, check=True)
    return [line == "true" for line in done.stdout.split()]

def main():
    documents = list(dict.fromkeys(corpus()))
    fresh = [dict(base64=base64.b64encode(d).decode(), **python_verdict(d)) for d in documents]
    if "--write" in sys.argv:
        with open(FILE, "w") as out:
            out.writelines(json.dumps(line) + "\n" for line in fresh)
        return
    stored = [json.loads(line) for line in open(FILE)]
    same = fresh == stored
    print("%s 1 - Python's verdicts on %d documents are the stored ones" % ("ok" if same else "not ok", len(fresh)))
    if shutil.which("node"):
        verdicts = node_verdicts(documents)
        differ = [d for d, line, v in zip(documents, fresh, verdicts) if line["accept"] != v]
        for d in differ:
            print("# node differs on %r" % d)
        same = same and not differ and len(verdicts) == len(documents)
        print("%s 2 - node agrees" % ("ok" if same else "not ok"))
    else:
        print("ok 2 - node agrees # SKIP no node")
    print("1..2")
    sys.exit(not same)

main()
