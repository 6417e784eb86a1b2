// SPDX-License-Identifier: GPL-3.0-or-later
// What a live screen knows, and how it changes. Pure: no clock, no network, no document.

// How many of the latest edits are remembered; the screen shows the first few of them.
export const KEPT = 16;

const JOURNAL_LIMIT = 500;
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
// told while an answer is under way, since nobody knows whether that answer has it already.
export function start(program) {
  return {
    ...known(program),
    cursor: program.activityCursor,
    celebrated: program.goals.filter((goal) => goal.reachedAt !== null).map(nameOf),
    celebrations: [],
    wants: null,
    asked: null,
    journal: null,
  };
}

export function reduce(state, action) {
  switch (action.type) {
    case "told": return journaled(told(state, action.entry), action.entry);
    case "due": return wanting(state, "refresh");
    case "ended": return wanting(state, "restart");
    case "asked": return { ...state, asked: state.wants, wants: null, journal: [] };
    case "unanswered": return wanting({ ...state, asked: null, journal: null }, state.asked);
    case "answered": return answered(state, action.program);
    case "celebrated": return { ...state, celebrations: state.celebrations.slice(1) };
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

function known(program) {
  const { title, institution, metrics, goals } = program;
  return {
    title,
    institution,
    start: program.eventStart ?? program.trackingStart,
    end: program.eventEnd ?? program.trackingEnd,
    metrics,
    goals,
    edits: program.edits.nodes.slice(0, KEPT),
  };
}

function told(state, entry) {
  const { cursor } = entry;
  const current = { ...state, cursor, metrics: newer(state.metrics, entry.metrics) };
  switch (entry.__typename) {
    case "EditCounted": return { ...current, edits: withEdit(state.edits, entry.edit) };
    case "EditRetracted": return { ...current, edits: state.edits.filter((edit) => edit.id !== entry.editId) };
    case "EditReverted": return { ...current, edits: marked(state.edits, entry.editId) };
    case "HistoryChanged": return wanting(current, "refresh");
    case "MilestoneReached": return reached(current, entry.goal);
    case "SnapshotRequired": return wanting(current, "restart");
    default: return current; // a kind of entry that is younger than this screen
  }
}

function journaled(state, entry) {
  if (state.journal === null) return state;
  if (state.journal.length === JOURNAL_LIMIT) return wanting({ ...state, journal: [] }, "refresh");
  return { ...state, journal: [...state.journal, entry] };
}

// An answer replaces what is known, but never by older numbers; after a restart it is right whatever it says.
function answered(state, program) {
  const anew = state.asked === "restart";
  const entries = state.journal ?? [];
  const current = { ...state, ...known(program), asked: null, journal: null };
  if (anew) {
    const silently = program.goals.filter((goal) => goal.reachedAt !== null).map(nameOf);
    return {
      ...current,
      cursor: program.activityCursor,
      celebrated: [...new Set([...state.celebrated, ...silently])],
    };
  }
  return entries.reduce(told, { ...current, metrics: newer(state.metrics, program.metrics) });
}

function newer(metrics, others) {
  return others !== undefined && others.version > metrics.version ? others : metrics;
}

// The latest edits, the newest first; an edit that is there already is replaced, not repeated.
function withEdit(edits, edit) {
  const others = edits.filter((other) => other.id !== edit.id);
  const at = Date.parse(edit.at);
  const place = others.findIndex((other) => Date.parse(other.at) <= at);
  others.splice(place < 0 ? others.length : place, 0, edit);
  return others.slice(0, KEPT);
}

function marked(edits, id) {
  return edits.map((edit) => (edit.id === id ? { ...edit, reverted: true } : edit));
}

function reached(state, goal) {
  const name = nameOf(goal);
  const goals = state.goals.map((other) => (nameOf(other) === name ? goal : other));
  if (state.celebrated.includes(name)) return { ...state, goals };
  return { ...state, goals, celebrated: [...state.celebrated, name], celebrations: [...state.celebrations, goal] };
}

function wanting(state, what) {
  return { ...state, wants: state.wants === "restart" || what === null ? state.wants : what };
}
