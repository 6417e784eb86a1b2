// SPDX-License-Identifier: GPL-3.0-or-later
// PostGraphile on our tables: the same tallies, its own queries. Prints its port, and runs until it is killed.
import { createServer } from "node:http";

import { grafserv } from "postgraphile/grafserv/node";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { makePgSmartTagsPlugin } from "postgraphile/utils";

// Tallies are found by their generation, which no foreign key says.
const references = {
  editor_tally: ["(generation) references collection (generation)", "(editor_id) references editor (id)"],
  article_tally: ["(generation) references collection (generation)", "(page_key) references page (id)"],
  wiki_tally: ["(generation) references collection (generation)", "(wiki_id) references wiki (id)"],
  article_editor_tally: ["(page_key) references page (id)", "(editor_id) references editor (id)"],
};
const tags = makePgSmartTagsPlugin([
  { kind: "class", match: "collection", tags: { unique: "generation" } },
  ...Object.entries(references).map(([table, foreignKey]) => ({ kind: "class", match: table, tags: { foreignKey } })),
]);

const service = postgraphile({
  extends: [PostGraphileAmberPreset],
  plugins: [tags],
  disablePlugins: ["PgIndexBehaviorsPlugin"], // lists may be ordered by any number, as ours are
  pgServices: [makePgService({ connectionString: process.argv[2], schemas: ["public"], poolSize: 10 })],
  grafserv: { watch: false, graphiql: false },
  grafast: { explain: false },
});
const server = createServer();
const serving = service.createServ(grafserv);
await serving.addTo(server);
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
