// S3 by the AWS SDK for JavaScript: bodies of every kind, streams, lists, versions, parts, URLs.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Readable } from "node:stream";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const require = createRequire(pathToFileURL(path.join(root, "deps/test/package.json")));
const S3 = require("@aws-sdk/client-s3");

const directory = mkdtempSync(path.join(tmpdir(), "sluice-test-"));
const sluice = path.resolve(process.env.SLUICE_BUILD ?? "build", "sluice");
const server = spawn(sluice, ["up", "--json", "--port", "0", "--dir", directory], { stdio: ["ignore", "pipe", "inherit"] });
const endpoint = JSON.parse(String(await new Promise((resolve) => server.stdout.once("data", resolve)))).endpoint;
const text = readFileSync(path.join(directory, "credentials"), "utf8");
const credentials = {
    accessKeyId: /aws_access_key_id\s*=\s*(\S+)/.exec(text)[1],
    secretAccessKey: /aws_secret_access_key\s*=\s*(\S+)/.exec(text)[1],
};
const client = new S3.S3Client({ endpoint, region: "us-east-1", credentials, forcePathStyle: true });
const send = (name, input) => client.send(new S3[name + "Command"](input));
const bytes = async (reply) => Buffer.from(await reply.Body.transformToByteArray());

let count = 0, failed = 0;
async function test(name, run) {
    count++;
    try {
        await run();
        console.log(`ok ${count} - ${name}`);
    } catch (error) {
        failed++;
        console.log(`not ok ${count} - ${name}\n# ${String(error.stack).split("\n").join("\n# ")}`);
    }
}

const Bucket = "javascript";
await test("buckets", async () => {
    await send("CreateBucket", { Bucket });
    await send("HeadBucket", { Bucket });
    assert.deepEqual((await send("ListBuckets", {})).Buckets.map((b) => b.Name), [Bucket]);
});

await test("bodies: text, bytes, a stream; checksums by default", async () => {
    const large = randomBytes(3 << 20);
    for (const [Key, Body, whole] of [
        ["text ä'()!*", "hello", Buffer.from("hello")],
        ["bytes", large, large],
        ["stream", Readable.from([large.subarray(0, 1 << 20), large.subarray(1 << 20)]), large],
        ["empty", "", Buffer.alloc(0)],
    ]) {
        const more = Key === "stream" ? { ContentLength: whole.length } : {};
        const put = await send("PutObject", { Bucket, Key, Body, Metadata: { k: "v" }, ...more });
        assert.equal(put.ETag, `"${createHash("md5").update(whole).digest("hex")}"`, Key);
        assert.ok(put.ChecksumCRC32, Key);
        const got = await send("GetObject", { Bucket, Key, ChecksumMode: "ENABLED" });
        assert.ok((await bytes(got)).equals(whole), Key);
        assert.equal(got.Metadata.k, "v");
        assert.equal(got.ContentEncoding, undefined);
    }
    for (const ChecksumAlgorithm of ["CRC32C", "CRC64NVME", "SHA1", "SHA256"]) {
        try {
            const put = await send("PutObject", { Bucket, Key: ChecksumAlgorithm, Body: large, ChecksumAlgorithm });
            assert.ok(put["Checksum" + ChecksumAlgorithm], ChecksumAlgorithm);
        } catch (error) {
            if (!/CRT|crc64/i.test(error.message)) throw error; // not in this installation of the SDK
        }
    }
    const part = await send("GetObject", { Bucket, Key: "bytes", Range: "bytes=10-19" });
    assert.ok((await bytes(part)).equals(large.subarray(10, 20)));
});

await test("conditional puts", async () => {
    await send("PutObject", { Bucket, Key: "once", Body: "1", IfNoneMatch: "*" });
    await assert.rejects(send("PutObject", { Bucket, Key: "once", Body: "2", IfNoneMatch: "*" }),
        (e) => e.name === "PreconditionFailed" && e.$metadata.httpStatusCode === 412);
    await assert.rejects(send("GetObject", { Bucket, Key: "never" }), (e) => e instanceof S3.NoSuchKey);
});

await test("lists and deletes", async () => {
    for (let i = 0; i < 5; i++) await send("PutObject", { Bucket, Key: `list/${i % 2}/${i} ü`, Body: "x" });
    const page = await send("ListObjectsV2", { Bucket, Prefix: "list/", Delimiter: "/" });
    assert.deepEqual(page.CommonPrefixes.map((p) => p.Prefix), ["list/0/", "list/1/"]);
    const found = [];
    for await (const p of S3.paginateListObjectsV2({ client, pageSize: 2 }, { Bucket, Prefix: "list/" }))
        found.push(...p.Contents.map((o) => o.Key));
    assert.deepEqual(found, ["list/0/0 ü", "list/0/2 ü", "list/0/4 ü", "list/1/1 ü", "list/1/3 ü"]);
    const gone = await send("DeleteObjects", { Bucket, Delete: { Objects: found.map((Key) => ({ Key })) } });
    assert.equal(gone.Deleted.length, 5);
});

await test("multipart with full-object checksums", async () => {
    const parts = [randomBytes(5 << 20), Buffer.from("tail")];
    const { UploadId } = await send("CreateMultipartUpload", {
        Bucket, Key: "parts", ChecksumAlgorithm: "CRC32", ChecksumType: "FULL_OBJECT" });
    const Parts = [];
    for (const [i, Body] of parts.entries()) {
        const put = await send("UploadPart", { Bucket, Key: "parts", UploadId, PartNumber: i + 1, Body, ChecksumAlgorithm: "CRC32" });
        Parts.push({ PartNumber: i + 1, ETag: put.ETag, ChecksumCRC32: put.ChecksumCRC32 });
    }
    const whole = await send("CompleteMultipartUpload", { Bucket, Key: "parts", UploadId, MultipartUpload: { Parts } });
    assert.equal(whole.ChecksumType, "FULL_OBJECT");
    const got = await send("GetObject", { Bucket, Key: "parts", ChecksumMode: "ENABLED" });
    assert.ok((await bytes(got)).equals(Buffer.concat(parts))); // the SDK compares the checksum
    assert.equal(got.ChecksumCRC32, whole.ChecksumCRC32);
});

client.destroy();
server.kill("SIGTERM");
await new Promise((resolve) => server.once("exit", resolve));
rmSync(directory, { recursive: true, force: true });
console.log(`1..${count}`);
process.exit(failed ? 1 : 0);
