// Which pictures are listed, and in which order; an answer that is not open moves none of them.
"use strict";
const listing = (() => {
  const place = (grade) => data.grades.indexOf(grade);
  const mine = (picture) => store.of(picture).first;
  const isGraded = (picture) => picture.model.status === "graded";
  const bothGraded = (picture) => Boolean(mine(picture)?.grade) && isGraded(picture);
  const apart = (picture) => (bothGraded(picture) ?
    Math.abs(place(mine(picture).grade) - place(picture.model.grade)) : null);

  // name -> [told, isListed]; those of `answers` are asked of open pictures alone.
  const filters = new Map([
    ["all", ["all pictures", () => true]],
    ["unread", ["not yet read", (picture) => picture.model && !mine(picture)]],
    ["read", ["read", (picture) => Boolean(mine(picture))]],
    ["revised", ["revised", (picture) => Boolean(store.of(picture).revised)]],
    ...data.grades.map((grade) =>
      [`mine-${grade}`, [`my grade ${grade}`, (picture) => mine(picture)?.grade === grade]]),
    ["mine-none", ["I cannot grade", (picture) => mine(picture)?.grade === null]],
  ]);
  const answers = new Map([
    ["apart", ["grades differ", (picture) => apart(picture) > 0]],
    ["outside", ["my grade is not in its set",
      (picture) => bothGraded(picture) && !picture.model.grades.includes(mine(picture).grade)]],
    ...data.grades.map((grade) =>
      [`model-${grade}`, [`model's grade ${grade}`, (picture) => picture.model.grade === grade]]),
    ["refused", ["model gives no grade", (picture) => !isGraded(picture)]],
  ]);

  // name -> [told, key, is largest first]; pictures without a key follow in the order of files.
  const orders = new Map([
    ["file", ["file", () => null, false]],
    ["mine", ["my grade", (picture) => (mine(picture)?.grade ? place(mine(picture).grade) : null), false]],
    ["ratio", ["ratio, high to low", (picture) => picture.model.ratio ?? null, true]],
    ["width", ["interval, wide to narrow",
      (picture) => (isGraded(picture) ? picture.model.ratio_high - picture.model.ratio_low : null), true]],
    ["apart", ["grades, far apart first", apart, true]],
  ]);

  function isListed(picture, filter) {
    if (answers.has(filter)) return store.isOpen(picture) && answers.get(filter)[1](picture);
    return filters.get(filter)[1](picture);
  }

  // The current picture stays: it would vanish from under the reader when it is recorded.
  function listed(filter, order, current) {
    const found = data.pictures.filter((one) => one === current || isListed(one, filter));
    const [, keyOf, falling] = orders.get(order);
    const key = new Map(found.map((one) => [one, store.isOpen(one) ? keyOf(one) : null]));
    const known = found.filter((one) => key.get(one) !== null);
    known.sort((a, b) => (falling ? key.get(b) - key.get(a) : key.get(a) - key.get(b)));
    return [...known, ...found.filter((one) => key.get(one) === null)];
  }

  function options(select, choices) {
    select.append(...[...choices].map(([name, [told]]) => new Option(told, name)));
  }

  function controls(filter, order) {
    options(filter, filters);
    const group = Object.assign(document.createElement("optgroup"), { label: "pictures with an open answer" });
    options(group, answers);
    filter.append(group);
    options(order, orders);
  }

  return { listed, controls };
})();
