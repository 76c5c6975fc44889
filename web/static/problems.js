/**
 * What went wrong, told to people.
 *
 * Owns: the words for a problem: our title in the language spoken, the server's detail below.
 * Never: decides what to do about it.
 */

import { Refused } from "./api.js";
import { duration } from "./figures.js";
import { knows, onLanguage, say } from "./language.js";
import { byId, element, put, worded } from "./page.js";
import { spoken } from "./sentences.js";

/** @typedef {import("./api.js").Problem} Problem */

/** Seconds that a passing problem stays at the least, to be read. */
const SHORTEST = 10;

/** What each box tells, to be told anew in another language. @type {WeakMap<Element, Problem>} */
const told = new WeakMap();

onLanguage(() => {
  for (const box of document.querySelectorAll(".problem")) {
    const problem = told.get(box);
    if (problem) fill(box, problem);
  }
});

/**
 * The problem in an error. What is none of the server's refusals is a mistake of ours, and goes on.
 *
 * @param {unknown} error
 * @returns {Problem}
 */
export function problemOf(error) {
  if (error instanceof Refused) return error.problem;
  throw error;
}

/**
 * The problem in one sentence.
 *
 * @param {Problem} problem
 */
export function titleOf(problem) {
  const key = `problem.${problem.code}`;
  return knows(key) ? say(key) : problem.title || say("problem.unknown");
}

/**
 * The problem as it is shown: title, what the server says of it, what to do.
 *
 * @param {Problem} problem
 */
export function drawProblem(problem) {
  const box = element("div", "", "problem");
  told.set(box, problem);
  fill(box, problem);
  return box;
}

/**
 * @param {Element} box
 * @param {Problem} problem
 */
function fill(box, problem) {
  box.replaceChildren(element("p", titleOf(problem), "problem-title"));
  for (const { picture, detail } of detailsOf(problem)) {
    if (picture) box.append(element("p", say("picture.which", { n: picture }), "detail which"));
    if (detail) box.append(spoken("p", detail, "detail"));
  }
  const aside = asideOf(problem);
  if (aside) box.append(element("p", aside, "detail"));
}

/**
 * Shows a problem that belongs to no place of the page.
 *
 * @param {Problem | null} problem null: all is well again
 */
export function showTrouble(problem) {
  byId("trouble-text").replaceChildren(...(problem ? [drawProblem(problem)] : []));
  byId("trouble").hidden = !problem;
}

/**
 * Shows a notice that is no error.
 *
 * @param {string} word of words.js
 */
export function showNotice(word) {
  byId("trouble-text").replaceChildren(worded("p", word));
  byId("trouble").hidden = false;
}

/**
 * Takes a problem that passes away when it is time to try again: it may be true no more.
 *
 * @param {Element} box as drawn
 * @param {Problem} problem
 */
export function fade(box, { retry_after: after }) {
  if (after) setTimeout(() => box.remove(), 1000 * Math.max(after, SHORTEST));
}

/**
 * Takes every problem of a kind away that is true no more.
 *
 * @param {string} code
 */
export function forgive(code) {
  for (const box of document.querySelectorAll(".problem")) {
    if (told.get(box)?.code !== code) continue;
    if (byId("trouble").contains(box)) showTrouble(null);
    else box.remove();
  }
}

/**
 * Shows a problem in its place, or clears the place.
 *
 * @param {HTMLElement} place
 * @param {Problem | null} problem
 */
export function showProblem(place, problem) {
  if (problem) place.replaceChildren(drawProblem(problem));
  else put(place, "");
}

/**
 * What the server says, and of which picture it says that.
 *
 * @param {Problem} problem
 * @returns {{picture?: number, detail: string}[]}
 */
function detailsOf({ mistakes, pictures, field, detail }) {
  if (mistakes) return mistakes.map((one) => ({ detail: `${one.field}: ${one.detail}` }));
  return (pictures ?? [{ field, detail }]).map((one) => ({
    picture: pictureOf(one.field),
    detail: one.detail,
  }));
}

/**
 * The number of the picture that a field belongs to, counted from 1 as people do.
 *
 * @param {string} [field]
 */
function pictureOf(field = "") {
  const place = /^\/inputs\/(\d+)/.exec(field)?.[1];
  return place === undefined ? undefined : Number(place) + 1;
}

/** @param {Problem} problem */
function asideOf({ limit, retry_after: after, incident }) {
  const parts = [
    limit && say("limit.named", { limit }),
    after && say("again.after", { wait: duration(after) }),
    incident && say("incident", { incident }),
  ];
  return parts.filter(Boolean).join(" · ");
}
