// SPDX-License-Identifier: GPL-3.0-or-later
// urql says with every request that it would take an event stream, too; only a subscription is answered with one.
import { Client, fetchExchange } from "@urql/core";

import { authorization, run, url } from "./errand.mjs";

const client = new Client({
  url, exchanges: [fetchExchange], fetchSubscriptions: true, fetchOptions: { headers: { authorization } },
});

function dataOf({ data, error }) {
  if (error) throw error;
  return data;
}

await run({
  ask: async (kind, document, variables) => dataOf(await client[kind](document, variables).toPromise()),
  follow: (document, variables, next, fail) =>
    client.subscription(document, variables).subscribe((result) => (result.error ? fail(result.error) : next(result.data)))
      .unsubscribe,
});
