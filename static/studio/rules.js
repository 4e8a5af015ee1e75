"use strict";

/* Rule textareas (data-rule): colours behind what is typed, and the names of term groups after a {. Without script, and
   for screen readers, they stay what they are: textareas. */

(() => {
  const PARTS = new RegExp(
    [
      "(?<string>\"[^\"\\n]*\"?|“[^”\\n]*”?)",
      "(?<group>[{｛][^}｝\\n]*[}｝]?)",
      "(?<call>(?:肯定|否定|例外|引号|标题|本节|本款|附近|前文|后文|全文|定义|主题|事实|含)\\d*(?=[(（]))",
      "(?<distance>\\.\\.\\d*)",
      "(?<not>[!！])",
      "(?<sign>[|｜&＆()（）[\\]［］])",
    ].join("|"),
    "gu",
  );

  function coloured(text) {
    const shown = document.createDocumentFragment();
    let at = 0;
    for (const match of text.matchAll(PARTS)) {
      shown.append(text.slice(at, match.index));
      const kind = Object.keys(match.groups).find((name) => match.groups[name] !== undefined);
      const part = document.createElement("span");
      part.className = `rule-${kind}`;
      part.textContent = match[0];
      shown.append(part);
      at = match.index + match[0].length;
    }
    shown.append(`${text.slice(at)}\n`);
    return shown;
  }

  /* The half-written name of a group in front of the caret: where its { stands, and what is typed of it. */
  function nameBefore(field) {
    if (field.selectionStart !== field.selectionEnd) return null;
    const before = field.value.slice(0, field.selectionStart);
    const at = Math.max(before.lastIndexOf("{"), before.lastIndexOf("｛"));
    if (at < 0 || /[}｝\n]/u.test(before.slice(at))) return null;
    return { at, typed: before.slice(at + 1).trim() };
  }

  let numbered = 0;

  function dress(field) {
    const frame = document.createElement("div");
    frame.className = "rule-field";
    const behind = document.createElement("pre");
    behind.className = "rule-colours";
    behind.setAttribute("aria-hidden", "true");
    field.before(frame);
    frame.append(behind, field);
    const list = document.createElement("ul");
    list.className = "rule-names";
    list.id = `rule-names-${(numbered += 1)}`;
    list.setAttribute("role", "listbox");
    list.hidden = true;
    frame.append(list);
    field.setAttribute("aria-controls", list.id);
    field.setAttribute("aria-autocomplete", "list");

    const paint = () => {
      behind.replaceChildren(coloured(field.value));
      follow();
    };
    const follow = () => {
      behind.scrollTop = field.scrollTop;
      behind.scrollLeft = field.scrollLeft;
    };
    const chosen = () => list.querySelector("[aria-selected=true]");

    function close() {
      list.hidden = true;
      list.replaceChildren();
      field.removeAttribute("aria-activedescendant");
    }

    function choose(option) {
      for (const each of list.children) each.setAttribute("aria-selected", String(each === option));
      field.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    }

    function offer() {
      const name = nameBefore(field);
      const known = document.getElementById(field.dataset.groups || "rule-groups")?.options ?? [];
      const fitting = name ? [...known].map((each) => each.value).filter((each) => each.includes(name.typed) && each !== name.typed) : [];
      if (!fitting.length) return close();
      list.replaceChildren(
        ...fitting.slice(0, 12).map((value, index) => {
          const option = document.createElement("li");
          option.id = `${list.id}-${index}`;
          option.setAttribute("role", "option");
          option.textContent = value;
          return option;
        }),
      );
      list.hidden = false;
      choose(list.firstElementChild);
      return undefined;
    }

    function take(option) {
      const { at } = nameBefore(field);
      const after = field.value.slice(field.selectionStart).match(/^[^}｝\n|｜&＆]*[}｝]/u);
      const end = field.selectionStart + (after ? after[0].length : 0);
      field.setRangeText(`{${option.textContent}}`, at, end, "end");
      close();
      field.dispatchEvent(new Event("input", { bubbles: true }));
      close();
    }

    field.addEventListener("input", () => {
      paint();
      offer();
    });
    field.addEventListener("scroll", follow);
    field.addEventListener("blur", close);
    field.addEventListener("click", close);
    field.addEventListener("keydown", (event) => {
      if (list.hidden || event.isComposing) return;
      const current = chosen();
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        const next = event.key === "ArrowDown" ? current.nextElementSibling : current.previousElementSibling;
        choose(next ?? (event.key === "ArrowDown" ? list.firstElementChild : list.lastElementChild));
      } else if (event.key === "Enter" || event.key === "Tab") {
        take(current);
      } else if (event.key === "Escape") {
        close();
      } else {
        return;
      }
      event.preventDefault();
    });
    list.addEventListener("mousedown", (event) => {
      event.preventDefault();
      const option = event.target.closest("[role=option]");
      if (option) take(option);
    });
    new ResizeObserver(follow).observe(field);
    paint();
  }

  const dressAll = (root) => {
    for (const field of root.querySelectorAll("textarea[data-rule]")) {
      if (!field.closest(".rule-field")) dress(field);
    }
  };

  dressAll(document);
  document.addEventListener("htmx:load", (event) => dressAll(event.target));

  /* Beside the editor: what the rules under the cursor hit, a moment after they were typed. */
  const beside = document.querySelector("[data-laboratory]");
  let waiting = 0;

  function tryBeside(field) {
    const prefix = field.name.replace(/-(?:rules|unless)$/u, "");
    // Not form.elements: the form has fields of that name.
    const of = (name) => document.getElementsByName(`${prefix}-${name}`)[0];
    const values = {
      beside: "1",
      code: beside.dataset.code,
      part: of("id")?.value ?? "trigger",
      rules: of("rules")?.value ?? "",
      unless: of("unless")?.value ?? "",
      at_least: of("at_least")?.value || "1",
    };
    if (of("headings")?.checked) values.headings = "1";
    htmx.ajax("POST", beside.dataset.laboratory, { source: beside, target: beside, swap: "innerHTML", values });
  }

  function soon(event) {
    if (!beside || !event.target.matches("textarea[data-rule]")) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => tryBeside(event.target), event.type === "input" ? 250 : 50);
  }

  document.addEventListener("input", soon);
  document.addEventListener("focusin", soon);

  /* Another requirement or element opens at once. */
  const chooser = document.querySelector(".lab-choose");
  chooser?.addEventListener("change", (event) => {
    if (event.target.name === "code") chooser.querySelector("[name=part]").disabled = true;
    chooser.submit();
  });
})();
