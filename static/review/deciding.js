"use strict";

/* Deciding by keys. What is on its way to the panel keeps further decisions back until it stands there. */

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

  /* What is on its way to the panel: a decision, or another finding. Until it stands there a further key would be about
     a finding that is decided already, or about one that the reader has left. */
  const coming = new Set();

  document.addEventListener("htmx:beforeRequest", (event) => {
    const { requestConfig, target, xhr } = event.detail;
    if (requestConfig.verb !== "post" && target.id !== "panel") return;
    coming.add(xhr);
    // After the answer was shown, or failed to come; one that leads to another page is over when that is there.
    xhr.addEventListener("loadend", () => { if (!xhr.getResponseHeader("HX-Redirect")) coming.delete(xhr); });
  });
  window.addEventListener("pageshow", (event) => { if (event.persisted) coming.clear(); });

  const busy = () => coming.size > 0;

  /* Click a button of the panel, unless something is on its way there. */
  function press(selector) {
    const button = find(`#panel ${selector}`);
    if (button && !busy()) button.click();
  }

  policyaudit.busy = busy;
  policyaudit.press = press;
  policyaudit.key("c", () => press("[data-confirm]"));
  policyaudit.key("u", () => press("[data-undo]"));
  policyaudit.key("r", () => find("#decision textarea")?.focus());
  policyaudit.key("Enter", save);
  for (const key of "123456789") policyaudit.key(key, () => choose(key));
})();
