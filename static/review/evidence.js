"use strict";

/* Evidence by hand. A place is chosen in the text by the pointer, or sentence by sentence with keys; the bar under the
   text says which, moves its ends, and attaches it to the finding in focus. */

(() => {
  const { find, all, places } = policyaudit;
  let chosen = null; // {start, end, old, pointed}: old is the place that is being moved, pointed: by mouse or finger
  let last = 0; // where the reader chose last: choosing by keys begins there

  const allowed = () => find("#hand") && find("#evidence-attach");

  // ---------- Choosing ----------

  function choose(place, more = {}) {
    if (!allowed() || !place) return;
    chosen = { ...chosen, ...place, ...more };
    last = chosen.start;
    const bar = find("#hand");
    if (bar.hidden) fillTargets();
    bar.hidden = false;
    for (const part of all("[data-adding]", bar)) part.hidden = Boolean(chosen.old);
    for (const part of all("[data-moving]", bar)) part.hidden = !chosen.old;
    for (const part of [...all("[data-hand=several], [data-hand=observe]", bar), find(".hand-target", bar)]) part.hidden = Boolean(chosen.old);
    find("#hand-place").textContent = find("#hand-place").dataset.words.replace("{count}", chosen.end - chosen.start);
    find("#hand-quote").textContent = shortened(places.quote(chosen.start, chosen.end));
    places.paint("chosen", [places.rangeOf(chosen.start, chosen.end)]);
    policyaudit.enterMode(MODE);
  }

  function shortened(quote) {
    const characters = [...quote];
    return characters.length > 64 ? `${characters.slice(0, 40).join("")}……${characters.slice(-20).join("")}` : quote;
  }

  function fillTargets() {
    find("#hand-element").replaceChildren(find("#hand-parts").content.cloneNode(true));
  }

  function cancel() {
    if (!chosen) return;
    chosen = null;
    find("#hand").hidden = true;
    places.wipe("chosen");
    policyaudit.leaveMode();
  }

  function unselect() {
    window.getSelection()?.removeAllRanges();
  }

  /* What is selected by pointer becomes the choice, without the white space at its ends. */
  function fromSelection() {
    const selection = window.getSelection();
    if (!allowed() || !selection.rangeCount || selection.isCollapsed) return;
    const range = selection.getRangeAt(0);
    const text = find(".policy-text");
    if (!text.contains(range.startContainer) && !text.contains(range.endContainer)) return;
    const place = places.offsetsOf(range);
    if (place) choose(place, { pointed: true });
  }

  let waiting = 0;
  document.addEventListener("selectionchange", () => {
    clearTimeout(waiting);
    waiting = setTimeout(fromSelection, 150);
  });

  document.addEventListener("pointerdown", (event) => {
    // A click into the text without selecting anything lets a pointed choice go.
    if (chosen?.pointed && !chosen.old && event.target.closest(".policy-text")) cancel();
  });

  // ---------- Choosing by keys ----------

  const indexAt = (list, offset) => {
    let low = 0;
    let high = list.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (list[middle].end <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  function firstInSight() {
    const box = find(".policy-text").getBoundingClientRect();
    const top = Math.max(box.top, places.split.matches ? find("#policy").getBoundingClientRect().top : 0);
    const at = document.elementFromPoint(box.left + box.width / 2, top + find(".policy-tools").offsetHeight + 60);
    return Number(at?.closest("[data-start]")?.dataset.start || 0);
  }

  function begin() {
    if (!allowed()) return;
    unselect();
    const list = places.sentences();
    const link = find("#panel a.visited-last");
    const inSight = firstInSight();
    const from = link ? Number(link.dataset.start) : Math.max(last && visible(last) ? last : 0, inSight);
    take(list[indexAt(list, from)]);
  }

  function visible(offset) {
    const place = places.rangeOf(offset, offset + 1).getBoundingClientRect();
    return place.top > 0 && place.bottom < window.innerHeight;
  }

  function take(place) {
    if (!place) return;
    unselect();
    choose({ start: place.start, end: place.end }, { pointed: false });
    places.show(places.rangeOf(place.start, place.end), 0.35, true);
  }

  function moveSentence(by) {
    const list = places.sentences();
    take(list[Math.min(Math.max(indexAt(list, chosen.start) + by, 0), list.length - 1)]);
  }

  /* Take the next sentence in, or let the last one go. */
  function stretch(by) {
    const list = places.sentences();
    const lastOne = indexAt(list, chosen.end - 1);
    if (by > 0) return take({ start: chosen.start, end: (list[lastOne].end > chosen.end ? list[lastOne] : list[lastOne + 1])?.end || chosen.end });
    const before = list[lastOne - 1];
    if (before && before.end > chosen.start) take({ start: chosen.start, end: before.end });
  }

  /* Move one end by one character; white space is stepped over. */
  function nudge(end, by) {
    const whole = places.blocks();
    const limit = whole[whole.length - 1].end;
    let { start, end: stop } = chosen;
    for (let tries = 0; tries < 200; tries += 1) {
      if (end === "start") start += by;
      else stop += by;
      if (start < 0 || stop > limit || start >= stop) return;
      const place = places.trimmed(start, stop);
      if (place && place.start === start && place.end === stop) {
        take(place);
        return;
      }
    }
  }

  function pickTarget(number) {
    const select = find("#hand-element");
    if (!chosen.old && number < select.options.length) select.selectedIndex = number;
  }

  const MODE = {
    ArrowDown: (event) => (event.shiftKey ? stretch(1) : moveSentence(1)),
    ArrowUp: (event) => (event.shiftKey ? stretch(-1) : moveSentence(-1)),
    ArrowRight: (event) => nudge(event.shiftKey ? "start" : "end", 1),
    ArrowLeft: (event) => nudge(event.shiftKey ? "start" : "end", -1),
    Enter: attach,
    m: several,
    w: observe,
    Escape: () => { unselect(); cancel(); },
  };
  for (const key of "0123456789") MODE[key] = () => pickTarget(Number(key));

  // ---------- Attaching, moving, removing ----------

  /* Send one of the panel's forms with these values beside its own. */
  function send(id, values) {
    const form = document.getElementById(id);
    if (!form || policyaudit.busy()) return;
    for (const [name, value] of Object.entries(values)) {
      let field = find(`input[name=${name}]`, form);
      if (!field) {
        field = document.createElement("input");
        field.type = "hidden";
        field.name = name;
        form.append(field);
      }
      field.value = value;
    }
    form.requestSubmit();
  }

  function attach() {
    if (!chosen) return;
    if (chosen.old) {
      send("evidence-move", { place: `${chosen.start}-${chosen.end}`, old: chosen.old });
    } else {
      send("evidence-attach", { place: `${chosen.start}-${chosen.end} ${find("#hand-element").value}`, also: "" });
    }
  }

  function adjust(link) {
    cancel();
    const [start, end] = [Number(link.dataset.start), Number(link.dataset.end)];
    choose({ start, end }, { old: `${start}-${end}`, pointed: false });
    places.show(places.rangeOf(start, end), 0.35, true);
  }

  /* The piece of evidence one looked at last, else the first. */
  function pieceInHand(selector) {
    const pieces = all(`#panel ${selector}`).filter((element) => element.offsetParent);
    return pieces.find((element) => element.closest("li").querySelector("a.visited-last")) || pieces[0];
  }

  policyaudit.key("s", begin);
  policyaudit.key("g", () => pieceInHand("[data-adjust]")?.click());
  policyaudit.key("x", () => {
    const button = pieceInHand("[form=evidence-remove]");
    if (button) policyaudit.press(`[form=evidence-remove][value="${button.value}"]`);
  });
  policyaudit.key("y", () => {
    const button = pieceInHand("[data-counts]");
    if (button) policyaudit.press(`[data-counts][value="${button.value}"]`);
  });
  policyaudit.key("z", () => policyaudit.press("[data-evidence-undo]"));

  /* Something the checklist does not ask for: the place goes along to the form of a new observation. */
  function observe() {
    if (!chosen || chosen.old) return;
    window.location.assign(`${find("[data-hand=observe]").dataset.address}?place=${chosen.start}-${chosen.end}`);
  }

  // ---------- For several findings ----------

  function several() {
    if (!chosen || chosen.old) return;
    const focus = find("#panel").dataset.finding;
    const items = all(".queue-row").filter((row) => row.dataset.finding !== focus).map((row) => {
      const item = document.createElement("li");
      const label = document.createElement("label");
      const box = document.createElement("input");
      box.type = "checkbox";
      box.value = row.dataset.finding;
      label.append(box, ` ${find(".queue-title", row).textContent}`);
      item.append(label);
      return item;
    });
    find("#several-list").replaceChildren(...items);
    find("#several-q").value = "";
    find("#several-quote").textContent = shortened(places.quote(chosen.start, chosen.end));
    find("#several").returnValue = "";
    find("#several").showModal();
  }

  document.addEventListener("input", (event) => {
    if (event.target.id !== "several-q") return;
    const words = event.target.value.trim().toLowerCase();
    for (const item of all("#several-list li")) item.hidden = !item.textContent.toLowerCase().includes(words);
  });

  document.addEventListener("close", (event) => {
    if (event.target.id !== "several" || event.target.returnValue !== "attach" || !chosen) return;
    const also = all("#several-list input:checked").map((box) => box.value).join(",");
    send("evidence-attach", { place: `${chosen.start}-${chosen.end} ${find("#hand-element").value}`, also });
  }, true);

  // ---------- Pointing ----------

  document.addEventListener("click", (event) => {
    const adjusting = event.target.closest("[data-adjust]");
    if (adjusting) adjust(find("a[data-evidence]", adjusting.closest("li")));
    const button = event.target.closest("[data-hand]");
    if (!button || !chosen) return;
    const act = button.dataset.hand;
    if (act === "attach") attach();
    else if (act === "several") several();
    else if (act === "observe") observe();
    else if (act === "cancel") MODE.Escape();
    else nudge(act.startsWith("start") ? "start" : "end", act.endsWith("+1") ? 1 : -1);
  });

  // ---------- Answers ----------

  /* Another finding came into focus: the choice stays, so that it can be attached there too; its parts are others. */
  document.addEventListener("policyaudit:panel", () => {
    for (const button of all("#panel [data-adjust]")) button.hidden = false;
    if (!chosen) return;
    if (chosen.old || !allowed()) cancel();
    else fillTargets();
  });

  document.addEventListener("htmx:beforeOnLoad", (event) => {
    if (event.detail.xhr.status >= 300 || !/^evidence-/.test(event.target.id || "")) return;
    unselect();
    cancel();
  });
})();
