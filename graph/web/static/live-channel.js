// SPDX-License-Identifier: GPL-3.0-or-later
// Everything a page follows over one WebSocket, which is always opened again: a browser has few connections to a host.

const PROTOCOL = "graphql-transport-ws";
const FIRST_WAIT = 2_000;
const LONGEST_WAIT = 15_000;

// `operations` are by name, each with request(), asked whenever it is followed (null: not now), open(), next(data),
// lost(), and ended(): the service said that there is no more to come, and it is not followed until follow(name).
export class Channel {
  #operations;
  #socket = null;
  #ready = false;
  #timer = null;
  #failures = 0;
  #number = 0;
  #names = new Map(); // of what is followed, by the id of the operation

  constructor(operations) {
    this.#operations = operations;
  }

  // Opens the channel, in place of the connection that there may be, and follows everything.
  open() {
    this.close();
    const socket = new WebSocket(`${location.protocol.replace("http", "ws")}//${location.host}/graphql`, PROTOCOL);
    this.#socket = socket;
    socket.addEventListener("open", () => socket.send(JSON.stringify({ type: "connection_init" })));
    socket.addEventListener("message", (event) => { if (socket === this.#socket) this.#heard(JSON.parse(event.data)); });
    socket.addEventListener("close", ({ reason }) => this.#lost(socket, reason));
  }

  close() {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    this.#ready = false;
    this.#names.clear();
    socket?.close(1000);
  }

  // Follows one operation anew; where there is no connection, that is done when there is one.
  follow(name) {
    if (!this.#ready) return;
    for (const [id, known] of this.#names) if (known === name) this.#leave(id);
    const payload = this.#operations[name].request();
    if (payload === null) return;
    const id = String(++this.#number);
    this.#names.set(id, name);
    this.#send({ id, type: "subscribe", payload });
    this.#operations[name].open();
  }

  #leave(id) {
    this.#names.delete(id);
    this.#send({ id, type: "complete" });
  }

  #send(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #heard({ type, id, payload }) {
    if (type === "ping") this.#send({ type: "pong" });
    if (type === "connection_ack") {
      this.#ready = true;
      for (const name of Object.keys(this.#operations)) this.follow(name);
    }
    const operation = this.#operations[this.#names.get(id)];
    if (operation === undefined) return;
    if (type === "next" && payload.data) {
      this.#failures = 0;
      operation.next(payload.data);
    }
    if (type === "error" || type === "complete") {
      this.#names.delete(id);
      operation.ended();
    }
  }

  // However it was lost, or refused (by a proxy's error page, say): soon, then later, and never all at once. The service
  // may say when: until then the page asks by query.
  #lost(socket, reason) {
    if (socket !== this.#socket) return;
    this.close();
    for (const operation of Object.values(this.#operations)) operation.lost();
    const told = 2_000 * Number(/ (\d+) seconds/.exec(reason)?.[1] ?? 0);
    const wait = Math.max(told, Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#failures++)) * (0.5 + Math.random() / 2);
    this.#timer = setTimeout(() => this.open(), wait);
  }
}
