// Three readers that share no code with us or with one another must find in our files exactly what
// was written: DuckDB (C++), hyparquet (JavaScript), parquet-wasm with apache-arrow (Rust).
//
//   node test/conformance/parquet_readers.mjs [--build build] [--seed 1] [--count 10000]
//                                             [--processes 2] [--file N]
//
// test/tool/parquet_generate writes files of random schemas and rows from the seed; every value is
// compared exactly: integers, decimals, dates and instants as integers, floats by their bits,
// strings, bytes, nesting. --file N checks one file and prints its options. Speaks TAP.
//
// A fourth judge, "index", takes the file apart by hyparquet's Thrift reader: checksums of all pages,
// the offset index against the pages, and statistics and column index against the rows.
//
// What a reader cannot say is allowed for here, and nowhere else:
//   all         a NaN is a NaN, whatever its payload (JavaScript does not keep it)
//   hyparquet   decimals become floats and maps become objects with text keys: their annotations
//               are taken out of the schema, so that it gives the physical values
//   wasm        INT96 becomes nanoseconds in 64 bits: instants outside 1677..2262 are not compared
//   duckdb      INT96 has no negative Julian days: instants before 4713 BC are not compared
import { execFileSync, fork } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const root = resolve(here, '../..')
const BATCH = 250

// ---- options ----

const options = { build: 'build', seed: '1', count: '10000', processes: '2', file: '', first: '0' }
for (let i = 2; i < process.argv.length; i += 2) {
  const name = process.argv[i].replace(/^--/, '')
  if (!(name in options) || process.argv[i + 1] === undefined) {
    console.log(`Bail out! unknown option ${process.argv[i]}`)
    process.exit(2)
  }
  options[name] = process.argv[i + 1]
}

const modules = createRequire(join(root, 'deps/test/package.json'))

// hyparquet and its codecs are ES modules only; resolved from deps/test.
async function load(name, entry) {
  return import(pathToFileURL(join(root, 'deps/test/node_modules', name, entry)).href)
}

// ---- the form of the generator: see parquet_generate.c ----

const view = new DataView(new ArrayBuffer(16))

function hex(bytes) {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}

function floatBits(v) {
  if (Number.isNaN(v)) return 'nan'
  view.setFloat32(0, v)
  return view.getUint32(0).toString(16).padStart(8, '0')
}

function doubleBits(v) {
  if (Number.isNaN(v)) return 'nan'
  view.setFloat64(0, v)
  return view.getBigUint64(0).toString(16).padStart(16, '0')
}

function integer(v) {
  if (typeof v === 'number' && !Number.isSafeInteger(v)) throw new Error(`not an integer: ${v}`)
  return v.toString()
}

// Path and texts of the first difference, or null.
function difference(found, expected, path) {
  if (found === expected) return null
  if (Array.isArray(found) && Array.isArray(expected)) {
    if (found.length !== expected.length)
      return `${path}: ${found.length} items, expected ${expected.length}`
    for (let i = 0; i < found.length; i++) {
      const d = difference(found[i], expected[i], `${path}[${i}]`)
      if (d) return d
    }
    return null
  }
  const show = (v) => JSON.stringify(v)?.slice(0, 200)
  return `${path}: ${show(found)}, expected ${show(expected)}`
}

// ---- DuckDB ----

async function duckdbOpen() {
  const { DuckDBInstance } = modules('@duckdb/node-api')
  const instance = await DuckDBInstance.create(':memory:', {
    threads: '1',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  })
  const connection = await instance.connect()
  return async (path, file) => {
    const reader = await connection.runAndReadAll(`SELECT * FROM read_parquet('${path}')`)
    const names = reader.columnNames()
    file.columns.forEach(([name], i) => {
      if (names[i] !== name) throw new Error(`column ${i} is named ${names[i]}, not ${name}`)
    })
    return file.columns.map(([, type], i) => reader.getColumns()[i]?.map((v) => fromDuckdb(v, type)) ?? [])
  }
}

function fromDuckdb(v, type) {
  if (v === null) return null
  const [kind, ...of] = Array.isArray(type) ? type : [type]
  switch (kind) {
    case 'boolean': return v
    case 'float': return floatBits(v)
    case 'double': return doubleBits(v)
    case 'string': return v
    case 'binary': return hex(v.bytes)
    case 'date': return integer(v.days)
    case 'timestamp': return integer(v.micros)
    case 'decimal':
      if (v.width !== of[0] || v.scale !== of[1]) throw new Error(`decimal(${v.width},${v.scale})`)
      return integer(v.value)
    case 'array': return v.items.map((x) => fromDuckdb(x, of[0]))
    case 'map':
      return v.entries.map((e) => [fromDuckdb(e.key, of[0]), fromDuckdb(e.value, of[1])])
    case 'struct': return of.map(([name, t]) => fromDuckdb(v.entries[name], t))
    default: return integer(v)
  }
}

// ---- hyparquet ----

async function hyparquetOpen() {
  const { parquetMetadata, parquetRead } = await load('hyparquet', 'src/index.js')
  const { compressors } = await load('hyparquet-compressors', 'src/index.js')
  const parsers = {
    timestampFromMicroseconds: (v) => v,
    timestampFromNanoseconds: (v) => {
      if (v % 1000n) throw new Error(`${v} ns is no whole microsecond`)
      return v / 1000n
    },
    dateFromDays: (v) => v,
  }
  return async (path, file) => {
    const bytes = readFileSync(path)
    const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)
    const metadata = parquetMetadata(buffer)
    for (const e of metadata.schema) {
      if (e.converted_type !== 'DECIMAL' && e.converted_type !== 'MAP') continue
      delete e.converted_type
      delete e.logical_type
    }
    let rows
    await parquetRead({
      file: buffer, metadata, compressors, parsers, utf8: false,
      onComplete: (r) => { rows = r },
    })
    return file.columns.map(([, type], i) => rows.map((row) => fromHyparquet(row[i], type)))
  }
}

function bigEndian(bytes) {
  return BigInt.asIntN(bytes.length * 8, BigInt('0x' + hex(bytes)))
}

function fromHyparquet(v, type) {
  if (v === null || v === undefined) return null
  const [kind, ...of] = Array.isArray(type) ? type : [type]
  switch (kind) {
    case 'boolean': return v
    case 'float': return floatBits(v)
    case 'double': return doubleBits(v)
    case 'string': return v
    case 'binary': return hex(v)
    case 'decimal': return integer(v instanceof Uint8Array ? bigEndian(v) : v)
    case 'array': return Array.from(v, (x) => fromHyparquet(x, of[0]))
    case 'map':
      return v.key_value.map((e) => [fromHyparquet(e.key, of[0]), fromHyparquet(e.value, of[1])])
    case 'struct': return of.map(([name, t]) => fromHyparquet(v[name], t))
    default: return integer(v)
  }
}

// ---- parquet-wasm, apache-arrow ----

async function wasmOpen() {
  const wasm = modules('parquet-wasm')
  const arrow = modules('apache-arrow')
  return async (path, file) => {
    const table = arrow.tableFromIPC(wasm.readParquet(readFileSync(path)).intoIPCStream())
    return file.columns.map(([name, type], i) => {
      if (table.schema.fields[i].name !== name) throw new Error(`column ${i} is not ${name}`)
      const values = []
      for (const batch of table.batches) {
        const data = batch.data.children[i]
        for (let row = 0; row < data.length; row++) values.push(fromArrow(data, row, type, file))
      }
      return values
    })
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function decimal128(words, row) {
  let v = 0n
  for (let i = 3; i >= 0; i--) v = (v << 32n) | BigInt(words[row * 4 + i])
  return BigInt.asIntN(128, v)
}

function arrowBytes(data, row) {
  return data.values.subarray(data.valueOffsets[row], data.valueOffsets[row + 1])
}

function fromArrow(data, row, type, file) {
  if (!data.getValid(row)) return null
  const [kind, ...of] = Array.isArray(type) ? type : [type]
  switch (kind) {
    case 'boolean': return (data.values[row >> 3] >> (row & 7) & 1) === 1
    case 'float': return floatBits(data.values[row])
    case 'double': return doubleBits(data.values[row])
    case 'string': return utf8.decode(arrowBytes(data, row))
    case 'binary': return hex(arrowBytes(data, row))
    case 'decimal': return integer(decimal128(data.values, row))
    case 'timestamp': {
      const v = data.values[row]
      if (!file.int96) return integer(v)
      if (v % 1000n) return 'wrapped nanoseconds' // see INT96_RANGE
      return integer(v / 1000n)
    }
    case 'array': case 'map': {
      const items = []
      const child = data.children[0]
      for (let i = data.valueOffsets[row]; i < data.valueOffsets[row + 1]; i++)
        items.push(kind === 'array'
          ? fromArrow(child, i, of[0], file)
          : [0, 1].map((k) => fromArrow(child.children[k], i, of[k], file)))
      return items
    }
    case 'struct': return of.map(([, t], i) => fromArrow(data.children[i], row, t, file))
    default: return integer(data.values[row])
  }
}

// Least and greatest instant that a reader makes of INT96, in microseconds.
const NANOSECONDS_MOST = 9223372036854775n
const INT96_RANGE = {
  wasm: [-NANOSECONDS_MOST, NANOSECONDS_MOST],
  duckdb: [-2440588n * 86400000000n, 1n << 63n],
}

// Expected values with the instants outside the range replaced by the found ones.
function withinRange(found, expected, type, range) {
  if (expected === null || found === null) return expected
  const [kind, ...of] = Array.isArray(type) ? type : [type]
  const item = (i, t) => withinRange(found[i] ?? null, expected[i], t, range)
  switch (kind) {
    case 'timestamp': return BigInt(expected) < range[0] || BigInt(expected) > range[1] ? found : expected
    case 'array': return expected.map((_, i) => item(i, of[0]))
    case 'map':
      return expected.map((pair, i) => pair.map(
        (x, k) => withinRange(found[i]?.[k] ?? null, x, of[k], range)))
    case 'struct': return expected.map((_, i) => item(i, of[i][1]))
    default: return expected
  }
}

// ---- checksums, statistics, page indexes ----

const crcTable = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? 0xEDB88320 ^ (n >>> 1) : n >>> 1
  return n
})

function crc32(bytes) {
  let c = -1
  for (const byte of bytes) c = crcTable[(c ^ byte) & 255] ^ (c >>> 8)
  return ~c
}

function check(condition, text) {
  if (!condition) throw new Error(text)
}

function leafTypes(type) {
  const [kind, ...of] = Array.isArray(type) ? type : [type]
  if (kind === 'array' || kind === 'map') return of.flatMap(leafTypes)
  return kind === 'struct' ? of.flatMap(([, t]) => leafTypes(t)) : [type]
}

// Appends the values under `value` to out[leaf]; returns the next leaf.
function leafValues(value, type, out, leaf) {
  const [kind, ...of] = Array.isArray(type) ? type : [type]
  if (kind === 'array' || kind === 'map') {
    const types = kind === 'array' ? [of[0]] : of
    for (const item of value ?? [])
      types.reduce((at, t, k) => leafValues(kind === 'array' ? item : item[k], t, out, at), leaf)
    return leaf + leafTypes(type).length
  }
  if (kind === 'struct')
    return of.reduce((at, [, t], i) => leafValues(value === null ? null : value[i], t, out, at), leaf)
  if (value !== null) out[leaf].push(value)
  return leaf + 1
}

// A value of the generator, and a bound in physical encoding, as something that orders.
function orderable(value, kind) {
  switch (kind) {
    case 'boolean': return value ? 1 : 0
    case 'string': return Buffer.from(value)
    case 'binary': return Buffer.from(value, 'hex')
    case 'float': return value === 'nan' ? NaN : Buffer.from(value, 'hex').readFloatBE()
    case 'double': return value === 'nan' ? NaN : Buffer.from(value, 'hex').readDoubleBE()
    default: return BigInt(value)
  }
}

function bound(bytes, kind, physical) {
  const b = Buffer.from(bytes)
  switch (kind) {
    case 'boolean': return b[0]
    case 'string': case 'binary': return b
    case 'float': return b.readFloatLE()
    case 'double': return b.readDoubleLE()
    default: return physical === 1 ? BigInt(b.readInt32LE()) : physical === 2 ? b.readBigInt64LE() : bigEndian(b)
  }
}

function order(a, b) {
  return Buffer.isBuffer(a) ? Buffer.compare(a, b) : a < b ? -1 : a > b ? 1 : 0
}

// Bounds must hold all values; those that were not cut must be values (a zero has either sign).
function checkBounds(where, values, kind, physical, min, max, exact) {
  const found = values.map((v) => orderable(v, kind))
  const least = bound(min, kind, physical), most = bound(max, kind, physical)
  for (const v of found)
    check(order(least, v) <= 0 && order(v, most) <= 0, `${where}: a value is out of bounds`)
  if (!exact) return
  check(found.some((v) => order(v, least) === 0), `${where}: the minimum is no value`)
  check(found.some((v) => order(v, most) === 0), `${where}: the maximum is no value`)
}

function hasNan(values, kind) {
  return (kind === 'float' || kind === 'double') && values.includes('nan')
}

function checkStatistics(where, k, values, kind) {
  const s = k.field_12, physical = k.field_1
  const bounded = values.length > 0 && physical !== 3 && !hasNan(values, kind)
  check((s.field_5 === undefined) === (s.field_6 === undefined), `${where}: half a bound`)
  check(s.field_5 === undefined || !hasNan(values, kind), `${where}: bounds in spite of NaN`)
  if (s.field_6 !== undefined)
    checkBounds(where, values, kind, physical, s.field_6, s.field_5, s.field_7 && s.field_8)
  else check(!bounded || kind === 'string' || kind === 'binary', `${where}: bounds are missing`)
}

function checkColumnIndex(where, index, k, pages, kind, nulls) {
  check(!pages.some((values) => hasNan(values, kind)), `${where}: a column index in spite of NaN`)
  check(index.field_1.length === pages.length, `${where}: pages of the column index`)
  let total = 0
  pages.forEach((values, i) => {
    total += Number(index.field_5[i])
    check(index.field_1[i] === (values.length === 0), `${where}: page ${i} without values`)
    if (values.length)
      checkBounds(`${where} page ${i}`, values, kind, k.field_1, index.field_2[i], index.field_3[i])
  })
  check(total === nulls, `${where}: NULLs of the column index`)
  const full = pages.map((values, i) => i).filter((i) => pages[i].length)
  for (let n = 1; n < full.length; n++)
    for (const bounds of [index.field_2, index.field_3]) {
      const d = order(...[full[n - 1], full[n]].map((i) => bound(bounds[i], kind, k.field_1)))
      check(index.field_4 === 0 || (index.field_4 === 1 ? d <= 0 : d >= 0), `${where}: boundary order`)
    }
}

async function indexOpen() {
  const { deserializeTCompactProtocol } = await load('hyparquet', 'src/thrift.js')
  return (path, file) => {
    const bytes = readFileSync(path)
    const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const at = (offset) => {
      const reader = { view: data, offset: Number(offset) }
      return [deserializeTCompactProtocol(reader), reader.offset]
    }
    const page = (offset, size) => {
      const [header, body] = at(offset)
      const end = body + header.field_3
      check(size === undefined || end === offset + size, 'size of a page')
      check(crc32(bytes.subarray(body, end)) === header.field_4, 'checksum of a page')
      return end
    }
    const [footer] = at(bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8))
    const types = file.columns.flatMap(([, type]) => leafTypes(type))
    const tops = file.columns.flatMap(([, type], i) => leafTypes(type).map(() => i))
    let first = 0
    for (const group of footer.field_4) {
      const rows = Number(group.field_3)
      const leaves = file.rows.slice(first, first + rows).map((row) => {
        const out = types.map(() => [])
        file.columns.reduce((leaf, [, type], i) => leafValues(row[i], type, out, leaf), 0)
        return out
      })
      first += rows
      group.field_1.forEach((chunk, c) => {
        const where = `group at ${group.field_5} leaf ${c}`, k = chunk.field_3
        const kind = Array.isArray(types[c]) ? types[c][0] : types[c]
        let offset = Number(k.field_11 ?? k.field_9)
        const end = offset + Number(k.field_7)
        if (k.field_11 !== undefined) offset = page(offset)
        check(offset === Number(k.field_9), `${where}: the first data page`)
        const [locations] = at(chunk.field_4)
        const starts = [...locations.field_1.map((l) => Number(l.field_3)), rows]
        for (const l of locations.field_1) {
          check(Number(l.field_1) === offset, `${where}: offset of a page`)
          offset = page(offset, l.field_2)
        }
        check(offset === end && starts[0] === 0, `${where}: end of the pages`)
        const pages = locations.field_1.map((_, i) =>
          leaves.slice(starts[i], starts[i + 1]).flatMap((leaf) => leaf[c]))
        const values = pages.flat(), nulls = Number(k.field_12.field_3)
        check(Number(k.field_5) - nulls === values.length, `${where}: NULLs`)
        if (typeof file.columns[tops[c]][1] === 'string')
          check(Number(k.field_5) === rows, `${where}: values`)
        checkStatistics(where, k, values, kind)
        if (chunk.field_6 !== undefined)
          checkColumnIndex(where, at(chunk.field_6)[0], k, pages, kind, nulls)
        else
          check(k.field_1 === 3 || hasNan(values, kind) || kind === 'binary' || kind === 'string',
            `${where}: no column index`)
      })
    }
    check(first === file.rows.length, 'rows of the groups')
    return null
  }
}

// ---- judging ----

const openers = { duckdb: duckdbOpen, hyparquet: hyparquetOpen, wasm: wasmOpen, index: indexOpen }

async function judge(name, read, path, file) {
  const columns = await read(path, file)
  if (columns === null) return
  for (let i = 0; i < file.columns.length; i++) {
    const type = file.columns[i][1]
    let expected = file.rows.map((row) => row[i])
    const range = file.int96 && INT96_RANGE[name]
    if (range) expected = expected.map((v, r) => withinRange(columns[i][r] ?? null, v, type, range))
    const d = difference(columns[i], expected, `column ${i}`)
    if (d) throw new Error(d)
  }
}

function generate(first, count, folder) {
  const program = resolve(root, options.build, 'tool/parquet_generate')
  const out = execFileSync(program, [options.seed, String(first), String(count), folder],
    { maxBuffer: 1 << 30 })
  return out.toString().trimEnd().split('\n').map((line) => JSON.parse(line))
}

// One process: batches of files; sends {first, reader, files, rows, problems} per batch and reader.
async function work(first, count) {
  const readers = {}
  for (const name of Object.keys(openers)) readers[name] = await openers[name]()
  for (let at = first; at < first + count; at += BATCH) {
    const folder = mkdtempSync(join(tmpdir(), 'parquet_readers_'))
    try {
      const files = generate(at, Math.min(BATCH, first + count - at), folder)
      for (const [name, read] of Object.entries(readers)) {
        const problems = []
        let rows = 0
        for (const file of files) {
          rows += file.rows.length
          try {
            await judge(name, read, join(folder, `${file.file}.parquet`), file)
          } catch (e) {
            problems.push(`file ${file.file} (${file.options}): ${e.message ?? e}`)
          }
        }
        process.send({ first: at, name, files: files.length, rows, problems })
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  }
}

let tests = 0
let failures = 0

function report({ first, name, files, rows, problems }) {
  tests++
  if (problems.length) failures++
  for (const problem of problems.slice(0, 10)) console.log(`# ${problem.replaceAll('\n', ' ')}`)
  console.log(`${problems.length ? 'not ok' : 'ok'} ${tests} - ${name} reads files ${first}..` +
    `${first + files - 1}, ${rows} rows, as written` +
    (problems.length ? `: ${problems.length} differ` : ''))
}

// Splits the range among processes and gathers their reports.
async function main() {
  const one = options.file !== ''
  const count = one ? 1 : Number(options.count), first = one ? Number(options.file) : 0
  const processes = one ? 1 : Number(options.processes)
  const share = Math.ceil(count / processes / BATCH) * BATCH
  console.log('TAP version 13')
  const ends = []
  for (let at = 0; at < count; at += share) {
    const arguments_ = ['--build', options.build, '--seed', options.seed,
      '--first', String(first + at), '--count', String(Math.min(share, count - at))]
    const child = fork(fileURLToPath(import.meta.url), arguments_,
      { env: { ...process.env, PARQUET_READERS_WORKER: '1' } })
    child.on('message', report)
    ends.push(new Promise((done) => child.on('exit', (code, signal) => {
      tests++
      if (code !== 0) failures++
      console.log(`${code === 0 ? 'ok' : 'not ok'} ${tests} - files from ${first + at}: ` +
        `all checked${code === 0 ? '' : `, but exit ${code ?? signal}`}`)
      done()
    })))
  }
  await Promise.all(ends)
  console.log(`1..${tests}`)
  process.exitCode = failures ? 1 : 0
}

if (process.env.PARQUET_READERS_WORKER) {
  await work(Number(options.first), Number(options.count))
  process.disconnect()
} else {
  await main()
}
