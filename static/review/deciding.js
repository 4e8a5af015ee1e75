"use strict";

/* Deciding by keys. A decision on its way keeps further ones back until its answer stands in the panel. */

(() => {
  const { find } = policyaudit;

  function choose(key) {
    const radio = find(`#decision input[data-key="${key}"]`);
    if (!radio) return;
    radio.checked = true;
    radio.dispatchEvent(new Event("change", { bubbles: true }));
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

  let deciding = false; // a second press would be about a finding that is decided already

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.requestConfig.verb === "post") deciding = true;
  });
  // Not before the next finding stands in the panel, or the answer failed to come.
  for (const over of ["htmx:afterSettle", "htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.addEventListener(over, () => { deciding = false; });
  }

  /* Click a button of the panel, unless something is being saved. */
  function press(selector) {
    const button = find(`#panel ${selector}`);
    if (button && !deciding) button.click();
  }

  policyaudit.press = press;
  policyaudit.key("c", () => press("[data-confirm]"));
  policyaudit.key("u", () => press("[data-undo]"));
  policyaudit.key("r", () => find("#decision textarea")?.focus());
  policyaudit.key("Enter", save);
  for (const key of "123456789") policyaudit.key(key, () => choose(key));
})();
