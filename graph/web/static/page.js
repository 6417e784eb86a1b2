// SPDX-License-Identifier: GPL-3.0-or-later
// Makes a page live: its numbers and its newest edits follow what happens, over one connection. Other scripts of the page
// hear of each entry ("followed"), and of what else it follows ("told", "ended").

import { Channel } from "/static/live-channel.js";

const GENTLY = 150; // milliseconds between two times that numbers are written
const AGAIN = 1_000; // about so long after a change of the past, a page is read anew
const PROJECTS = /(^|\.)(wiki(pedia|books|news|quote|source|versity|voyage|media|data|functions)|wiktionary|mediawiki)\.org$/;

class ProgramsLive extends HTMLElement {
  #following;
  #channel;
  #cursor;
  #version;
  #numbers = null;
  #timer = null;
  #reading = false;
  #due = null;
  #behind = false;
  #held = null; // the entries that came while the list is to stand still

  connectedCallback() {
    this.#following = JSON.parse(document.getElementById("following").textContent);
    this.#cursor = this.#following.cursor;
    this.#version = this.#following.version;
    const { language } = this.#following;
    this.whole = new Intl.NumberFormat(language);
    this.change = new Intl.NumberFormat(language, { signDisplay: "exceptZero" });
    this.day = new Intl.DateTimeFormat(language, { year: "numeric", month: "short", day: "numeric", timeZone: "UTC" });
    this.time = new Intl.DateTimeFormat(language, { timeStyle: "short", timeZone: "UTC" });
    this.list = this.querySelector("[data-edits]");
    this.#channel = new Channel(this.#operations());
    // What nobody looks at follows nothing, and is taken up where it was left.
    document.addEventListener("visibilitychange", this.#attend);
    addEventListener("pagehide", this.#leave);
    this.#attend();
  }

  disconnectedCallback() {
    document.removeEventListener("visibilitychange", this.#attend);
    removeEventListener("pagehide", this.#leave);
    this.#leave();
  }

  #attend = () => {
    if (document.hidden) this.#leave();
    else if (!this.#reading) this.#read();
  };

  #leave = () => {
    this.#reading = false;
    this.#channel.close();
    this.#lost();
  };

  #read() {
    this.#reading = true;
    this.#channel.open();
  }

  #operations() {
    const { slug, documents } = this.#following;
    const numbers = {
      request: () => ({ query: documents.numbers, variables: { slug } }),
      open: () => {},
      next: (data) => { if (data.numbers) this.#told(data.numbers); },
      lost: () => this.#lost(),
      ended: () => this.#lost(),
    };
    const others = Object.keys(documents).filter((name) => name !== "numbers" && name !== "edits");
    const rest = Object.fromEntries(others.map((name) => [name, {
      request: () => ({ query: documents[name], variables: { slug } }),
      open: () => {},
      next: (data) => this.#tell("told", { name, data }),
      lost: () => {},
      ended: () => this.#tell("ended", { name }),
    }]));
    if (!documents.edits || !this.list) return { numbers, ...rest };
    const edits = {
      request: () => ({ query: documents.edits, variables: { slug, after: this.#cursor } }),
      open: () => {},
      next: (data) => { if (data.entry) this.#entry(data.entry); },
      lost: () => {},
      ended: () => this.#anew(true),
    };
    return { numbers, edits, ...rest };
  }

  #tell(kind, detail) {
    this.dispatchEvent(new CustomEvent(kind, { detail }));
  }

  // Follows, or asks, anew.
  follow(name) {
    this.#channel.follow(name);
  }

  // Takes what the service writes anew from the page as it is now.
  anew() {
    this.#anew(false);
  }

  // Has the list stand still under somebody's hand, until it is released.
  hold() {
    this.#held ??= [];
  }

  release() {
    const held = this.#held ?? [];
    this.#held = null;
    for (const entry of held) this.#entry(entry);
  }

  // Takes it from this page, if there is one, instead of asking for it.
  take(page) {
    for (const part of this.querySelectorAll("[data-anew]")) {
      const newer = page.querySelector(`[data-anew="${part.dataset.anew}"]`);
      if (newer) part.replaceChildren(...newer.childNodes);
    }
    const none = this.querySelector("[data-none]");
    if (none) none.hidden = this.list.childElementCount > 0;
    this.#tell("taken", {});
  }

  #lost() {
    const state = this.querySelector("[data-live]");
    if (state === null || state.dataset.state !== "live") return;
    state.dataset.state = "lost";
    state.querySelector(".words").textContent = `${this.#say("page-reconnecting")} · ${this.#say("page-as-of", this.#moment(this.#numbers.asOf))}`;
  }

  #told(numbers) {
    this.#numbers = numbers;
    const state = this.querySelector("[data-live]");
    state.dataset.state = "live";
    this.#timer ??= setTimeout(() => { this.#timer = null; this.#write(); }, this.#version === numbers.version ? 0 : GENTLY);
  }

  #write() {
    const numbers = this.#numbers;
    const moved = numbers.version !== this.#version;
    this.#version = numbers.version;
    for (const place of this.querySelectorAll("[data-number]")) {
      const value = numbers[place.dataset.number];
      this.#put(place, value === null ? "—" : this.whole.format(value), moved);
      const beside = this.querySelector(`[data-not-yet="${place.dataset.number}"]`);
      if (beside) beside.hidden = value !== null;
    }
    const of = this.querySelector("[data-of]");
    if (of) of.textContent = this.#say("page-number-of", this.whole.format(numbers.editors));
    this.querySelector("[data-live] .words").textContent = `${this.#say("page-live")} · ${this.#say("page-as-of", this.#moment(numbers.asOf))}`;
  }

  #put(place, text, moved) {
    if (place.textContent === text) return;
    place.textContent = text;
    if (!moved) return;
    place.classList.remove("moved");
    void place.offsetWidth; // begins the animation anew
    place.classList.add("moved");
  }

  #entry(entry) {
    this.#cursor = entry.cursor;
    if (this.#held !== null) {
      this.#held.push(entry);
      return;
    }
    if (entry.__typename === "EditCounted") this.#counted(entry.edit);
    if (entry.__typename === "EditRetracted") this.#row(entry.editId)?.remove();
    if (entry.__typename === "EditReverted") this.#reverted(entry.editId);
    // What was read of the past is on the page that the service writes anew; a cursor too old ends the stream.
    if (entry.__typename === "HistoryChanged" || entry.__typename === "MilestoneReached") this.#anew(false);
    const none = this.querySelector("[data-none]");
    if (none) none.hidden = this.list.childElementCount > 0;
    this.#tell("followed", entry);
  }

  // Takes the lists, the goals and the chart from the page as the service writes it now; a little later, and once.
  #anew(following) {
    this.#behind ||= following;
    this.#due ??= setTimeout(async () => {
      const again = this.#behind;
      this.#due = null;
      this.#behind = false;
      if (this.#held !== null) return this.#anew(again);
      const response = await fetch(location.href, { cache: "no-cache" }).catch(() => null);
      if (response === null || !response.ok || !this.isConnected) return;
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      this.take(page);
      this.#cursor = JSON.parse(page.getElementById("following").textContent).cursor;
      if (again) this.#channel.follow("edits");
    }, AGAIN * (0.5 + Math.random()));
  }

  #row(id) {
    return this.list.querySelector(`[data-edit="${CSS.escape(id)}"]`);
  }

  #reverted(id) {
    const row = this.#row(id);
    if (row === null) return;
    row.classList.add("reverted");
    const mark = row.querySelector(".undone") ?? document.getElementById("edit").content.querySelector(".undone").cloneNode(true);
    mark.hidden = false;
    row.querySelector(".marks").append(mark);
  }

  #counted(edit) {
    this.#row(edit.id)?.remove();
    const row = document.getElementById("edit").content.firstElementChild.cloneNode(true);
    row.dataset.edit = edit.id;
    row.classList.add("fresh");
    row.classList.toggle("reverted", edit.reverted);
    const find = (selector) => row.querySelector(selector);
    find(".article").append(this.#link(edit.article.title, edit.article.url, "title", edit.wiki.language));
    find(".created").hidden = !edit.created;
    find(".minor").hidden = !edit.minor;
    find(".undone").hidden = !edit.reverted;
    find("time").dateTime = edit.at;
    find("time").textContent = this.#moment(edit.at);
    const { domain } = edit.wiki;
    const user = edit.editor && `https://${domain}/wiki/Special:Contributions/${encodeURIComponent(edit.editor.username.replaceAll(" ", "_"))}`;
    find(".editor").append(this.#link(edit.editor?.username ?? null, user, "name"));
    find(".wiki").textContent = domain;
    if (outside(edit.diffUrl)) find(".diff").href = edit.diffUrl;
    if (edit.summary) {
      find(".summary").hidden = false;
      find(".summary bdi").textContent = edit.summary;
    }
    find(".change").textContent = this.change.format(edit.byteChange);
    find(".change").classList.add(edit.byteChange > 0 ? "more" : edit.byteChange < 0 ? "less" : "same");
    this.list.prepend(row);
    while (this.list.childElementCount > Number(this.list.dataset.edits)) this.list.lastElementChild.remove();
  }

  // A name as text, isolated, with a link where it leads to a wiki.
  #link(text, url, kind, language) {
    if (text === null) return document.getElementById("unknown").content.querySelector(`.${kind}`).cloneNode(true);
    const isolated = document.createElement("bdi");
    isolated.textContent = text;
    if (!outside(url)) return isolated;
    const link = document.createElement("a");
    link.href = url;
    link.rel = "noreferrer";
    if (language) link.lang = language;
    link.append(isolated);
    return link;
  }

  #moment(at) {
    const date = new Date(at);
    return `${this.day.format(date)} ${this.time.format(date)}`;
  }

  #say(key, ...given) {
    return this.#following.texts[key].replace(/\$(\d)/g, (_, place) => given[place - 1]);
  }
}

function outside(url) {
  if (!url || !URL.canParse(url)) return false;
  const { protocol, hostname, username, port } = new URL(url);
  return protocol === "https:" && username === "" && port === "" && PROJECTS.test(hostname);
}

customElements.define("programs-live", ProgramsLive);
