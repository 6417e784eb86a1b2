// SPDX-License-Identifier: GPL-3.0-or-later
// graphql-ws on ws and graphql-js: one execution a subscriber and event, as that library does it.
// The first line it reads is the value of every event, the path of the schema the argument; it prints its port, then
// publishes once for each line.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { buildSchema } from "graphql";
import { useServer } from "graphql-ws/use/ws";
import { WebSocketServer } from "ws";

const subscribers = new Set();

function follow() {
  const waiting = [];
  let wake = null;
  const self = {
    publish(value) {
      if (wake) {
        wake({ value, done: false });
        wake = null;
      } else waiting.push(value);
    },
    next() {
      if (waiting.length) return Promise.resolve({ value: waiting.shift(), done: false });
      return new Promise((resolve) => {
        wake = resolve;
      });
    },
    return() {
      subscribers.delete(self);
      return Promise.resolve({ value: undefined, done: true });
    },
    [Symbol.asyncIterator]: () => self,
  };
  subscribers.add(self);
  return self;
}

const schema = buildSchema(readFileSync(process.argv[2], "utf-8"));
const server = createServer();
const sockets = new WebSocketServer({ server, path: "/graphql", perMessageDeflate: false });
const roots = { subscription: { programActivity: follow, programMetrics: follow } };
useServer({ schema, roots }, sockets, 0); // no pings: readers are looked at by turns

let value = null;
createInterface({ input: process.stdin })
  .on("line", (line) => {
    if (value === null) {
      value = JSON.parse(line);
      server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () => console.log(server.address().port));
    } else for (const each of subscribers) each.publish(value);
  })
  .on("close", () => process.exit(0));
