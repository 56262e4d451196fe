// Masks from their run lengths, and their outlines as paths; see runlength.py for the format.
"use strict";
const outline = (() => {
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

  function mask(text, width, height) {
    const pixels = new Uint8Array(width * height);
    let start = 0, inside = 0, length = 0, shift = 0;
    for (const byte of bytes(text)) {
      length += (byte & 127) * 2 ** shift;
      shift += 7;
      if (byte > 127) continue;
      if (inside) pixels.fill(1, start, start + length);
      start += length;
      inside = 1 - inside;
      length = shift = 0;
    }
    return pixels;
  }

  // Marching squares: for each 2 x 2 cell the border leaves through one side and enters by
  // another. Sides: 0 above, 1 right, 2 below, 3 left; corners: 8 4 above, 2 1 below.
  const SIDES = {
    1: [[1, 2]], 2: [[2, 3]], 3: [[1, 3]], 4: [[0, 1]], 5: [[0, 2]], 6: [[0, 1], [2, 3]],
    7: [[0, 3]], 8: [[3, 0]], 9: [[1, 2], [3, 0]], 10: [[2, 0]], 11: [[1, 0]], 12: [[3, 1]],
    13: [[3, 2]], 14: [[2, 1]],
  };

  function path(pixels, width, height) {
    const at = (x, y) => (x < 0 || y < 0 || x >= width || y >= height ? 0 : pixels[y * width + x]);
    const wide = 2 * width + 4;
    const follows = new Map(); // from each point of the border to the next, in half pixels
    for (let y = -1; y < height; y++) {
      for (let x = -1; x < width; x++) {
        const corners = 8 * at(x, y) + 4 * at(x + 1, y) + 2 * at(x, y + 1) + at(x + 1, y + 1);
        for (const [from, to] of SIDES[corners] || []) {
          follows.set(point(x, y, from, wide), point(x, y, to, wide));
        }
      }
    }
    const drawn = new Path2D();
    for (const first of follows.keys()) {
      if (!follows.has(first)) continue;
      let here = first;
      const place = () => [(here % wide) / 2 - 1, Math.floor(here / wide) / 2 - 1];
      drawn.moveTo(...place());
      while (follows.has(here)) {
        const next = follows.get(here);
        follows.delete(here);
        here = next;
        drawn.lineTo(...place());
      }
      drawn.closePath();
    }
    return drawn;
  }

  // The cell's upper left corner is the centre of pixel (x, y).
  function point(x, y, side, wide) {
    const [right, down] = [[1, 0], [2, 1], [1, 2], [0, 1]][side];
    return (2 * y + 2 + 1 + down) * wide + (2 * x + 2 + 1 + right);
  }

  return { bytes, mask, path };
})();
