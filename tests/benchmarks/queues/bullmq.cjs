// BullMQ: takes back the jobs of a lost worker as it comes.
//
//     node bullmq.cjs worker|client
//
// The client does as drive.py does, with the same lines on standard input and output.

const fs = require("node:fs");
const readline = require("node:readline");
const { Queue, QueueEvents, Worker } = require("bullmq");

const LOOK_MS = 2;
const COUNTS = process.env.QUEUES_COUNTS;
const connection = { path: process.env.QUEUES_REDIS, maxRetriesPerRequest: null };

const now = () => Number(process.hrtime.bigint()) / 1e9;
const counted = () => fs.statSync(COUNTS).size;
const pause = () => new Promise((resume) => setTimeout(resume, LOOK_MS));

function work() {
  const counts = fs.openSync(COUNTS, "a");
  return async () => {
    const began = now();
    fs.writeSync(counts, ".");
    return began;
  };
}

async function oneByOne(queue, events, { jobs, seconds }) {
  const waits = { submit: [], start: [], result: [] };
  const enough = now() + seconds;
  for (let each = 0; each < jobs && now() < enough; each += 1) {
    const before = now();
    const job = await queue.add("nothing", {});
    waits.submit.push(now() - before);
    waits.start.push((await job.waitUntilFinished(events)) - before);
    waits.result.push(now() - before);
  }
  return waits;
}

async function flood(queue, { jobs, clients }) {
  const allBegun = counted() + jobs;
  let left = jobs;
  const client = async () => {
    while (left > 0) {
      left -= 1;
      await queue.add("nothing", {});
    }
  };
  const began = now();
  await Promise.all(Array.from({ length: clients }, client));
  while (counted() < allBegun) await pause();
  return { seconds: now() - began };
}

async function serve() {
  const queue = new Queue("nothing", { connection });
  const events = new QueueEvents("nothing", { connection });
  await events.waitUntilReady();
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const order = JSON.parse(line);
    const done =
      order.do === "one by one" ? await oneByOne(queue, events, order) : await flood(queue, order);
    process.stdout.write(`${JSON.stringify(done)}\n`);
  }
  process.exit(0);
}

if (process.argv[2] === "worker") new Worker("nothing", work(), { connection, concurrency: 2 });
else serve();
