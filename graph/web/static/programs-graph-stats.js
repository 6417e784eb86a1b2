// SPDX-License-Identifier: GPL-3.0-or-later
// <programs-graph-stats src="https://…/embed/program/…">: live numbers of a program or a campaign, on any page.
//
// It draws into a closed shadow, which the page's styles do not reach; what stands inside the element is shown where
// there are no numbers. It sends no cookies, keeps nothing, listens to nobody but its own service, and writes what it
// is told as text. In the frame at /embed it keeps the numbers that stand there already.
{
  const STYLE = "STYLE_SHEET";
  const FIRST_WAIT = 2_000;
  const LONGEST_WAIT = 60_000;
  const SILENCE = 60_000; // a stream that is this quiet is dead: the service says something every 20 s
  const MOST_STREAMS = 3; // of a page: a browser has few connections to a host, and whoever finds none asks instead
  const ROUNDS = 10; // so often an element asks before it tries for a stream again
  let streams = 0;
  let sheet = null;

  class Gone extends Error {}
  class Refused extends Error {}

  const vary = (milliseconds) => milliseconds * (0.75 + Math.random() / 2);

  function pause(milliseconds, signal) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, vary(milliseconds));
      signal.addEventListener("abort", () => { clearTimeout(timer); reject(signal.reason); }, { once: true });
    });
  }

  function made(name, className, text) {
    const element = document.createElement(name);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  }

  // The address of the numbers for that of the frame. Throws for what is no address of the web.
  function addressOf(src) {
    const url = new URL(src, document.baseURI);
    if (!/^https?:$/.test(url.protocol)) throw new TypeError(`no address of the web: ${src}`);
    if (!url.pathname.endsWith(".json")) url.pathname += ".json";
    return url;
  }

  // Reads server-sent events; gives the response maps to `next` until the stream ends.
  async function readStream(body, next, alive) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let buffered = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      alive();
      buffered += value;
      const events = buffered.split("\n\n");
      buffered = events.pop();
      for (const event of events) {
        const data = event.split("\n").filter((line) => line.startsWith("data:"));
        if (/^event: ?next$/m.test(event)) next(JSON.parse(data.map((line) => line.slice(5)).join("\n")));
        if (/^event: ?complete$/m.test(event)) return;
      }
    }
  }

  class ProgramsGraphStats extends HTMLElement {
    static observedAttributes = ["src"];
    #root = null;
    #box = null;
    #said = null; // what was read last
    #version = -1;
    #asking = 0; // rounds without a stream that are left
    #leaving = null;

    connectedCallback() {
      document.addEventListener("visibilitychange", this);
      this.#start();
    }

    disconnectedCallback() {
      document.removeEventListener("visibilitychange", this);
      this.#leaving?.abort();
    }

    attributeChangedCallback(_name, before) {
      if (before === null || !this.isConnected) return;
      if (this.#root) this.#box = null;
      this.#version = -1;
      this.#start();
    }

    // Nobody looks at a hidden page: it follows nothing.
    handleEvent() {
      if (document.hidden) this.#leaving?.abort();
      else this.#start();
    }

    #start() {
      this.#leaving?.abort();
      if (document.hidden || !this.getAttribute("src")) return;
      this.#leaving = new AbortController();
      this.#follow(this.#leaving.signal).catch(() => {});
    }

    async #follow(signal) {
      const address = addressOf(this.getAttribute("src"));
      for (let failures = 0, short = 0; ;) {
        try {
          await this.#read(address, signal);
          failures = 0;
          if (this.#asking > 0 || streams >= MOST_STREAMS) {
            this.#asking = Math.max(0, this.#asking - 1);
            this.#state("asking");
            await pause(this.#said.pollSeconds * 1000, signal);
          } else {
            const began = performance.now();
            await this.#stream(new URL(this.#said.stream, address), signal);
            short = performance.now() - began < LONGEST_WAIT ? Math.min(5, short + 1) : 0;
            await pause(FIRST_WAIT * 2 ** Math.max(0, short - 1), signal);
          }
        } catch (error) {
          if (signal.aborted) return;
          if (error instanceof Gone) return this.#clear();
          if (error instanceof Refused) { this.#asking = ROUNDS; continue; }
          this.#state("lost");
          await pause(Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** failures++), signal);
        }
      }
    }

    async #read(address, signal) {
      const response = await fetch(address, { credentials: "omit", cache: "no-cache", referrerPolicy: "no-referrer", signal });
      if (response.status === 404) throw new Gone();
      if (!response.ok) throw new Error(`HTTP ${response.status}`);
      const said = await response.json();
      if (new URL(said.stream, address).origin !== address.origin) throw new Gone();
      this.#said = said;
      this.#draw();
      this.#update(Object.fromEntries(said.numbers.map(({ name, value }) => [name, value])), said.asOf, said.version);
    }

    async #stream(address, signal) {
      const ending = new AbortController();
      const end = () => ending.abort();
      signal.addEventListener("abort", end, { once: true });
      let timer = null;
      const alive = () => { clearTimeout(timer); timer = setTimeout(end, SILENCE); };
      streams += 1;
      alive();
      try {
        const response = await fetch(address, {
          headers: { Accept: "text/event-stream" }, credentials: "omit", cache: "no-store",
          referrerPolicy: "no-referrer", signal: ending.signal,
        });
        if (response.status >= 500) throw new Error(`HTTP ${response.status}`);
        if (!response.ok || !response.headers.get("Content-Type")?.startsWith("text/event-stream")) throw new Refused();
        await readStream(response.body, (payload) => this.#told(payload), alive);
      } finally {
        clearTimeout(timer);
        signal.removeEventListener("abort", end);
        end();
        streams -= 1;
      }
    }

    // An error with `retryAfter` says that all streams are taken; every other is found out by reading anew.
    #told(payload) {
      const numbers = Object.values(payload.data ?? {})[0];
      if (payload.errors?.some((error) => error.extensions?.retryAfter)) throw new Refused();
      if (!numbers) return;
      this.#state("live");
      this.#update(numbers, numbers.asOf, numbers.version);
    }

    #draw() {
      if (this.#box) return;
      this.#box = this.querySelector(":scope > [data-programs-graph]") ?? this.#built();
    }

    #built() {
      const { title, url, language, direction, theme, numbers, texts, source } = this.#said;
      const box = made("div", "box");
      Object.assign(box, { lang: language, dir: direction });
      box.dataset.theme = theme;
      const heading = made("p", "title");
      heading.append(this.#link(url, made("bdi", "", title)));
      const head = made("div", "head");
      head.append(heading, made("span", "state", ""));
      const list = made("dl", "numbers");
      for (const { name, label, text } of numbers) {
        const number = made("div", "number");
        number.dataset.number = name;
        number.append(made("dt", "", label), made("dd", "", text));
        list.append(number);
      }
      const foot = made("div", "foot");
      foot.append(made("span", "as-of", texts.asOf), this.#link(source, made("span", "", "Programs Graph")));
      box.append(head, list, foot);
      sheet ??= new CSSStyleSheet();
      if (!sheet.cssRules.length) sheet.replaceSync(STYLE);
      this.#root ??= this.attachShadow({ mode: "closed" });
      this.#root.adoptedStyleSheets = [sheet];
      this.#root.replaceChildren(box);
      return box;
    }

    #link(address, inner) {
      const link = made("a");
      const url = new URL(address, addressOf(this.getAttribute("src")));
      if (/^https?:$/.test(url.protocol)) link.href = url.href;
      Object.assign(link, { target: "_blank", rel: "noopener" });
      link.append(inner);
      return link;
    }

    // Numbers never go back to older ones, however answers overtake each other.
    #update(numbers, asOf, version) {
      if (version < this.#version) return;
      this.#version = version;
      const written = new Intl.NumberFormat(this.#said.tag);
      for (const element of this.#box.querySelectorAll("[data-number]")) {
        const value = numbers[element.dataset.number];
        this.#write(element.querySelector("dd"), typeof value === "number" ? written.format(value) : "–");
      }
      const part = (options) => new Intl.DateTimeFormat(this.#said.tag, { timeZone: "UTC", ...options }).format(new Date(asOf));
      const moment = `${part({ year: "numeric", month: "short", day: "numeric" })} ${part({ timeStyle: "short" })}`;
      this.#write(this.#box.querySelector(".as-of"), this.#said.texts.asOf.replace("$1", () => moment));
    }

    #write(element, text) {
      if (element && element.textContent !== text) element.textContent = text;
    }

    #state(state) {
      const shown = this.#box?.querySelector(".state");
      if (!shown) return;
      shown.dataset.state = state;
      this.#write(shown, this.#said.texts[state] ?? "");
    }

    // What is gone or not public any more is not shown any more; what stands inside the element is.
    #clear() {
      if (this.#root) this.#root.replaceChildren(made("slot"));
      else if (this.#box) this.#box.replaceChildren(made("p", "", this.#said.texts.gone));
      this.#box = null;
      this.#version = -1;
    }
  }

  if (!customElements.get("programs-graph-stats")) customElements.define("programs-graph-stats", ProgramsGraphStats);
}
