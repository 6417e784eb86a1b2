// SPDX-License-Identifier: GPL-3.0-or-later
// What each client is sent to do: ask, follow, change, and see the change come. It prints what it saw as JSON.

export const [url, token, programId, slug, username] = process.argv.slice(2);
export const authorization = `Bearer ${token}`;
export const socketUrl = url.replace(/^http/, "ws");

const QUERY = "query Program($slug: String!) { program(slug: $slug) { title } }";
const MUTATION = `mutation Add($input: AddEditorsInput!) {
  addEditors(input: $input) { added { username } userErrors { message } }
}`;
const SUBSCRIPTION = "subscription Numbers($slug: String!) { programMetrics(slug: $slug) { editors } }";

// `ask(kind, document, variables)` gives the data; `follow(document, variables, next, fail)` a function that ends it.
export async function run({ ask, follow, close = () => {} }) {
  const { program } = await ask("query", QUERY, { slug });
  const seen = [];
  let change = null;
  await new Promise((resolve, reject) => {
    const input = { programId, usernames: [username] };
    const stop = follow(SUBSCRIPTION, { slug }, async ({ programMetrics: { editors } }) => {
      seen.push(editors);
      change ??= ask("mutation", MUTATION, { input }).catch(reject);
      if (editors === 0) return;
      await change;
      stop();
      resolve();
    }, reject);
  });
  const { added, userErrors } = (await change).addEditors;
  await close();
  console.log(JSON.stringify({
    title: program.title,
    added: added.map(({ username }) => username),
    refused: userErrors.map(({ message }) => message),
    first: seen[0],
    last: seen.at(-1),
  }));
}
