// Reads the page as a person would, and leaves what was seen in an element of its own.
(async () => {
  const at = (id) => document.getElementById(id);
  const listed = () => [...at("list").querySelectorAll(".named")].map((name) => name.textContent);
  const choose = (id, value) => { at(id).value = value; at(id).dispatchEvent(new Event("change")); };
  const press = (key) => document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  const open = (name) => [...at("list").querySelectorAll("button")]
    .find((button) => button.querySelector(".named").textContent === name).click();
  const read = (name, key) => { open(name); press(key); at("record").click(); };
  const page = () => at("work").outerHTML + at("tools").outerHTML + document.title;
  const answered = (asked) => { window.confirm = () => asked; };
  const isShown = (id) => !at(id).closest("[hidden]");
  const text = (id) => at(id).textContent.replace(/\s+/g, " ").trim();
  const outlined = () => at("stage").querySelectorAll("svg path").length;

  async function exported() {
    let blob = null;
    URL.createObjectURL = (given) => { blob = given; return "blob:none"; };
    HTMLAnchorElement.prototype.click = () => {};
    at("export").click();
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(await blob.arrayBuffer());
  }

  async function blocked() {
    const violation = new Promise((done) => {
      document.addEventListener("securitypolicyviolation", (event) => done(event.effectiveDirective));
      setTimeout(() => done("nothing"), 2000);
    });
    new Image().src = "https://example.org/picture.png";
    return violation;
  }

  async function first() {
    const seen = { begins: [isShown("begin"), isShown("work")] };
    at("reader").value = "+Reader, \"R\"";
    at("begin").requestSubmit();
    seen.listed = listed();
    seen.unread = page();
    seen.unreadOutlines = outlined();
    press("o"); press("o");
    seen.unreadOutlinesByKey = outlined();
    choose("order", "ratio");
    seen.unreadByRatio = listed();
    choose("order", "width");
    seen.unreadByWidth = listed();
    choose("order", "file");
    choose("filter", "model-C");
    seen.unreadOfC = text("count");
    choose("filter", "refused");
    seen.unreadRefused = text("count");
    choose("filter", "all");

    open("p02.png");
    seen.image = [at("stage").querySelector("img").alt, document.images.length];
    press("b");
    seen.chosen = [text("record"), isShown("answer"), text("answer")];
    at("percent").value = "140";
    at("percent").dispatchEvent(new Event("input"));
    at("record").click();
    seen.impossible = [isShown("answer"), isShown("fault")];
    at("percent").value = "12.5";
    at("percent").dispatchEvent(new Event("input"));
    at("comment").value = "=cmd()\nsecond line";
    at("comment").dispatchEvent(new Event("input"));
    open("p03.png");
    open("p02.png");
    seen.draft = [at("percent").value, text("record")];
    at("record").click();
    seen.answer = text("answer");
    seen.outlines = outlined();
    press("o");
    seen.outlinesOff = outlined();
    press("o");
    seen.locked = isShown("entry");
    press("a");
    at("revise").click();
    press("d");
    at("record").click();
    at("revise").click();
    press("c");
    at("record").click();
    seen.given = text("given");
    at("onward").click();
    seen.onward = [text("name"), isShown("answer"), text("answer"), outlined()];
    press("ArrowLeft");
    seen.left = text("name");
    const here = at("list").querySelector("[aria-current=true]");
    here.focus();
    here.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown", bubbles: true }));
    seen.down = [text("name"), document.activeElement.querySelector(".named").textContent,
      at("list").querySelectorAll("[tabindex='0']").length];

    open("q-refused.png");
    seen.refusedBefore = [text("answer"), outlined(),
      at("list").querySelector("[aria-current=true] .told").textContent];
    press("x");
    at("record").click();
    seen.refusedAfter = text("answer");

    choose("order", "ratio");
    seen.threeRead = (read("p07.png", "4"), listed());
    seen.earlyTable = await exported();
    choose("filter", "model-C");
    seen.readOfC = listed();
    choose("filter", "all");
    choose("order", "file");
    for (const [name, key] of [["p00.png", "a"], ["p01.png", "a"], ["p03.png", "d"], ["p04.png", "a"],
      ["p05.png", "d"], ["p06.png", "b"], ["p08.png", "a"], ["p09.png", "b"]]) read(name, key);
    at("summarise").click();
    seen.agreement = Object.fromEntries([...at("agreement").querySelectorAll("tr")]
      .map((row) => [...row.children].map((cell) => cell.textContent)));
    seen.pairs = agreement.counted().pairs;
    seen.kappa = agreement.counted().kappa;
    at("summary").close();
    choose("filter", "outside");
    seen.outside = listed();
    choose("filter", "all");

    open("p10.png");
    answered(false);
    at("all").click();
    seen.refusedToShow = isShown("answer");
    answered(true);
    at("all").click();
    seen.shownAll = [isShown("answer"), isShown("notice"), text("hint")];
    at("all").click();
    seen.hiddenAgain = isShown("answer");
    read("p10.png", "c");
    seen.readAfter = agreement.counted().seenFirst;
    read(data.pictures[0].name, "b");
    seen.csv = await exported();
    seen.blocked = await blocked();
    seen.harmed = Boolean(window.harmed);
    sessionStorage.setItem("seen", JSON.stringify(seen));
    location.reload();
  }

  function second(seen) {
    seen.reloaded = [isShown("work"), text("progress")];
    open("p02.png");
    seen.reloadedAnswer = [isShown("answer"), text("given")];
    at("who").click();
    at("reader").value = "Another";
    at("begin").requestSubmit();
    seen.another = [text("progress"), isShown("answer")];
    answered(false);
    at("who").click();
    at("reader").value = "+Reader, \"R\"";
    at("begin").requestSubmit();
    at("reset").click();
    seen.kept = text("progress");
    answered(true);
    at("reset").click();
    seen.reset = [isShown("begin"), isShown("work")];
    seen.left_in_browser = JSON.parse(localStorage.getItem(store.KEY)).readers.map((one) => one.name);
    document.body.append(Object.assign(document.createElement("pre"),
      { id: "seen", textContent: JSON.stringify(seen) }));
  }

  try {
    const before = sessionStorage.getItem("seen");
    if (before) second(JSON.parse(before));
    else await first();
  } catch (error) {
    document.body.append(Object.assign(document.createElement("pre"),
      { id: "seen", textContent: JSON.stringify({ error: `${error.stack}` }) }));
  }
})();
