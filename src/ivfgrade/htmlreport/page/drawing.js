// One image with its outlines and its gate map on a canvas.
"use strict";
const drawing = (() => {
  const TRUTH = "#56B4E9", HALO = "rgba(20, 20, 20, 0.8)";
  const CIVIDIS = [[0, 34, 78], [18, 53, 112], [59, 73, 108], [87, 93, 109], [112, 113, 115],
    [138, 134, 120], [165, 156, 116], [195, 179, 105], [225, 204, 85], [254, 232, 56]];
  const pictures = new Map(), paths = new Map(), gates = new Map();

  function decoded(text) {
    if (!pictures.has(text)) {
      const picture = new Image();
      picture.src = `data:image/jpeg;base64,${text}`;
      pictures.set(text, picture.decode().then(() => picture));
    }
    return pictures.get(text);
  }

  function path(image, text) {
    if (!paths.has(text)) {
      const { width, height } = image;
      paths.set(text, outline.path(outline.mask(text, width, height), width, height));
    }
    return paths.get(text);
  }

  function colour(share) {
    const at = share * (CIVIDIS.length - 1), low = Math.min(Math.floor(at), CIVIDIS.length - 2);
    return CIVIDIS[low].map((c, i) => Math.round(c + (at - low) * (CIVIDIS[low + 1][i] - c)));
  }

  async function coloured(text) {
    if (gates.has(text)) return gates.get(text);
    const grey = await decoded(text);
    const canvas = document.createElement("canvas");
    canvas.width = grey.naturalWidth;
    canvas.height = grey.naturalHeight;
    const context = canvas.getContext("2d");
    context.drawImage(grey, 0, 0);
    const cells = context.getImageData(0, 0, canvas.width, canvas.height);
    for (let i = 0; i < cells.data.length; i += 4) {
      cells.data.set(colour(cells.data[i] / 255), i);
    }
    context.putImageData(cells, 0, 0);
    gates.set(text, canvas);
    return canvas;
  }

  // view: { whole, lines: [{ text, colour, dash, wide }], gate, strength, size }, side in CSS pixels
  async function draw(canvas, image, view, side) {
    const wanted = (canvas.wanted = {});
    const picture = await decoded(image.picture);
    const gate = view.gate && view.strength ? await coloured(view.gate) : null;
    if (canvas.wanted !== wanted) return; // a later wish has overtaken this one
    const [left, top, width, height] = view.whole ? [0, 0, image.width, image.height] : image.box;
    const ratio = window.devicePixelRatio || 1, scale = (side * ratio) / Math.max(width, height);
    canvas.width = Math.max(1, Math.round(width * scale));
    canvas.height = Math.max(1, Math.round(height * scale));
    const context = canvas.getContext("2d");
    context.setTransform(scale, 0, 0, scale, -left * scale, -top * scale);
    context.imageSmoothingQuality = "high";
    context.drawImage(picture, 0, 0);
    if (gate) {
      context.globalAlpha = view.strength;
      context.drawImage(gate, -image.offset[0], -image.offset[1], view.size, view.size);
      context.globalAlpha = 1;
    }
    context.lineJoin = "round";
    const pixel = ratio / scale; // one CSS pixel in units of the image
    const drawn = view.lines.map((line) => [path(image, line.text), line]);
    for (const [border, line] of drawn) {
      stroke(context, border, HALO, (line.wide + 1.2) * pixel, []);
    }
    for (const [border, line] of drawn) {
      stroke(context, border, line.colour, line.wide * pixel, line.dash.map((d) => d * 1.5 * pixel));
    }
  }

  function stroke(context, border, style, width, dash) {
    context.strokeStyle = style;
    context.lineWidth = width;
    context.setLineDash(dash);
    context.stroke(border);
  }

  const truth = (image, wide) =>
    image.truth ? [{ text: image.truth, colour: TRUTH, dash: [], wide }] : [];

  function ofRow(image, row, wide) {
    const found = image.rows[row.name];
    if (!found || !found.mask) return [];
    return [{ text: found.mask, colour: row.colour, dash: row.dash, wide }];
  }

  return { draw, truth, ofRow, colour, TRUTH };
})();
