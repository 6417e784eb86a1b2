// SPDX-License-Identifier: GPL-3.0-or-later
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { OperationTypeNode } from "graphql";
import { createClient } from "graphql-ws";
import WebSocket from "ws";

import { authorization, run, socketUrl, url } from "./errand.mjs";

const sockets = createClient({
  url: socketUrl, webSocketImpl: WebSocket, connectionParams: { Authorization: authorization }, retryAttempts: 0,
});
const client = new ApolloClient({
  cache: new InMemoryCache(),
  link: ApolloLink.split(
    ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
    new GraphQLWsLink(sockets),
    new HttpLink({ uri: url, headers: { authorization } }),
  ),
});

await run({
  ask: async (kind, document, variables) => {
    const asked = kind === "query"
      ? client.query({ query: gql(document), variables })
      : client.mutate({ mutation: gql(document), variables });
    return (await asked).data;
  },
  follow: (document, variables, next, fail) => {
    const subscription = client.subscribe({ query: gql(document), variables })
      .subscribe({ next: ({ data }) => next(data), error: fail });
    return () => subscription.unsubscribe();
  },
  close: async () => {
    client.stop();
    await sockets.dispose();
  },
});
