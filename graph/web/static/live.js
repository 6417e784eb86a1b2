// SPDX-License-Identifier: GPL-3.0-or-later
// The live screen: starts from the answer in the page, follows the activity from its cursor, and says how fresh it is.

import { Cards } from "/static/live-cards.js";
import { Celebration } from "/static/live-celebration.js";
import { Channel } from "/static/live-channel.js";
import { Chart, Wikis } from "/static/live-chart.js";
import { Controls, hiddenHere, hideHere, showHere, stayAwake } from "/static/live-controls.js";
import { MINUTES, reduce, start } from "/static/live-state.js";
import { given, say } from "/static/live-texts.js";
import { View } from "/static/live-view.js";

const SILENCE = 10_000; // the service speaks every few seconds: longer silence is a dead connection
const REFRESH = 30_000; // people enrol, goals and titles change without an edit
const PATIENCE = 10_000;
const LONGEST_WAIT = 60_000;

const still = matchMedia("(prefers-reduced-motion: reduce)");
const view = new View(document.body, still);
const cards = new Cards(document.getElementById("cards"), document.getElementById("waiting"), given, still, hide);
const celebration = new Celebration(document.getElementById("celebration"), still, given.sound);
const chart = new Chart(document.getElementById("rate"));
const wikis = new Wikis(document.getElementById("wikis"));
const controls = new Controls(document.body, { pause: () => dispatch({ type: "nothing" }), hide: hideNewest });

let state = start(given.shown, { hold: given.hold, all: given.all, hidden: hiddenHere() });
let drawing = false;
let asking = null;
let failures = 0;
let service = null;
let trip = 0;
let open = false;
let heard = Date.now();
let known = null;
let dueAt = nextRefresh();
let silence = nextSilence();

const channel = new Channel({
  activity: {
    request: () => (restarting() ? null : operation("activity", { after: state.cursor })),
    open: () => { open = true; freshen(); },
    next: (data) => {
      failures = 0;
      if (data.entry.__typename === "CardShown") showHere(data.entry.editId);
      dispatch({ type: "told", entry: data.entry });
    },
    lost: () => { open = false; freshen(); },
    ended: () => { open = false; dispatch({ type: "ended" }); freshen(); },
  },
  service: {
    request: () => operation("service", {}),
    open: () => {},
    next: (data) => { service = data.service; heard = Date.now(); freshen(); },
    lost: () => { service = null; freshen(); },
    ended: () => { service = null; freshen(); }, // the silence that follows opens the channel anew
  },
});

function operation(name, more) {
  const variables = { key: given.key, names: given.names !== "none", ...more };
  return { query: given.documents[name], variables: name === "service" ? {} : variables };
}

function restarting() {
  return state.wants === "restart" || state.asked === "restart";
}

function dispatch(action) {
  if (action.type !== "nothing") state = reduce(state, action);
  attend();
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(draw);
}

// While it is paused the screen stands still: only what may not be shown any more leaves it.
function draw() {
  drawing = false;
  freshen();
  if (controls.paused) return cards.retain(state.edits);
  const now = new Date();
  view.show(state, now);
  cards.show(state.edits, now.getTime(), say(state.nothing ? "live-no-articles" : "live-first-edit"));
  chart.show(state.minutes, now.getTime());
  wikis.show(state.wikis);
  celebrate();
}

function celebrate() {
  if (controls.paused || state.celebrations.length === 0) return;
  if (celebration.try(state.celebrations, Date.now())) state = reduce(state, { type: "celebrated" });
}

function hideNewest() {
  if (cards.newest !== undefined) hide(cards.newest);
}

// Here at once and for good; on all screens where whoever opened this one runs the program.
function hide(edit) {
  hideHere(edit.id);
  dispatch({ type: "hidden", id: edit.id });
  if (given.hiding) hideEverywhere(edit.id).catch(() => view.notice(say("live-not-hidden")));
}

async function hideEverywhere(id) {
  const { document: query, program } = given.hiding;
  const { data } = await post({ query, variables: { program, edit: id } });
  if (data.hideCard.userErrors.length > 0) throw new Error(data.hideCard.userErrors[0].message);
}

// Fetches what is wanted, a little later on each screen, so that they do not all ask at once.
function attend() {
  if (state.wants === null || asking !== null) return;
  const wait = state.wants === "restart" ? 200 : 1_000;
  const longer = Math.min(LONGEST_WAIT, wait * 2 ** failures);
  asking = setTimeout(ask, longer * (0.5 + Math.random() / 2));
}

async function ask() {
  const anew = state.wants === "restart";
  dispatch({ type: "asked" });
  try {
    const shown = await fetchShown();
    if (shown === null) return location.reload(); // gone, or no longer to be seen: the service says so itself
    failures = anew ? failures + 1 : 0;
    dispatch({ type: "answered", shown });
    if (anew) channel.follow("activity");
  } catch {
    failures++;
    dispatch({ type: "unanswered" });
  } finally {
    asking = null;
    dueAt = nextRefresh();
    attend();
  }
}

async function fetchShown() {
  const begun = performance.now();
  const last = Math.floor(Date.now() / 60_000) * 60_000; // the same for all screens that ask in this minute
  const from = new Date(last - (MINUTES - 1) * 60_000).toISOString();
  const { data, errors } = await post(operation("snapshot", { from, to: new Date(last).toISOString() }));
  if (errors && !data) throw new Error(errors[0].message);
  const ours = ["INTERNAL_ERROR", "UNAVAILABLE"]; // not what this screen asked wrongly
  if (errors?.some((error) => ours.includes(error.extensions?.code))) throw new Error(errors[0].message);
  trip = (performance.now() - begun) / 1000;
  performance.clearResourceTimings(); // else the browser keeps a note of each of the first 250 requests
  return data.shown;
}

async function post(body) {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/graphql-response+json" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(PATIENCE),
  });
  return response.json();
}

// Measured, never assumed: from the wiki to the service, in the service, and half a round trip to this screen.
function freshen() {
  if (open && service !== null && Date.now() - heard < SILENCE) {
    known = new Date();
    if (controls.paused) view.badge({ state: "paused" });
    else view.badge(service.connected ? { state: "live", lag: lagOf(service) } : { state: "waiting", at: lastEvent(service) });
  } else {
    view.badge(known === null ? { state: "connecting" } : { state: "lost", at: known });
  }
}

function lagOf({ upstreamLagSeconds, ownLagSeconds }) {
  if (upstreamLagSeconds === null || ownLagSeconds === null) return null;
  return upstreamLagSeconds + ownLagSeconds + trip / 2;
}

function lastEvent({ lastEventAt }) {
  return lastEventAt === null ? null : new Date(lastEventAt);
}

function nextRefresh() {
  return Date.now() + REFRESH * (0.8 + Math.random() * 0.4);
}

function tick() {
  const now = Date.now();
  if (!controls.paused) {
    view.tick(state, new Date(now));
    chart.show(state.minutes, now);
    if (given.hold > 0) dispatch({ type: "nothing" });
  }
  celebrate();
  if (Math.abs(now - heard) > silence) reopen(now);
  if (now > dueAt && open) dispatch({ type: "due" });
  freshen();
}

// After a silence, or the sleep of the machine, no old connection is trusted.
function reopen(now) {
  heard = now;
  open = false;
  service = null;
  silence = nextSilence();
  channel.open();
}

// Who lost the service at the same moment comes back at different ones.
function nextSilence() {
  return SILENCE * (1 + Math.random() / 2);
}

new ResizeObserver(() => { if (!controls.paused) view.fit(state); }).observe(document.querySelector(".counters"));
addEventListener("online", () => reopen(Date.now()));
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
addEventListener("pagehide", () => channel.close());

stayAwake();
draw();
tick();
channel.open();
setInterval(tick, 1_000);
