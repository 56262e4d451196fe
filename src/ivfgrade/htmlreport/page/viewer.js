// The large view of one image: contours of the rows, gate map, numbers.
"use strict";
const viewer = (() => {
  const { data, rows, state, percent, decimal, truthOf } = gallery;
  const element = (id) => document.getElementById(`viewer-${id}`);
  const dialog = document.getElementById("viewer");
  const shown = new Set(["truth", ...data.rows.filter((r) => r.shown).map((r) => r.name)]);
  let image = null;

  const capital = (text) => text[0].toUpperCase() + text.slice(1);

  function open(wanted) {
    image = wanted;
    if (!state.order.includes(image)) state.order = [...data.images];
    if (!dialog.open) dialog.showModal();
    update();
  }

  function move(by) {
    const place = state.order.indexOf(image);
    image = state.order[(place + by + state.order.length) % state.order.length];
    update();
  }

  function update() {
    element("name").textContent = `Case ${image.case}`;
    element("place").textContent =
      `${state.order.indexOf(image) + 1} of ${state.order.length}`;
    const stage = image.stage ? `${image.stage} cells; ` : "";
    element("about").textContent = image.ratio === null ?
      capital(`${stage}${truthOf(image)}, no true outline.`) :
      capital(`${stage}true ratio ${truthOf(image)}; answers of the rows up to ${percent(image.apart)} apart.`);
    numbers();
    paint();
  }

  function numbers() {
    element("numbers").tBodies[0].replaceChildren(...data.rows.map((row) => {
      const found = image.rows[row.name] || {};
      const line = document.createElement("tr"), head = document.createElement("th");
      head.scope = "row";
      head.textContent = row.told;
      line.append(head);
      const share = (name) => (found[name] === undefined ? "–" : percent(found[name]));
      const before = [decimal(found.dice), share("reported"), share("error_reported")];
      const after = ["direct", "hard", "soft"].map(share);
      line.append(...before.map(cell), grade(found), ...after.map(cell));
      return line;
    }));
  }

  function cell(text) {
    return Object.assign(document.createElement("td"), { className: "number", textContent: text });
  }

  function grade(found) {
    const given = cell(found.grade || "–");
    if (found.grade && image.ratio !== null && found.grade !== image.grade) {
      given.classList.add("wrong");
      given.append(Object.assign(document.createElement("small"),
        { textContent: `not ${image.grade}` }));
    }
    return given;
  }

  function paint() {
    const visible = data.rows.filter((row) => shown.has(row.name));
    const lines = [
      ...(shown.has("truth") ? drawing.truth(image, 2.2) : []),
      ...visible.flatMap((row) => drawing.ofRow(image, row, 1.7)),
    ];
    const from = rows.get(element("gate").value);
    const gate = from && image.rows[from.name] ? image.rows[from.name].gate : null;
    const strength = Number(element("strength").value) / 100;
    const canvas = element("canvas");
    const room = canvas.parentElement.getBoundingClientRect();
    const side = Math.max(200, Math.min(room.width, room.height || room.width));
    const whole = element("whole").checked;
    drawing.draw(canvas, image, { lines, gate, strength, whole, size: data.size }, side);
    element("strength-label").hidden = !from;
    scale(gate && strength > 0 ? from : null);
    const names = [...(shown.has("truth") ? ["truth"] : []), ...visible.map((row) => row.told)];
    canvas.setAttribute("aria-label",
      `Case ${image.case}, true ratio ${truthOf(image)}, contours of ${names.join(", ") || "none"}` +
      (gate && strength > 0 ? `, attention of ${from.told}` : ""));
  }

  function scale(from) {
    element("scale").hidden = !from;
    if (from) {
      const [low, high] = from.gate.map((alpha) => alpha.toFixed(2));
      element("scale-text").textContent = `${low} to ${high} of the shallow features let through, ` +
        "the same colours for all images; dark where they are held back, not where fragments are";
    }
  }

  function swatch(colour, dash) {
    const canvas = Object.assign(document.createElement("canvas"), { width: 56, height: 20 });
    const context = canvas.getContext("2d");
    canvas.className = "swatch";
    canvas.setAttribute("aria-hidden", "true");
    for (const [style, width, gaps] of [["#222", 9, []], [colour, 5, dash.map((d) => d * 3)]]) {
      context.strokeStyle = style;
      context.lineWidth = width;
      context.setLineDash(gaps);
      context.beginPath();
      context.moveTo(2, 10);
      context.lineTo(54, 10);
      context.stroke();
    }
    return canvas;
  }

  function contour(name, told, colour, dash) {
    const box = document.createElement("input"), label = document.createElement("label");
    Object.assign(box, { type: "checkbox", checked: shown.has(name) });
    box.dataset.row = name;
    box.addEventListener("change", () => {
      shown[box.checked ? "add" : "delete"](name);
      paint();
    });
    label.append(box, swatch(colour, dash), ` ${told}`);
    element("contours").append(label);
  }

  function colourBar() {
    const context = element("colours").getContext("2d");
    for (let x = 0; x < 120; x++) {
      context.fillStyle = `rgb(${drawing.colour(x / 119).join(",")})`;
      context.fillRect(x, 0, 1, 8);
    }
  }

  function keys(event) {
    const typing = event.target.matches("select, input[type=range]");
    if (event.altKey || event.ctrlKey || event.metaKey || typing) return;
    if (event.key === "ArrowLeft") move(-1);
    else if (event.key === "ArrowRight") move(1);
    else if (event.key === "z") element("whole").click();
    else return;
    event.preventDefault();
  }

  // A swipe over the picture leafs through the images; up and down still scrolls.
  function swipes(picture) {
    let from = null;
    picture.addEventListener("pointerdown", (event) => { from = event; });
    picture.addEventListener("pointerup", (event) => {
      const [x, y] = from ? [event.clientX - from.clientX, event.clientY - from.clientY] : [0, 0];
      if (Math.abs(x) > 40 && Math.abs(x) > 2 * Math.abs(y)) move(x < 0 ? 1 : -1);
      from = null;
    });
  }

  function start() {
    contour("truth", "truth", drawing.TRUTH, []);
    for (const row of data.rows.filter((r) => r.outlines)) {
      contour(row.name, row.told, row.colour, row.dash);
    }
    const gated = data.rows.filter((row) => row.gate);
    element("gate").append(...gated.map((row) => new Option(row.told, row.name)));
    element("gate-label").hidden = !gated.length;
    colourBar();
    element("previous").addEventListener("click", () => move(-1));
    element("next").addEventListener("click", () => move(1));
    element("close").addEventListener("click", () => dialog.close());
    for (const name of ["whole", "gate"]) element(name).addEventListener("change", paint);
    element("strength").addEventListener("input", paint);
    swipes(element("canvas"));
    dialog.addEventListener("keydown", keys);
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    window.addEventListener("resize", () => dialog.open && paint());
  }

  start();
  return { open };
})();
gallery.start();
