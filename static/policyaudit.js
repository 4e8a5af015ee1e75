"use strict";

/* The review screen works without this file; here it learns keys, follows the evidence, and says when a request failed.
   Listeners stand on the document, so they outlive every swap. */

(() => {
  const find = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const split = window.matchMedia("(min-width: 62.5rem)"); // text and findings side by side
  const still = window.matchMedia("(prefers-reduced-motion: reduce)");

  // ---------- What is in focus: row in the list, marks in the text ----------

  function showCurrent(id) {
    for (const row of all(".queue-row")) {
      const current = row.dataset.finding === id;
      if (current) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
    }
    const row = find(".queue-row[aria-current]");
    if (row && split.matches) reveal(find("#listing"), row, 0.4, true);
  }

  function showEvidence(id) {
    for (const mark of all("mark.evidence")) mark.classList.toggle("on", mark.dataset.findings.split(" ").includes(id));
    const first = find("mark.evidence.on");
    if (first && split.matches) reveal(find("#policy"), first, 0.3, true);
  }

  /* Scroll one pane, never the page. With `ifNeeded`, what is in sight stays where it is. */
  function reveal(pane, target, share, ifNeeded = false) {
    if (!pane || !target) return;
    const frame = pane.getBoundingClientRect();
    const place = target.getBoundingClientRect();
    if (ifNeeded && place.top >= frame.top + 40 && place.bottom <= frame.bottom - 8) return;
    const top = pane.scrollTop + place.top - frame.top - pane.clientHeight * share;
    pane.scrollTo({ top, behavior: still.matches || Math.abs(top - pane.scrollTop) > 4000 ? "auto" : "smooth" });
  }

  function goTo(link) {
    const target = document.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (!target) return;
    const mark = target.closest("mark");
    const place = mark || target;
    if (split.matches) reveal(find("#policy"), place, 0.3);
    else place.scrollIntoView({ block: "center", behavior: still.matches ? "auto" : "smooth" });
    for (const part of mark ? sameEvidence(mark) : [target]) {
      part.classList.remove("flash");
      void part.offsetWidth; // restart the animation
      part.classList.add("flash");
    }
    for (const other of all("a[data-evidence]")) other.classList.toggle("visited-last", other === link);
  }

  function sameEvidence(mark) {
    const parts = [mark];
    for (let next = mark.nextSibling; next && next.matches && next.matches("mark.on"); next = next.nextSibling) parts.push(next);
    return parts;
  }

  function cycleEvidence() {
    const links = all("#panel a[data-evidence]").filter((link) => link.offsetParent);
    const last = links.findIndex((link) => link.classList.contains("visited-last"));
    if (links.length) goTo(links[(last + 1) % links.length]);
  }

  function closeOutline() {
    find("[data-outline]")?.removeAttribute("open");
  }

  function showSection() {
    const here = find("[data-here]");
    if (!here) return;
    const top = find("#policy").getBoundingClientRect().top + 80;
    const passed = all(".policy-text h3").filter((heading) => heading.getBoundingClientRect().top < top);
    here.textContent = passed.length ? passed[passed.length - 1].textContent.trim() : "";
  }

  // ---------- Moving and deciding ----------

  let wanted = null; // the finding that was asked for and has not arrived yet: quick keys count from there

  function step(by) {
    const rows = all(".queue-row");
    const at = rows.findIndex((row) => row.dataset.finding === (wanted || find("#panel").dataset.finding));
    const row = rows[at === -1 ? 0 : at + by];
    if (!row) return;
    wanted = row.dataset.finding;
    showCurrent(wanted);
    row.click();
  }

  function choose(key) {
    const radio = find(`#decision input[data-key="${key}"]`);
    if (radio) radio.checked = true;
  }

  function save() {
    const form = find("#decision");
    if (!form) return;
    const chosen = find("input[name=verdict]:checked", form);
    const reason = find("textarea", form);
    if (chosen && chosen.value !== find("#panel").dataset.proposed && !reason.value.trim()) {
      form.classList.add("wants-reason");
      reason.focus();
    } else {
      press("[data-save]");
    }
  }

  let deciding = false; // a decision is on its way: a second press would be about a finding that is decided already

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.requestConfig.verb === "post") deciding = true;
  });
  // Not before the next finding stands in the panel, or the answer failed to come.
  for (const over of ["htmx:afterSettle", "htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.addEventListener(over, () => { deciding = false; });
  }

  function press(selector) {
    const button = find(`#panel ${selector}`);
    if (button && !deciding) button.click();
  }

  const keys = {
    j: () => step(1),
    k: () => step(-1),
    e: cycleEvidence,
    c: () => press("[data-confirm]"),
    u: () => press("[data-undo]"),
    r: () => find("#decision textarea")?.focus(),
    "/": () => find("#filter-q")?.focus(),
    "?": () => find("#keys").showModal(),
    Enter: save,
    1: () => choose(1), 2: () => choose(2), 3: () => choose(3), 4: () => choose(4),
  };

  const TYPING = "textarea, select, input:not([type=radio]), [contenteditable]";
  const OWN_ENTER = "a, button, summary";

  document.addEventListener("keydown", (event) => {
    if (!find("[data-review]") || find("dialog[open]")) return;
    const target = event.target instanceof Element ? event.target : document.body;
    if (target.matches(TYPING)) {
      if (event.key === "Escape") target.blur();
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && target.closest("#decision")) {
        target.blur(); // else the next finding's reason would get the focus, and the next key
        press("[data-save]");
      }
      return;
    }
    if (event.key === "Escape") closeOutline();
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat && event.key !== "j" && event.key !== "k") return;
    const act = Object.hasOwn(keys, event.key) ? keys[event.key] : undefined;
    if (!act || (event.key === "Enter" && target.closest(OWN_ENTER))) return;
    event.preventDefault();
    act();
  });

  // ---------- Pointing ----------

  document.addEventListener("click", (event) => {
    const target = event.target;
    const opener = target.closest("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens).showModal();
    const link = target.closest("a[data-evidence], [data-outline] a");
    if (link || !target.closest("[data-outline]")) closeOutline();
    if (link) {
      event.preventDefault();
      goTo(link);
    }
    const mark = target.closest("mark.evidence");
    if (mark && !String(window.getSelection())) followMark(mark);
  });

  /* A click on a mark leads to the finding it is evidence for; where several overlap, each click to the next one. */
  function followMark(mark) {
    const findings = mark.dataset.findings.split(" ");
    const next = findings[(findings.indexOf(find("#panel").dataset.finding) + 1) % findings.length];
    const row = find(`.queue-row[data-finding="${next}"]`);
    if (row) row.click();
    else {
      // The filters hide it from the list; the panel can show it all the same.
      const address = find("[data-review]").dataset.findingAddress.replace("/0/", `/${next}/`);
      window.htmx.ajax("GET", address, { target: "#panel", swap: "outerHTML", values: { query: find("#query").value } });
    }
  }

  /* New tab and new window stay what they are. */
  document.addEventListener("click", (event) => {
    if ((event.ctrlKey || event.metaKey || event.shiftKey) && event.target.closest("a[hx-get]")) event.stopPropagation();
  }, true);

  // ---------- Parts of the panel stay open or closed as the reader left them ----------

  document.addEventListener("toggle", (event) => {
    const name = event.target.dataset?.keep;
    if (name && event.target.dataset.settled) sessionStorage.setItem(`open-${name}`, event.target.open ? "1" : "0");
  }, true);

  function restoreParts() {
    for (const part of all("#panel details[data-keep]")) {
      const kept = sessionStorage.getItem(`open-${part.dataset.keep}`);
      if (kept) part.open = kept === "1";
      // The toggle event of this very change comes later; only what the reader does afterwards is kept.
      setTimeout(() => { part.dataset.settled = "1"; }, 50);
    }
  }

  // ---------- Requests ----------

  /* A refusal (409, 422) is an answer: it is shown. The sign-in page is not: it would wipe out what was typed. */
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    if (xhr.status === 409 || xhr.status === 422) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    } else if (xhr.responseURL.includes("/accounts/login/")) {
      event.detail.shouldSwap = false;
      say("signedOut");
    }
  });
  document.addEventListener("htmx:responseError", () => say("failed"));
  document.addEventListener("htmx:sendError", () => say("failed"));

  function say(what) {
    wanted = null;
    if (find("#panel[data-finding]")) showCurrent(find("#panel").dataset.finding);
    const line = document.createElement("p");
    line.className = "message message-error";
    line.textContent = find("[data-review]")?.dataset[what] || "";
    find("#messages").replaceChildren(line);
  }

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target.id === "panel") arrived();
    else if (event.target.id === "listing" && find("#panel")) showCurrent(find("#panel").dataset.finding);
  });
  document.addEventListener("htmx:historyRestore", start);

  function arrived() {
    const panel = find("#panel");
    find("#messages").replaceChildren();
    restoreParts();
    if (panel.dataset.finding === wanted) wanted = null;
    showCurrent(wanted || panel.dataset.finding);
    showEvidence(panel.dataset.finding);
    const wrong = find(".decision .field-wrong textarea", panel);
    // Whoever works by keys goes on from the new finding; a screen reader reads its title.
    if (wrong) wrong.focus();
    else if (document.activeElement === document.body) find("#finding-title", panel).focus({ preventScroll: true });
  }

  function start() {
    if (!find("[data-review]")) return;
    for (const button of all("[data-opens]")) button.hidden = false;
    const pane = find("#policy");
    let waiting = false;
    pane.addEventListener("scroll", () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => { waiting = false; showSection(); });
    }, { passive: true });
    showSection();
    restoreParts();
    const panel = find("#panel[data-finding]");
    if (!panel || location.hash) return;
    showCurrent(panel.dataset.finding);
    showEvidence(panel.dataset.finding);
  }

  start();
})();
