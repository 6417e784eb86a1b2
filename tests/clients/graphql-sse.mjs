// SPDX-License-Identifier: GPL-3.0-or-later
import { createClient } from "graphql-sse";

import { authorization, run, url } from "./errand.mjs";

const client = createClient({ url, headers: { Authorization: authorization }, retryAttempts: 0 });

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
