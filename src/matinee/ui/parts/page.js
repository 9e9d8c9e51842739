/* What Streamlit's elements cannot say by themselves: which movie a group of stars is of, the language of the page,
   and where the focus goes when the list under it changes. It runs anew when the language changes. */
(() => {
  const texts = TEXTS;
  document.documentElement.lang = texts.lang;

  const name = (element, label) => {
    if (element && element.getAttribute("aria-label") !== label) element.setAttribute("aria-label", label);
  };

  const titleOf = (card) => card.querySelector("h3, .movie b")?.textContent ?? "";

  const label = () => {
    for (const card of document.querySelectorAll(CARDS)) {
      const title = titleOf(card);
      const own = [...card.querySelectorAll("[role=radiogroup]")].filter((group) => group.closest(CARDS) === card);
      for (const group of own) {
        name(group, texts.stars.replace("{title}", title));
        const marks = [...group.querySelectorAll("[role=radio]")];
        const icons = group.closest("[data-testid=stFeedback]") || marks.length === 1;
        if (icons) marks.forEach((mark, place) => name(mark, marks.length === 5
          ? texts.star.replace("{count}", place + 1) : texts.thumbs[place + 2 - marks.length]));
      }
      for (const kind of ["list", "unlist", "hide"]) {
        for (const button of card.querySelectorAll(`[class*='st-key-${kind}-'] button`)) {
          name(button, texts[kind].replace("{title}", title));
          if (button.title !== texts[kind].replace("{title}", title)) button.title = texts[kind].replace("{title}", title);
        }
      }
      const similar = card.querySelector("[data-testid=stPopoverButton]");
      if (similar) name(similar, `${similar.textContent.replace(/expand_(more|less)/, "").trim()}: ${title}`);
    }
    for (const element of document.querySelectorAll("[aria-label]")) {
      const said = element.getAttribute("aria-label");
      const known = Object.keys(texts.labels).find((each) => said === each || said.startsWith(`${each}:`) || said.startsWith(`${each} `));
      if (known) name(element, texts.labels[known] + said.slice(known.length));
    }
    for (const said of document.querySelectorAll("[data-testid=stFileUploader] button p")) {
      const text = said.firstChild;
      if (texts.labels[text?.data]) text.data = texts.labels[text.data];
    }
  };

  // Icons stand beside words that say the same; Streamlit calls them by their names in the font.
  const hideIcons = () => {
    for (const icon of document.querySelectorAll(".stMain [role=img][aria-label$=' icon']")) {
      icon.removeAttribute("aria-label");
      icon.removeAttribute("role");
      icon.setAttribute("aria-hidden", "true");
    }
  };

  const CARDS = "[class*='st-key-card-'], [class*='st-key-own-'], [class*='st-key-near-']";
  const placeOf = (element) =>
    [...(element?.closest(CARDS)?.classList ?? [])].find((each) => /^st-key-(card|own|near)-/.test(each));

  // The last star that had the focus; when its card changes, the stars in the same place take over.
  const keepFocus = () => {
    const { place, at } = window.matineePage;
    const isLost = !document.activeElement || document.activeElement === document.body;
    if (!place || !isLost || Date.now() - at > 8000) return;
    const stars = [...document.querySelectorAll(`.${place} [role=radio]`)].find((star) => star.tabIndex === 0);
    stars?.focus({ preventScroll: true });
  };

  // After the skip link: the first star, which may be drawn later than its card.
  const goToFirst = () => {
    if (!(Date.now() - window.matineePage?.skipped < 8000)) return;
    const hasCards = document.querySelector("[class*='st-key-cards-'] .tile");
    const first = document.querySelector(hasCards ? "[class*='st-key-cards-'] [role=radio]" : ".stMain button, .stMain input");
    if (!first) return;
    Object.assign(window.matineePage, { place: placeOf(first), at: Date.now(), skipped: undefined });
    first.focus();
    first.scrollIntoView({ block: "center" });
  };

  // A table that is wider than a phone (or closed, and so without a width) is scrolled with the arrow keys too.
  const reachTables = () => {
    for (const table of document.querySelectorAll("[data-testid=stTable] > div")) {
      if (!table.clientWidth || table.scrollWidth > table.clientWidth) table.tabIndex = 0;
    }
  };

  const look = () => { label(); hideIcons(); reachTables(); keepFocus(); goToFirst(); };

  window.matineePage?.observer.disconnect();
  let waits = false;
  const observer = new MutationObserver(() => {
    if (waits) return;
    waits = true;
    requestAnimationFrame(() => { waits = false; look(); });
  });
  observer.observe(document.body, { childList: true, subtree: true, attributeFilter: ["aria-label"] });

  const rated = (event) => {
    const star = event.target.closest?.("[role=radio]");
    if (star && star.closest("[data-testid=stFeedback]")) {
      window.matineePage.place = placeOf(star);
      window.matineePage.at = Date.now();
    } else if (event.type === "click" || event.key === "Tab") {
      Object.assign(window.matineePage, { place: undefined, skipped: undefined });
    }
  };
  const skip = (event) => {
    if (!event.target.closest?.(".skip")) return;
    event.preventDefault();
    window.matineePage.skipped = Date.now();
    goToFirst();
  };
  if (!window.matineePage) {
    for (const kind of ["click", "keydown"]) document.addEventListener(kind, (e) => window.matineePage.rated(e), true);
    document.addEventListener("click", (e) => window.matineePage.skip(e), true);
    window.addEventListener("resize", () => window.matineePage.look());
  }
  window.matineePage = { ...window.matineePage, observer, rated, skip, look };
  look();
})();
