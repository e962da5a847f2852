// Lists what would stop people: the rules of WCAG 2.2 AA that a program can check, by our own reading of them.
(() => {
  const found = [];
  const name = (element) => `${element.tagName.toLowerCase()}.${element.className?.baseVal ?? element.className} ${(element.textContent ?? "").trim().slice(0, 40)}`;
  const say = (rule, element) => found.push(element ? `${rule}: ${name(element)}` : rule);
  const isShown = (element) => element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) && element.getClientRects().length > 0;
  const all = (selector) => [...document.querySelectorAll(selector)];

  if (!document.documentElement.lang) { say("no language"); }
  if (!document.title.trim()) { say("no title"); }
  if (all("main").length !== 1) { say("not one main"); }
  if (all("h1").length !== 1) { say("not one h1"); }
  let level = 0;
  for (const heading of all("h1, h2, h3, h4, h5, h6")) {
    const own = Number(heading.tagName[1]);
    if (own > level + 1) { say("heading skips a level", heading); }
    level = own;
  }
  const ids = new Set();
  for (const element of all("[id]")) {
    if (ids.has(element.id)) { say("id twice", element); }
    ids.add(element.id);
  }
  for (const field of all("input:not([type=hidden]), select, textarea")) {
    if (field.labels.length === 0 && !field.getAttribute("aria-label")) { say("field without a label", field); }
  }
  for (const element of all("a, button, summary, [role=button]").filter(isShown)) {
    if (!element.textContent.trim() && !element.getAttribute("aria-label")) { say("no name", element); }
  }
  for (const table of all("table")) {
    if (!table.caption) { say("table without a caption", table); }
  }
  for (const head of all("th")) {
    if (!head.hasAttribute("scope")) { say("head without a scope", head); }
  }
  for (const picture of all("svg, img, progress")) {
    const own = picture.getAttribute("aria-hidden") === "true" || picture.getAttribute("aria-label") || picture.getAttribute("aria-labelledby") || picture.querySelector(":scope > title");
    if (!own) { say("picture without words", picture); }
  }
  for (const element of all("[tabindex]")) {
    if (Number(element.getAttribute("tabindex")) > 0) { say("own tab order", element); }
  }
  for (const list of all("ul, ol")) {
    if ([...list.children].some((child) => child.tagName !== "LI")) { say("list with other children", list); }
  }
  if (document.documentElement.scrollWidth > innerWidth) { say(`scrolls sideways: ${document.documentElement.scrollWidth} of ${innerWidth}`); }

  const color = (text) => {
    const parts = text.match(/[\d.]+/g).map(Number);
    return text.startsWith("color(srgb") ? [...parts.slice(0, 3).map((part) => 255 * part), parts[3] ?? 1] : [...parts.slice(0, 3), parts[3] ?? 1];
  };
  const over = (top, under) => [0, 1, 2].map((place) => top[place] * top[3] + under[place] * (1 - top[3]));
  const light = (rgb) => {
    const [r, g, b] = rgb.map((part) => part / 255).map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) { layers.push(color(getComputedStyle(at).backgroundColor)); }
    const base = matchMedia("(prefers-color-scheme: dark)").matches ? [18, 18, 18] : [255, 255, 255];
    return layers.reverse().reduce((under, layer) => over(layer, under), base);
  };
  for (const element of all("body *")) {
    const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!hasText || !isShown(element) || element.closest("svg, option, .unseen, .skip")) { continue; }
    const style = getComputedStyle(element);
    const under = behind(element);
    const [one, other] = [light(over(color(style.color), under)), light(under)].sort((a, b) => b - a);
    const isLarge = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700);
    const contrast = (one + 0.05) / (other + 0.05);
    if (contrast < (isLarge ? 3 : 4.5)) { say(`contrast ${contrast.toFixed(2)}`, element); }
  }
  return [...new Set(found)].slice(0, 20);
})()
