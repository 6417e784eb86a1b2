// SPDX-License-Identifier: GPL-3.0-or-later
// Times of forms: in the zone the browser is in, with UTC beside them as they are typed.

const written = (at, zone) => {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit",
  }).formatToParts(at);
  const part = (type) => parts.find((each) => each.type === type).value;
  return `${part("year").padStart(4, "0")}-${part("month")}-${part("day")}T${part("hour")}:${part("minute")}`;
};

// The instant that a clock in this zone shows so; the first, where it shows it twice; null where it never does.
const instant = (text, zone) => {
  const guess = new Date(`${text}Z`);
  if (Number.isNaN(guess.valueOf())) return null;
  const found = [-26, -13, 0, 13, 26]
    .map((hours) => new Date(guess.valueOf() + hours * 3_600_000))
    .map((near) => new Date(guess.valueOf() - (new Date(`${written(near, zone)}Z`) - near)))
    .filter((at) => written(at, zone) === text.slice(0, 16));
  return found.length ? new Date(Math.min(...found)) : null;
};

// English dates are read by everybody: the day before the month.
const language = document.documentElement.lang.replace(/^en$/, "en-GB");
const shown = new Intl.DateTimeFormat(language, { timeZone: "UTC", dateStyle: "medium", timeStyle: "short", hourCycle: "h23" });

// The browser's own zone among those to choose from, which may call it otherwise (Kolkata, Calcutta).
const ownAmong = (zone) => {
  const nameOf = (name) => new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone;
  const own = nameOf(undefined);
  const names = [...zone.options].map((option) => option.value);
  const same = (name) => { try { return nameOf(name) === own; } catch { return false; } };
  const found = names.includes(own) ? own : names.find(same);
  if (found === undefined) zone.add(new Option(own, own));
  return found ?? own;
};

for (const zone of document.querySelectorAll("select[data-zone]")) {
  const moments = [...zone.form.querySelectorAll("input[data-moment]")];

  const tell = (input) => {
    const output = input.closest(".moment").querySelector("output");
    const at = input.value && zone.value !== "UTC" ? instant(input.value, zone.value) : null;
    output.value = at === null ? "" : output.dataset.utc.replace("$1", shown.format(at));
  };

  // Nobody chose a zone yet: the browser's own, with what there is shown in it; a new day is today there.
  if (zone.dataset.zone === "fresh") {
    zone.value = ownAmong(zone);
    const today = written(new Date(), zone.value).slice(0, 10);
    const before = written(new Date(), "UTC").slice(0, 10);
    for (const input of moments) {
      if (input.dataset.moment) input.value = written(new Date(input.dataset.moment), zone.value);
      else if (input.value.startsWith(before)) input.value = today + input.value.slice(10);
    }
  }
  zone.addEventListener("change", () => moments.forEach(tell));
  for (const input of moments) {
    input.addEventListener("input", () => tell(input));
    tell(input);
  }
}
