/**
 * The tray as people see and handle it: add, look, order, remove.
 *
 * Owns: the list's elements and where the focus goes.
 * Never: keeps the order (tray.js) or sends (uploads.js).
 */

import { bytes, extent, percent } from "./figures.js";
import { draggable } from "./drag.js";
import { fill, given, onForm, settle } from "./form.js";
import { language, onLanguage, say } from "./language.js";
import { wholePicture } from "./looks.js";
import { announce, byId, copy, once, put, showPicture } from "./page.js";
import { problemOf, showProblem, titleOf } from "./problems.js";
import { drawRetouch, showRetouch, wordsOf } from "./retouch.js";
import * as shelf from "./shelf.js";
import * as tray from "./tray.js";
import * as uploads from "./uploads.js";
import { watermarkFile } from "./watermark.js";
import { onWish } from "./wishes.js";

/** @typedef {import("./tray.js").Entry} Entry */

/** Pixels that a browser may be made to decode for a picture the size of a stamp; there are many. */
const MOST_PIXELS = 30_000_000;

/** @type {Map<Entry, Record<string, any>>} */
const rows = new Map();

/** Brings the list to life. */
export function showPictures() {
  const chooser = /** @type {HTMLInputElement} */ (byId("chooser"));
  chooser.addEventListener("change", () => {
    uploads.send(chooser.files ?? []);
    chooser.value = ""; // so that the same picture can be chosen again
  });
  takeDrops();
  takePastes();
  byId("clear").addEventListener("click", () => once(byId("clear"), clear));
  draggable(byId("tray"), (from, to) => moveTo(tray.onTray()[from], to), tellPlace);
  tray.onChange(draw);
  tray.onChange(sortAsAsked);
  tray.onProgress(drawProgress);
  onForm(sortAsAsked);
  onWish(draw);
  onLanguage(draw);
  draw();
}

/** @param {import("./api.js").File} file */
const smallPicture = (file) => file.links.thumbnail ?? wholePicture(file, MOST_PIXELS);

/** An order that is asked for is put here before everyone's eyes. */
function sortAsAsked() {
  const order = given("order");
  if (order === "name" || order === "time") tray.sort(order);
}

/**
 * Moves an entry by hand: from now on the order is the one that lies here.
 *
 * @param {Entry} entry
 * @param {number} place
 */
function moveTo(entry, place) {
  if (given("order") !== "given") fill("order", "given");
  tray.move(entry, place);
}

/** Files from anywhere on the page: a drop beside the zone must not make the browser leave. */
function takeDrops() {
  const zone = byId("drop");
  const holdsFiles = (/** @type {DragEvent} */ event) =>
    event.dataTransfer?.types.includes("Files") ?? false;
  addEventListener("dragover", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    zone.classList.add("over");
  });
  addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) zone.classList.remove("over");
  });
  addEventListener("drop", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    zone.classList.remove("over");
    uploads.send(event.dataTransfer?.files ?? []);
  });
}

function takePastes() {
  addEventListener("paste", (event) => {
    const files = event.clipboardData?.files ?? [];
    if (files.length === 0) return; // words, for whoever has the focus
    event.preventDefault();
    uploads.send(files);
  });
}

function draw() {
  const entries = tray.onTray();
  for (const [entry, row] of rows) {
    if (!entries.includes(entry)) {
      if (row.root.contains(document.activeElement)) byId("chooser").focus();
      row.root.remove();
      rows.delete(entry);
    }
  }
  const before = rows.size;
  const stamp = watermarkFile();
  entries.forEach((entry, place) => drawRow(entry, place, entries.length, stamp));
  if (rows.size > before) settle();
  const good = tray.hopeful();
  const size = bytes(good.reduce((sum, entry) => sum + entry.size, 0));
  put(byId("pictures-sum"), good.length ? say("pictures.sum", { n: good.length, size }) : "");
  byId("clear").hidden = entries.length === 0;
  byId("order-field").hidden = entries.length < 2;
}

/** How far one entry has come; the others stand as they stood. @param {Entry} entry */
function drawProgress(entry) {
  const row = rows.get(entry);
  if (!row) return;
  put(row.meta, metaOf(entry));
  drawSending(row, entry.sending);
}

/**
 * @param {Entry} entry
 * @param {number} place
 * @param {number} count
 * @param {string | undefined} stamp id of the watermark
 */
function drawRow(entry, place, count, stamp) {
  const row = rows.get(entry) ?? makeRow(entry);
  const list = byId("tray");
  if (list.children[place] !== row.root) list.insertBefore(row.root, list.children[place] ?? null);
  const { name, sending } = entry;
  put(row.name, name);
  row.name.title = name; // long ones are cut off
  put(row.meta, metaOf(entry, stamp));
  row.root.classList.toggle("apart", !!stamp && entry.file?.id === stamp);
  row.up.disabled = place === 0;
  row.down.disabled = place === count - 1;
  const retry = uploads.mayRetry(entry);
  // the button that is about to vanish hands its focus on
  if (!retry && document.activeElement === row.again) row.remove.focus();
  row.again.hidden = !retry;
  nameParts(row, name);
  drawRetouch(row, entry);
  drawSending(row, sending);
}

/**
 * Says of each part of a row which picture it is for; only where that has changed, since there are
 * many rows.
 *
 * @param {Record<string, any>} row
 * @param {string} name
 */
function nameParts(row, name) {
  const called = `${language()} ${name}`;
  if (row.called === called) return;
  row.called = called;
  for (const [part, word] of [
    ["up", "up.of"],
    ["down", "down.of"],
    ["remove", "remove.of"],
    ["again", "retry.of"],
    ["bar", "upload.progress"],
    ["edit", "edit.of"],
    ["left", "left.of"],
    ["right", "right.of"],
    ["crop", "crop.of"],
    ["caption", "caption.of"],
    ["cell", "cell.of"],
  ]) {
    row[part].setAttribute("aria-label", say(word, { name }));
  }
}

/**
 * @param {Record<string, any>} row
 * @param {import("./tray.js").Sending | null} sending
 */
function drawSending(row, sending) {
  row.bar.hidden = !sending || sending.problem !== null || sending.fraction === null;
  if (sending?.fraction && sending.fraction < 1) row.bar.value = sending.fraction;
  else row.bar.removeAttribute("value"); // it begins, or all is sent and the server looks at it
  row.root.classList.toggle("refused", !!sending?.problem);
  if (sending || !row.refusal) showProblem(row.problem, sending?.problem ?? null);
}

/**
 * @param {Entry} entry
 * @param {string} [stamp] id of the watermark
 */
function metaOf({ size, file, sending }, stamp) {
  if (sending?.problem) return bytes(size);
  if (sending) return `${sendingWords(sending.fraction)} · ${bytes(size)}`;
  return [
    file?.width && file.height && extent(file.width, file.height),
    bytes(size),
    file && file.id === stamp && say("watermark.this"),
    ...(file ? wordsOf(file) : []),
  ]
    .filter(Boolean)
    .join(" · ");
}

/** @param {number | null} fraction */
function sendingWords(fraction) {
  if (fraction === null) return say("upload.waiting");
  return fraction < 1
    ? say("upload.sending", { percent: percent(fraction) })
    : say("upload.checking");
}

/** @param {Entry} entry */
function makeRow(entry) {
  const row = copy("picture-row");
  put(row.kind, /\.(\w{1,4})$/.exec(entry.name)?.[1] ?? "?");
  showPicture(row.image, row.kind, entry.preview ?? (entry.file && smallPicture(entry.file)));
  row.up.addEventListener("click", () => step(entry, -1, row.up, row.down));
  row.down.addEventListener("click", () => step(entry, 1, row.down, row.up));
  row.again.addEventListener("click", () => uploads.again(entry));
  row.remove.addEventListener("click", () => once(row.remove, () => remove(entry)));
  showRetouch(row, entry);
  rows.set(entry, row);
  return row;
}

/**
 * Moves by one; the focus stays on the button, or goes to its twin at the end of the list.
 *
 * @param {Entry} entry
 * @param {number} by
 * @param {HTMLButtonElement} pressed
 * @param {HTMLButtonElement} twin
 */
function step(entry, by, pressed, twin) {
  const place = tray.onTray().indexOf(entry) + by;
  moveTo(entry, place);
  (pressed.disabled ? twin : pressed).focus();
  tellPlace(place);
}

/** @param {number} place */
function tellPlace(place) {
  const entry = tray.onTray()[place];
  if (!entry) return; // it was taken away under the pointer
  announce(say("said.moved", { name: entry.name, place: place + 1, n: tray.onTray().length }));
}

/**
 * Takes a picture away; the focus goes to its neighbour, or to the chooser.
 *
 * @param {Entry} entry
 */
async function remove(entry) {
  const place = tray.onTray().indexOf(entry);
  if (!(await discard(entry))) return;
  announce(say("said.removed", { name: entry.name }));
  const neighbour = tray.onTray()[place] ?? tray.onTray()[place - 1];
  (neighbour ? rows.get(neighbour)?.remove : byId("chooser")).focus();
}

async function clear() {
  const gone = await Promise.all(tray.onTray().map(discard));
  announce(say("said.cleared", { n: gone.filter(Boolean).length }));
  byId("chooser").focus();
}

/**
 * Has the server forget a picture, and takes it off the tray.
 *
 * @param {Entry} entry
 * @returns {Promise<boolean>} false: it stays, and its row says why
 */
async function discard(entry) {
  try {
    if (entry.file && !entry.borrowed) await shelf.remove(entry.file.id);
  } catch (error) {
    refuse(entry, problemOf(error));
    return false;
  }
  tray.take(entry);
  return true;
}

/**
 * @param {Entry} entry
 * @param {import("./api.js").Problem} problem
 */
function refuse(entry, problem) {
  const row = rows.get(entry);
  if (!row) return;
  row.refusal = problem;
  showProblem(row.problem, problem);
  announce(say("said.refused", { name: entry.name, reason: titleOf(problem) }));
}
