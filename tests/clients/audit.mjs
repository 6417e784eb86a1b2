// SPDX-License-Identifier: GPL-3.0-or-later
// The audits of GraphQL over HTTP, as the project graphql-http keeps them: each audit's id, name and outcome as JSON.

import { auditServer } from "graphql-http";

const results = await auditServer({ url: process.argv[2], fetchFn: fetch });
console.log(JSON.stringify(results.map(({ id, name, status, reason }) => ({ id, name, status, reason }))));
