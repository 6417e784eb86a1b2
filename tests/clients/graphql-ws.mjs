// SPDX-License-Identifier: GPL-3.0-or-later
import { createClient } from "graphql-ws";
import WebSocket from "ws";

import { authorization, run, socketUrl } from "./errand.mjs";

const client = createClient({
  url: socketUrl, webSocketImpl: WebSocket, connectionParams: { Authorization: authorization }, retryAttempts: 0,
});

await run({
  ask: async (_kind, query, variables) => {
    for await (const { data, errors } of client.iterate({ query, variables })) {
      if (errors) throw new Error(JSON.stringify(errors));
      return data;
    }
  },
  follow: (query, variables, next, fail) =>
    client.subscribe({ query, variables }, { next: ({ data }) => next(data), error: fail, complete() {} }),
  close: () => client.dispose(),
});
