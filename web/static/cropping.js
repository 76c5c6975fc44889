/**
 * The window in which a picture is cropped: by its edges, or by four numbers.
 *
 * Owns: the window. The numbers are the truth; the frame over the picture is drawn from them.
 * Never: keeps what is chosen (wishes.js).
 *
 * @typedef {import("./wishes.js").Sides} Sides
 * @typedef {keyof Sides} Side
 */

import { extent } from "./figures.js";
import { onLanguage, say } from "./language.js";
import { wholePicture } from "./looks.js";
import { byId, put } from "./page.js";
import { turnedSize, wish, wishOf } from "./wishes.js";

/** @typedef {import("./api.js").File} File */

/** Pixels that a browser may be made to decode for the window. */
const MOST_PIXELS = 30_000_000;

/** Of the longer side of what is shown; more than a screen shows helps nobody. */
const SHOWN = 1200;

/** A part of the picture that always stays. */
const LEAST = 0.01;

const SIDES = /** @type {Side[]} */ (["left", "top", "right", "bottom"]);

/** @type {File | null} */
let file = null;

/** Brings the window to life. */
export function showCropping() {
  const dialog = /** @type {HTMLDialogElement} */ (byId("crop-dialog"));
  for (const side of SIDES) {
    input(side).addEventListener("input", draw);
    input(side).addEventListener("keydown", (event) => {
      if (event.key === "Enter") byId("crop-yes").click();
    });
  }
  unit().addEventListener("input", changeUnit);
  byId("crop-whole").addEventListener("click", () =>
    write({ left: 0, top: 0, right: 0, bottom: 0 }),
  );
  byId("crop-no").addEventListener("click", () => dialog.close());
  byId("crop-yes").addEventListener("click", () => {
    keep();
    dialog.close();
  });
  byId("crop-frame").addEventListener("pointerdown", take);
  onLanguage(draw);
}

/**
 * Opens the window for a picture.
 *
 * @param {File} chosen
 */
export function crop(chosen) {
  file = chosen;
  const { crop: kept } = wishOf(chosen.id);
  unit().value = kept?.unit ?? "percent";
  unit().dataset.now = unit().value;
  for (const side of SIDES) input(side).value = String(kept?.[side] ?? 0);
  put(byId("crop-name"), chosen.name);
  show(chosen);
  draw();
  /** @type {HTMLDialogElement} */ (byId("crop-dialog")).showModal();
}

/** @param {Side} side */
const input = (side) => /** @type {HTMLInputElement} */ (byId(`crop-${side}`));

const unit = () => /** @type {HTMLSelectElement} */ (byId("crop-unit"));

/** What a side's numbers count to: its length in pixels, or a hundred. @param {Side} side */
function wholeOf(side) {
  if (unit().dataset.now === "percent" || !file) return 100;
  const [width, height] = turnedSize(file);
  return side === "left" || side === "right" ? width : height;
}

/** What is cut off each side, as parts of the picture. @returns {Sides} */
function parts() {
  const part = (/** @type {Side} */ side) => {
    const value = Number(input(side).value) / wholeOf(side);
    return Math.min(Math.max(value || 0, 0), 1);
  };
  return { left: part("left"), top: part("top"), right: part("right"), bottom: part("bottom") };
}

/** @param {Partial<Sides>} cut parts of the picture */
function write(cut) {
  const steps = unit().dataset.now === "percent" ? 10 : 1;
  for (const [side, part] of /** @type {[Side, number][]} */ (Object.entries(cut))) {
    input(side).value = String(Math.round(part * wholeOf(side) * steps) / steps);
  }
  draw();
}

function changeUnit() {
  const cut = parts();
  unit().dataset.now = unit().value;
  write(cut);
}

/** Draws the frame, and says what is left. */
function draw() {
  if (!file) return;
  const cut = parts();
  const frame = byId("crop-frame");
  for (const side of SIDES) frame.style.setProperty(side, `${100 * cut[side]}%`);
  const [width, height] = turnedSize(file);
  const [across, down] = [1 - cut.left - cut.right, 1 - cut.top - cut.bottom];
  const left = across > 0 && down > 0;
  const size = extent(Math.round(across * width), Math.round(down * height));
  put(byId("crop-leaves"), left ? say("crop.leaves", { size }) : say("crop.nothing"));
  /** @type {HTMLButtonElement} */ (byId("crop-yes")).disabled = !left;
}

function keep() {
  if (!file) return;
  const cut = parts();
  const whole = SIDES.every((side) => cut[side] === 0);
  const sides = /** @type {Sides} */ (
    Object.fromEntries(SIDES.map((side) => [side, Number(input(side).value) || 0]))
  );
  const measured = /** @type {"percent" | "pixels"} */ (unit().value);
  wish(file.id, { crop: whole ? null : { unit: measured, ...sides } });
}

/** Follows a pointer that took the frame by an edge, a corner, or in its middle. @param {PointerEvent} begin */
function take(begin) {
  const frame = byId("crop-frame");
  const grip = /** @type {HTMLElement} */ (begin.target);
  const taken = /** @type {Side[]} */ ((grip.dataset.sides ?? SIDES.join(" ")).split(" "));
  const before = parts();
  const { width, height } = /** @type {HTMLElement} */ (
    frame.parentElement
  ).getBoundingClientRect();
  const end = new AbortController();
  begin.preventDefault();
  frame.setPointerCapture(begin.pointerId);
  const follow = (/** @type {PointerEvent} */ event) => {
    const across = (event.clientX - begin.clientX) / width;
    const down = (event.clientY - begin.clientY) / height;
    write(moved(before, taken, across, down));
  };
  frame.addEventListener("pointermove", follow, { signal: end.signal });
  for (const event of ["pointerup", "pointercancel"]) {
    frame.addEventListener(event, () => end.abort(), { signal: end.signal });
  }
}

/**
 * What is cut off after some sides were moved; something always stays.
 *
 * @param {Sides} before
 * @param {Side[]} taken all four: the frame keeps its size
 * @param {number} across
 * @param {number} down
 * @returns {Partial<Sides>}
 */
export function moved(before, taken, across, down) {
  const between = (/** @type {number} */ value, /** @type {number} */ most) =>
    Math.min(Math.max(value, 0), most);
  /** @type {Partial<Sides>} */
  const cut = {};
  for (const [one, other, by] of /** @type {[Side, Side, number][]} */ ([
    ["left", "right", across],
    ["top", "bottom", down],
  ])) {
    const together = taken.includes(one) && taken.includes(other);
    const spare = together ? before[one] + before[other] : 1 - LEAST;
    if (taken.includes(one)) {
      cut[one] = between(before[one] + by, together ? spare : spare - before[other]);
    }
    if (together) cut[other] = spare - (cut[one] ?? 0);
    else if (taken.includes(other)) cut[other] = between(before[other] - by, spare - before[one]);
  }
  return cut;
}

/**
 * Shows a picture as it lies after its turn.
 *
 * @param {File} chosen
 */
function show(chosen) {
  const image = new Image();
  const { thumbnail } = chosen.links;
  image.addEventListener("load", () => chosen === file && paint(image, chosen));
  image.addEventListener("error", () => thumbnail && (image.src = thumbnail), { once: true });
  paint(null, chosen);
  image.src = wholePicture(chosen, MOST_PIXELS) ?? thumbnail ?? "";
}

/**
 * @param {HTMLImageElement | null} image null: it is on its way
 * @param {File} chosen
 */
function paint(image, chosen) {
  const canvas = /** @type {HTMLCanvasElement} */ (byId("crop-picture"));
  const [width, height] = turnedSize(chosen);
  const scale = Math.min(1, SHOWN / Math.max(width, height));
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const brush = canvas.getContext("2d");
  if (!image || !brush) return;
  const degrees = wishOf(chosen.id).turn;
  const lying = degrees % 180 !== 0;
  const size = lying ? [canvas.height, canvas.width] : [canvas.width, canvas.height];
  brush.translate(canvas.width / 2, canvas.height / 2);
  brush.rotate((degrees * Math.PI) / 180);
  brush.drawImage(image, -size[0] / 2, -size[1] / 2, size[0], size[1]);
}
