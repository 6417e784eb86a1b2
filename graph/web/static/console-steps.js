// SPDX-License-Identifier: GPL-3.0-or-later
// A long form, one step at a time; back leads to the step before. Without this, all steps stand below each other.

for (const form of document.querySelectorAll("form[data-steps]")) {
  const steps = [...form.querySelectorAll(".step")];
  const marks = [...form.querySelectorAll(".steps li")];
  const [back, next, send] = ["-1", "1", "0"].map((way) => form.querySelector(`button[data-step="${way}"]`));
  let now = 0;

  const show = (step, { focus = true } = {}) => {
    now = step;
    steps.forEach((each, index) => { each.hidden = index !== now; });
    marks.forEach((each, index) => {
      if (index === now) each.setAttribute("aria-current", "step");
      else each.removeAttribute("aria-current");
    });
    back.hidden = now === 0;
    next.hidden = now === steps.length - 1;
    send.hidden = now !== steps.length - 1;
    if (focus) steps[now].querySelector("h2").focus();
  };

  // The first field of a step that is not filled in as it must be is shown, with what the browser says of it.
  const good = () => [...steps[now].querySelectorAll("input, textarea, select")].every((field) => field.reportValidity());

  const go = (step) => {
    history.pushState({ step, depth: (history.state?.depth ?? 0) + 1 }, "");
    show(step);
  };

  form.classList.add("stepwise");
  next.addEventListener("click", () => { if (good()) go(now + 1); });
  back.addEventListener("click", () => (history.state?.depth > 0 ? history.back() : show(now - 1)));
  form.addEventListener("submit", (event) => {
    if (event.submitter?.name === "_look" || now === steps.length - 1) return;
    event.preventDefault();
    event.stopPropagation();
    if (good()) go(now + 1);
  });
  // Enter in a field goes on to the next step: the browser would press the first button it finds.
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.tagName !== "INPUT" || now === steps.length - 1) return;
    event.preventDefault();
    next.click();
  });
  addEventListener("popstate", (event) => show(event.state?.step ?? 0));

  // A fault is where it is: a link to a field of another step leads there.
  const stepOf = (element) => steps.findIndex((step) => step.contains(element));
  document.addEventListener("click", (event) => {
    const target = event.target.closest(".faults a") && form.querySelector(event.target.closest(".faults a").hash);
    if (target && stepOf(target) >= 0 && stepOf(target) !== now) show(stepOf(target), { focus: false });
  });
  const wrong = form.querySelector('[aria-invalid="true"]');
  const first = wrong === null ? history.state?.step ?? 0 : Math.max(0, stepOf(wrong));
  history.replaceState({ ...history.state, step: first }, "");
  show(first, { focus: false });
}
