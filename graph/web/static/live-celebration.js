// SPDX-License-Identifier: GPL-3.0-or-later
// Milestones are celebrated one after another, and not too often; those that come together are celebrated together.

import { say } from "/static/live-texts.js";
import { wordsOf } from "/static/live-view.js";

const APART = 20_000;
const SHOWN = 12_000;
const PIECES = 36;

export class Celebration {
  #banner;
  #still;
  #sound;
  #last = -Infinity;
  #timers = [];
  #audio = null;

  // `sound` says whether one may be heard.
  constructor(banner, still, sound) {
    this.#banner = banner;
    this.#still = still;
    this.#sound = sound;
  }

  // Celebrates these milestones now, or returns false where the last celebration is too recent.
  try(milestones, now) {
    if (now >= this.#last && now - this.#last < APART) return false;
    this.#last = now;
    this.#show(milestones.map(sentence).join(" · "));
    if (this.#sound) this.#ring();
    return true;
  }

  // Two soft notes, where somebody has touched the page: without that, browsers let no page sound.
  #ring() {
    if (!navigator.userActivation?.hasBeenActive) return;
    this.#audio ??= new AudioContext();
    const from = this.#audio.currentTime;
    [[659.3, 0], [880, 0.18]].forEach(([pitch, after]) => this.#note(pitch, from + after));
  }

  #note(pitch, at) {
    const [tone, loud] = [this.#audio.createOscillator(), this.#audio.createGain()];
    tone.frequency.value = pitch;
    loud.gain.setValueAtTime(0, at);
    loud.gain.linearRampToValueAtTime(0.18, at + 0.02);
    loud.gain.exponentialRampToValueAtTime(0.001, at + 1.1);
    tone.connect(loud).connect(this.#audio.destination);
    tone.start(at);
    tone.stop(at + 1.2);
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

function sentence({ goal, program }) {
  return program ? say("live-goal-is-reached-by", program, wordsOf(goal)) : say("live-goal-is-reached", wordsOf(goal));
}
