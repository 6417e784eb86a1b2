// SPDX-License-Identifier: GPL-3.0-or-later
// What the page was given, and what the screen says in its language.

export const given = JSON.parse(document.getElementById("following")?.textContent ?? "{}");

const LANGUAGE = given.language ?? document.documentElement.lang;
const OWN = navigator.languages.find((name) => name.split("-")[0] === LANGUAGE.split("-")[0]) ?? LANGUAGE;
const ORDER = ["zero", "one", "two", "few", "many", "other"];

// How the reader's own kind of the page's language writes numbers and times, with the digits that the page has.
export const LOCALE = given.latin && LANGUAGE === "ar" ? `${OWN}-u-nu-latn` : OWN;

const PLURALS = new Intl.PluralRules(LANGUAGE);
const FORMS = ORDER.filter((form) => PLURALS.resolvedOptions().pluralCategories.includes(form));
const NUMBER = new Intl.NumberFormat(LOCALE);

// The message with what is given: numbers as the language writes them. A list of a number and its text chooses the
// form by the number and shows the text.
export function say(key, ...values) {
  const text = given.texts?.[key] ?? key;
  const chosen = text.replace(/\{\{PLURAL:\$(\d)\|([^{}]*)\}\}/g, (_, place, forms) => form(values[place - 1], forms.split("|")));
  return chosen.replace(/\$(\d)/g, (_, place) => shown(values[place - 1]));
}

function form(value, forms) {
  const index = FORMS.indexOf(PLURALS.select(Number(Array.isArray(value) ? value[0] : value)));
  return forms[Math.min(index, forms.length - 1)];
}

function shown(value) {
  if (Array.isArray(value)) return value[1];
  return typeof value === "number" ? NUMBER.format(value) : String(value);
}
