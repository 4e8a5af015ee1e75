"use strict";

/* Leafing through a report: ← and → turn the page, and the next picture is fetched while this one is read. */

(() => {
  const { find } = policyaudit;
  const turns = { ArrowLeft: "prev", ArrowRight: "next" };

  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.target.closest("input, textarea, select, summary")) return;
    const link = turns[event.key] && find(`.leafing a[rel=${turns[event.key]}]`);
    if (!link) return;
    event.preventDefault();
    link.click();
  });

  const leaf = find(".leaf[data-next]");
  const fetchNext = () => {
    new Image().src = leaf.dataset.next;
  };
  if (leaf) leaf.complete ? fetchNext() : leaf.addEventListener("load", fetchNext, { once: true });
})();
