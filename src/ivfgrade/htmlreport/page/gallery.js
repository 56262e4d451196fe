// The grids: all test images in any order, the sheet of outlines, the failures.
"use strict";
const gallery = (() => {
  const data = JSON.parse(document.getElementById("viewer-data").textContent);
  const images = new Map(data.images.map((image) => [image.case, image]));
  const rows = new Map(data.rows.map((row) => [row.name, row]));
  const element = (id) => document.getElementById(id);
  const percent = (share) => (share === null ? "–" : `${(100 * share).toFixed(1)} %`);
  const decimal = (value) => (value === null || value === undefined ? "–" : value.toFixed(3));
  const state = { order: [...data.images], row: data.first };

  const truthOf = (image) =>
    image.ratio === null ? `grade ${image.grade || "unknown"} by a person` :
      `${percent(image.ratio)}, grade ${image.grade}`;

  function about(image, row) {
    const found = image.rows[row];
    if (!found) return `not judged by ${rows.get(row).told}`;
    if (found.dice !== null && found.dice !== undefined) return `Dice ${found.dice.toFixed(2)}`;
    return image.outlined && found.false_alarm !== null && found.false_alarm !== undefined ?
      `outlined ${percent(found.false_alarm)}` : "no Dice";
  }

  function answer(image, row) {
    const found = image.rows[row];
    const truth = image.ratio === null ? image.grade : (100 * image.ratio).toFixed(0) + " %";
    return found ? `${truth} → ${(100 * found.reported).toFixed(0)} % ${found.grade}` : truth;
  }

  const label = (image, row) =>
    `Case ${image.case}: true ratio ${truthOf(image)}; row ${rows.get(row).told}: ${about(image, row)}, reported ` +
    `${image.rows[row] ? percent(image.rows[row].reported) : "nothing"}. Open the large view.`;

  // Drawn when they come into sight: a hundred pictures at once would stall a phone.
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      seen.unobserve(entry.target);
      entry.target.paint();
    }
  }, { rootMargin: "300px" });

  function fill(button, image, draws, caption) {
    const canvas = document.createElement("canvas");
    const row = rows.get(draws);
    button.replaceChildren(canvas);
    button.classList.add("thumb");
    button.setAttribute("aria-label", label(image, row ? row.name : state.row));
    if (caption) {
      const text = document.createElement("span");
      text.append(`#${image.case} · ${about(image, caption)}`, document.createElement("br"), answer(image, caption));
      button.append(text);
    }
    const lines = draws === "" ? [] : [
      ...(draws === "truth" || caption ? drawing.truth(image, 1.4) : []),
      ...(row ? drawing.ofRow(image, row, 1.4) : []),
    ];
    canvas.paint = () => drawing.draw(canvas, image, { lines }, canvas.clientWidth || 120);
    seen.observe(canvas);
    button.onclick = () => viewer.open(image);
  }

  const measures = {
    error: (image) => image.rows[state.row]?.error_reported,
    dice: (image) => image.rows[state.row]?.dice,
    ratio: (image) => image.ratio,
    reported: (image) => image.rows[state.row]?.reported,
    apart: (image) => image.apart,
    case: (image) => image.case,
  };

  // What is unknown comes last, whichever way the rest is sorted; ties stay in the order of cases.
  function sorted(list, measure, falling) {
    const known = list.filter((image) => measure(image) !== null && measure(image) !== undefined);
    const unknown = list.filter((image) => !known.includes(image));
    const sign = falling ? -1 : 1;
    known.sort((a, b) => {
      const [one, other] = [measure(a), measure(b)];
      return one < other ? -sign : one > other ? sign : a.case - b.case;
    });
    return [...known, ...unknown];
  }

  function show() {
    const grades = [...document.querySelectorAll("#grid-grades input:checked")].map((b) => b.value);
    const chosen = data.images.filter((image) => grades.includes(image.grade));
    state.row = element("grid-row").value;
    const measure = measures[element("grid-sort").value];
    state.order = sorted(chosen, measure, element("grid-falling").checked);
    element("grid").replaceChildren(...state.order.map((image) => {
      const item = document.createElement("li"), button = document.createElement("button");
      button.type = "button";
      item.dataset.case = image.case;
      item.append(button);
      fill(button, image, state.row, state.row);
      return item;
    }));
    element("grid-count").textContent = `${chosen.length} of ${data.images.length} images`;
  }

  function controls() {
    element("grid-row").append(...data.rows.map((row) => new Option(row.told, row.name)));
    element("grid-row").value = data.first;
    const known = data.images.map((image) => image.grade);
    const grades = [...new Set([...data.grades.filter((g) => known.includes(g)), ...known])];
    for (const grade of grades) {
      const box = document.createElement("input"), name = document.createElement("label");
      Object.assign(box, { type: "checkbox", value: grade, checked: true });
      name.append(box, ` ${grade || "none"}`);
      element("grid-grades").append(name);
    }
    element("grid-controls").addEventListener("change", show);
    element("grid-controls").addEventListener("submit", (event) => event.preventDefault());
  }

  function printed() {
    for (const place of document.querySelectorAll("[data-case]")) {
      const image = images.get(Number(place.dataset.case));
      const ratio = place.querySelector("th.ratio");
      if (ratio) ratio.textContent = percent(image.ratio);
      for (const button of place.querySelectorAll("[data-draw]")) {
        fill(button, image, button.dataset.draw, button.dataset.caption && button.dataset.draw);
      }
    }
  }

  function start() {
    printed();
    controls();
    show();
  }

  return { data, rows, state, start, percent, decimal, truthOf };
})();
