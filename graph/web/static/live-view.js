// SPDX-License-Identifier: GPL-3.0-or-later
// The head, the counters and the goals of a live screen.

import { amount, clock, duration, figures, percent, seconds, stamp } from "/static/live-format.js";
import { actualOf, nameOf, paceOf } from "/static/live-state.js";
import { say } from "/static/live-texts.js";

export function wordsOf(goal) {
  return say(`live-goal-${goal.metric.toLowerCase().replaceAll("_", "-")}`, [goal.target, amount(goal.metric, goal.target)]);
}

export class View {
  #root;
  #still;
  #goals = new Map();

  constructor(root, still) {
    this.#root = root;
    this.#still = still;
  }

  show(state, now) {
    this.#text("h1", state.title);
    for (const counter of this.#root.querySelectorAll(".counter")) this.#count(counter, state.metrics);
    this.#showGoals(state, now);
  }

  // `now` is a Date.
  tick(state, now) {
    this.#text("#clock", clock(now));
    this.#text("#left", remaining(Date.parse(state.start), Date.parse(state.end), now.getTime()));
    for (const goal of state.goals) this.#showPace(this.#goals.get(nameOf(goal)), goal, state, now.getTime());
  }

  // `health` is live, waiting, paused or lost, with the lag in seconds or the last moment (a Date) the numbers are of.
  badge(health) {
    this.#root.querySelector("#badge").dataset.state = health.state;
    this.#text("#badge .words", words(health));
  }

  // Says something to whoever stands at the screen, for a while.
  notice(text) {
    const line = document.createElement("p");
    line.className = "notice";
    line.textContent = text;
    this.#root.append(line);
    setTimeout(() => line.remove(), 8_000);
  }

  // Written anew where the room is another one.
  fit(state) {
    for (const figure of this.#root.querySelectorAll(".figure")) figure.dataset.drawn = "";
    this.show(state, new Date());
  }

  #count(counter, metrics) {
    const name = counter.dataset.counter;
    const shown = counter.querySelector(".figure");
    const before = shown.dataset.value;
    const value = metrics[name] === null ? "" : String(metrics[name]);
    const drawn = name === "activeEditors" ? `${value}/${metrics.editors}` : value;
    if (shown.dataset.drawn !== drawn) this.#write(counter, shown, name, metrics);
    shown.dataset.drawn = drawn;
    shown.dataset.value = value;
    if (before !== undefined && before !== "" && metrics[name] > Number(before)) this.#cheer(shown);
  }

  // The longest way to write it that there is room for.
  #write(counter, shown, name, metrics) {
    const room = counter.querySelector("dd");
    const ways = figures(name, metrics[name]);
    if (name === "activeEditors") ways.unshift({ text: ways[0].text, unit: outOf(metrics) });
    for (const { text, unit } of ways) {
      setText(counter.querySelector(".beside"), unit);
      setText(shown, text);
      if (room.scrollWidth <= room.clientWidth) return;
    }
  }

  // Only a number that grew is made to shine, for a moment and without a flash.
  #cheer(shown) {
    if (this.#still.matches) return;
    for (const motion of shown.getAnimations()) motion.cancel();
    const accent = getComputedStyle(shown).getPropertyValue("--glow");
    shown.animate([{ color: accent, transform: "translateY(-3%)" }, {}], { duration: 900, easing: "ease-out" });
  }

  #showGoals(state, now) {
    const list = this.#root.querySelector("#goals");
    if (list === null) return;
    if (this.#goals.size === 0) list.replaceChildren(); // what the page came with
    const names = new Set(state.goals.map(nameOf));
    for (const [name, item] of this.#goals) if (!names.has(name)) { item.remove(); this.#goals.delete(name); }
    list.dataset.count = String(state.goals.length);
    for (const goal of state.goals) this.#showGoal(list, goal, state, now.getTime());
  }

  #showGoal(list, goal, state, now) {
    const item = this.#goals.get(nameOf(goal)) ?? this.#newGoal(list, goal);
    const actual = actualOf(goal, state.metrics);
    const share = Math.min(1, actual / goal.target);
    const reached = goal.reachedAt !== null;
    item.classList.toggle("reached", reached);
    setText(item.querySelector(".done"), amount(goal.metric, actual));
    setText(item.querySelector(".share"), reached ? say("live-reached") : percent(Math.floor(share * 100) / 100));
    item.querySelector(".bar").setAttribute("aria-valuenow", String(Math.round(share * 100)));
    setAttribute(item.querySelector(".fill"), "width", `${reached ? 100 : (share * 100).toFixed(1)}%`);
    this.#showPace(item, goal, state, now);
  }

  // Where the bar should be by now, and what comes of it.
  #showPace(item, goal, state, now) {
    if (item === undefined) return;
    const actual = actualOf(goal, state.metrics);
    const pace = goal.reachedAt === null ? paceOf(actual, Date.parse(state.start), Date.parse(state.end), now) : null;
    setAttribute(item.querySelector(".due"), "x", pace === null ? "-2%" : `${(pace.due * 100).toFixed(1)}%`);
    if (pace === null) return setText(item.querySelector(".pace"), "");
    const key = pace.forecast >= goal.target ? "live-pace-on-track" : "live-pace";
    setText(item.querySelector(".pace"), say(key, amount(goal.metric, pace.forecast)));
  }

  #newGoal(list, goal) {
    const item = document.getElementById("goal").content.firstElementChild.cloneNode(true);
    setText(item.querySelector(".of"), say("live-goal-line", wordsOf(goal)));
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
  if (state === "connecting" || state === "paused") return say(`live-${state}`);
  if (state === "live") return lag === null ? say("live-live") : say("live-live-lag", seconds(lag));
  const said = say(state === "waiting" ? "live-waiting" : "live-reconnecting");
  return at === null ? said : say("live-as-of", said, stamp(at));
}

function remaining(start, end, now) {
  if (now < start) return say("live-starts-in", duration(start - now));
  if (Number.isNaN(end)) return "";
  return now < end ? say("live-left", duration(end - now)) : say("live-ended");
}

// Left out where it would not fit beside the number.
function outOf({ activeEditors, editors }) {
  return activeEditors > 999 ? "" : say("live-of", editors);
}

export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function setAttribute(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}
