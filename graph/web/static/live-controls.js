// SPDX-License-Identifier: GPL-3.0-or-later
// What somebody at the screen can do, and what a screen that nobody touches does: it stays awake and hides its pointer.

import { setText } from "/static/live-view.js";

const IDLE = 4_000;
const KEY = "programs-graph-hidden";
const REMEMBERED = 200;

export class Controls {
  #root;
  #timer = null;
  paused = false;

  // `on` has pause() and hide(): the newest card is to be hidden.
  constructor(root, on) {
    this.#root = root;
    const toggle = () => { this.#pause(!this.paused); on.pause(); };
    root.querySelector("#pause").addEventListener("click", toggle);
    root.querySelector("#hide").addEventListener("click", on.hide);
    addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
      if (event.code === "KeyP") toggle();
      else if (event.code === "KeyH") on.hide();
      else return;
      event.preventDefault();
    });
    for (const touched of ["pointermove", "pointerdown", "keydown"]) addEventListener(touched, () => this.#wake(), { passive: true });
    this.#wake();
  }

  #pause(paused) {
    this.paused = paused;
    const button = this.#root.querySelector("#pause");
    button.setAttribute("aria-pressed", String(paused));
    setText(button.querySelector("span"), paused ? button.dataset.resume : button.dataset.pause);
    this.#root.classList.toggle("paused", paused);
  }

  #wake() {
    this.#root.classList.remove("idle");
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#root.classList.add("idle"), IDLE);
  }
}

// Asks the machine not to put its screen to sleep, again whenever the page comes to the front.
export function stayAwake() {
  const ask = async () => {
    if (document.visibilityState !== "visible") return;
    try { await navigator.wakeLock?.request("screen"); } catch { /* it may not be allowed: the numbers go on */ }
  };
  document.addEventListener("visibilitychange", ask);
  ask();
}

// The cards that were hidden at this screen stay hidden when its page is loaded again.
export function hiddenHere() {
  try {
    const found = JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
    return Array.isArray(found) ? found.filter((id) => typeof id === "string") : [];
  } catch { return []; }
}

export function hideHere(id) {
  keep([...hiddenHere(), id]);
}

// Whoever runs the program put it back on all screens.
export function showHere(id) {
  keep(hiddenHere().filter((other) => other !== id));
}

function keep(ids) {
  try { sessionStorage.setItem(KEY, JSON.stringify(ids.slice(-REMEMBERED))); } catch { /* not kept */ }
}
