/**
 * Pictures from addresses: the text that is typed, sent as one job.
 *
 * Owns: the small form below the pictures.
 * Never: judges an address; the server does. How each one ended is told in results.js.
 */

import { submitJob } from "./api.js";
import * as jobs from "./jobs.js";
import { say } from "./language.js";
import { announce, byId, element, once, worded } from "./page.js";
import { drawProblem, fade, problemOf, titleOf } from "./problems.js";

/** The job that was sent last, until it has ended. */
let sent = "";

/** Brings the form to life. */
export function showFetching() {
  jobs.onJob(clearNote);
  byId("fetch-form").addEventListener("submit", (event) => {
    event.preventDefault();
    once(byId("fetch-go"), submit);
  });
}

/** What is told under Results needs no note here. */
function clearNote() {
  const job = sent && jobs.all().find(({ id }) => id === sent);
  if (!job || !jobs.hasEnded(job)) return;
  sent = "";
  byId("fetch-note").replaceChildren();
}

async function submit() {
  const box = /** @type {HTMLTextAreaElement} */ (byId("urls"));
  const lines = addresses(box.value);
  if (lines.length === 0) return note("fetch.none", box);
  try {
    const job = await submitJob("fetch", { urls: lines.map(({ text }) => text) });
    box.value = "";
    note("fetch.sent");
    sent = job.id;
    jobs.learn(job);
    clearNote(); // its end may have been told before the answer came
  } catch (error) {
    refuse(problemOf(error), lines, box);
  }
}

/**
 * The addresses of a text and the line that each stands on, from 1; empty lines are none.
 *
 * @param {string} text
 */
export function addresses(text) {
  return text
    .split("\n")
    .map((line, place) => ({ text: line.trim(), line: place + 1 }))
    .filter((address) => address.text);
}

/**
 * Shows what is wrong, and with which line.
 *
 * @param {import("./api.js").Problem} problem
 * @param {{text: string, line: number}[]} lines
 * @param {HTMLTextAreaElement} urls
 */
function refuse(problem, lines, urls) {
  const place = /^\/urls\/(\d+)$/.exec(problem.field ?? "")?.[1];
  const bad = place === undefined ? undefined : lines[Number(place)];
  const box = drawProblem(problem);
  fade(box, problem);
  const line = bad ? [element("p", `${bad.line}: ${bad.text}`, "address")] : [];
  byId("fetch-note").replaceChildren(...line, box);
  urls.setAttribute("aria-invalid", "true");
  urls.focus();
  announce(titleOf(problem));
}

/**
 * @param {string} word of words.js
 * @param {HTMLTextAreaElement} [box] where it is to be mended
 */
function note(word, box) {
  byId("fetch-note").replaceChildren(worded("p", word));
  byId("urls").setAttribute("aria-invalid", String(!!box));
  box?.focus();
  announce(say(word));
}
