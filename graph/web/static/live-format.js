// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers, times and names as the reader's locale writes them.

import { LOCALE, say } from "/static/live-texts.js";

const WHOLE = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0 });
const SHORT = [4, 3, 2].map((digits) => new Intl.NumberFormat(LOCALE, { notation: "compact", maximumSignificantDigits: digits }));
const CHANGE = new Intl.NumberFormat(LOCALE, { signDisplay: "exceptZero" });
const TENTHS = new Intl.NumberFormat(LOCALE, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const TWO_DIGITS = new Intl.NumberFormat(LOCALE, { minimumIntegerDigits: 2 });
const PLAIN = new Intl.NumberFormat(LOCALE, { useGrouping: false });
const PERCENT = new Intl.NumberFormat(LOCALE, { style: "percent", maximumFractionDigits: 0 });
const CLOCK = new Intl.DateTimeFormat(LOCALE, { hour: "numeric", minute: "2-digit" });
const STAMP = new Intl.DateTimeFormat(LOCALE, { hour: "numeric", minute: "2-digit", second: "2-digit" });
const GRAPHEMES = new Intl.Segmenter(LOCALE, { granularity: "grapheme" });

const LARGEST_WHOLE = 99_999;
const DAY = 86_400_000;
const UNITS = [[1e9, "gigabyte"], [1e6, "megabyte"], [1e3, "kilobyte"], [1, "byte"]];
const TONES = 6;

export const whole = (number) => WHOLE.format(number);
export const percent = (share) => PERCENT.format(share);
export const clock = (date) => CLOCK.format(date);
export const stamp = (date) => STAMP.format(date);
export const bytes = (change) => CHANGE.format(change);
export const seconds = (number) => say("live-seconds", TENTHS.format(number));
export const project = (domain) => domain.replace(/^www\.|\.org$/g, "");

// A big number in at most six characters and the unit to be written smaller beside it: the ways to write it, the
// longest first, for whoever has less room.
export function figures(name, number) {
  if (number === null) return [{ text: "–", unit: "" }];
  if (name === "bytesAdded") return [4, 3, 2].map((digits) => sized(number, digits));
  const short = number < 1000 ? [] : SHORT.map((format) => shortened(format.formatToParts(number), number));
  return number > LARGEST_WHOLE ? short : [{ text: WHOLE.format(number), unit: "" }, ...short];
}

// A number of bytes by its size, with so many digits where it is not whole; fewer where `least` is.
function sized(number, digits, least = digits) {
  const [size, unit] = UNITS.find(([from]) => number >= from) ?? UNITS.at(-1);
  const format = new Intl.NumberFormat(LOCALE, {
    style: "unit", unit, maximumSignificantDigits: Math.max(digits, size === 1 ? 3 : 0), minimumSignificantDigits: size === 1 ? 1 : least,
  });
  return split(format.formatToParts(number / size));
}

// Some languages have no short word for thousands.
function shortened(parts, number) {
  const short = parts.some(({ type }) => type === "compact") || number < 10_000;
  return short ? split(parts) : { text: WHOLE.format(Math.round(number / 1_000)), unit: "k" };
}

function split(parts) {
  const joined = (...types) => parts.filter(({ type }) => types.includes(type)).map(({ value }) => value).join("");
  return { text: joined("minusSign", "integer", "group", "decimal", "fraction"), unit: joined("unit", "compact") };
}

export function amount(metric, number) {
  if (metric !== "BYTES_ADDED") return WHOLE.format(number);
  const { text, unit } = sized(number, 4, 1);
  return `${text} ${unit}`;
}

// "2:14:09", or whole days where there are two or more of them.
export function duration(milliseconds) {
  if (milliseconds >= 2 * DAY) return say("live-days", Math.round(milliseconds / DAY));
  const left = Math.ceil(milliseconds / 1000);
  const [hours, minutes, rest] = [Math.floor(left / 3600), Math.floor(left / 60) % 60, left % 60];
  const tail = `${TWO_DIGITS.format(minutes)}:${TWO_DIGITS.format(rest)}`;
  return hours > 0 ? `${PLAIN.format(hours)}:${tail}` : tail;
}

// The first letters of the first two words of a name, whatever its script; letters that would join stay apart.
export function initials(name) {
  const words = name.split(/[\s_.\-–·]+/u).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const letters = (words.length > 0 ? words : [name]).slice(0, 2).map(firstLetter);
  return letters.join(/\p{Script=Arabic}/u.test(letters[0]) ? "\u200c" : "").toLocaleUpperCase();
}

function firstLetter(word) {
  const [letter] = GRAPHEMES.segment(word.replace(/^[^\p{L}\p{N}]+(?=.)/u, ""));
  return letter?.segment ?? "";
}

// A number below six, the same each time for the same name: which colour its mark has.
export function tone(name) {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + letter.codePointAt(0)) % 9973;
  return sum % TONES;
}
