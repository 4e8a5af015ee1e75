"use strict";

/* Working together by keys: reasons often given, names to mention, the mark for discussion, the reviewer's word. */

(() => {
  const { find, all, press, key } = policyaudit;

  /* Put an offered text into its field: a reason replaces nothing that was typed, it is added behind it. */
  function insert(button) {
    const field = document.getElementById(button.dataset.into);
    if (!field) return;
    const before = field.value && !/\s$/.test(field.value) ? `${field.value} ` : field.value;
    field.value = before + button.dataset.insert;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-insert]");
    if (button) insert(button);
  });

  const offered = (number) => find(`#panel [data-reason-key="${number}"]`);

  for (const number of "56789") {
    key(number, () => { const button = offered(number); if (button) insert(button); });
  }

  // While a reason is written a figure is a figure; with Alt it is the reason offered under it.
  document.addEventListener("keydown", (event) => {
    if (!event.altKey || event.target.id !== "decision-reason") return;
    const button = /^Digit[5-9]$/.test(event.code) && offered(event.code.slice(-1));
    if (!button) return;
    event.preventDefault();
    insert(button);
  });

  function openAndFocus(summary, field) {
    const opener = find(`#panel ${summary}`);
    if (opener && opener.parentElement.tagName === "DETAILS") opener.parentElement.open = true;
    find(`#panel ${field}`)?.focus();
  }

  key("U", () => press("[data-redo]"));
  key("d", () => press("[data-discuss]"));
  key("a", () => openAndFocus("[data-plan]", "#assign-user"));
  key("v", () => press("[data-agree]:not([disabled])"));
  key("b", () => openAndFocus("[data-look]", "#look-note"));

  // Buttons that need this file show themselves only where it runs.
  function show() {
    for (const button of all("[data-insert]")) button.hidden = false;
  }
  document.addEventListener("htmx:afterSettle", show);
  show();
})();
