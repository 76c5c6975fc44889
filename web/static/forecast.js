/**
 * What the join would make, told while it is being put together.
 *
 * Owns: the pace of the questions (a pause after the last change; one under way at a time) and the
 * picture of the answer, or of the refusal with what would work instead.
 * Never: computes a size; the server is asked.
 */

import { preflight } from "./api.js";
import { bytes, duration, extent, list } from "./figures.js";
import * as jobs from "./jobs.js";
import { onLanguage, say } from "./language.js";
import { readRequest, setFormat, setLength, setParts, setScale } from "./layout.js";
import { nameOf } from "./looks.js";
import { least } from "./offer.js";
import { byId, button, element } from "./page.js";
import { drawProblem, problemOf } from "./problems.js";
import { firstOf, spoken } from "./sentences.js";
import * as tray from "./tray.js";

/** @typedef {import("./api.js").Problem} Problem */
/** @typedef {import("./api.js").Preflight} Preflight */

/** Milliseconds without a change after which the server is asked. */
const PAUSE = 300;

let question = new AbortController();

/** What was asked last, as text: other changes of the tray ask nothing new. */
let asked = "";

/** The last answer, to be drawn anew in another language. @type {() => Node[]} */
let answer = () => [];

/** Brings the forecast to life. */
export function showForecast() {
  tray.onChange(() => forecast());
  jobs.onJob((job, before) => forecast(job.state !== before?.state)); // the line has moved
  onLanguage(draw);
  forecast();
}

/**
 * Asks anew when what would be asked has changed.
 *
 * @param {boolean} [moved] the answer may have changed by itself
 */
export function forecast(moved = false) {
  const request = readRequest(tray.ready());
  const text = JSON.stringify([request, tray.waiting()]);
  if (text === asked && !moved) return;
  asked = text;
  question.abort();
  question = new AbortController();
  if (tray.waiting()) return tell(() => [element("p", say("forecast.uploads"), "quiet")]);
  if (request.inputs.length < least()) return tell(tellFew);
  byId("forecast").setAttribute("aria-busy", "true");
  setTimeout(ask, PAUSE, request, question.signal);
}

const tellFew = () => [element("p", say("forecast.few", { n: least() }), "quiet")];

/**
 * @param {Record<string, any>} request
 * @param {AbortSignal} signal
 */
async function ask(request, signal) {
  if (signal.aborted) return;
  try {
    const found = await preflight("stitch", request, signal);
    tell(() => [drawForecast(found, request), ...drawNotes(found.forecast.notes)]);
  } catch (error) {
    if (signal.aborted) return;
    const problem = problemOf(error);
    tell(() => drawRefusal(problem));
    const { retry_after: after } = problem;
    if (after) setTimeout(ask, 1000 * after, request, signal);
  }
}

/** @param {() => Node[]} make */
function tell(make) {
  answer = make;
  byId("forecast").setAttribute("aria-busy", "false");
  draw();
}

/** Draws the answer; one that looks the same is not read out again. */
function draw() {
  const place = byId("forecast");
  const drawn = element("div");
  drawn.append(...answer());
  if (drawn.textContent !== place.textContent) place.replaceChildren(drawn);
}

/**
 * @param {Preflight} found
 * @param {Record<string, any>} request
 */
function drawForecast({ forecast: made, position, wait }, { overlap, band }) {
  const facts = element("dl", "", "facts");
  const fact = (/** @type {string} */ word, /** @type {string} */ text) =>
    facts.append(element("dt", say(word)), element("dd", text));
  fact("forecast.size", sizeOf(made, overlap === "find" || band === "auto"));
  fact("forecast.file", fileOf(made));
  if (made.left_out.length) fact("forecast.left_out", say("picture.n", { n: places(made) }));
  fact("forecast.seconds", say("forecast.about", { what: duration(made.seconds) }));
  fact("forecast.memory", bytes(made.memory_bytes));
  fact("forecast.turn", turnOf(position, wait));
  return facts;
}

/** What its user might not expect of it. @param {string[]} [notes] of the server */
function drawNotes(notes = []) {
  if (notes.length === 0) return [];
  const list = element("ul", "", "told");
  list.append(...notes.map((note) => spoken("li", note, "note-line")));
  return [list];
}

/**
 * @param {Record<string, any>} made
 * @param {boolean} open whether something is left out that is still to be found
 */
function sizeOf({ width, height }, open) {
  const size = extent(width, height);
  return open ? say("forecast.most", { size }) : size;
}

/** The kind of file, how large it is about, and how many there are. @param {Record<string, any>} made */
function fileOf({ format, bytes: count, parts_least: fewest, parts_most: most }) {
  const what = say("forecast.kind", { format: nameOf(format), size: bytes(count) });
  if (most < 2) return what;
  const n = fewest === most ? most : say("forecast.between", { fewest, most });
  return say(format === "pdf" ? "forecast.pages" : "forecast.parts", { what, n });
}

/** @param {Record<string, any>} made */
const places = (made) => list(made.left_out.map((/** @type {number} */ place) => place + 1));

/**
 * @param {number} place
 * @param {import("./api.js").Eta | null} wait
 */
function turnOf(place, wait) {
  if (place === 1 && wait !== null && wait.p90 < 1) return say("forecast.now");
  if (wait === null) return say("forecast.place", { place });
  return say("forecast.wait", { place, wait: stretch("wait", wait) });
}

/**
 * A time that half, and nine tenths, of such jobs stay below, in words.
 *
 * @param {"wait" | "eta"} words
 * @param {import("./api.js").Eta} eta
 */
export function stretch(words, eta) {
  const [p50, p90] = [duration(eta.p50), duration(eta.p90)];
  return p50 === p90 ? say(`${words}.one`, { p50 }) : say(`${words}.two`, { p50, p90 });
}

/** What is wrong, and what would work: as buttons, or else in the server's words. @param {Problem} problem */
function drawRefusal(problem) {
  const ways = drawFits(problem);
  const detail = ways.length ? firstOf(problem.detail) : problem.detail;
  return [drawProblem({ ...problem, detail }), ...ways];
}

/** @param {Problem} problem */
function drawFits({ fits }) {
  if (!fits) return [];
  const { scale, width, height, wishes, formats, parts } = fits;
  const ways = formats.map((format) =>
    button(say("fits.format", { format: nameOf(format) }), () => setFormat(format)),
  );
  if (parts !== null) ways.unshift(button(say("fits.parts", { n: parts }), setParts));
  if (scale !== null && width !== null && height !== null) {
    const pixels = extent(width, height);
    ways.unshift(button(say("fits.scale", { scale, pixels }), () => setScale(scale)));
  }
  for (const [name, n] of Object.entries(wishes)) {
    ways.unshift(button(say(`fits.${name}`, { n }), () => setLength(name, n)));
  }
  if (ways.length === 0) return [];
  const box = element("div", "", "ways");
  box.append(element("p", say("fits")), ...ways);
  return [box];
}
