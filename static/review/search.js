"use strict";

/* Search in the policy's text: wide and narrow forms of a character are the same, and white space counts for nothing.
   n and N go on and back; Escape leaves and takes the marks away. */

(() => {
  const { find, places } = policyaudit;
  const MOST = 2000; // what is painted at once; all are counted
  let folded = null; // {text, at}: the folded text, and for each of its units the character it comes from
  let matches = [];
  let now = -1;
  let asked = "";
  let waiting = 0;

  const fold = (text) => text.normalize("NFKC").toLowerCase();

  function foldText() {
    const parts = [];
    const at = [];
    for (const block of places.blocks()) {
      let offset = block.start;
      for (const character of block.text) {
        if (!/\s/u.test(character)) {
          const plain = fold(character);
          parts.push(plain);
          for (let unit = 0; unit < plain.length; unit += 1) at.push(offset);
        }
        offset += 1;
      }
      parts.push("\n"); // no match reaches over two blocks
      at.push(offset);
    }
    return { text: parts.join(""), at };
  }

  function search(words) {
    asked = words;
    const wanted = fold(words).replace(/\s+/gu, "");
    matches = [];
    now = -1;
    if (wanted) {
      folded = folded || foldText();
      for (let found = folded.text.indexOf(wanted); found !== -1; found = folded.text.indexOf(wanted, found + wanted.length)) {
        matches.push([folded.at[found], folded.at[found + wanted.length - 1] + 1]);
      }
    }
    places.paint("search", matches.slice(0, MOST).map((place) => places.rangeOf(...place)));
    places.wipe("search-now");
    tell();
  }

  function tell() {
    const output = find("#text-found");
    const form = find("#text-search");
    if (!asked.trim()) output.value = "";
    else output.value = matches.length ? `${now + 1}/${matches.length}` : form.dataset.none;
    form.classList.toggle("search-none", Boolean(asked.trim()) && !matches.length);
  }

  /* To the match behind (or in front of) the one at hand; the first one is that below the line one reads at. */
  function step(by) {
    const field = find("#text-q");
    if (!field) return;
    clearTimeout(waiting);
    if (field.value !== asked) search(field.value);
    if (!matches.length) {
      if (!field.value.trim()) open();
      return;
    }
    if (now === -1) now = by > 0 ? firstInSight() : matches.length - 1;
    else now = (now + by + matches.length) % matches.length;
    const range = places.rangeOf(...matches[now]);
    places.paint("search-now", [range]);
    places.show(range, 0.35, true);
    tell();
  }

  function firstInSight() {
    const pane = find("#policy");
    const top = places.split.matches ? pane.getBoundingClientRect().top + 40 : 40;
    let [low, high] = [0, matches.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (places.rangeOf(...matches[middle]).getBoundingClientRect().top < top) low = middle + 1;
      else high = middle;
    }
    return low % matches.length;
  }

  function open() {
    const field = find("#text-q");
    if (!field) return;
    if (!places.split.matches) field.scrollIntoView({ block: "center" });
    field.focus();
    field.select();
  }

  function leave() {
    if (!asked) return;
    find("#text-q").value = "";
    search("");
    places.wipe("search");
  }

  policyaudit.key("f", open);
  policyaudit.key("n", () => step(1));
  policyaudit.key("N", () => step(-1));
  policyaudit.escape(leave);

  document.addEventListener("input", (event) => {
    if (event.target.id !== "text-q") return;
    clearTimeout(waiting);
    waiting = setTimeout(() => search(event.target.value), 120);
  });

  document.addEventListener("keydown", (event) => {
    if (event.target.id !== "text-q") return;
    if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      step(event.shiftKey ? -1 : 1);
    } else if (event.key === "Escape") {
      leave();
    }
  });

  document.addEventListener("submit", (event) => {
    if (event.target.id === "text-search") event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-match]");
    if (button) step(Number(button.dataset.match));
  });

  /* After Enter the field keeps the focus, and n is a letter there: leaving it by Tab or a click makes n a key. */
  function start() {
    const form = find("#text-search");
    if (form) form.hidden = false;
    folded = null;
    matches = [];
    asked = "";
  }

  document.addEventListener("DOMContentLoaded", start);
  document.addEventListener("htmx:historyRestore", start);
})();
