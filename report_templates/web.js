// Finds targets in the page's own lists, and tells where a clicked figure comes from. The page can be read without it.
"use strict";
(() => {
  const { words, sources, counts } = JSON.parse(document.getElementById("facts").textContent);
  const say = (text, facts) => text.replace(/\{(\w+)\}/g, (_, name) => facts[name]);
  const add = (to, tag, text = "", marks = {}) => {
    const made = document.createElement(tag);
    made.textContent = text;
    Object.entries(marks).forEach(([name, value]) => made.setAttribute(name, value));
    return to.appendChild(made);
  };

  // --- find ---

  const form = document.getElementById("find");
  const sections = new Map();  // section → its lists
  for (const list of form ? document.querySelectorAll("table[data-list]") : []) {
    const section = list.closest("section");
    if (!sections.has(section)) sections.set(section, []);
    sections.get(section).push(list);
  }
  const own = form && form.closest("section");
  const parts = [...sections].map(([section, lists]) => {
    const note = document.createElement("p"), heading = section.querySelector("h1, h2, h3");
    note.className = "narrowed";
    note.hidden = true;
    note.append(words.narrowed);
    add(note, "a", words.change, { href: "#find" });
    heading.after(note);
    return { section, lists, note, name: heading.textContent };
  }).sort((a, b) => (b.section === own) - (a.section === own));

  const fits = (row, chosen) => Object.entries(chosen).every(([name, value]) => {
    const kept = row.dataset[name];
    if (name !== "q") return kept === undefined ? row.dataset.department === undefined : kept.split(" ").includes(value);
    if (row.dataset.department === undefined) return true;
    const text = row.textContent.toLowerCase();
    return value.toLowerCase().split(/\s+/).every(word => text.includes(word));
  });

  const hide = (list, chosen) => {
    let shown = 0, all = 0, group = null;
    for (const row of [...list.tBodies].flatMap(body => [...body.rows])) {
      if (row.classList.contains("group")) {
        group = row;
        group.hidden = true;
        continue;
      }
      row.hidden = !fits(row, chosen);
      all += 1;
      if (row.hidden) continue;
      shown += 1;
      if (group) group.hidden = false;
    }
    return { shown, all };
  };

  const narrow = () => {
    const chosen = Object.fromEntries([...new FormData(form)].map(([k, v]) => [k, v.trim()]).filter(([, v]) => v));
    const told = form.querySelector(".shown");
    told.textContent = "";
    for (const { section, lists, note, name } of parts) {
      let shown = 0, all = 0;
      for (const list of lists) {
        const found = hide(list, chosen);
        shown += found.shown;
        all += found.all;
        (list.closest(".table") || list).hidden = lists.length > 1 && !found.shown;
      }
      note.hidden = shown === all || section === own;
      if (Object.keys(chosen).length && (shown < all || section === own)) {
        if (told.childNodes.length) told.append("；");
        add(told, "a", say(words.shown, { name, shown, all }), { href: `#${section.id}` });
      }
    }
    const query = new URLSearchParams(chosen).toString();
    history.replaceState(null, "", `${location.pathname}${query && `?${query}`}${location.hash}`);
  };

  if (form) {
    form.hidden = false;
    document.querySelectorAll("nav [hidden]").forEach(link => { link.hidden = false; });
    const asked = new URLSearchParams(location.search);
    const unlike = [];
    for (const [name, value] of asked) {
      const field = form.elements.namedItem(name);
      if (field && (field.tagName !== "SELECT" || [...field.options].some(o => o.value === value))) field.value = value;
      else unlike.push(value);
    }
    form.addEventListener("input", narrow);
    form.addEventListener("reset", () => setTimeout(narrow));
    form.addEventListener("submit", event => event.preventDefault());
    if (asked.size) {
      narrow();
      if (unlike.length) add(form.querySelector(".shown"), "p", say(words.unlike, { listed: unlike.join("、") }));
      if (!location.hash) form.scrollIntoView();
    }
  }

  // --- where a figure comes from ---

  const box = add(document.body, "div", "", { id: "source", popover: "auto", tabindex: "-1", role: "dialog" });
  const open = (title, lines, source) => {
    box.textContent = "";
    box.setAttribute("aria-label", title);
    add(box, "p", title, { class: "lead" });
    lines.forEach(([word, told]) => add(add(box, "p"), "b", word).after(`　${told}`));
    if (source) [...source.cloneNode(true).childNodes].forEach(child => box.append(child));
    if (lines.length) add(box, "p", words.trace, { class: "note" });
    add(box, "button", words.close, { type: "button" }).addEventListener("click", () => box.hidePopover());
    box.showPopover();
    box.scrollTop = 0;
    box.focus();
  };
  const entry = fact => {
    const [first] = fact.split("/");
    return sources[first] && document.getElementById(sources[first]);
  };
  const title = source => source.parentElement.querySelector("summary").textContent;

  document.querySelector("main").addEventListener("click", event => {
    if (getSelection().toString()) return;
    const link = event.target.closest(".from"), figure = event.target.closest("data.fig");
    if (link) {
      const source = document.getElementById(link.hash.slice(1));
      event.preventDefault();
      open(title(source), [], source);
    } else if (figure && !event.target.closest("a")) {
      const { fact } = figure.dataset, source = entry(fact), made = counts[fact] || [];
      const lines = [[words.unrounded, figure.value], ...made.map((n, i) => [[words.numerator, words.denominator][i], n])];
      open(source ? `${figure.textContent}　${title(source)}` : `${figure.textContent}　${words.counted}`,
        [...lines, [words.fact, fact]], source);
    }
  });
})();
