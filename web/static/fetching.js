/**
 * Pictures from addresses: the text that is typed, sent as one job.
 *
 * Owns: the small form below the pictures.
 * Never: judges an address; the server does. How each one ended is told in results.js.
 */

import { submitJob } from "./api.js";
import * as jobs from "./jobs.js";
import { say } from "./language.js";
import { announce, byId, element, once, put } from "./page.js";
import { drawProblem, problemOf, titleOf } from "./problems.js";

/** Brings the form to life. */
export function showFetching() {
  byId("fetch-form").addEventListener("submit", (event) => {
    event.preventDefault();
    once(byId("fetch-go"), submit);
  });
}

async function submit() {
  const box = /** @type {HTMLTextAreaElement} */ (byId("urls"));
  const lines = addresses(box.value);
  if (lines.length === 0) return note(say("fetch.none"), box);
  try {
    jobs.learn(await submitJob("fetch", { urls: lines.map(({ text }) => text) }));
    box.value = "";
    note(say("fetch.sent"));
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
 * @param {HTMLTextAreaElement} box
 */
function refuse(problem, lines, box) {
  const place = /^\/urls\/(\d+)$/.exec(problem.field ?? "")?.[1];
  const bad = place === undefined ? undefined : lines[Number(place)];
  const notes = [drawProblem(problem)];
  if (bad)
    notes.unshift(element("p", say("fetch.line", { n: bad.line, title: bad.text }), "address"));
  byId("fetch-note").replaceChildren(...notes);
  box.setAttribute("aria-invalid", "true");
  box.focus();
  announce(titleOf(problem));
}

/**
 * @param {string} text
 * @param {HTMLTextAreaElement} [box] where it is to be mended
 */
function note(text, box) {
  put(byId("fetch-note"), text);
  byId("urls").setAttribute("aria-invalid", String(!!box));
  box?.focus();
  announce(text);
}
