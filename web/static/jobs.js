/**
 * The jobs of the session, as far as the page knows.
 *
 * Owns: what is known of each job, and which of two accounts of one job is the newer: answers and
 * the socket's messages overtake each other.
 * Never: draws, or asks the server.
 */

/** @typedef {import("./api.js").Job} Job */

/** States that are never left. */
const ENDS = new Set(["succeeded", "failed", "cancelled", "expired", "timed_out"]);

/** @type {Map<string, Job>} */
const jobs = new Map();

/** @type {Set<(job: Job, before: Job | undefined) => void>} */
const listeners = new Set();

/**
 * Calls back after each change of a job.
 *
 * @param {(job: Job, before: Job | undefined) => void} listener
 */
export function onJob(listener) {
  listeners.add(listener);
}

/** All jobs known, newest first. */
export const all = () => [...jobs.values()].sort((a, b) => (a.id < b.id ? 1 : -1));

/** @param {Job} job */
export const hasEnded = (job) => ENDS.has(job.state);

/**
 * Takes in an account of a job, unless a newer one is known.
 *
 * @param {Job} job
 */
export function learn(job) {
  const known = jobs.get(job.id);
  if (known && age(known) > age(job)) return;
  jobs.set(job.id, job);
  for (const listener of listeners) listener(job, known);
}

/**
 * Takes in a message of the progress socket.
 *
 * @param {any} message
 */
export function hear(message) {
  if (message.type === "snapshot") message.jobs.forEach(learn);
  if (message.type === "job") learn(message.job);
  if (message.type === "progress") hearProgress(message);
}

/** @param {any} message whose members but three are a job's */
function hearProgress({ type: _type, seq: _seq, job: id, ...news }) {
  const known = jobs.get(id);
  if (known && !hasEnded(known)) learn({ ...known, ...news });
}

/**
 * How far a job has come in its life: a try that is begun again counts from its number.
 *
 * @param {Job} job
 */
function age(job) {
  if (hasEnded(job)) return Infinity;
  return 2 * job.attempt + (job.state === "running" ? 1 : 0);
}
