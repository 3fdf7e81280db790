const engine = '../../engine/node_modules/@duckdb/node-bindings-linux-x64/duckdb.node'
module.exports = require(engine)
