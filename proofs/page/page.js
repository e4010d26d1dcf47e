"use strict";
(() => {
  const $ = (query, from = document) => from.querySelector(query);
  const all = (query, from = document) => [...from.querySelectorAll(query)];
  const data = JSON.parse($("#data").textContent);

  // ---- theme: what the reader chose, else what the system says
  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const paint = (theme) => { root.dataset.theme = theme; };
  let chosen = "";
  paint(dark.matches ? "dark" : "light");
  dark.addEventListener("change", () => { if (!chosen) paint(dark.matches ? "dark" : "light"); });
  const turn = () => { chosen = root.dataset.theme === "dark" ? "light" : "dark"; paint(chosen); };
  $("#theme").addEventListener("click", turn);

  // ---- search and filters
  const rows = all(".operation tbody tr").map((row) => ({
    row,
    text: (row.id + " " + row.cells[1].textContent).toLowerCase(),
    state: row.cells[0].textContent.trim(),
    step: row.classList.contains("step"),
    second: / of /.test(row.cells[3].textContent),
    unasked: row.cells[3].textContent === "",
    disguised: /×/.test(row.cells[4].textContent),
    defects: /known/.test(row.cells[5].textContent),
    mutants: /mutants/.test(row.cells[5].textContent),
    claims: row.cells[6].textContent.trim() !== "",
  }));
  const search = $("#search"), state = $("#state"), evidence = $("#evidence"), steps = $("#steps");
  const asked = { second: "second", "no-second": "unasked", disguised: "disguised", defects: "defects", mutants: "mutants", claims: "claims" };
  let narrowed = false;
  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const narrow = words.length > 0 || state.value !== "" || evidence.value !== "";
    let shown = 0, total = 0;
    for (const one of rows) {
      const counted = steps.checked || !one.step;
      const fits = counted && words.every((word) => one.text.includes(word)) && (!state.value || one.state === state.value)
        && (!evidence.value || one[asked[evidence.value]]);
      one.row.hidden = !fits;
      shown += fits;
      total += counted;
    }
    for (const part of all("details.operation")) {
      const left = all("tbody tr", part).filter((row) => !row.hidden).length;
      part.hidden = left === 0;
      if (narrow) part.open = left > 0 && shown <= 400;
      else if (narrowed) part.open = false;
    }
    for (const subject of all("section.subject")) subject.hidden = narrow && all("details.operation", subject).every((part) => part.hidden);
    narrowed = narrow;
    $("#found").textContent = `${shown.toLocaleString("en")} of ${total.toLocaleString("en")} theorems`;
  };
  let waiting = 0;
  search.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(filter, 120); });
  for (const one of [state, evidence, steps]) one.addEventListener("change", filter);
  filter();

  // ---- links lead to what they name, wherever it is folded away
  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    if (target.closest("[hidden]")) { search.value = state.value = evidence.value = ""; steps.checked = true; filter(); }
    for (let part = target.closest("details"); part; part = part.parentElement.closest("details")) part.open = true;
    target.scrollIntoView({ block: "start" });
  };
  window.addEventListener("hashchange", reveal);
  if (location.hash) reveal();

  // ---- the stepper
  for (const stepper of all(".stepper")) {
    const items = all("li", stepper), pictures = all("figure", stepper), range = $("input", stepper);
    const go = (step) => {
      const now = Math.min(Math.max(step, 0), items.length - 1);
      range.value = String(now);
      items.forEach((item, number) => item.classList.toggle("now", number === now));
      pictures.forEach((picture, number) => { picture.hidden = number !== now; });
      $(".where", stepper).textContent = `step ${now + 1} of ${items.length}`;
    };
    const at = () => Number(range.value);
    $(".back", stepper).addEventListener("click", () => go(at() - 1));
    $(".on", stepper).addEventListener("click", () => go(at() + 1));
    range.addEventListener("input", () => go(at()));
    items.forEach((item, number) => item.addEventListener("click", () => go(number)));
    stepper.addEventListener("keydown", (event) => {
      if (event.target === range) return;
      if (event.key === "ArrowLeft") go(at() - 1);
      else if (event.key === "ArrowRight") go(at() + 1);
      else return;
      event.preventDefault();
    });
    go(items.length - 1);
  }

  // ---- all that an operation rests on
  const map = $(".resting");
  $("#operation").addEventListener("change", (event) => {
    const from = event.target.value, below = $("#below");
    below.replaceChildren();
    map.classList.toggle("chosen", from !== "");
    for (const one of all(".lit", map)) one.classList.remove("lit");
    if (!from) return;
    const counts = { [from]: 0 }, queue = [from], edges = new Set();
    while (queue.length) {
      const operation = queue.shift();
      for (const [other, count] of Object.entries(data.below[operation] || {})) {
        edges.add(operation.split(".")[0] + " " + other.split(".")[0]);
        if (!(other in counts)) { counts[other] = 0; queue.push(other); }
        counts[other] += count;
      }
    }
    const subjects = new Set(Object.keys(counts).map((name) => name.split(".")[0]));
    for (const box of all("a", map)) box.classList.toggle("lit", subjects.has(box.dataset.subject) || box.dataset.subject === "the machine");
    for (const edge of all(".edge", map)) {
      const { from: high, to: low } = edge.dataset;
      edge.classList.toggle("lit", edges.has(high + " " + low) || (low === "the machine" && subjects.has(high)));
    }
    for (const subject of all("section.subject").map((one) => one.id)) {
      const names = Object.keys(counts).filter((name) => name.startsWith(subject + ".") && name !== from).sort();
      if (!names.length) continue;
      const head = document.createElement("h4"), list = document.createElement("ul");
      head.textContent = subject;
      for (const name of names) {
        const item = document.createElement("li"), link = document.createElement("a");
        link.href = "#" + name;
        link.textContent = name.slice(subject.length + 1);
        item.append(link, counts[name] ? ` (${counts[name]} theorems)` : " (as a whole)");
        list.append(item);
      }
      below.append(head, list);
    }
    if (!below.childElementCount) below.textContent = `${from} rests on no other operation.`;
  });

  // ---- keys
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    if (event.key === "Escape" && event.target === search) { search.value = ""; filter(); search.blur(); }
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/") { event.preventDefault(); search.focus(); }
    if (event.key === "t") turn();
  });
})();
