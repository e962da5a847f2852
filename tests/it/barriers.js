// What would stop people and axe does not look for: words for every table and picture, nothing beside the screen.
(() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const name = (element) => `${element.tagName.toLowerCase()} ${(element.textContent ?? "").trim().slice(0, 40)}`;
  const isNamed = (picture) => picture.getAttribute("aria-hidden") === "true" || picture.getAttribute("aria-label") || picture.getAttribute("aria-labelledby") || picture.querySelector(":scope > title");
  const { scrollWidth } = document.documentElement;
  return [
    ...all("table").filter((table) => !table.caption).map((table) => `table without a caption: ${name(table)}`),
    ...all("th:not([scope])").map((head) => `head without a scope: ${name(head)}`),
    ...all("svg").filter((picture) => !isNamed(picture)).map((picture) => `picture without words: ${name(picture)}`),
    ...(scrollWidth > innerWidth ? [`scrolls sideways: ${scrollWidth} of ${innerWidth}`] : []),
  ];
})()
