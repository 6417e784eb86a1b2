// SPDX-License-Identifier: GPL-3.0-or-later
// The day's page with a script: its list, its alerts and an update under way follow what happens over the page's one
// connection, time runs, and buttons leave the page where it is.

const SOON = 2_000; // milliseconds until an update under way is asked about again
const TICK = 5_000;

const live = document.querySelector("programs-live");
const { language, day } = JSON.parse(document.getElementById("following").textContent);
const list = live.querySelector("[data-edits]");
const [hours, minutes] = ["hour", "minute"].map((unit) => new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }));
const days = new Intl.NumberFormat(language, { style: "unit", unit: "day", unitDisplay: "long" });
const whole = new Intl.NumberFormat(language);
const both = new Intl.ListFormat(language, { type: "conjunction" });

live.querySelector("[data-still]").hidden = true;

const say = (key, ...given) => day[key].replace(/\$(\d)/g, (_, place) => given[place - 1]);

// Rows that came by the stream, and cards that somebody hid or showed elsewhere
live.addEventListener("followed", ({ detail }) => {
  if (detail.__typename === "EditCounted") furnish(row(detail.edit.id), detail.edit);
  if (detail.__typename === "CardHidden") turn(row(detail.editId), true);
  if (detail.__typename === "CardShown") turn(row(detail.editId), false);
  if (detail.__typename === "EditReverted" || detail.reason === "DELETED") live.anew();
});

const row = (id) => list.querySelector(`[data-edit="${CSS.escape(id)}"]`);

function furnish(item, { id, article }) {
  for (const button of item?.querySelectorAll("button[name]") ?? []) {
    button.value = button.name === "exclude" ? article.id : id;
    if (article.title) button.setAttribute("aria-label", `${button.textContent}: ${article.title}`);
  }
}

function turn(item, hidden) {
  if (item === null) return;
  item.querySelector(".off")?.remove();
  if (hidden) {
    const mark = document.createElement("span");
    mark.className = "pill off";
    mark.textContent = say("console-day-card-hidden");
    item.querySelector(".marks").append(mark);
  }
  const button = item.querySelector('button[name="hide"], button[name="show"]');
  if (button === null) return;
  const before = button.textContent;
  button.name = hidden ? "show" : "hide";
  button.textContent = say(`console-day-${button.name}`);
  button.setAttribute("aria-label", button.getAttribute("aria-label").replace(before, button.textContent));
}

// A list stands still under the hand that reaches for a button.
const held = live.querySelector("[data-held]");
function hold(still) {
  held.hidden = !still;
  if (still) live.hold();
  else live.release();
}
list.addEventListener("pointerenter", () => hold(true));
list.addEventListener("pointerleave", () => hold(list.matches(":focus-within")));
list.addEventListener("focusin", () => hold(true));
list.addEventListener("focusout", ({ relatedTarget }) => hold(list.contains(relatedTarget) || list.matches(":hover")));

// What else is followed: whether the wikis' stream is there, and how an update gets on
let under = false;
live.addEventListener("told", ({ detail: { name, data } }) => {
  if (name === "service") live.querySelector("[data-silent]").hidden = data.service.connected;
  if (name === "update") updated(data.program?.update ?? null);
});
live.addEventListener("ended", ({ detail: { name } }) => {
  if (name === "update" && under) setTimeout(() => live.follow("update"), SOON);
});
live.addEventListener("taken", () => live.follow("update"));

function updated(update) {
  const before = under;
  under = update !== null && (update.state === "WAITING" || update.state === "RUNNING");
  const bar = live.querySelector('[data-anew="update"] progress');
  bar.hidden = !under;
  if (under) {
    const counted = update.state === "RUNNING" && update.total > 0;
    const words = counted ? say("console-day-update-running", whole.format(update.done), whole.format(update.total)) : say("console-day-update-waiting");
    live.querySelector('[data-anew="update"] .words').textContent = words;
    if (counted) Object.assign(bar, { max: update.total, value: update.done });
    else bar.removeAttribute("value");
  } else if (before) live.anew();
}

// Time
const time = live.querySelector("[data-opens]");
const [opens, closes] = [Date.parse(time.dataset.opens), Date.parse(time.dataset.closes)];
const began = Date.now();
setInterval(() => {
  const now = Date.now();
  if ((began < opens && now >= opens) || (began <= closes && now > closes)) location.reload();
  if (now > closes) return;
  time.querySelector("[data-left]").textContent = now < opens ? say("console-day-until", lasting(opens - now)) : say("console-day-left", lasting(closes - now));
}, TICK);

function lasting(milliseconds) {
  const left = Math.ceil(milliseconds / 60_000);
  const [h, m] = [Math.floor(left / 60), left % 60];
  if (h >= 48) return days.format(Math.floor(h / 24));
  return both.format([...(h ? [hours.format(h)] : []), ...(m || !h ? [minutes.format(m)] : [])]);
}

// Buttons: what the service answers is taken into the page, and what it refuses is shown as without a script.
const sending = new WeakSet();
document.addEventListener("submit", (event) => {
  const { target: form, submitter: button } = event;
  if (form.dataset.quiet === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  if (!sending.has(button)) send(form, button);
}, true);

async function send(form, button) {
  sending.add(button);
  const fields = new URLSearchParams(new FormData(form, button));
  fields.set("once", Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join(""));
  const response = await fetch(form.action, { method: "POST", body: fields }).catch(() => null);
  sending.delete(button);
  if (response === null) return tell(notice(say("console-day-failed")));
  if (!response.ok) return native(form, button);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  tell(page.querySelector("main .notice[role=status]"));
  hold(false);
  live.take(page);
}

function native(form, button) {
  const pressed = document.createElement("input");
  Object.assign(pressed, { type: "hidden", name: button.name, value: button.value });
  if (button.name) form.append(pressed);
  form.submit();
}

function notice(text) {
  const made = document.createElement("div");
  made.className = "notice warning";
  made.setAttribute("role", "status");
  made.tabIndex = -1;
  made.textContent = text;
  return made;
}

// In the place of what was said before.
function tell(made) {
  const before = document.querySelector("main .notice[role=status]:not(.made)");
  if (made === null) return before?.remove();
  if (before) before.replaceWith(made);
  else live.before(made);
  made.focus();
}
