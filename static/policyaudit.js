"use strict";

/* What every page's script may use. Everything works without script; scripts add keys, selection and drafts. */

window.policyaudit = (() => {
  const find = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  /* One line where the page says what happened; the region is announced by screen readers. */
  function say(text, kind = "error") {
    const line = document.createElement("p");
    line.className = `message message-${kind}`;
    line.textContent = text;
    find("#messages").replaceChildren(line);
    return line;
  }

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens).showModal();
  });

  for (const button of all("[data-opens]")) button.hidden = false;

  /* Whoever signs out leaves nothing behind in this browser. */
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-signs-out]")) return;
    for (const name of Object.keys(localStorage)) if (name.startsWith("draft:")) localStorage.removeItem(name);
    sessionStorage.clear();
  });

  return { find, all, say };
})();
