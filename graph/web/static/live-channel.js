// SPDX-License-Identifier: GPL-3.0-or-later
// One subscription over Server-Sent Events that is always taken up again.

const LONGEST_WAIT = 30_000;

// `address()` is asked at each opening. `on` has open(), next(data), lost() and ended(): the service said that there
// is no more to come, and the channel stays closed until it is opened again.
export class Channel {
  #address;
  #on;
  #source = null;
  #timer = null;
  #failures = 0;

  constructor(address, on) {
    this.#address = address;
    this.#on = on;
  }

  // Opens the channel, in place of the connection that there may be.
  open() {
    this.close();
    const source = new EventSource(this.#address());
    this.#source = source;
    source.addEventListener("open", () => this.#on.open());
    source.addEventListener("next", (event) => this.#next(event));
    source.addEventListener("complete", () => this.#ended());
    source.addEventListener("error", () => this.#lost(source));
  }

  close() {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
  }

  #next(event) {
    const { data } = JSON.parse(event.data);
    if (!data) return; // an error, which a `complete` follows
    this.#failures = 0;
    this.#on.next(data);
  }

  #ended() {
    this.close();
    this.#on.ended();
  }

  // A browser takes up a connection that was cut, by itself and from where it was; one that was answered with
  // something else than a stream (a proxy's error page, say) it gives up.
  #lost(source) {
    this.#on.lost();
    if (source.readyState !== EventSource.CLOSED) return;
    this.close();
    const wait = Math.min(LONGEST_WAIT, 1_000 * 2 ** this.#failures++) * (0.5 + Math.random() / 2);
    this.#timer = setTimeout(() => this.open(), wait);
  }
}
