// Filters of the claims by verdict.
"use strict";
(() => {
  const buttons = [...document.querySelectorAll("#claims .filters button")];
  const claims = [...document.querySelectorAll("#claims .claim[data-verdict]")];
  for (const button of buttons) {
    button.addEventListener("click", () => {
      const wanted = button.dataset.verdict;
      for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
      for (const claim of claims) claim.hidden = wanted !== "" && claim.dataset.verdict !== wanted;
    });
  }
})();
