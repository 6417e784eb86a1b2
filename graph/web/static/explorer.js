// SPDX-License-Identifier: GPL-3.0-or-later
// The explorer: sends what is written, shows what comes, and lists the schema. Text is set as text, never as HTML.
import { followStream } from "/static/graphql-stream.js";
import { showDocumentation } from "/static/explorer-docs.js";

const KEPT_RESULTS = 200;
const byId = (id) => document.getElementById(id);
const address = `${location.origin}${location.pathname}`;
let running = null;

function say(text, fault = false) {
  const status = byId("status");
  status.textContent = text;
  status.classList.toggle("fault", fault);
}

function show(payload) {
  const item = document.createElement("li");
  const block = document.createElement("pre");
  block.textContent = JSON.stringify(payload, null, 2);
  item.classList.toggle("fault", Boolean(payload.errors));
  item.append(block);
  const results = byId("results");
  results.prepend(item);
  while (results.children.length > KEPT_RESULTS) results.lastChild.remove();
}

function headers(accept) {
  const token = byId("token").value.trim();
  const given = { "Content-Type": "application/json", Accept: accept };
  if (token) given.Authorization = `Bearer ${token.replace(/^Bearer\s+/i, "")}`;
  return given;
}

function operation() {
  const written = byId("variables").value.trim();
  const variables = written ? JSON.parse(written) : {};
  return { query: byId("query").value, variables };
}

// Comments and strings are taken out first, so that a word in them decides nothing.
function isSubscription(query) {
  const bare = query.replace(/"""[\s\S]*?"""|"(?:\\.|[^"\\\n])*"|#[^\n]*/g, " ");
  return /(^|[\s}])subscription\b/.test(bare) && !/(^|[\s}])(query|mutation)\b/.test(bare);
}

async function runOnce(body, signal) {
  const accept = "application/graphql-response+json, application/json;q=0.9";
  const started = performance.now();
  const response = await fetch(address, {
    method: "POST", headers: headers(accept), body: JSON.stringify(body), signal,
  });
  show(await response.json());
  say(`HTTP ${response.status} in ${Math.round(performance.now() - started)} ms`, !response.ok);
}

async function follow(body, signal) {
  let count = 0;
  await followStream(address, body, headers("text/event-stream"), signal, {
    open: () => say("Following…"),
    next: (payload) => { show(payload); say(`Following: ${++count} responses`); },
    lost: (seconds) => say(`The connection was lost; trying again in ${seconds} s`, true),
  });
  say(`Completed after ${count} responses`);
}

async function run() {
  stop();
  let body;
  try {
    body = operation();
  } catch (error) {
    say(`The variables are not valid JSON: ${error.message}`, true);
    byId("variables").focus();
    return;
  }
  const mine = new AbortController();
  running = mine;
  byId("results").replaceChildren();
  byId("stop").disabled = false;
  say("Running…");
  try {
    await (isSubscription(body.query) ? follow(body, mine.signal) : runOnce(body, mine.signal));
  } catch (error) {
    if (!mine.signal.aborted) say(`No answer: ${error.message}`, true);
  } finally {
    if (running === mine) finished();
  }
}

function finished() {
  running = null;
  byId("stop").disabled = true;
}

function stop() {
  if (!running) return;
  running.abort();
  finished();
  say("Stopped");
}

function choose(option) {
  if (!option?.dataset.query) return;
  byId("query").value = option.dataset.query;
  byId("variables").value = option.dataset.variables;
  if (option.dataset.slugOf) fillIn(option).catch(() => {});
}

// An example is about something that is here: the first of its list, unless the reader wrote or chose on meanwhile.
async function fillIn(option) {
  const { slugOf, variables } = option.dataset;
  const response = await fetch(address, {
    method: "POST", headers: headers("application/json"),
    body: JSON.stringify({ query: `{ things: ${slugOf}(first: 1) { nodes { slug } } }` }),
  });
  const slug = (await response.json()).data.things.nodes[0]?.slug;
  if (!slug || byId("variables").value !== variables || byId("query").value !== option.dataset.query) return;
  byId("variables").value = JSON.stringify({ ...JSON.parse(variables), slug });
}

byId("run").addEventListener("click", run);
byId("stop").addEventListener("click", stop);
byId("example").addEventListener("change", (event) => choose(event.target.selectedOptions[0]));
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    run();
  } else if (event.key === "Escape") {
    stop();
  }
});

byId("example").selectedIndex = Math.min(1, byId("example").options.length - 1);
choose(byId("example").selectedOptions[0]);
showDocumentation(address, headers, byId("docs"), byId("trail"), byId("search"));
