"use strict";

/* Places in the policy's text. The server counts characters (code points), the browser UTF-16 units: an emoji is one
   there and two here. Every block of the text carries data-start, and its text content is the text from there on. */

(() => {
  const { find, all } = policyaudit;
  const still = window.matchMedia("(prefers-reduced-motion: reduce)");
  const split = window.matchMedia("(min-width: 62.5rem)"); // text and findings side by side
  let known = null; // the blocks in their order, until an answer of the server replaces some
  let cut = null; // their sentences

  const length = (text) => {
    let count = text.length;
    for (let at = 0; at < text.length; at += 1) {
      const unit = text.charCodeAt(at);
      if (unit >= 0xd800 && unit < 0xdc00 && at + 1 < text.length) {
        const next = text.charCodeAt(at + 1);
        if (next >= 0xdc00 && next < 0xe000) { count -= 1; at += 1; }
      }
    }
    return count;
  };

  /* UTF-16 index of the character number `count`. */
  function unitsFor(text, count) {
    let at = 0;
    for (let left = count; left > 0 && at < text.length; left -= 1) at += text.codePointAt(at) > 0xffff ? 2 : 1;
    return at;
  }

  function blocks() {
    if (!known) {
      known = all(".policy-text [data-start]").map((element) => {
        const text = element.textContent;
        const start = Number(element.dataset.start);
        return { element, text, start, end: start + length(text) };
      });
    }
    return known;
  }

  /* The last block that begins at or before this character. */
  function blockAt(offset) {
    const list = blocks();
    let low = 0;
    let high = list.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (list[middle].start <= offset) low = middle;
      else high = middle - 1;
    }
    return list[low];
  }

  function point(offset, block) {
    let left = unitsFor(block.text, Math.min(offset, block.end) - block.start);
    const walker = document.createTreeWalker(block.element, NodeFilter.SHOW_TEXT);
    let node = walker.nextNode();
    while (node && left > node.data.length) {
      left -= node.data.length;
      node = walker.nextNode();
    }
    return node ? [node, left] : [block.element, 0];
  }

  /* The DOM range of text[start:end]; white space between blocks is in none. */
  function rangeOf(start, end) {
    const range = document.createRange();
    const first = blockAt(start);
    let last = blockAt(Math.max(start, end - 1));
    if (last.start > end) last = first;
    range.setStart(...point(start, first));
    range.setEnd(...point(end, last));
    return range;
  }

  /* {start, end} of a DOM range, without white space at its ends; null when it holds no character of the text. */
  function offsetsOf(range) {
    const touched = blocks().filter((block) => range.intersectsNode(block.element));
    if (!touched.length) return null;
    const first = touched[0];
    const last = touched[touched.length - 1];
    const start = first.element.contains(range.startContainer) ? before(first, range.startContainer, range.startOffset) : first.start;
    const end = last.element.contains(range.endContainer) ? before(last, range.endContainer, range.endOffset) : last.end;
    return trimmed(start, end);
  }

  function before(block, node, offset) {
    const part = document.createRange();
    part.setStart(block.element, 0);
    part.setEnd(node, offset);
    return block.start + length(part.toString());
  }

  const BLANK = /^\s$/u;

  function trimmed(from, to) {
    let [start, end] = [from, to];
    while (start < end && blankAt(start)) start += 1;
    while (end > start && blankAt(end - 1)) end -= 1;
    return start < end ? { start, end } : null;
  }

  function blankAt(offset) {
    const block = blockAt(offset);
    if (offset >= block.end) return true; // between two blocks
    return BLANK.test(String.fromCodePoint(block.text.codePointAt(unitsFor(block.text, offset - block.start))));
  }

  /* The sentences of the text in their order; a sentence never reaches over its block. */
  function sentences() {
    if (cut) return cut;
    const found = [];
    for (const block of blocks()) {
      let at = block.start;
      for (const piece of block.text.match(/[^。！？；!?;\n]+[。！？；!?;]*["”’」』）)]*|[。！？；!?;\n]+/gu) || []) {
        const place = trimmed(at, at + length(piece));
        at += length(piece);
        if (place) found.push(place);
      }
    }
    cut = found;
    return found;
  }

  function forget() {
    known = null;
    cut = null;
  }

  document.addEventListener("htmx:oobAfterSwap", forget);
  document.addEventListener("htmx:historyRestore", forget);

  function quote(start, end) {
    const block = blockAt(start);
    if (end <= block.end) return block.text.slice(unitsFor(block.text, start - block.start), unitsFor(block.text, end - block.start));
    return rangeOf(start, end).toString();
  }

  // ---------- Painting: the document stays as it is, the browser paints over it ----------

  const canPaint = typeof Highlight === "function" && Boolean(CSS.highlights);

  function paint(name, ranges) {
    if (canPaint) CSS.highlights.set(name, new Highlight(...ranges));
  }

  function wipe(name) {
    if (canPaint) CSS.highlights.delete(name);
  }

  let flashing = 0;

  function flash(start, end) {
    const range = rangeOf(start, end);
    clearTimeout(flashing);
    if (canPaint) paint("flash", [range]);
    else for (const block of blocks()) block.element.classList.toggle("flash", range.intersectsNode(block.element));
    flashing = setTimeout(() => {
      wipe("flash");
      for (const element of all(".flash")) element.classList.remove("flash");
    }, 1600);
  }

  // ---------- Scrolling: one pane, never the page ----------

  /* `target` is an element or a range. With `ifNeeded`, what is in sight stays where it is. */
  function reveal(pane, target, share, ifNeeded = false) {
    if (!pane || !target) return;
    const frame = pane.getBoundingClientRect();
    const place = target.getBoundingClientRect();
    if (ifNeeded && place.top >= frame.top + 40 && place.bottom <= frame.bottom - 8) return;
    const top = pane.scrollTop + place.top - frame.top - pane.clientHeight * share;
    const far = still.matches || Math.abs(top - pane.scrollTop) > 2 * pane.clientHeight;
    pane.scrollTo({ top, behavior: far ? "auto" : "smooth" });
    // What lies between was not laid out yet; now it is, and the place has moved.
    if (far) requestAnimationFrame(() => settle(pane, target, share, 3));
  }

  function settle(pane, target, share, tries) {
    const off = target.getBoundingClientRect().top - pane.getBoundingClientRect().top - pane.clientHeight * share;
    const room = off > 0 ? pane.scrollHeight - pane.clientHeight - pane.scrollTop : pane.scrollTop;
    if (Math.abs(off) < 4 || room < 1 || !tries) return;
    pane.scrollTop += off;
    requestAnimationFrame(() => settle(pane, target, share, tries - 1));
  }

  function show(target, share = 0.3, ifNeeded = false) {
    if (split.matches) {
      reveal(find("#policy"), target, share, ifNeeded);
    } else {
      const place = target.getBoundingClientRect();
      if (ifNeeded && place.top > 80 && place.bottom < window.innerHeight - 80) return;
      const top = window.scrollY + place.top - window.innerHeight * share;
      window.scrollTo({ top, behavior: still.matches ? "auto" : "smooth" });
    }
  }

  /* Scroll to text[start:end] and let it flash. */
  function goTo(start, end) {
    show(rangeOf(start, end));
    flash(start, end);
  }

  policyaudit.places = {
    blocks, blockAt, rangeOf, offsetsOf, trimmed, sentences, quote, length, paint, wipe, flash, reveal, show, goTo, split,
  };
})();
