// The readings as CSV, for a spreadsheet that must not take a text for a formula.
"use strict";
const table = (() => {
  const CANNOT = "cannot grade";
  const COLUMNS = ["reader", "file", "first_reading", "first_time", "own_percent", "comment",
    "revised_reading", "revised_time", "revised_percent", "revised_comment", "model_seen_first",
    "model_status", "model_reasons", "ratio", "ratio_low", "ratio_high", "grade", "grades",
    "model", "run"];

  function cell(value) {
    if (value === null || value === undefined) return "";
    if (typeof value === "number") return String(value);
    const text = /^[\s]*[=+\-@\t\r]/.test(value) ? `'${value}` : value;
    return /[",;\r\n\t]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  }

  const grade = (reading) => (reading ? reading.grade || CANNOT : null);

  function line(picture) {
    const { first, revised, shown } = store.of(picture), { model } = picture;
    return [store.reader().name, picture.name, grade(first), first.time, first.percent,
      first.comment, grade(revised), revised?.time, revised?.percent, revised?.comment,
      shown ? "yes" : "no", model.status, model.codes.join("; "), model.ratio, model.ratio_low,
      model.ratio_high, model.grade, (model.grades || []).join("; "), data.bundle, data.run];
  }

  // Pictures that were read; the others would tell the model's answer.
  function text() {
    const read = data.pictures.filter((picture) => store.of(picture).first);
    return [COLUMNS, ...read.map(line)].map((row) => `${row.map(cell).join(",")}\r\n`).join("");
  }

  function save() {
    const marked = `\ufeff${text()}`; // without the mark, Excel takes UTF-8 for something else
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([marked], { type: "text/csv;charset=utf-8" }));
    const who = store.reader().name.replace(/[^\p{L}\p{N}-]+/gu, "_");
    link.download = `readings-${who}-${new Date().toISOString().slice(0, 10)}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  }

  return { CANNOT, COLUMNS, text, save, cell };
})();
