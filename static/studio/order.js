"use strict";

/* The order of a draft's requirements, by drag and by Alt and the arrow keys; without script there are buttons. */

(() => {
  const { find, all } = policyaudit;
  let dragged = null;
  let began = -1;

  const codes = (list) => all(":scope > [data-code]", list).map((row) => row.dataset.code);

  // What stands in the page is the order before the move that is on its way: a held key would take it back again.
  let moving = false;
  window.addEventListener("pageshow", () => { moving = false; });

  function send(row, to) {
    if (moving) return;
    moving = true;
    const form = find("[data-move]", row);
    const target = document.createElement("input");
    target.type = "hidden";
    target.name = "to";
    target.value = to;
    form.append(target);
    form.submit();
  }

  for (const list of all("[data-orders]")) {
    for (const row of all(":scope > [data-code]", list)) row.draggable = true;

    list.addEventListener("dragstart", (event) => {
      dragged = event.target.closest("[data-code]");
      began = codes(list).indexOf(dragged.dataset.code);
      dragged.classList.add("dragged");
      event.dataTransfer.effectAllowed = "move";
    });
    list.addEventListener("dragover", (event) => {
      const row = event.target.closest("[data-code]");
      if (!dragged || !row || row.parentElement !== dragged.parentElement) return;
      event.preventDefault();
      const box = row.getBoundingClientRect();
      if (event.clientY < box.top + box.height / 2) row.before(dragged);
      else row.after(dragged);
    });
    list.addEventListener("dragend", () => {
      if (!dragged) return;
      dragged.classList.remove("dragged");
      const now = codes(list).indexOf(dragged.dataset.code);
      const neighbour = now > began ? dragged.previousElementSibling : dragged.nextElementSibling;
      const row = dragged;
      dragged = null;
      if (now !== began && neighbour) send(row, neighbour.dataset.code);
    });
    list.addEventListener("keydown", (event) => {
      if (!event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
      const row = event.target.closest("[data-code]");
      const other = event.key === "ArrowDown" ? row.nextElementSibling : row.previousElementSibling;
      if (!other) return;
      event.preventDefault();
      send(row, other.dataset.code);
    });
  }

  /* After a move the moved row has the focus again. */
  if (location.hash.startsWith("#row-")) find(`#${CSS.escape(location.hash.slice(1))} a`)?.focus();
})();
