"use strict";

/* The editor of a requirement. Without script it is a long form with a button; with it, what is typed is saved by itself,
   rows are moved by drag or keys, and a message leads to its character. */

(() => {
  const { find, all } = policyaudit;
  const form = find("[data-editor]");
  if (!form) return;

  /* A refusal (409, 422) is an answer: it is shown. The sign-in page is none, and nothing was saved. */
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    if (xhr.status === 409 || xhr.status === 422) event.detail.shouldSwap = true;
    else if (xhr.responseURL.includes("/accounts/login/")) complain("signedOut");
    else if (xhr.status >= 400) complain("failed");
  });

  function complain(what) {
    unsaved = true;
    waiting = null; // the button would lead away from what is saved nowhere
    const words = form.dataset[what];
    policyaudit.say(words);
    const state = find("#save-state");
    state.className = "save-state save-state-wrong";
    state.textContent = words;
  }

  /* Typing that is not saved yet must not be lost with the page. */
  let unsaved = false;
  form.addEventListener("input", () => { unsaved = true; });
  let leaving = false;
  let waiting = null; // the button that was pressed while something was being saved
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.target !== form) return;
    if (leaving || waiting) event.preventDefault(); // a button takes all of it along
    else unsaved = false;
  });
  window.addEventListener("pageshow", () => { leaving = false; });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.target === form && !event.detail.successful) unsaved = true;
  });
  document.addEventListener("htmx:sendError", () => complain("offline"));

  /* A button waits for the saving that is on its way: it would come with a revision that is no longer the newest. */
  form.addEventListener("submit", (event) => {
    if (form.classList.contains("htmx-request")) {
      event.preventDefault();
      waiting = event.submitter;
      return;
    }
    unsaved = false;
    leaving = true;
  });
  document.addEventListener("htmx:afterSettle", () => setTimeout(goOn));
  document.addEventListener("htmx:afterRequest", () => setTimeout(goOn));

  function goOn() {
    if (!waiting || form.classList.contains("htmx-request")) return;
    const button = waiting;
    waiting = null;
    form.requestSubmit(button);
  }

  window.addEventListener("beforeunload", (event) => {
    if (unsaved) event.preventDefault();
  });

  const save = () => htmx.trigger(form, "save");

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "s") {
      event.preventDefault();
      save();
    }
  });

  /* ---------- Rows: order and removal ---------- */

  function renumber(list) {
    const rows = all(":scope > [data-row]", list);
    rows.forEach((row, index) => {
      find("[data-number]", row).textContent = index + 1;
      find("[data-up]", row).disabled = index === 0;
      find("[data-down]", row).disabled = index === rows.length - 1;
    });
  }

  function move(row, forward) {
    const other = forward ? row.nextElementSibling : row.previousElementSibling;
    if (!other?.matches("[data-row]")) return;
    if (forward) other.after(row);
    else other.before(row);
    renumber(row.parentElement);
    unsaved = true;
    save();
  }

  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-up], [data-down]");
    if (button) {
      event.preventDefault();
      move(button.closest("[data-row]"), button.matches("[data-down]"));
      if (button.disabled) find(button.matches("[data-down]") ? "[data-up]" : "[data-down]", button.parentElement).focus();
      else button.focus();
      return;
    }
    const place = event.target.closest(".rule-place");
    if (place) show(place);
  });

  form.addEventListener("keydown", (event) => {
    if (!event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
    const row = event.target.closest("[data-row]");
    if (!row) return;
    event.preventDefault();
    const field = document.activeElement;
    move(row, event.key === "ArrowDown");
    field.focus();
  });

  let dragged = null;
  form.addEventListener("pointerdown", (event) => {
    const row = event.target.closest(".grip")?.closest("[data-row]");
    if (row) row.draggable = true;
  });
  form.addEventListener("dragstart", (event) => {
    if (!event.target.matches?.("[data-row]")) return;
    dragged = event.target;
    dragged.classList.add("dragged");
    event.dataTransfer.effectAllowed = "move";
  });
  form.addEventListener("dragover", (event) => {
    const row = event.target.closest("[data-row]");
    if (!dragged || !row || row.parentElement !== dragged.parentElement) return;
    event.preventDefault();
    const box = row.getBoundingClientRect();
    if (event.clientY < box.top + box.height / 2) row.before(dragged);
    else row.after(dragged);
  });
  form.addEventListener("dragend", () => {
    if (!dragged) return;
    dragged.classList.remove("dragged");
    dragged.draggable = false;
    renumber(dragged.parentElement);
    dragged = null;
    unsaved = true;
    save();
  });

  form.addEventListener("change", (event) => {
    if (event.target.matches("[data-gone]")) event.target.closest("[data-row]").classList.toggle("gone", event.target.checked);
  });

  /* The id of a row stands in its heading as it is typed. */
  form.addEventListener("input", (event) => {
    const shown = find(`[data-shows="${CSS.escape(event.target.id)}"]`);
    if (shown) shown.textContent = event.target.value;
  });

  /* Of the articles to pick from, those of the instrument that was chosen. */
  const references = document.getElementById("references");
  const articles = references ? [...references.children] : [];
  form.addEventListener("focusin", (event) => {
    if (event.target.getAttribute("list") !== "references") return;
    const chosen = find("select", event.target.closest("[data-row]")).value;
    references.replaceChildren(...articles.filter((option) => !chosen || option.dataset.instrument === chosen));
  });

  /* ---------- From a message to its character ---------- */

  function show(place) {
    const field = document.getElementById(place.closest("[data-for]").dataset.for);
    if (!field) return;
    const lines = field.value.split("\n");
    let at = 0;
    let line = Number(place.dataset.line);
    for (const each of lines) {
      if (each.trim() && (line -= 1) === 0) {
        at += each.length - each.trimStart().length + Number(place.dataset.start);
        break;
      }
      at += each.length + 1;
    }
    field.focus();
    field.setSelectionRange(at, at + 1);
  }
})();
