// One picture at a time: read first, then the model's answer.
"use strict";
const reading = (() => {
  const element = (id) => document.getElementById(id);
  const { made } = answer;
  const items = new Map(); // of pictures in the list
  const drafts = new Map(); // of readings that are not recorded yet
  let current = null, order = [], revising = false, spot = null;

  const filled = (picture) => drafts.get(picture) || { grade: undefined, percent: "", comment: "" };
  const named = (grade) => grade || table.CANNOT;
  const atClock = (time) => new Date(time).toLocaleString([], { dateStyle: "short", timeStyle: "short" });

  function arrange() {
    const before = order, box = element("list");
    order = listing.listed(element("filter").value, element("order").value, current);
    for (const picture of order) label(picture);
    const isSame = before.length === order.length && order.every((one, i) => one === before[i]);
    if (!isSame || !box.children.length) box.replaceChildren(...order.map((one) => items.get(one).item));
    const count = listing.listed(element("filter").value, "file", null).length;
    element("count").textContent = count === 1 ? "1 picture" : `${count || "no"} pictures`;
    const { button } = items.get(current), top = button.offsetTop - box.offsetTop;
    if (top < box.scrollTop || top + button.offsetHeight > box.scrollTop + box.clientHeight) {
      box.scrollTop = top - box.clientHeight / 3;
    }
  }

  // Its line in the list is made once: a thousand new ones at every key would be felt.
  function label(picture) {
    if (!items.has(picture)) items.set(picture, listItem(picture));
    const { button, told } = items.get(picture), { text, isOpen } = standing(picture);
    const isCurrent = String(picture === current);
    if (button.getAttribute("aria-current") !== isCurrent) button.setAttribute("aria-current", isCurrent);
    button.tabIndex = picture === current ? 0 : -1; // up and down move within the list
    if (told.textContent !== text) told.textContent = text;
    told.classList.toggle("unread", !isOpen);
  }

  function listItem(picture) {
    const place = made("span", { className: "place", textContent: String(data.pictures.indexOf(picture) + 1) });
    const name = made("bdi", { textContent: picture.name, title: picture.name });
    const told = made("span", { className: "told" });
    const button = made("button", { type: "button" }, place, made("span", { className: "named" }, name), told);
    button.addEventListener("click", () => go(picture));
    return { item: made("li", {}, button), button, told };
  }

  function filter() {
    const found = listing.listed(element("filter").value, element("order").value, null);
    if (found.length && !found.includes(current)) go(found[0]);
    else arrange();
  }

  // Yours, then the model's where it is open.
  function standing(picture) {
    if (picture.missing) return { text: "no picture", isOpen: false };
    if (!store.isOpen(picture)) return { text: "unread", isOpen: false };
    const { first } = store.of(picture), mine = first ? first.grade || "×" : "·";
    return { text: `${mine} / ${picture.model.grade || "no grade"}`, isOpen: true };
  }

  function show(picture) {
    current = picture;
    revising = false;
    spot = null;
    update();
    const { activeElement } = document; // it may just have gone: keys would go into nothing
    if (activeElement === document.body || activeElement.closest("[hidden]")) {
      element("name").focus({ preventScroll: true });
    }
  }

  function go(picture) {
    show(picture);
    toView();
  }

  // Where everything lies below each other, the picture is what is looked at next.
  function toView() {
    if (window.matchMedia("(max-width: 62rem)").matches) element("view").scrollIntoView();
  }

  function move(by) {
    go(order[(order.indexOf(current) + by + order.length) % order.length]);
  }

  function unreadAfter(picture) {
    const place = data.pictures.indexOf(picture) + 1;
    const ahead = [...data.pictures.slice(place), ...data.pictures.slice(0, place)];
    return ahead.find((one) => one.model && !store.of(one).first) || null;
  }

  function update() {
    arrange();
    frame();
    head();
    stage();
    given();
    entry();
    element("answer").hidden = !store.isOpen(current);
    if (store.isOpen(current)) answer.show(element("answer"), current.model, mark);
    else element("answer").replaceChildren();
    element("onward").hidden = !store.of(current).first || revising || !unreadAfter(current);
  }

  function frame() {
    const readable = data.pictures.filter((one) => one.model);
    const read = readable.filter((one) => store.of(one).first).length;
    const { name, all } = store.reader();
    element("progress").textContent = `${read} of ${readable.length} read`;
    element("who").textContent = `Reader: ${name}`;
    element("all").textContent = all ? "Back to read first" : "Show all answers…";
    element("export").disabled = read === 0;
    notice(all);
  }

  function notice(all) {
    const notices = [
      ...(store.kept() ? [] : ["This browser keeps no readings: export them before you close the page."]),
      ...(all ? [`All answers are open since ${atClock(all)}; what is read now is recorded as read after the answer.`] : []),
    ];
    element("notice").hidden = !notices.length;
    element("notice").textContent = notices.join(" ");
  }

  function head() {
    const place = data.pictures.indexOf(current) + 1;
    element("name").textContent = current.name;
    element("place").textContent = `${place} of ${data.pictures.length}`;
  }

  function stage() {
    const box = element("stage"), place = data.pictures.indexOf(current);
    for (const old of box.querySelectorAll("img, svg")) old.remove();
    element("missing").hidden = !current.missing;
    element("missing").textContent = current.missing || "";
    if (!current.missing) {
      const source = `data:image/jpeg;base64,${element(`picture-${place}`).textContent}`;
      box.append(made("img", { src: source, alt: `Picture ${place + 1}: ${current.name}` }));
    }
    paint();
  }

  function paint() {
    const open = store.isOpen(current) && Boolean(current.model.embryo || current.model.fragment);
    for (const old of element("stage").querySelectorAll("svg")) old.remove();
    element("legend").classList.toggle("absent", !open);
    if (open && element("outlines").checked) element("stage").append(answer.outlines(current, spot));
  }

  function mark(fragment, button) {
    spot = spot === fragment ? null : fragment;
    for (const other of element("answer").querySelectorAll("[aria-pressed]")) other.ariaPressed = "false";
    button.ariaPressed = String(spot === fragment);
    if (spot) element("outlines").checked = true;
    paint();
  }

  function given() {
    const { first, revised, shown } = store.of(current);
    element("given").hidden = !first;
    const lines = [];
    if (first) lines.push(line(shown ? "Your reading, after the answer" : "Your first reading", first));
    if (revised) lines.push(line("Revised", revised));
    if (first && !revising) {
      const again = made("button", { type: "button", id: "revise", textContent: revised ? "Revise again…" : "Revise…" });
      again.addEventListener("click", revise);
      lines.push(again);
    }
    element("given").replaceChildren(made("div", { className: "given" }, ...lines));
  }

  function line(title, one) {
    const estimate = one.percent === null ? "" : `, ${one.percent} %`;
    const comment = one.comment ? ` “${one.comment}”` : "";
    return made("p", {}, `${title}: `, made("b", { textContent: `${named(one.grade)}${estimate}` }),
      comment, made("small", { textContent: atClock(one.time) }));
  }

  function revise() {
    const { first, revised } = store.of(current), last = revised || first;
    revising = true;
    drafts.set(current, { grade: last.grade, percent: last.percent ?? "", comment: last.comment });
    update();
    element("record").focus({ preventScroll: true });
  }

  function entry() {
    const draft = filled(current), { shown } = store.of(current);
    element("entry").hidden = !current.model || (Boolean(store.of(current).first) && !revising);
    element("entry-title").textContent = revising ? "Revised reading, after the model's answer" : "Your grade";
    element("percent").value = draft.percent;
    element("comment").value = draft.comment;
    element("cancel").hidden = !revising;
    element("fault").hidden = true;
    element("hint").textContent = shown || revising ? "The model's answer was open: this is recorded as read after it." :
      "The model's answer is shown when your reading is recorded; it cannot be changed after that, only revised.";
    chosen();
  }

  function chosen() {
    const { grade } = filled(current);
    for (const button of element("grades").children) {
      button.ariaPressed = String(grade !== undefined && button.dataset.grade === (grade || ""));
    }
    element("record").disabled = grade === undefined;
    const what = store.isOpen(current) ? "" : " and show the answer";
    element("record").textContent = grade === undefined ? "Choose a grade" : `Record ${named(grade)}${what}`;
  }

  function draft(more) {
    drafts.set(current, { ...filled(current), ...more });
  }

  function choose(grade) {
    if (element("entry").hidden) return;
    draft({ grade });
    chosen();
    element("record").focus({ preventScroll: true });
  }

  function record(event) {
    event.preventDefault();
    const { grade, comment } = filled(current), estimate = element("percent");
    const isWrong = !estimate.validity.valid;
    element("fault").hidden = !isWrong;
    element("fault").textContent = "The estimate must be a number from 0 to 100.";
    if (isWrong) return estimate.focus();
    if (grade === undefined) return undefined;
    const percent = estimate.value === "" ? null : Number(estimate.value);
    store.record(current, { grade, percent, comment: comment.trim() });
    drafts.delete(current);
    revising = false;
    update();
    const onward = element("onward");
    (onward.hidden ? element("next") : onward).focus({ preventScroll: true });
    toView();
    return undefined;
  }

  function gradeOf(key) {
    const named = data.grades.find((grade) => grade.toLowerCase() === key.toLowerCase());
    if (named) return named;
    if (/^[1-9]$/.test(key)) return data.grades[Number(key) - 1];
    return key.toLowerCase() === "x" ? null : undefined;
  }

  function keys(event) {
    const typing = event.target.matches("input:not([type=checkbox]), textarea, select");
    if (typing || event.altKey || event.ctrlKey || event.metaKey) return;
    if (element("work").hidden || element("summary").open) return;
    const grade = gradeOf(event.key);
    if (grade !== undefined) choose(grade);
    else if (event.key === "ArrowLeft") move(-1);
    else if (event.key === "ArrowRight") move(1);
    else if (event.target.closest("#list") && ["ArrowUp", "ArrowDown"].includes(event.key)) {
      move(event.key === "ArrowUp" ? -1 : 1);
      items.get(current).button.focus();
    } else if (event.key.toLowerCase() === "o") element("outlines").click();
    else return;
    event.preventDefault();
  }

  function summarise() {
    const rows = agreement.lines(agreement.counted()).map(([what, value]) =>
      made("tr", {}, made("th", { scope: "row", textContent: what }), made("td", { textContent: value })));
    element("agreement").replaceChildren(made("table", {}, made("tbody", {}, ...rows)));
    element("summary").showModal();
  }

  function switchAll() {
    const { all } = store.reader();
    const asked = "Open the model's answers to all pictures? All that you have not read yet is then " +
      "marked for good as read after the answer, here and in the export.";
    if (!all && !window.confirm(asked)) return;
    store.showAll(!all);
    update();
  }

  function reset() {
    const { name } = store.reader();
    if (!window.confirm(`Delete all readings of ${name} on this page? Export them first if they are needed.`)) return;
    store.reset();
    drafts.clear();
    enter();
  }

  function begin(event) {
    event.preventDefault();
    const name = element("reader").value.trim();
    if (!name) return;
    drafts.clear();
    store.begin(name);
    enter();
  }

  // To the reader's next picture, or to the question who reads.
  function enter() {
    const known = Boolean(store.reader());
    element("begin").hidden = known;
    element("work").hidden = element("tools").hidden = !known;
    if (!known) {
      notice(null);
      return element("reader").focus();
    }
    return show(unreadAfter(data.pictures[data.pictures.length - 1]) || data.pictures[0]);
  }

  function leave() {
    element("reader").value = "";
    store.leave();
    enter();
  }

  function start() {
    listing.controls(element("filter"), element("order"));
    element("begin").addEventListener("submit", begin);
    element("entry").addEventListener("submit", record);
    element("cancel").addEventListener("click", () => { drafts.delete(current); show(current); });
    for (const button of element("grades").children) {
      button.addEventListener("click", () => choose(button.dataset.grade || null));
    }
    element("percent").addEventListener("input", () => draft({ percent: element("percent").value }));
    element("comment").addEventListener("input", () => draft({ comment: element("comment").value }));
    element("filter").addEventListener("change", filter);
    element("order").addEventListener("change", arrange);
    element("outlines").addEventListener("change", paint);
    const clicks = { previous: () => move(-1), next: () => move(1), onward: () => go(unreadAfter(current)),
      summarise, export: table.save, all: switchAll, reset, who: leave };
    for (const [name, act] of Object.entries(clicks)) element(name).addEventListener("click", act);
    document.addEventListener("keydown", keys);
    window.addEventListener("storage", (event) => { // another tab of the same page
      if (event.key !== store.KEY) return;
      store.reload();
      if (store.reader() && current) update();
      else enter();
    });
    enter();
  }

  return { start };
})();
reading.start();
