// SPDX-License-Identifier: GPL-3.0-or-later
// What makes the console's forms kinder; every form works without it.

// What went wrong, or what was done, is where reading begins; unless somebody is further already.
if (document.activeElement === document.body) document.querySelector(".faults, .notice, .outcome")?.focus();

// A form is sent once, however often its button is pressed; coming back to the page it can be sent again.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});
addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});

// What was typed is not left behind without a word.
const typed = new WeakSet();
document.addEventListener("input", (event) => {
  if (event.target.form?.dataset.guard !== undefined) typed.add(event.target.form);
});
addEventListener("beforeunload", (event) => {
  for (const form of document.forms) if (typed.has(form) && !form.dataset.sent) event.preventDefault();
});

// Copies the text of the field that a button names.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-copies]");
  if (button === null) return;
  const source = document.getElementById(button.dataset.copies);
  await navigator.clipboard.writeText("value" in source ? source.value : source.textContent);
  button.textContent = button.dataset.copied;
});

document.querySelector("button[data-prints]")?.addEventListener("click", () => print());
