// SPDX-License-Identifier: GPL-3.0-or-later
// The latest edits as cards. Titles and names are other people's text: they are set as text, each isolated from the
// direction of what is around it.

import { bytes, clock, initials, project, tone } from "/static/live-format.js";

export const SHOWN = 6;

export class Cards {
  #list;
  #waiting;
  #names;
  #still;
  #items = new Map();
  #first = true;

  // `names` is initials, full or none; `still` says whether to do without motion.
  constructor(list, waiting, names, still) {
    this.#list = list;
    this.#waiting = waiting;
    this.#names = names;
    this.#still = still;
  }

  // Shows the first edits. What is no longer among them leaves at once; what is new comes in from above.
  show(edits) {
    const shown = edits.slice(0, SHOWN);
    const places = this.#places();
    const wanted = new Set(shown.map((edit) => edit.id));
    for (const [id, item] of this.#items) if (!wanted.has(id)) this.#drop(id, item);
    shown.forEach((edit, place) => this.#put(edit, place));
    this.#waiting.hidden = shown.length > 0;
    if (!this.#first && !this.#still.matches) this.#move(places);
    this.#first = false;
  }

  #places() {
    return new Map([...this.#items].map(([id, item]) => [id, item.offsetTop]));
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
    if (this.#list.children[place] !== item) this.#list.insertBefore(item, this.#list.children[place] ?? null);
  }

  #fill(item, edit) {
    item.edit = edit;
    item.className = edit.reverted ? "card reverted" : "card";
    item.replaceChildren(...this.#mark(edit.editor), heading(edit), this.#particulars(edit), side(edit));
  }

  #mark(editor) {
    if (this.#names !== "initials" || !editor) return [];
    const mark = element("span", "mark", initials(editor.username));
    mark.dataset.tone = tone(editor.username);
    return [mark];
  }

  #particulars(edit) {
    const line = element("p", "particulars");
    if (edit.reverted) line.append(element("span", "pill undone", "reverted"));
    if (edit.created) line.append(element("span", "pill", "new article"));
    if (this.#names === "full" && edit.editor) line.append(element("bdi", "editor", edit.editor.username));
    line.append(element("bdi", "wiki", project(edit.wiki.domain)));
    return line;
  }

  #move(places) {
    const motion = { duration: 350, easing: "cubic-bezier(.2, .8, .2, 1)" };
    for (const [id, item] of this.#items) {
      const before = places.get(id);
      if (before === undefined) {
        item.animate([{ opacity: 0, transform: "translateY(-40%)" }, { opacity: 1, transform: "none" }], motion);
      } else if (before !== item.offsetTop) {
        item.animate([{ transform: `translateY(${before - item.offsetTop}px)` }, { transform: "none" }], motion);
      }
    }
  }
}

function heading(edit) {
  const title = element("p", "title", edit.article.title === null ? "hidden title" : "");
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
