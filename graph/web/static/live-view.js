// SPDX-License-Identifier: GPL-3.0-or-later
// The head, the counters and the goals of a live screen.

import { amount, clock, duration, figure, percent, seconds, stamp, whole } from "/static/live-format.js";
import { actualOf, nameOf } from "/static/live-state.js";

const GOALS = {
  TOTAL_EDITS: "edits",
  ARTICLES_CREATED: "new articles",
  ARTICLES_EDITED: "articles edited",
  ACTIVE_EDITORS: "active editors",
  BYTES_ADDED: "added",
  COMMONS_UPLOADS: "uploads",
  REFERENCES_ADDED: "references added",
};

export function wordsOf(goal) {
  return `${amount(goal.metric, goal.target)} ${GOALS[goal.metric] ?? ""}`.trim();
}

export class View {
  #root;
  #still;
  #goals = new Map();

  constructor(root, still) {
    this.#root = root;
    this.#still = still;
  }

  show(state) {
    this.#text("h1", state.title);
    this.#text(".name p", state.institution);
    for (const counter of this.#root.querySelectorAll(".counter")) this.#count(counter, state.metrics);
    this.#showGoals(state.goals, state.metrics);
  }

  // `now` is a Date.
  tick(state, now) {
    this.#text("#clock", clock(now));
    this.#text("#left", remaining(Date.parse(state.start), Date.parse(state.end), now.getTime()));
  }

  // `health` is live, waiting or lost, with the lag in seconds or the last moment (a Date) the numbers are known of.
  badge(health) {
    this.#root.querySelector("#badge").dataset.state = health.state;
    this.#text("#badge .words", words(health));
  }

  #count(counter, metrics) {
    const name = counter.dataset.counter;
    const { text, unit } = figure(name, metrics[name]);
    const shown = counter.querySelector(".figure");
    setText(counter.querySelector(".beside"), name === "activeEditors" ? outOf(metrics) : unit);
    const before = shown.dataset.value;
    shown.dataset.value = metrics[name];
    setText(shown, text);
    if (before !== undefined && metrics[name] > Number(before)) this.#cheer(shown);
  }

  // Only a number that grew is made to shine, for a moment and without a flash.
  #cheer(shown) {
    if (this.#still.matches) return;
    for (const motion of shown.getAnimations()) motion.cancel();
    const accent = getComputedStyle(shown).getPropertyValue("--glow");
    shown.animate([{ color: accent, transform: "translateY(-3%)" }, {}], { duration: 900, easing: "ease-out" });
  }

  #showGoals(goals, metrics) {
    const list = this.#root.querySelector("#goals");
    const names = new Set(goals.map(nameOf));
    for (const [name, item] of this.#goals) if (!names.has(name)) { item.remove(); this.#goals.delete(name); }
    for (const goal of goals) this.#showGoal(list, goal, metrics);
    this.#root.dataset.goals = goals.length > 3 ? "many" : String(goals.length);
  }

  #showGoal(list, goal, metrics) {
    const item = this.#goals.get(nameOf(goal)) ?? this.#newGoal(list, goal);
    const actual = actualOf(goal, metrics);
    const share = Math.min(1, actual / goal.target);
    item.classList.toggle("reached", goal.reachedAt !== null);
    setText(item.querySelector(".done"), amount(goal.metric, actual));
    setText(item.querySelector(".share"), goal.reachedAt === null ? percent(Math.floor(share * 100) / 100) : "reached");
    const bar = item.querySelector(".bar");
    bar.setAttribute("aria-valuenow", String(Math.round(share * 100)));
    bar.firstElementChild.style.setProperty("inline-size", `${share * 100}%`);
  }

  #newGoal(list, goal) {
    const item = document.getElementById("goal").content.firstElementChild.cloneNode(true);
    setText(item.querySelector(".of"), `of ${wordsOf(goal)}`);
    item.querySelector(".bar").setAttribute("aria-label", wordsOf(goal));
    this.#goals.set(nameOf(goal), item);
    list.append(item);
    return item;
  }

  #text(selector, text) {
    setText(this.#root.querySelector(selector), text);
  }
}

function words({ state, lag, at }) {
  if (state === "connecting") return "connecting";
  if (state === "live") return lag === null ? "live" : `live · ${seconds(lag)}`;
  const said = state === "waiting" ? "waiting for the wikis" : "reconnecting";
  return at === null ? said : `${said} · as of ${stamp(at)}`;
}

function remaining(start, end, now) {
  if (now < start) return `starts in ${duration(start - now)}`;
  return now < end ? `${duration(end - now)} left` : "ended";
}

// Left out where it would not fit beside the number.
function outOf({ activeEditors, editors }) {
  return activeEditors > 999 ? "" : `of ${whole(editors)}`;
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
