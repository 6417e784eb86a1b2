// SPDX-License-Identifier: GPL-3.0-or-later
// What a live screen knows, and how it changes. Pure: no clock, no network, no document.

// How many of the latest edits are remembered; the screen shows the first few of them. Where cards are held back, those
// that wait are remembered as well.
export const KEPT = 24;
const KEPT_BACK = 240;
const HIDDEN_LIMIT = 300;
const CELEBRATED_LIMIT = 200;
const JOURNAL_LIMIT = 500;
export const MINUTES = 60;
const MINUTE = 60_000;
const MEASURED_BY = {
  TOTAL_EDITS: "totalEdits",
  ARTICLES_CREATED: "articlesCreated",
  ARTICLES_EDITED: "articlesEdited",
  ACTIVE_EDITORS: "activeEditors",
  BYTES_ADDED: "bytesAdded",
  COMMONS_UPLOADS: "commonsUploads",
  REFERENCES_ADDED: "referencesAdded",
};

// What a first answer means. `wants` is "refresh" (fetch the numbers and lists anew), "restart" (and follow the
// activity from there) or null; `celebrations` are the milestones to celebrate, each once; `journal` holds what was
// told while an answer is under way, since nobody knows whether that answer has it already. `hidden` are the edits
// whose cards somebody took off the wall.
export function start(shown, { hold = 0, all = false, hidden = [] } = {}) {
  const goals = shown.goals ?? [];
  const state = {
    kept: hold > 0 ? KEPT_BACK : KEPT,
    all,
    hidden: hidden.slice(-HIDDEN_LIMIT),
    cursor: shown.activityCursor,
    celebrated: goals.filter((goal) => goal.reachedAt !== null).map(nameOf),
    celebrations: [],
    wants: null,
    asked: null,
    journal: null,
  };
  return { ...state, ...known(state, shown) };
}

export function reduce(state, action) {
  switch (action.type) {
    case "told": return journaled(told(state, action.entry), action.entry);
    case "due": return wanting(state, "refresh");
    case "ended": return wanting(state, "restart");
    case "asked": return { ...state, asked: state.wants, wants: null, journal: [] };
    case "unanswered": return wanting({ ...state, asked: null, journal: null }, state.asked);
    case "answered": return answered(state, action.shown);
    case "celebrated": return { ...state, celebrations: [] };
    case "hidden": return withHidden(state, [action.id]);
    default: throw new TypeError(`unknown action ${action.type}`);
  }
}

// How much of a goal is done, by the newest numbers; null where nobody knows.
export function actualOf(goal, metrics) {
  return metrics[MEASURED_BY[goal.metric]] ?? goal.actual;
}

export function nameOf(goal) {
  return `${goal.metric}:${goal.target}`;
}

// Where a goal stands in its time: the share of it that is over, and what comes out at this pace. Null before there is
// a pace to speak of, and afterwards.
export function paceOf(actual, start, end, now) {
  const [over, whole] = [now - start, end - start];
  if (!(whole > 0) || over < Math.max(5 * MINUTE, whole / 50) || over >= whole) return null;
  return { due: over / whole, forecast: Number((actual * whole / over).toPrecision(2)) };
}

function known(state, shown) {
  const counts = new Map((shown.timeline ?? []).map((point) => [Date.parse(point.at), point.edits]));
  return {
    title: shown.title,
    start: shown.eventStart ?? shown.opens,
    end: shown.eventEnd ?? shown.closes,
    metrics: shown.metrics,
    goals: shown.goals ?? [],
    tracked: trackedBy(shown),
    nothing: (shown.program ?? shown).nothingInScope ?? false,
    minutes: [...counts],
    wikis: (shown.metricsByWiki ?? []).filter((share) => share.namespace === null)
      .map((share) => ({ ...share.wiki, edits: share.metrics.totalEdits })),
    ...listed({ ...state, tracked: trackedBy(shown) }, shown),
  };
}

function listed(state, shown) {
  const hidden = [...new Set([...state.hidden, ...(shown.hiddenCards ?? [])])].slice(-HIDDEN_LIMIT);
  const edits = shown.edits.nodes.filter((edit) => !hidden.includes(edit.id) && isCard(state, edit));
  return { hidden, edits: edits.slice(0, state.kept) };
}

// The namespaces whose pages are articles, for each wiki that says so.
function trackedBy(shown) {
  const programs = shown.programs?.nodes ?? [shown.program ?? shown];
  const found = {};
  for (const { trackedWikis } of programs) {
    for (const { wiki, namespaces } of trackedWikis ?? []) {
      found[wiki.dbname] = [...new Set([...(found[wiki.dbname] ?? []), ...namespaces])];
    }
  }
  return found;
}

// Only articles and files make cards, unless all are wanted: nobody's talk is put on the wall.
function isCard(state, edit) {
  const namespaces = state.tracked[edit.wiki.dbname];
  return state.all || (namespaces ?? [0, 6]).includes(edit.article.namespace ?? 0) || edit.article.namespace === 6;
}

function told(state, entry) {
  const { cursor } = entry;
  const current = { ...state, cursor, metrics: newer(state.metrics, entry.metrics) };
  switch (entry.__typename) {
    case "EditCounted": return counted(current, entry.edit);
    case "EditRetracted": return { ...current, edits: state.edits.filter((edit) => edit.id !== entry.editId) };
    case "EditReverted": return { ...current, edits: marked(state.edits, entry.editId) };
    case "CardHidden": return withHidden(current, [entry.editId]);
    case "CardShown": return wanting({ ...current, hidden: state.hidden.filter((id) => id !== entry.editId) }, "refresh");
    case "HistoryChanged": return wanting(current, "refresh");
    case "MilestoneReached": return reached(current, entry.goal, entry.program);
    case "SnapshotRequired": return wanting(current, "restart");
    default: return current; // a kind of entry that is younger than this screen
  }
}

function counted(state, edit) {
  const again = state.edits.some((other) => other.id === edit.id);
  const current = again ? state : { ...state, minutes: withMinute(state.minutes, edit), wikis: withWiki(state.wikis, edit.wiki) };
  return isCard(state, edit) ? { ...current, edits: withEdit(state, edit) } : current;
}

function withMinute(minutes, edit) {
  const at = Math.floor(Date.parse(edit.at) / MINUTE) * MINUTE;
  const counts = new Map(minutes);
  counts.set(at, (counts.get(at) ?? 0) + 1);
  return [...counts].sort(([one], [other]) => one - other).slice(-2 * MINUTES);
}

function withWiki(wikis, { dbname, domain }) {
  const place = wikis.findIndex((wiki) => wiki.dbname === dbname);
  if (place < 0) return [...wikis, { dbname, domain, edits: 1 }];
  return wikis.with(place, { ...wikis[place], edits: wikis[place].edits + 1 });
}

function withHidden(state, ids) {
  const hidden = [...state.hidden.filter((id) => !ids.includes(id)), ...ids].slice(-HIDDEN_LIMIT);
  return { ...state, hidden, edits: state.edits.filter((edit) => !ids.includes(edit.id)) };
}

function journaled(state, entry) {
  if (state.journal === null) return state;
  if (state.journal.length === JOURNAL_LIMIT) return wanting({ ...state, journal: [] }, "refresh");
  return { ...state, journal: [...state.journal, entry] };
}

// An answer replaces what is known, but never by older numbers; after a restart it is right whatever it says.
function answered(state, shown) {
  const anew = state.asked === "restart";
  const entries = state.journal ?? [];
  const current = { ...state, ...known(state, shown), asked: null, journal: null };
  if (anew) {
    const silently = current.goals.filter((goal) => goal.reachedAt !== null).map(nameOf);
    return { ...current, cursor: shown.activityCursor, celebrated: remembered(state.celebrated, silently) };
  }
  return entries.reduce(told, { ...current, metrics: newer(state.metrics, shown.metrics) });
}

function newer(metrics, others) {
  return others !== undefined && others.version > metrics.version ? others : metrics;
}

// The latest edits, the newest first; an edit that is there already is replaced, not repeated.
function withEdit({ edits, hidden, kept }, edit) {
  const others = edits.filter((other) => other.id !== edit.id);
  if (hidden.includes(edit.id)) return others;
  const at = Date.parse(edit.at);
  const place = others.findIndex((other) => Date.parse(other.at) <= at);
  others.splice(place < 0 ? others.length : place, 0, edit);
  return others.slice(0, kept);
}

function marked(edits, id) {
  return edits.map((edit) => (edit.id === id ? { ...edit, reverted: true } : edit));
}

// A campaign has no goals of its own: there the milestones of its programs are celebrated, each with its program.
function reached(state, goal, program) {
  const own = state.goals.some((other) => nameOf(other) === nameOf(goal));
  const name = own ? nameOf(goal) : `${program?.slug ?? ""}/${nameOf(goal)}`;
  const goals = state.goals.map((other) => (nameOf(other) === nameOf(goal) ? goal : other));
  if (state.celebrated.includes(name)) return { ...state, goals };
  const celebration = own ? { goal } : { goal, program: program?.title };
  return {
    ...state, goals, celebrated: remembered(state.celebrated, [name]), celebrations: [...state.celebrations, celebration].slice(-10),
  };
}

function remembered(names, others) {
  return [...new Set([...names, ...others])].slice(-CELEBRATED_LIMIT);
}

function wanting(state, what) {
  return { ...state, wants: state.wants === "restart" || what === null ? state.wants : what };
}
