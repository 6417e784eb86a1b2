// SPDX-License-Identifier: GPL-3.0-or-later
// The latest edits as cards. Titles and names are other people's text: they are set as text, each isolated from the
// direction of what is around it.

import { bytes, clock, initials, project, tone } from "/static/live-format.js";
import { say } from "/static/live-texts.js";

export const SHOWN = 6;

export class Cards {
  #list;
  #waiting;
  #taste;
  #still;
  #hide;
  #items = new Map();
  #arrived = new Map(); // when each edit came, for as long as it is remembered
  #first = true;

  // `taste` has names (initials, full or none), hold (seconds) and moderating; `still` says whether to do without
  // motion; `hide` is called with the edit whose card is to be hidden on all screens.
  constructor(list, waiting, taste, still, hide) {
    this.#list = list;
    this.#waiting = waiting;
    this.#taste = taste;
    this.#still = still;
    this.#hide = hide;
  }

  // The edit whose card is the newest one shown; undefined where there is none.
  get newest() {
    return this.#list.firstElementChild?.edit;
  }

  // Shows the first edits. What is no longer among them leaves at once; what is new comes in from above.
  show(edits, now, empty) {
    const shown = this.#due(edits, now).slice(0, SHOWN);
    const before = new Set(this.#items.keys());
    this.#keep(new Set(shown.map((edit) => edit.id)));
    shown.forEach((edit, place) => this.#put(edit, place));
    this.#waiting.hidden = shown.length > 0;
    if (this.#waiting.textContent !== empty) this.#waiting.textContent = empty;
    if (!this.#first && !this.#still.matches) this.#bringIn(before);
    this.#first = false;
  }

  // Takes off what may not be shown any more, and shows nothing new.
  retain(edits) {
    this.#keep(new Set(edits.map((edit) => edit.id)));
  }

  #keep(wanted) {
    for (const [id, item] of this.#items) if (!wanted.has(id)) this.#drop(id, item);
  }

  // Those that were held back long enough. What was there at first has been there since it was made.
  #due(edits, now) {
    if (this.#taste.hold === 0) return edits;
    const arrived = new Map(edits.map((edit) => [edit.id, this.#arrived.get(edit.id) ?? (this.#first ? Date.parse(edit.at) : now)]));
    this.#arrived = arrived;
    return edits.filter((edit) => now - arrived.get(edit.id) >= this.#taste.hold * 1_000);
  }

  #drop(id, item) {
    item.remove();
    this.#items.delete(id);
  }

  #put(edit, place) {
    let item = this.#items.get(edit.id);
    if (item === undefined) {
      item = document.createElement("li");
      this.#items.set(edit.id, item);
    }
    if (item.edit !== edit) this.#fill(item, edit);
    item.style.setProperty("--place", place); // moved by the style sheet, so that nothing is laid out anew
    if (this.#list.children[place] !== item) this.#list.insertBefore(item, this.#list.children[place] ?? null);
  }

  #fill(item, edit) {
    item.edit = edit;
    item.className = edit.reverted ? "card reverted" : "card";
    item.replaceChildren(...this.#mark(edit.editor), heading(edit), this.#particulars(edit), side(edit), ...this.#button(edit));
  }

  #mark(editor) {
    if (this.#taste.names !== "initials" || !editor) return [];
    const mark = element("span", "mark", initials(editor.username));
    mark.dataset.tone = tone(editor.username);
    return [mark];
  }

  #button(edit) {
    if (!this.#taste.moderating) return [];
    const button = element("button", "remove", "×");
    button.type = "button";
    button.setAttribute("aria-label", say("live-hide-card"));
    button.addEventListener("click", () => this.#hide(edit));
    return [button];
  }

  #particulars(edit) {
    const line = element("p", "particulars");
    if (edit.reverted) line.append(element("span", "pill undone", say("live-reverted")));
    if (edit.created) line.append(element("span", "pill", say(edit.article.namespace === 6 ? "live-new-file" : "live-new-article")));
    if (this.#taste.names === "full" && edit.editor) line.append(element("bdi", "editor", edit.editor.username));
    line.append(element("bdi", "wiki", project(edit.wiki.domain)));
    return line;
  }

  #bringIn(before) {
    const motion = { duration: 350, easing: "cubic-bezier(.2, .8, .2, 1)" };
    for (const [id, item] of this.#items) {
      if (!before.has(id)) item.animate([{ opacity: 0, transform: "translateY(-40%)" }, {}], motion);
    }
  }
}

function heading(edit) {
  const title = element("p", "title", edit.article.title === null ? say("live-hidden-title") : "");
  if (edit.article.title === null) return title;
  const text = element("bdi", "", edit.article.title);
  text.lang = edit.wiki.language ?? ""; // Chinese and Japanese write the same letters differently
  title.append(text);
  return title;
}

function side(edit) {
  const sign = edit.byteChange < 0 ? "less" : "more";
  const time = element("time", "", clock(new Date(edit.at)));
  time.dateTime = edit.at;
  const box = element("div", "side");
  box.append(element("span", `change ${edit.byteChange === 0 ? "same" : sign}`, bytes(edit.byteChange)), time);
  return box;
}

function element(name, className, text = "") {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.textContent = text;
  return made;
}
