// SPDX-License-Identifier: GPL-3.0-or-later
// While something is under way on a page, its part is read anew every two seconds; until nobody looks, or it is done.

const AGAIN = 2_000;

async function anew() {
  const parts = [...document.querySelectorAll("[data-progress][data-under-way]")];
  if (parts.length === 0) return;
  // Whoever is at one of the part's buttons is not disturbed.
  if (!document.hidden && !parts.some((part) => part.contains(document.activeElement))) await read(parts);
  setTimeout(anew, AGAIN);
}

async function read(parts) {
  const response = await fetch(location.pathname, { cache: "no-store" }).catch(() => null);
  if (response === null || !response.ok || response.redirected) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const part of parts) {
    const newer = page.querySelector(`[data-progress="${part.dataset.progress}"]`);
    if (newer) part.replaceWith(newer);
  }
}

setTimeout(anew, AGAIN);
