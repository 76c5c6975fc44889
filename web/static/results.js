/**
 * The jobs as people see them: where they stand, and how far they are.
 *
 * Owns: one card a job, and what a screen reader hears of it: states, not every step.
 * Never: keeps jobs (jobs.js), draws what they came to (outcome.js).
 */

import { cancelJob, findJob, listJobs } from "./api.js";
import { moment } from "./figures.js";
import { stretch } from "./forecast.js";
import * as jobs from "./jobs.js";
import { knows, onLanguage, say } from "./language.js";
import { wayOf } from "./layout.js";
import { drawOutcome } from "./outcome.js";
import { announce, byId, copy, isBusy, once, put } from "./page.js";
import { problemOf, showProblem, titleOf } from "./problems.js";
import * as shelf from "./shelf.js";

/** @typedef {import("./api.js").Job} Job */

/** Jobs that one press brings; the first hundred come with the socket's snapshot. */
const OLDER = 100;

/** @type {Map<string, Record<string, any>>} */
const cards = new Map();

/** Where the older jobs begin; null: all are here. @type {string | null} */
let cursor = null;

/** Brings the list to life. */
export function showResults() {
  jobs.onJob((job, before) => {
    drawCard(job);
    if (before && before.state !== job.state) announceState(job);
  });
  shelf.onShelf(redraw);
  onLanguage(redraw);
  byId("older").addEventListener("click", showOlder);
}

/** Brings in a page of jobs, and with it the place where the older ones begin. */
export async function showOlder() {
  try {
    const page = await listJobs(OLDER, cursor ?? undefined);
    cursor = page.next;
    page.items.forEach(jobs.learn);
  } catch (error) {
    showProblem(byId("older-problem"), problemOf(error));
  }
  const older = byId("older");
  // the button that is about to vanish hands its focus on
  if (cursor === null && document.activeElement === older) cards.get(oldest())?.what.focus();
  older.hidden = cursor === null;
}

/** The last job of the list. */
const oldest = () => jobs.all().at(-1)?.id ?? "";

/**
 * Leads to a job's card.
 *
 * @param {Job} job
 */
export function leadTo(job) {
  const what = cards.get(job.id)?.what;
  what?.focus({ preventScroll: true });
  what?.closest("li").scrollIntoView({ block: "nearest" });
}

/** What a job is about, to tell several apart. A kind that this page has no word for has its own. @param {Job} job */
function kindOf({ capability, request }) {
  const n = (request.inputs ?? request.urls ?? []).length;
  const way = n === 1 ? "single" : wayOf(request);
  const kind = capability === "stitch" ? `stitch.${way}` : capability;
  const key = `job.${kind}`;
  return knows(key) ? say(key, { n }) : capability;
}

/** @param {Job} job */
function announceState(job) {
  announce(say("said.state", { what: kindOf(job), state: say(`state.${job.state}`) }));
}

function redraw() {
  for (const job of jobs.all()) drawCard(job);
}

/** @param {Job} job */
function drawCard(job) {
  const card = cards.get(job.id) ?? makeCard(job);
  const ended = jobs.hasEnded(job);
  card.root.dataset.state = job.state;
  put(card.what, kindOf(job));
  put(card.when, moment(job.created_at));
  put(card.state, stateOf(job));
  card.when.dateTime = job.created_at;
  // the button that is about to vanish hands its focus on
  if (ended && document.activeElement === card.cancel) card.what.focus();
  card.course.hidden = ended;
  card.cancel.hidden = ended;
  put(card.cancel, say(isBusy(card.cancel) ? "cancelling" : "cancel"));
  card.cancel.setAttribute("aria-label", say("cancel.of", { what: kindOf(job) }));
  drawCourse(card, job);
  drawOutcome(card, job);
}

/** @param {Job} job */
function stateOf(job) {
  const state = say(`state.${job.state}`);
  const again = job.attempt > 1 && !jobs.hasEnded(job);
  return again ? say("job.attempt", { state, n: job.attempt }) : state;
}

/**
 * @param {Record<string, any>} card
 * @param {Job} job
 */
function drawCourse(card, job) {
  card.bar.setAttribute("aria-label", say("job.progress"));
  if (job.state === "running" && job.progress) card.bar.value = job.progress.fraction;
  else card.bar.removeAttribute("value");
  card.bar.hidden = job.state === "queued";
  put(card.line, lineOf(job).filter(Boolean).join(" · "));
}

/** What there is to say of a job that has not ended. @param {Job} job */
function lineOf({ state, progress, position, waiting_for: holds, eta }) {
  const left = eta && stretch("eta", eta);
  if (state === "running") return [progress && stepOf(progress), left];
  const backoff = holds.find(({ limit }) => limit === "retry_backoff");
  if (backoff) return [say("job.again", { seconds: Math.max(1, backoff.max - backoff.used) })];
  const limits = holds.map(({ limit, used, max }) => {
    const name = knows(`limit.${limit}`) ? say(`limit.${limit}`) : limit;
    return max ? say("job.hold", { limit: name, used, max }) : name; // none may: used tells nothing
  });
  return [
    position && say("job.position", { place: position }),
    limits.length && say("job.held", { limits: limits.join(say("and")) }),
    left,
  ];
}

/** @param {NonNullable<Job["progress"]>} progress */
function stepOf({ step, done, total, message }) {
  const key = `step.${step}`;
  return knows(key) ? say(key, { done, total }) : message || step;
}

/** @param {Job} job */
function makeCard(job) {
  const card = copy("job-card");
  card.cancel.addEventListener("click", () => once(card.cancel, () => cancel(job.id, card)));
  cards.set(job.id, card);
  const after = jobs.all().find((other) => other.id < job.id && cards.has(other.id));
  byId("jobs").insertBefore(card.root, after ? cards.get(after.id)?.root : null);
  byId("jobs-none").hidden = true;
  return card;
}

/**
 * Ends a job.
 *
 * @param {string} id
 * @param {Record<string, any>} card
 */
async function cancel(id, card) {
  put(card.cancel, say("cancelling"));
  try {
    jobs.learn(await cancelJob(id));
  } catch (error) {
    await cancelRefused(id, card, problemOf(error));
  }
  put(card.cancel, say("cancel"));
}

/**
 * It may have ended by itself in this moment: then its end is shown, else the refusal.
 *
 * @param {string} id
 * @param {Record<string, any>} card
 * @param {import("./api.js").Problem} problem
 */
async function cancelRefused(id, card, problem) {
  if (problem.code === "job_ended") jobs.learn(await findJob(id));
  else showProblem(card.outcome, problem);
  announce(titleOf(problem));
}
