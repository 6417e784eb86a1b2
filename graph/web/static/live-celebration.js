// SPDX-License-Identifier: GPL-3.0-or-later
// Milestones are celebrated one at a time, and not too often.

import { wordsOf } from "/static/live-view.js";

const APART = 20_000;
const SHOWN = 12_000;
const PIECES = 36;

export class Celebration {
  #banner;
  #still;
  #last = -Infinity;
  #timers = [];

  constructor(banner, still) {
    this.#banner = banner;
    this.#still = still;
  }

  // Celebrates a goal now, or returns false where the last celebration is too recent.
  try(goal, now) {
    if (now >= this.#last && now - this.#last < APART) return false;
    this.#last = now;
    this.#show(`Goal reached: ${wordsOf(goal)}`);
    return true;
  }

  #show(text) {
    this.#timers.forEach(clearTimeout);
    const line = document.createElement("p");
    line.textContent = text;
    this.#banner.replaceChildren(line);
    this.#banner.classList.add("shown");
    if (!this.#still.matches) this.#scatter();
    this.#timers = [
      setTimeout(() => this.#banner.classList.remove("shown"), SHOWN),
      setTimeout(() => this.#banner.replaceChildren(), SHOWN + 1_000),
    ];
  }

  #scatter() {
    for (let number = 0; number < PIECES; number++) {
      const piece = document.createElement("i");
      piece.ariaHidden = "true";
      piece.dataset.tone = number % 6;
      this.#banner.append(piece);
      const [x, y, turn] = [(Math.random() - 0.5) * 90, 30 + Math.random() * 60, Math.random() * 900];
      const fall = piece.animate(
        [
          { opacity: 1, transform: "translate(0, 0) rotate(0)" },
          { opacity: 1, offset: 0.7 },
          { opacity: 0, transform: `translate(${x}vw, ${y}vh) rotate(${turn}deg)` },
        ],
        { duration: 2_500 + Math.random() * 2_500, easing: "cubic-bezier(.1, .7, .5, 1)" },
      );
      fall.addEventListener("finish", () => piece.remove());
    }
  }
}
