// SPDX-License-Identifier: GPL-3.0-or-later
// The chart of edits per minute, and the strip of wikis. Both have as many nodes after hours as at first.

import { amount, project } from "/static/live-format.js";
import { MINUTES } from "/static/live-state.js";
import { say } from "/static/live-texts.js";
import { setAttribute, setText } from "/static/live-view.js";

const HIGH = 20;
const LEAST = 4; // so many edits in a minute reach the top at least, so that one alone does not look like a storm
const MINUTE = 60_000;
const MOST_WIKIS = 5;

export class Chart {
  #figure;

  constructor(figure) {
    this.#figure = figure;
  }

  // `minutes` are pairs of a minute's beginning (ms) and its edits; `now` is in ms.
  show(minutes, now) {
    const counts = new Map(minutes);
    const last = Math.floor(now / MINUTE) * MINUTE;
    const bars = Array.from({ length: MINUTES }, (_, place) => counts.get(last - (MINUTES - 1 - place) * MINUTE) ?? 0);
    const most = Math.max(...bars);
    const scale = HIGH / Math.max(most, LEAST);
    const drawn = bars.map((count, place) => bar(place, count * scale));
    setAttribute(this.#figure.querySelector(".past"), "d", drawn.slice(0, -1).join(""));
    setAttribute(this.#figure.querySelector(".present"), "d", drawn.at(-1));
    const text = say("live-now-most", bars.at(-1), most);
    setText(this.#figure.querySelector(".peak"), text);
    setAttribute(this.#figure.querySelector("svg"), "aria-label", `${say("live-per-minute")}: ${text}`);
  }
}

// A minute without an edit is a line at the bottom.
function bar(place, height) {
  const high = Math.max(height, 0.35);
  return `M${place + 0.14} ${HIGH}v${-high.toFixed(2)}h.72v${high.toFixed(2)}z`;
}

export class Wikis {
  #list;
  #shares;

  constructor(strip) {
    this.#list = strip.querySelector("ul");
    this.#shares = strip.querySelector("svg");
  }

  show(wikis) {
    const parts = largest(wikis);
    const whole = parts.reduce((sum, { edits }) => sum + edits, 0);
    resize(this.#list, parts.length, newItem);
    resize(this.#shares, whole > 0 ? parts.length : 0, newShare);
    let from = 0;
    parts.forEach(({ name, edits }, place) => {
      const [dot, label, number] = this.#list.children[place].children;
      dot.dataset.tone = String(place);
      setText(label, name);
      setText(number, amount("", edits));
      if (whole > 0) from = this.#share(this.#shares.children[place], place, from, edits / whole);
    });
  }

  #share(rect, place, from, share) {
    rect.dataset.tone = String(place);
    setAttribute(rect, "x", `${(from * 100).toFixed(2)}%`);
    setAttribute(rect, "width", `${(share * 100).toFixed(2)}%`);
    return from + share;
  }
}

// The largest by name, and the rest together.
function largest(wikis) {
  const sorted = [...wikis].sort((one, other) => other.edits - one.edits || (one.dbname < other.dbname ? -1 : 1));
  const parts = sorted.slice(0, MOST_WIKIS).map(({ domain, edits }) => ({ name: project(domain), edits }));
  const rest = sorted.slice(MOST_WIKIS).reduce((sum, { edits }) => sum + edits, 0);
  return rest > 0 ? [...parts, { name: say("live-others"), edits: rest }] : parts;
}

function resize(parent, count, make) {
  while (parent.children.length > count) parent.lastElementChild.remove();
  while (parent.children.length < count) parent.append(make());
}

function newItem() {
  const item = document.createElement("li");
  item.append(document.createElement("i"), document.createElement("bdi"), document.createElement("b"));
  return item;
}

function newShare() {
  const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  rect.setAttribute("height", "100%");
  return rect;
}
