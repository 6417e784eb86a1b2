// SPDX-License-Identifier: GPL-3.0-or-later
// GraphQL over Server-Sent Events by fetch: unlike an EventSource it can send a token, and it survives
// answers that are not a stream (a proxy's error page while the service restarts).

const LONGEST_WAIT = 30_000;

class Refused extends Error {}

// Reads one stream; returns true once the operation is complete. `place` keeps the id to resume from.
async function readStream(response, place, on) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let buffered = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return false;
    buffered += value;
    const events = buffered.split("\n\n");
    buffered = events.pop();
    for (const event of events) if (readEvent(event, place, on)) return true;
  }
}

function readEvent(text, place, on) {
  let name = "message";
  const data = [];
  for (const line of text.split("\n")) {
    const [, field, value] = /^([^:]*):? ?(.*)$/.exec(line);
    if (field === "event") name = value;
    else if (field === "data") data.push(value);
    else if (field === "id") place.id = value;
    else if (field === "retry" && /^\d+$/.test(value)) place.retry = Number(value);
  }
  if (name === "next") on.next(JSON.parse(data.join("\n")));
  return name === "complete";
}

function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => { clearTimeout(timer); reject(signal.reason); }, { once: true });
  });
}

async function connect(address, body, headers, signal, place) {
  const resume = place.id === null ? {} : { "Last-Event-ID": place.id };
  const response = await fetch(address, {
    method: "POST", headers: { ...headers, ...resume }, body: JSON.stringify(body), signal,
  });
  if (response.ok && response.headers.get("Content-Type")?.startsWith("text/event-stream")) return response;
  const answer = await response.text();
  if (response.status >= 500 || response.status === 429) throw new Error(`HTTP ${response.status}`);
  throw new Refused(`HTTP ${response.status}: ${answer.slice(0, 500)}`);
}

// Follows an operation until it completes, reconnecting with the last id seen. `on` has open(), next(payload) and
// lost(seconds). Throws where the server refuses, and the abort's reason when `signal` is aborted.
export async function followStream(address, body, headers, signal, on) {
  const place = { id: null, retry: 2_000 };
  let failures = 0;
  for (;;) {
    try {
      const response = await connect(address, body, headers, signal, place);
      failures = 0;
      on.open();
      if (await readStream(response, place, on)) return;
    } catch (error) {
      if (signal.aborted || error instanceof Refused) throw error;
    }
    const wait = Math.min(LONGEST_WAIT, place.retry * 2 ** failures++) * (0.75 + Math.random() / 2);
    on.lost(Math.ceil(wait / 1000));
    await pause(wait, signal);
  }
}
