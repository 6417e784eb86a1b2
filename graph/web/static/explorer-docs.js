// SPDX-License-Identifier: GPL-3.0-or-later
// The documentation panel: asks the schema to describe itself and lets one walk from type to type.

const TYPE = "kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";
const INPUTS = `name description defaultValue isDeprecated deprecationReason type { ${TYPE} }`;
const INTROSPECTION = `query Documentation {
  __schema {
    queryType { name } mutationType { name } subscriptionType { name }
    types {
      kind name description specifiedByURL
      fields(includeDeprecated: true) {
        name description isDeprecated deprecationReason type { ${TYPE} }
        args(includeDeprecated: true) { ${INPUTS} }
      }
      inputFields(includeDeprecated: true) { ${INPUTS} }
      enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
      interfaces { name } possibleTypes { name }
    }
  }
}`;
const KINDS = {
  OBJECT: "type", INTERFACE: "interface", UNION: "union", ENUM: "enum", INPUT_OBJECT: "input", SCALAR: "scalar",
};

function element(tag, text, ...children) {
  const made = document.createElement(tag);
  if (text) made.textContent = text;
  made.append(...children);
  return made;
}

class Panel {
  constructor(schema, panel, trail) {
    this.schema = schema;
    this.types = new Map(schema.types.map((type) => [type.name, type]));
    this.panel = panel;
    this.trail = trail;
    this.visited = [];
  }

  link(name) {
    const button = element("button", name);
    button.type = "button";
    button.addEventListener("click", () => this.open(name));
    return button;
  }

  // A type with its list and non-null marks, its name a link.
  reference(type) {
    if (type.kind === "NON_NULL") return [...this.reference(type.ofType), "!"];
    if (type.kind === "LIST") return ["[", ...this.reference(type.ofType), "]"];
    return [this.link(type.name)];
  }

  argument(input) {
    const fallback = input.defaultValue === null ? "" : ` = ${input.defaultValue}`;
    return [`${input.name}: `, ...this.reference(input.type), fallback];
  }

  describe(item, thing) {
    if (thing.description) item.append(element("p", thing.description));
    if (thing.isDeprecated) item.append(element("p", `Deprecated: ${thing.deprecationReason}`));
    return item;
  }

  field(field) {
    const item = element("li", "", element("strong", field.name));
    const last = field.args.length - 1;
    if (last >= 0) {
      item.append("(", ...field.args.flatMap((arg, at) => [...this.argument(arg), at < last ? ", " : ""]), ")");
    }
    item.append(": ", ...this.reference(field.type));
    this.describe(item, field);
    for (const arg of field.args) if (arg.description) item.append(element("p", `${arg.name}: ${arg.description}`));
    return item;
  }

  section(title, items) {
    return items.length ? [element("h3", title), element("ul", "", ...items)] : [];
  }

  names(title, types) {
    return this.section(title, (types ?? []).map((type) => element("li", "", this.link(type.name))));
  }

  page(type) {
    const heading = element("h3", `${KINDS[type.kind]} ${type.name}`);
    heading.tabIndex = -1;
    return [
      this.describe(element("div", "", heading), type),
      ...this.section("Fields", (type.fields ?? []).map((field) => this.field(field))),
      ...this.section("Fields", (type.inputFields ?? []).map(
        (input) => this.describe(element("li", "", ...this.argument(input)), input))),
      ...this.section("Values", (type.enumValues ?? []).map(
        (value) => this.describe(element("li", "", element("strong", value.name)), value))),
      ...this.names("Implements", type.interfaces),
      ...this.names("Is one of", type.possibleTypes),
    ];
  }

  open(name) {
    const at = this.visited.indexOf(name);
    this.visited = at < 0 ? [...this.visited, name] : this.visited.slice(0, at + 1);
    this.panel.replaceChildren(...this.page(this.types.get(name)));
    const root = element("button", "Schema");
    root.type = "button";
    root.addEventListener("click", () => this.overview());
    this.trail.replaceChildren(root, ...this.visited.flatMap((visited) => [" › ", this.link(visited)]));
    this.panel.querySelector("h3").focus();
  }

  overview() {
    this.visited = [];
    this.trail.replaceChildren();
    const roots = ["queryType", "mutationType", "subscriptionType"].map((root) => this.schema[root]).filter(Boolean);
    const others = this.schema.types.filter((type) => !type.name.startsWith("__"));
    this.panel.replaceChildren(...this.names("Start here", roots), ...this.names("All types", others));
  }

  search(words) {
    const wanted = words.trim().toLowerCase();
    if (!wanted) return this.overview();
    const found = [];
    for (const type of this.types.values()) {
      if (type.name.toLowerCase().includes(wanted)) found.push(element("li", "", this.link(type.name)));
      for (const field of [...(type.fields ?? []), ...(type.inputFields ?? []), ...(type.enumValues ?? [])]) {
        if (!field.name.toLowerCase().includes(wanted)) continue;
        found.push(element("li", "", this.link(type.name), `.${field.name}`));
      }
    }
    this.trail.replaceChildren();
    this.panel.replaceChildren(element("p", `${found.length} found`), element("ul", "", ...found.slice(0, 100)));
  }
}

export async function showDocumentation(address, headers, panel, trail, search) {
  panel.textContent = "Reading the schema…";
  try {
    const response = await fetch(address, {
      method: "POST", headers: headers("application/json"), body: JSON.stringify({ query: INTROSPECTION }),
    });
    const shown = new Panel((await response.json()).data.__schema, panel, trail);
    shown.overview();
    search.addEventListener("input", () => shown.search(search.value));
  } catch (error) {
    panel.textContent = `The schema could not be read: ${error.message}`;
  }
}
