// The AWS SDK for JavaScript as a process that obeys lines: {"operation", "input"} in, the output
// or {"error", "message"} out. Blobs are base64, times seconds. The endpoint is the argument;
// credentials and region come from the environment.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(new URL("../../../deps/test/package.json", import.meta.url));
const kinesis = require("@aws-sdk/client-kinesis");

export function connect(endpoint) {
  return new kinesis.KinesisClient({ endpoint, region: process.env.AWS_DEFAULT_REGION, maxAttempts: 1 });
}
export { kinesis };

function fromLine(name, value) {
  return name === "Data" ? Buffer.from(value, "base64") : name === "Timestamp" ? new Date(value * 1000) : value;
}

function toLine(name, value) {
  // a Buffer has been turned by its own toJSON before it comes here
  if (value && value.type === "Buffer") return Buffer.from(value.data).toString("base64");
  return value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value;
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const client = connect(process.argv[2]);
  for await (const line of createInterface({ input: process.stdin })) {
    const { operation, input } = JSON.parse(line, fromLine);
    let output;
    try {
      output = await client.send(new kinesis[operation + "Command"](input));
    } catch (error) {
      output = { error: error.name, message: error.message };
    }
    process.stdout.write(JSON.stringify(output, toLine) + "\n");
  }
  client.destroy();
}
