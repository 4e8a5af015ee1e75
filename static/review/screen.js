"use strict";

/* The review screen learns to follow: the row in the list and the marks in the text.
   Listeners stand on the document, so they outlive every swap. */

(() => {
  const { find, all, say, places } = policyaudit;

  // ---------- What is in focus: row in the list, marks in the text ----------

  function showCurrent(id) {
    for (const row of all(".queue-row[aria-current]")) if (row.dataset.finding !== id) row.removeAttribute("aria-current");
    const row = find(`.queue-row[data-finding="${id}"]`);
    if (!row) return;
    row.setAttribute("aria-current", "true");
    scrollSoon("list", () => places.reveal(find("#listing"), row, 0.4, true));
  }

  function showEvidence(id) {
    for (const mark of all("mark.evidence.on")) if (!mark.matches(`[data-findings~="${id}"]`)) mark.classList.remove("on");
    const marks = all(`mark.evidence[data-findings~="${id}"]`);
    for (const mark of marks) mark.classList.add("on");
    scrollSoon("text", marks.length ? () => places.show(marks[0], 0.3, true) : null);
  }

  /* List and text follow once the panel is painted: to scroll them, the whole text has to be laid out. A finding that
     came meanwhile has the last word. */
  const soon = { list: null, text: null };
  let waits = false;

  function scrollSoon(pane, scroll) {
    soon[pane] = scroll;
    if (waits || !places.split.matches) return;
    waits = true;
    requestAnimationFrame(() => setTimeout(() => {
      waits = false;
      const due = Object.values(soon);
      soon.list = soon.text = null;
      for (const act of due) act?.();
    }));
  }

  function follow(link) {
    places.goTo(Number(link.dataset.start), Number(link.dataset.end));
    for (const other of all("a[data-evidence]")) other.classList.toggle("visited-last", other === link);
  }

  function cycleEvidence() {
    const links = all("#panel a[data-evidence]").filter((link) => link.offsetParent);
    const last = links.findIndex((link) => link.classList.contains("visited-last"));
    if (links.length) follow(links[(last + 1) % links.length]);
  }

  // ---------- Moving ----------

  let wanted = null; // the finding that was asked for and has not arrived yet: quick keys count from there

  function step(by) {
    const rows = all(".queue-row");
    const at = rows.findIndex((row) => row.dataset.finding === (wanted || find("#panel").dataset.finding));
    const row = rows[at === -1 ? 0 : at + by];
    if (!row) return;
    wanted = row.dataset.finding;
    row.click();
    showCurrent(wanted);
  }

  policyaudit.key("j", () => step(1));
  policyaudit.key("k", () => step(-1));
  policyaudit.key("e", cycleEvidence);
  policyaudit.key("/", () => find("#filter-q")?.focus());

  // ---------- Pointing ----------

  document.addEventListener("click", (event) => {
    const target = event.target;
    const link = target.closest("a[data-evidence]");
    if (link) {
      event.preventDefault();
      follow(link);
    }
    const mark = target.closest("mark.evidence");
    if (mark && !String(window.getSelection())) followMark(mark);
  });

  /* A click on a mark leads to the finding it is evidence for; where several overlap, each click to the next one. */
  function followMark(mark) {
    const findings = mark.dataset.findings.split(" ");
    open(findings[(findings.indexOf(find("#panel").dataset.finding) + 1) % findings.length]);
  }

  function open(id) {
    const row = find(`.queue-row[data-finding="${id}"]`);
    if (row) row.click();
    else {
      // The filters hide it from the list; the panel can show it all the same.
      const address = find("[data-review]").dataset.findingAddress.replace("/0/", `/${id}/`);
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

  /* The token as it is now: signing in again in another tab changes it, and what stands in this page grows stale. */
  document.addEventListener("htmx:configRequest", (event) => {
    const token = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
    if (!token) return;
    event.detail.headers["X-CSRFToken"] = token;
    delete event.detail.parameters.csrfmiddlewaretoken;
  });

  /* A refusal (409, 422) is an answer: it is shown. The sign-in page is not: it would wipe out what was typed. */
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    if (xhr.status === 409 || xhr.status === 422) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    } else if (xhr.responseURL.includes("/accounts/login/")) {
      event.detail.shouldSwap = false;
      complain("signedOut");
    }
  });
  /* A decision's answer came first and brought a panel of its own: the finding that was asked for takes its place. */
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const { requestConfig, target } = event.detail;
    if (requestConfig.verb === "get" && target.id === "panel" && !target.isConnected) event.detail.target = find("#panel");
  });

  document.addEventListener("htmx:responseError", () => complain("failed"));
  document.addEventListener("htmx:sendError", () => complain("failed"));

  function complain(what) {
    wanted = null;
    if (find("#panel[data-finding]")) showCurrent(find("#panel").dataset.finding);
    say(find("[data-review]")?.dataset[what] || "");
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
    document.dispatchEvent(new CustomEvent("policyaudit:panel", { detail: panel }));
  }

  function start() {
    if (!find("[data-review]")) return;
    restoreParts();
    const panel = find("#panel[data-finding]");
    if (!panel) return;
    document.dispatchEvent(new CustomEvent("policyaudit:panel", { detail: panel }));
    if (location.hash) return;
    showCurrent(panel.dataset.finding);
    showEvidence(panel.dataset.finding);
  }

  policyaudit.openFinding = open;
  policyaudit.showEvidence = showEvidence;
  // After the other scripts of this screen, so that they hear of the first panel.
  document.addEventListener("DOMContentLoaded", start);
})();
