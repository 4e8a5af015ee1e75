"use strict";

/* Nothing typed is lost. What stands in a form with data-draft is kept in this browser until the server has it: through
   a reload, a closed lid, a session that ended, a request that failed. Kept under the person's number; signing out
   (or somebody else signing in) throws all of it away. */

(() => {
  const { find, all } = policyaudit;
  const DAYS = 14;
  const owner = () => find("[data-drafts-of]")?.dataset.draftsOf || find("[data-review]")?.dataset.user;
  const prefix = () => `draft:${owner()}:`;
  const nameOf = (form) => prefix() + form.dataset.draft;

  function fieldsOf(form) {
    return [...form.elements].filter((field) => field.name && (field.matches("textarea, input[type=text], input[type=date], select") || field.matches("input[type=radio]")));
  }

  function values(form) {
    const found = {};
    for (const field of fieldsOf(form)) {
      if (field.type !== "radio") found[field.name] = field.value;
      else if (field.checked) found[field.name] = field.value;
    }
    return found;
  }

  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
  const served = new WeakMap(); // what each form held when it came from the server

  function keep(form) {
    const now = values(form);
    // What a refusal brought back is as it came, and still saved nowhere.
    if (!form.hasAttribute("data-unsaved") && same(now, served.get(form))) drop(form);
    else write(nameOf(form), { at: Date.now(), values: now });
  }

  function write(name, draft) {
    try {
      localStorage.setItem(name, JSON.stringify(draft));
    } catch {
      // The browser's store is full or switched off: what is typed still stands in the field.
    }
  }

  function drop(form) {
    localStorage.removeItem(nameOf(form));
  }

  function read(name) {
    try {
      return JSON.parse(localStorage.getItem(name));
    } catch {
      return null;
    }
  }

  /* A form came: put back what was typed into it, and say so. */
  function restore(form) {
    const came = values(form);
    served.set(form, came);
    const draft = read(nameOf(form));
    if (!draft) return;
    if (same(draft.values, came)) {
      if (!form.hasAttribute("data-unsaved")) drop(form);
      return;
    }
    fill(form, draft.values);
    form.prepend(notice(form, came, draft.at));
    form.closest("details")?.setAttribute("open", "");
  }

  function fill(form, wanted) {
    for (const field of fieldsOf(form)) {
      if (field.type === "radio") field.checked = wanted[field.name] === field.value;
      else if (field.name in wanted) field.value = wanted[field.name];
    }
  }

  function notice(form, came, at) {
    const words = find("#draft-words").content.cloneNode(true).firstElementChild;
    const when = find("time", words);
    const moment = new Date(at);
    when.dateTime = moment.toISOString();
    when.textContent = moment.toLocaleString(document.documentElement.lang, { dateStyle: "short", timeStyle: "short" });
    find("button", words).addEventListener("click", () => {
      fill(form, came);
      drop(form);
      words.remove();
      find("textarea", form)?.focus();
    });
    return words;
  }

  function restoreAll(root = document) {
    if (owner()) all("form[data-draft]", root).forEach((form) => { if (!served.has(form)) restore(form); });
  }

  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (form?.dataset.draft && owner()) keep(form);
  });
  document.addEventListener("change", (event) => {
    const form = event.target.form;
    if (form?.dataset.draft && owner()) keep(form);
  });

  // The server has it: it answered the form with success, and not with the sign-in page.
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const { xhr } = event.detail;
    const form = event.target;
    if (form.dataset?.draft && xhr.status < 300 && !xhr.responseURL.includes("/accounts/login/")) drop(form);
  });
  document.addEventListener("htmx:afterSwap", () => restoreAll());
  document.addEventListener("htmx:historyRestore", () => restoreAll());

  /* What is old, and what is another person's, goes. */
  function tidy() {
    const eldest = Date.now() - DAYS * 24 * 3600 * 1000;
    for (const name of Object.keys(localStorage)) {
      if (!name.startsWith("draft:")) continue;
      if (!name.startsWith(prefix()) || !(read(name)?.at > eldest)) localStorage.removeItem(name);
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    if (!owner()) return;
    // A plain form was accepted, and this is the page it led to.
    for (const saved of all("[data-draft-saved]")) localStorage.removeItem(prefix() + saved.dataset.draftSaved);
    tidy();
    restoreAll();
  });
})();
