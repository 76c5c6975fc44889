/**
 * Numbers as people read them, in the language spoken now.
 *
 * Owns: units and rounding.
 * Never: computes anything but the unit.
 */

import { language } from "./language.js";

const BYTE_UNITS = /** @type {const} */ (["kilobyte", "megabyte", "gigabyte", "terabyte"]);
const TIME_UNITS = /** @type {const} */ ([
  ["second", 1, 60],
  ["minute", 60, 60],
  ["hour", 3600, 24],
  ["day", 86400, Infinity],
]);

/** Making one takes longer than a hundred uses of it. @type {Map<string, Intl.NumberFormat>} */
const formats = new Map();

/**
 * A size in bytes, in steps of 1000: 1234567 is "1.2 MB", 250 is "0.3 kB", and 1 is no less than
 * "0.1 kB".
 *
 * @param {number} count
 */
export function bytes(count) {
  let unit = 0;
  count = count > 0 ? Math.max(count / 1000, 0.1) : 0;
  while (count >= 999.5 && unit < BYTE_UNITS.length - 1) {
    count /= 1000;
    unit += 1;
  }
  return withUnit(count, BYTE_UNITS[unit], count < 9.95 ? 1 : 0);
}

/**
 * A length of time in seconds, in its natural unit; the shortest that is told is a tenth of one.
 *
 * @param {number} count
 */
export function duration(count) {
  count = Math.max(count, 0.1);
  const [unit, length] =
    TIME_UNITS.find(([, size, most]) => Math.round(count / size) < most) ?? TIME_UNITS[3];
  return withUnit(count / length, unit, unit === "second" && count < 0.95 ? 1 : 0);
}

/**
 * A picture's extent: "640 × 480 px".
 *
 * @param {number} width
 * @param {number} height
 */
export function extent(width, height) {
  return `${width}\u00a0×\u00a0${height}\u00a0px`;
}

/**
 * A part of the whole, 0..1, as per cent.
 *
 * @param {number} fraction
 */
export function percent(fraction) {
  return numbers({ style: "percent" }).format(fraction);
}

/**
 * Several things in a row: "3, 5 and 7".
 *
 * @param {(number | string)[]} things
 */
export function list(things) {
  return new Intl.ListFormat(language(), { type: "conjunction" }).format(things.map(String));
}

/**
 * A moment: the clock alone for today, with the day for others.
 *
 * @param {string} stamp RFC 3339
 */
export function moment(stamp) {
  const date = new Date(stamp);
  const today = date.toDateString() === new Date().toDateString();
  return new Intl.DateTimeFormat(language(), {
    ...(today ? {} : { month: "short", day: "numeric" }),
    hour: "numeric",
    minute: "2-digit",
  }).format(date);
}

/**
 * @param {number} value
 * @param {string} unit of ECMA-402
 * @param {number} decimals
 */
function withUnit(value, unit, decimals) {
  const how = { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: decimals };
  return numbers(/** @type {Intl.NumberFormatOptions} */ (how)).format(value);
}

/** @param {Intl.NumberFormatOptions} how */
function numbers(how) {
  const name = JSON.stringify([language(), how]);
  const known = formats.get(name) ?? new Intl.NumberFormat(language(), how);
  formats.set(name, known);
  return known;
}
