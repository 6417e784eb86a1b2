// SPDX-License-Identifier: GPL-3.0-or-later
// Buttons that copy the code beside them; without a clipboard there are none.
if (navigator.clipboard) {
  for (const button of document.querySelectorAll("[data-copied]")) {
    const said = button.textContent;
    button.hidden = false;
    button.setAttribute("aria-live", "polite");
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.parentElement.querySelector("code").textContent);
      button.textContent = button.dataset.copied;
      setTimeout(() => { button.textContent = said; }, 2_000);
    });
  }
}
