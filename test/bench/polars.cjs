// The job core by Polars: ventilator records -> typed columns -> one Parquet file. Threads by
// POLARS_MAX_THREADS. The time as text and strptime: its fastest form.
//
//   polars.cjs IN.ndjson OUT.parquet CODEC      prints {"seconds": ...}
'use strict'
const pl = require('nodejs-polars')

const [, , input, output, compression] = process.argv
const schema = {
  ventilatorid: pl.Int32, eventtime: pl.String, serialnumber: pl.String, pressurecontrol: pl.Int32,
  o2stats: pl.Int32, minutevolume: pl.Int32, manufacturer: pl.String
}
const time = pl.col('eventtime').str.strptime(pl.Datetime('ms'), '%Y-%m-%d %H:%M:%S').alias('eventtime')

async function main () {
  const begin = process.hrtime.bigint()
  await pl.scanJson(input, { schema }).withColumns(time).sinkParquet(output, { compression }).collect()
  console.log(JSON.stringify({ seconds: Number(process.hrtime.bigint() - begin) / 1e9 }))
}
main()
