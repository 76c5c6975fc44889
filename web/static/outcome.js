/**
 * What a job came to: its files, what is to be said of them, what went wrong, what is left of it.
 *
 * Owns: the lower part of a job's card.
 * Never: knows how far a job is (results.js), keeps files (shelf.js).
 */

import { downloadAddress } from "./api.js";
import { bytes, duration, extent, moment } from "./figures.js";
import { language, say } from "./language.js";
import { isPicture, isShown, kindOf, wholePicture } from "./looks.js";
import { announce, copy, element, once, put, showPicture } from "./page.js";
import { drawProblem, problemOf, showProblem, titleOf } from "./problems.js";
import * as shelf from "./shelf.js";
import { drawTold } from "./told.js";
import * as tray from "./tray.js";

/** @typedef {import("./api.js").Job} Job */
/** @typedef {import("./api.js").File} File */

/** Pixels that a browser may be made to decode for one result: a quarter of a gigabyte. */
const MOST_PIXELS = 60_000_000;

/**
 * Draws what a job came to; only where that has changed, so that the focus is not lost.
 *
 * @param {Record<string, any>} card
 * @param {Job} job
 */
export function drawOutcome(card, job) {
  const files = job.result?.files ?? [];
  const look = JSON.stringify([job.state, language(), files.map(({ id }) => shelf.has(id))]);
  if (card.look === look) return;
  card.look = look;
  card.outcome.replaceChildren(
    ...(job.error ? [drawProblem(job.error)] : []),
    ...drawOutcomes(job),
    ...drawTold(job),
    ...(job.capability === "fetch" ? [] : drawFiles(files)),
    ...(job.receipt ? [drawReceipt(job.receipt)] : []),
  );
}

/** How each address ended. @param {Job} job */
function drawOutcomes(job) {
  /** @type {import("./api.js").Outcome[]} */
  const outcomes = job.result?.data.outcomes ?? job.error?.outcomes ?? [];
  if (outcomes.length === 0) return [];
  const lines = element("ul", "", "outcomes");
  for (const { url, error } of outcomes) {
    const item = element("li", "", error ? "bad" : "good");
    item.append(element("p", url, "address"));
    item.append(error ? drawProblem(error) : element("p", say("outcome.done"), "detail"));
    lines.append(item);
  }
  return [lines];
}

/** @param {NonNullable<Job["receipt"]>} receipt */
function drawReceipt({ processes_ended: processes, files_removed: files, seconds }) {
  return element("p", say("receipt", { processes, files, seconds: duration(seconds) }), "receipt");
}

/** One stands by itself; several stand beside each other, smaller. @param {File[]} files */
function drawFiles(files) {
  const drawn = files.map(drawFile);
  if (drawn.length < 2) return drawn;
  const parts = element("div", "", "parts");
  parts.append(...drawn);
  return [parts];
}

/** @param {File} file */
function drawFile(file) {
  if (!shelf.has(file.id)) return element("p", say("deleted"), "quiet");
  const made = copy("result-file");
  const { name, size, width, height } = file;
  put(made.why, isShown(file) ? say("unseen") : say("unseen.kind", { kind: kindOf(file) }));
  showPicture(made.image, made.instead, wholePicture(file, MOST_PIXELS) ?? file.links.thumbnail);
  made.reuse.hidden = !isPicture(file);
  made.image.alt = name;
  made.open.href = file.links.content;
  made.open.setAttribute("aria-label", say("open", { name }));
  made.download.href = downloadAddress(file);
  made.download.setAttribute("aria-label", say("download.of", { name }));
  made.remove.setAttribute("aria-label", say("delete.of", { name }));
  const facts = [
    width && height && extent(width, height),
    bytes(size),
    say("expires", { when: moment(file.expires_at) }),
  ];
  put(made.name, name);
  put(made.meta, facts.filter(Boolean).join(" · "));
  made.reuse.addEventListener("click", () => reuse(file));
  made.remove.addEventListener("click", () => once(made.remove, () => removeFile(file, made)));
  return made.root;
}

/** @param {File} file */
function reuse(file) {
  tray.addFile(file, true);
  announce(say("said.added", { name: file.name }));
}

/**
 * @param {File} file
 * @param {Record<string, any>} made
 */
async function removeFile(file, made) {
  const card = made.root.closest("li");
  try {
    await shelf.remove(file.id);
    announce(say("said.removed", { name: file.name }));
    card.querySelector("[data-part=what]").focus();
  } catch (error) {
    const problem = problemOf(error);
    showProblem(made.problem, problem);
    announce(titleOf(problem));
  }
}
