// How first readings agree with the model, among pictures whose answer was not seen before.
"use strict";
const agreement = (() => {
  const FEWEST = 10; // of fewer pictures, kappa says nothing

  // Cohen's kappa with weights (i - j)^2; null where chance alone already agrees fully.
  function kappa(pairs, count) {
    const mine = new Array(count).fill(0), its = new Array(count).fill(0);
    let observed = 0, expected = 0;
    for (const [i, j] of pairs) {
      observed += (i - j) ** 2;
      mine[i] += 1;
      its[j] += 1;
    }
    for (let i = 0; i < count; i++) {
      for (let j = 0; j < count; j++) expected += ((i - j) ** 2 * mine[i] * its[j]) / pairs.length;
    }
    return expected > 0 ? 1 - observed / expected : null;
  }

  function counted() {
    const known = data.pictures.filter((picture) => picture.model && store.of(picture).first);
    const blind = known.filter((picture) => !store.of(picture).shown);
    const mine = (picture) => store.of(picture).first.grade;
    const isGraded = (picture) => picture.model.status === "graded";
    const both = blind.filter((picture) => mine(picture) && isGraded(picture));
    const place = (grade) => data.grades.indexOf(grade);
    const pairs = both.map((picture) => [place(mine(picture)), place(picture.model.grade)]);
    const estimated = both.filter((picture) => store.of(picture).first.percent !== null);
    const apart = estimated.map((picture) =>
      Math.abs(store.of(picture).first.percent - 100 * picture.model.ratio));
    return {
      pairs,
      seenFirst: known.length - blind.length,
      read: blind.length,
      both: both.length,
      same: pairs.filter(([i, j]) => i === j).length,
      within: both.filter((picture) => picture.model.grades.includes(mine(picture))).length,
      kappa: both.length >= FEWEST ? kappa(pairs, data.grades.length) : undefined,
      estimated: estimated.length,
      apart: apart.reduce((sum, one) => sum + one, 0) / apart.length,
      neither: blind.filter((picture) => !mine(picture) && !isGraded(picture)).length,
      onlyMine: blind.filter((picture) => mine(picture) && !isGraded(picture)).length,
      onlyModel: blind.filter((picture) => !mine(picture) && isGraded(picture)).length,
    };
  }

  const share = (part, whole) =>
    whole ? `${part} of ${whole} (${Math.round((100 * part) / whole)} %)` : "none yet";

  function kappaTold(found) {
    if (found.kappa === undefined) return `needs ${FEWEST} pictures graded by both`;
    return found.kappa === null ? "not defined: one grade alone" : found.kappa.toFixed(2);
  }

  function lines(found) {
    return [
      ["Read before the answer was seen", String(found.read)],
      ["Graded by you and by the model", String(found.both)],
      ["Same grade", share(found.same, found.both)],
      ["Your grade is in the model's set", share(found.within, found.both)],
      ["Quadratic kappa", kappaTold(found)],
      ["Your estimate and the model's ratio", found.estimated ?
        `${found.apart.toFixed(1)} points apart on average (${found.estimated} ${found.estimated === 1 ? "picture" : "pictures"})` : "none yet"],
      ["Not graded: by both, by the model alone, by you alone",
        `${found.neither}, ${found.onlyMine}, ${found.onlyModel}`],
      ["Read after the answer was seen, not counted above", String(found.seenFirst)],
    ];
  }

  return { kappa, counted, lines };
})();
