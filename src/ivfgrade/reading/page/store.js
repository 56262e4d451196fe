// Readings: who gave which, when, and whether the model's answer was seen before.
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const store = (() => {
  const KEY = `ivfgrade-reading-${data.run}`;
  let state = loaded(), kept = true;

  function empty() {
    return { reader: null, readers: [] };
  }

  function loaded() {
    try {
      const found = JSON.parse(localStorage.getItem(KEY));
      return found && Array.isArray(found.readers) ? found : empty();
    } catch {
      return empty();
    }
  }

  function save() {
    try {
      localStorage.setItem(KEY, JSON.stringify(state));
      kept = true;
    } catch {
      kept = false;
    }
  }

  const now = () => new Date().toISOString();
  const reader = () => state.readers.find((one) => one.name === state.reader) || null;

  function begin(name) {
    if (!state.readers.some((one) => one.name === name)) {
      state.readers.push({ name, all: null, pictures: {} });
    }
    state.reader = name;
    seen();
    save();
  }

  function leave() {
    state.reader = null;
    save();
  }

  // { first, revised, shown }: two readings, and since when the answer was open before the first.
  const of = (picture) => reader().pictures[picture.id] || {};

  function change(picture, more) {
    reader().pictures[picture.id] = { ...of(picture), ...more };
    save();
  }

  // A first reading is never overwritten; whatever follows it was given in sight of the answer.
  function record(picture, reading) {
    const which = of(picture).first ? "revised" : "first";
    change(picture, { [which]: { ...reading, time: now() } });
  }

  function showAll(wanted) {
    reader().all = wanted ? now() : null;
    seen();
    save();
  }

  // With all answers open, every picture that is not read counts as seen.
  function seen() {
    if (!reader().all) return;
    for (const picture of data.pictures) {
      const known = of(picture);
      if (picture.model && !known.first && !known.shown) {
        reader().pictures[picture.id] = { ...known, shown: reader().all };
      }
    }
  }

  const isOpen = (picture) => Boolean(picture.model && (of(picture).first || reader().all));

  function reset() {
    state.readers = state.readers.filter((one) => one.name !== state.reader);
    state.reader = null;
    save();
  }

  function reload() {
    state = loaded();
  }

  save(); // tells at once whether anything can be kept
  return { KEY, reader, begin, leave, of, record, showAll, isOpen, reset, reload, kept: () => kept };
})();
