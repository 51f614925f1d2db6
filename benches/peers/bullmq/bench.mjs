// BullMQ as its documentation has it, on the Redis of REDIS_URL; what Pressroom's own bench asks of both.
//
//   node bench.mjs jobs COUNT CONCURRENCY     jobs that do nothing: prints jobs per second, first to last
//   node bench.mjs pickup COUNT               an idle worker, 20 jobs a second: prints p50 and p99 in ms
//   node bench.mjs push COUNT                 enqueueing one by one (64 at once) and in bulk: prints both per second
//   node bench.mjs memory COUNT               bytes of Redis per waiting and per finished job

import { randomUUID } from "node:crypto";
import { Queue, Worker } from "bullmq";
import IORedis from "ioredis";

const [what, ...rest] = process.argv.slice(2);
const [count, concurrency] = rest.map(Number);
const connection = new IORedis(process.env.REDIS_URL, { maxRetriesPerRequest: null });
const name = `bench-${randomUUID()}`;
const queue = new Queue(name, { connection });
// Like Pressroom's: what is done leaves at once.
const options = { removeOnComplete: true };

function data(n) {
    return { tenant: `tenant-${n % 100}`, report: "invoice", requester: "user-12",
        parameters: { invoice_id: n, from: "2026-01-01", to: "2026-12-31" } };
}

async function fill(many) {
    for (let at = 0; at < many; at += 500) {
        const some = Array.from({ length: Math.min(500, many - at) }, (_, i) => ({
            name: "job", data: data(at + i), opts: options }));
        await queue.addBulk(some);
    }
}

async function jobs() {
    await fill(count);
    let left = count;
    const began = performance.now();
    await new Promise((resolve) => {
        const worker = new Worker(name, async () => {}, { connection: connection.duplicate(), concurrency });
        worker.on("completed", () => {
            if (--left === 0) resolve(worker);
        });
    });
    return { rate: count / ((performance.now() - began) / 1000) };
}

async function pickup() {
    let started;
    const worker = new Worker(name, async () => started(performance.now()),
        { connection: connection.duplicate(), concurrency: 10 });
    await worker.waitUntilReady();
    await new Promise((resolve) => setTimeout(resolve, 300));
    const took = [];
    for (let n = 0; n < count; n++) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        const start = new Promise((resolve) => { started = resolve; });
        const began = performance.now();
        await queue.add("job", data(n), options);
        took.push(Math.max(0, (await start) - began));
    }
    took.sort((a, b) => a - b);
    return { p50: took[Math.floor(count * 0.5)], p99: took[Math.floor(count * 0.99)] };
}

async function push() {
    const began = performance.now();
    let next = 0;
    await Promise.all(Array.from({ length: 64 }, async () => {
        while (next < count) await queue.add("job", data(next++), options);
    }));
    const single = count / ((performance.now() - began) / 1000);
    const again = performance.now();
    await fill(count);
    return { single, bulk: count / ((performance.now() - again) / 1000) };
}

async function used() {
    return Number(/used_memory:(\d+)/.exec(await connection.info("memory"))[1]);
}

async function memory() {
    const before = await used();
    await fill(count);
    return { waiting: (await used() - before) / count };
}

console.log(JSON.stringify(await { jobs, pickup, push, memory }[what]()));
await queue.obliterate({ force: true });
process.exit(0);
