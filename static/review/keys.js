"use strict";

/* Keys of the review screen. A file registers its own with policyaudit.key("x", act); the help dialog lists them.
   A mode (choosing sentences, say) takes keys before the others do; what it does not know goes on to them. */

(() => {
  const { find } = policyaudit;
  const acts = Object.create(null);
  const leaving = [];
  let mode = null;

  policyaudit.key = (name, act) => { acts[name] = act; };
  policyaudit.escape = (leave) => { leaving.push(leave); }; // Escape leaves all there is to leave
  policyaudit.enterMode = (keys) => { mode = keys; };
  policyaudit.leaveMode = () => { mode = null; };

  const TYPING = "textarea, select, input:not([type=radio], [type=checkbox]), [contenteditable]";
  const OWN_ENTER = "a, button, summary, input[type=checkbox]";
  const REPEATING = new Set(["j", "k", "n", "N"]);

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || !find("[data-review]") || find("dialog[open]")) return;
    const target = event.target instanceof Element ? event.target : document.body;
    if (target.matches(TYPING)) {
      typed(event, target);
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const special = mode && mode[event.key];
    if (special) {
      if (event.key === "Enter" && target.closest(OWN_ENTER)) return;
      event.preventDefault();
      special(event);
      return;
    }
    if (event.key === "Escape") leaving.forEach((leave) => leave());
    const act = acts[event.key];
    if (!act || event.repeat && !REPEATING.has(event.key)) return;
    if (event.key === "Enter" && target.closest(OWN_ENTER)) return;
    event.preventDefault();
    act(event);
  });

  /* In a field every key is text, but for leaving it and for sending its form. */
  function typed(event, field) {
    if (event.key === "Escape") field.blur();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && field.form) {
      const button = find("[data-save], button[type=submit], button:not([type])", field.form);
      field.blur(); // else the next finding's field would get the focus, and the next key
      button?.click();
    }
  }

  policyaudit.key("?", () => find("#keys").showModal());
})();
