// The model's answer: words, the interval on the scale of grades, fragments, outlines.
"use strict";
const answer = (() => {
  const SVG = "http://www.w3.org/2000/svg";
  const percent = (share) => `${(100 * share).toFixed(1)} %`;
  const listed = (grades) => grades.join(" or ");

  function made(tag, properties = {}, ...children) {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  }

  function drawn(tag, attributes = {}, text = "") {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.textContent = text;
    return element;
  }

  // From 0 to 100 %: fields of the grades, the model's set shaded, its interval as a line.
  function scale(model) {
    const wide = 340, x = (share) => share * wide;
    const label = `${percent(model.ratio)}, from ${percent(model.ratio_low)} to ` +
      `${percent(model.ratio_high)}, on the scale of the grades ${data.grades.join(", ")}`;
    const svg = drawn("svg", { class: "scale", viewBox: `0 0 ${wide} 46`, role: "img", "aria-label": label });
    data.grades.forEach((grade, i) => {
      const [low, high] = [data.borders[i], data.borders[i + 1]];
      const within = model.grades.includes(grade) ? "within" : "";
      svg.append(drawn("rect", { x: x(low), y: 14, width: x(high - low), height: 18, class: within }));
      svg.append(drawn("text", { x: x((low + high) / 2), y: 10 }, grade));
      if (i) svg.append(drawn("text", { x: x(low), y: 44, class: "border" }, `${Math.round(100 * low)} %`));
    });
    const y = 23;
    svg.append(drawn("line", { x1: x(model.ratio_low), x2: x(model.ratio_high), y1: y, y2: y }));
    for (const end of [model.ratio_low, model.ratio_high]) {
      svg.append(drawn("line", { x1: x(end), x2: x(end), y1: y - 5, y2: y + 5 }));
    }
    svg.append(drawn("circle", { cx: x(model.ratio), cy: y, r: 4.5 }));
    return svg;
  }

  function fragments(model, mark) {
    const inMicrometres = model.fragments.some((one) => one.diameter_um !== undefined);
    const unit = inMicrometres ? "µm" : "px";
    const size = (one, name) => one[`${name}_${inMicrometres ? "um" : "px"}${name === "area" && inMicrometres ? "2" : ""}`];
    const heads = ["on the picture", "% of embryo", `diameter, ${unit}`, inMicrometres ? "area, µm²" : "area, px"];
    const head = made("tr", {}, ...heads.map((text, i) =>
      made("th", { scope: "col", textContent: text, className: i ? "number" : "" })));
    const rows = model.fragments.map((one, i) => {
      const button = made("button", { type: "button", textContent: String(i + 1), ariaPressed: "false" });
      button.setAttribute("aria-label", `Fragment ${i + 1}: show it on the picture`);
      button.addEventListener("click", () => mark(one, button));
      const numbers = [percent(one.area_px / model.embryo_px).replace(" %", ""),
        size(one, "diameter").toFixed(1), size(one, "area").toFixed(0)];
      return made("tr", {}, made("th", { scope: "row" }, button),
        ...numbers.map((text) => made("td", { className: "number", textContent: text })));
    });
    return made("div", { className: "pieces", tabIndex: 0, role: "region", ariaLabel: "Fragments" },
      made("table", {}, made("thead", {}, head), made("tbody", {}, ...rows)));
  }

  function outlined(model) {
    const area = model.fragments.reduce((sum, one) => sum + one.area_px, 0);
    const share = percent(area / model.embryo_px);
    return made("p", { className: "quiet", textContent: `The outlines hold ${share} of the embryo's ` +
      "area. The ratio above is the model's estimate from the whole picture, and may differ." });
  }

  function refusal(model) {
    const reasons = model.reasons.map((reason) => made("li", { textContent: reason }));
    return [made("div", { className: "refused" },
      made("p", {}, made("b", { textContent: "The model gives no grade:" })), made("ul", {}, ...reasons))];
  }

  function graded(model, mark) {
    const confidence = data.confidence ? `${Math.round(100 * data.confidence)} % interval ` : "interval ";
    const ratio = made("p", { className: "ratio", textContent: percent(model.ratio) },
      made("small", { textContent: `${confidence}${percent(model.ratio_low)} to ${percent(model.ratio_high)}` }));
    const set = model.grades.length > 1 ?
      `Grade ${model.grade}; with its interval ${listed(model.grades)}.` : `Grade ${model.grade}.`;
    const count = model.fragments.length;
    const heading = made("h3", { textContent: count ? `Fragments: ${count}` : "No fragment was outlined" });
    return [ratio, scale(model), made("p", {}, made("b", { textContent: set })), heading,
      ...(count ? [fragments(model, mark)] : []), outlined(model)];
  }

  function show(box, model, mark) {
    const parts = model.status === "graded" ? graded(model, mark) : refusal(model);
    box.replaceChildren(made("h3", { textContent: "The model's answer " }, made("small", { textContent: data.bundle })), ...parts);
  }

  // Every line lies on a dark one: seen on bright pictures as well.
  function outlines(picture, spot) {
    const svg = drawn("svg", {
      viewBox: `0 0 ${picture.width} ${picture.height}`, role: "img", "aria-label": "Outlines of fragments and embryo",
    });
    for (const name of ["embryo", "fragment"]) {
      if (!picture.model[name]) continue;
      svg.append(drawn("path", { class: "halo", d: picture.model[name] }),
        drawn("path", { class: name, d: picture.model[name] }));
    }
    if (spot) {
      const ring = { cx: spot.x, cy: spot.y, r: spot.across / 2 + 9 };
      svg.append(drawn("circle", { ...ring, class: "spot halo" }), drawn("circle", { ...ring, class: "spot" }));
    }
    return svg;
  }

  return { show, outlines, made, percent };
})();
