"use strict";

/* The outline: the section one reads is marked, and on a wide screen it can stay open beside the text. */

(() => {
  const { find, all, places } = policyaudit;
  const PINNED = "outline-pinned";
  let entries = [];
  let current = null;

  function close() {
    const outline = find("[data-outline]");
    if (outline && !outline.closest(".outline-pinned")) outline.removeAttribute("open");
  }

  /* The block at the line one reads at, a fifth of the way down; between two blocks, the one below. */
  function blockRead(pane) {
    const box = find(".policy-text").getBoundingClientRect();
    const height = places.split.matches ? pane.clientHeight : window.innerHeight;
    const top = places.split.matches ? pane.getBoundingClientRect().top : 0;
    for (const below of [0, 14, 28, 42]) {
      const at = document.elementFromPoint(box.left + box.width / 2, top + height / 5 + below);
      const block = at?.closest(".policy-text [data-start]");
      if (block) return block;
    }
    return null;
  }

  /* The last heading that begins above the line one reads at. */
  function mark() {
    const pane = find("#policy");
    const here = find("[data-here]");
    if (!here || !entries.length) return;
    const block = blockRead(pane);
    if (!block) return;
    const offset = Number(block.dataset.start);
    let found = null;
    for (const entry of entries) {
      if (entry.start > offset) break;
      found = entry;
    }
    if (found === current) return;
    current?.link.removeAttribute("aria-current");
    current = found;
    here.textContent = found ? found.link.textContent.trim() : "";
    if (!found) return;
    found.link.setAttribute("aria-current", "true");
    if (find("[data-outline]").open) places.reveal(find("[data-outline] ol"), found.link, 0.4, true);
  }

  function pin(on) {
    find("#policy").classList.toggle("outline-pinned", on);
    find("[data-pin]").setAttribute("aria-pressed", String(on));
    find("[data-outline]").open = on;
    localStorage.setItem(PINNED, on ? "1" : "");
    current = null;
    mark();
  }

  function go(link) {
    const start = Number(link.dataset.start);
    const block = document.getElementById(link.hash.slice(1));
    if (!block) return;
    places.show(block, 0.12);
    places.flash(start, Number(block.dataset.start) + places.length(block.textContent));
    close();
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-outline] a");
    if (link) {
      event.preventDefault();
      go(link);
    } else if (event.target.closest("[data-pin]")) {
      pin(event.target.closest("[data-pin]").getAttribute("aria-pressed") !== "true");
    } else if (!event.target.closest("[data-outline]")) {
      close();
    }
  });

  policyaudit.key("o", () => {
    const outline = find("[data-outline]");
    if (!outline) return;
    outline.open = true;
    (find("a[aria-current]", outline) || find("a", outline)).focus();
  });
  policyaudit.escape(close);

  /* Up and down inside the outline go from heading to heading. */
  document.addEventListener("keydown", (event) => {
    const link = event.target instanceof Element && event.target.closest("[data-outline] a");
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!link || !by) return;
    event.preventDefault();
    const links = entries.map((entry) => entry.link);
    links[links.indexOf(link) + by]?.focus();
  });

  function start() {
    const outline = find("[data-outline]");
    if (!outline) return;
    entries = all("a", outline).map((link) => ({ link, start: Number(link.dataset.start) }));
    current = null;
    find("[data-pin]").hidden = false;
    const scroller = places.split.matches ? find("#policy") : document;
    let waiting = false;
    scroller.addEventListener("scroll", () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => { waiting = false; mark(); });
    }, { passive: true });
    if (localStorage.getItem(PINNED) && window.matchMedia("(min-width: 105rem)").matches) pin(true);
    mark();
  }

  document.addEventListener("DOMContentLoaded", start);
  document.addEventListener("htmx:historyRestore", start);
})();
