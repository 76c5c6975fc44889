/**
 * What there is to say of a join beside its files: how pictures follow each other, into how much it
 * was cut, and what its user might not expect.
 *
 * Owns: which of the result's facts are told, and the server's notes beside them.
 * Never: draws files (outcome.js), translates a note (sentences.js).
 */

import { percent } from "./figures.js";
import { say } from "./language.js";
import { element } from "./page.js";
import { spoken } from "./sentences.js";

/** Lines that stand open; of thirty screenshots that do not overlap nobody reads twenty-nine. */
const OPEN = 6;

/**
 * @param {import("./api.js").Job} job
 * @returns {HTMLElement[]} none where there is nothing to say
 */
export function drawTold({ capability, result }) {
  if (capability !== "stitch" || !result) return [];
  const { data } = result;
  const facts = [
    data.parts > 1 && say(`told.${data.format === "pdf" ? "pages" : "parts"}`, { n: data.parts }),
    data.way?.endsWith("copied") && say("told.copied"),
    ...overlaps(data.joints ?? []),
    data.scroll_bar > 0 && say("told.scroll_bar"),
  ].filter(Boolean);
  const lines = [
    ...facts.map((fact) => element("li", fact)),
    ...(data.notes ?? []).map((/** @type {string} */ note) => spoken("li", note, "note-line")),
  ];
  if (lines.length === 0) return [];
  const told = listOf(lines.slice(0, OPEN));
  return lines.length > OPEN ? [told, drawRest(lines.slice(OPEN))] : [told];
}

/** @param {HTMLElement[]} lines */
function drawRest(lines) {
  const rest = element("details", "", "told-more");
  rest.append(element("summary", say("told.more", { n: lines.length })), listOf(lines));
  return rest;
}

/** @param {HTMLElement[]} lines */
function listOf(lines) {
  const list = element("ul", "", "told");
  list.append(...lines);
  return list;
}

/**
 * How screenshots were found to follow each other; where they were not, the notes say so.
 *
 * @param {{offset: number | null, confidence: number}[]} joints one less than there are pictures
 */
function overlaps(joints) {
  if (joints.length === 0) return [];
  const sure = joints.filter(({ offset }) => offset !== null);
  const n = joints.length;
  if (sure.length < n) return [say("told.missing", { found: sure.length, n })];
  const least = percent(Math.min(...sure.map(({ confidence }) => confidence)));
  return [say("told.overlaps", { n, least })];
}
