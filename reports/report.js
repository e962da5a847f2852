// Finds, orders and opens cases; sorts tables. The page is complete without it.
"use strict";
(() => {
  const list = document.getElementById("case-list");
  const cases = [...list.querySelectorAll("details.case")];
  const texts = new Map(cases.map((item) => [item, item.textContent.toLowerCase()]));
  const tools = document.querySelector("form.tools");

  const openTarget = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let box = target?.closest("details"); box; box = box.parentElement.closest("details")) {
      box.hidden = false;
      box.open = true;
    }
    target?.scrollIntoView({ block: "center" });
  };

  // Everything below puts texts into the page as text only.
  const make = (name, className, ...children) => {
    const element = document.createElement(name);
    element.className = className;
    element.append(...children);
    return element;
  };
  const pieces = (all) => all.flatMap((piece) => {
    if (!piece.class) { return [piece.text]; }
    const mark = make("mark", piece.class, piece.text);
    mark.id = piece.anchors[0] ?? "";
    return [mark, ...piece.ends.map((end) => {
      const link = make("a", "ref", String(end.number));
      link.href = `#${end.target}`;
      return link;
    })];
  });
  const marked = (text) => make("div", "said", ...pieces(text.first), ...(text.n_rest > 0
    ? [make("details", "more", make("summary", "", `show all (${text.n_rest} more characters)`), ...pieces(text.rest))] : []));
  const claim = (one) => {
    const item = make("li", one.class, make("span", `chip ${one.class}`, `${one.glyph} ${one.word}`), " ", make("span", "claim-text", one.text),
      ...one.reasons.map((reason) => make("div", "quiet", reason)));
    item.id = one.anchor;
    if (one.evidence?.target) {
      const link = make("a", "", `${one.evidence.word} in passage ${one.evidence.passage}`);
      link.href = `#${one.evidence.target}`;
      item.append(make("div", "", link));
    }
    return item;
  };
  const side = (one) => make("section", "side", make("h3", "", one.title),
    one.answer ? marked(one.answer) : make("p", "failure", `No answer. ${one.failure}`),
    ...(one.claims.length ? [make("h4", "", "Claims"), make("ol", "claims", ...one.claims.map(claim))] : []),
    ...(one.passages.length ? [make("h4", "", "Passages, as the copilot was given them")] : []),
    ...one.passages.map((passage) => make("figure", "passage",
      make("figcaption", "", `${passage.number} ${passage.id} ${passage.source}`), marked(passage.text))),
    ...(one.explanations.length ? [make("h4", "", "How it was scored"), make("ul", "explanations", ...one.explanations.map((line) => make("li", "", line)))] : []));
  const body = (one) => make("div", "case-body",
    make("div", "asked", make("div", "", make("h3", "", "Question"), marked(one.question)),
      ...(one.reference ? [make("div", "", make("h3", "", "Reference answer"), marked(one.reference))] : [])),
    make("div", "sides", ...one.sides.map(side)),
    make("ul", "", ...one.scores.map((score) => make("li", "", `${score.metric}: ${score.candidate}${one.sides.length > 1 ? `, baseline ${score.baseline}` : ""}`))));

  const unpack = async (block) => {
    const bytes = Uint8Array.from(atob(block.textContent), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return JSON.parse(await new Response(stream).text());
  };
  const packed = async () => {
    const index = document.getElementById("packed-index");
    if (!index) { return; }
    const blocks = [...document.querySelectorAll(".packed-block")];
    const opened = new Map();
    const size = 250;
    const lines = await unpack(index);
    const items = lines.map(([anchor, name, bucket, kind, question, tags], place) => {
      const item = make("details", `case ${kind}`, make("summary", "", make("span", `chip ${kind}`, bucket), " ",
        make("span", "case-id", name), " ", make("span", "question-line", question), ...tags.map((tag) => make("span", "tag", tag))));
      item.id = anchor;
      item.dataset.bucket = kind;
      item.dataset.id = name;
      item.addEventListener("toggle", async () => {
        const number = Math.floor(place / size);
        if (!opened.has(number)) { opened.set(number, unpack(blocks[number])); }
        const cases = await opened.get(number);
        if (item.childElementCount === 1) { item.append(body(cases[place % size])); }
      });
      texts.set(item, `${name} ${bucket} ${question} ${tags.join(" ")}`.toLowerCase());
      return item;
    });
    cases.push(...items);
    list.append(...items);
    document.getElementById("packed-note").hidden = true;
  };

  if (tools) {
    const find = document.getElementById("find");
    const bucket = document.getElementById("bucket");
    const order = document.getElementById("order");
    const shown = document.getElementById("shown");
    const more = make("button", "");
    more.type = "button";
    list.after(make("p", "tools", more));

    // Laying out thousands of lines takes seconds, so only some are shown at once.
    const step = 200;
    let limit = step;
    let ordered = cases;
    const filter = () => {
      const wanted = find.value.trim().toLowerCase();
      let count = 0;
      for (const item of ordered) {
        const fits = (!bucket.value || item.dataset.bucket === bucket.value) && texts.get(item).includes(wanted);
        count += fits;
        const hide = !fits || count > limit;
        if (item.hidden !== hide) { item.hidden = hide; }
      }
      shown.textContent = `${count} of ${cases.length}`;
      const left = cases.length - Math.min(count, limit);
      document.getElementById("printed").textContent = left > 0 ? `${left} of ${cases.length} cases are not printed: they are in the file, and can be found and opened there.` : "";
      more.parentElement.hidden = count <= limit;
      more.textContent = `Show ${Math.min(step, count - limit)} more`;
    };
    const refilter = () => {
      limit = step;
      filter();
    };
    const arrange = () => {
      ordered = cases;
      if (order.value === "id") {
        const { compare } = new Intl.Collator("en", { numeric: true });
        ordered = [...cases].sort((a, b) => compare(a.dataset.id, b.dataset.id));
      }
      list.append(...ordered);
      refilter();
    };
    const setAll = (open) => cases.filter((item) => !item.hidden).forEach((item) => { item.open = open; });

    find.addEventListener("input", refilter);
    bucket.addEventListener("change", refilter);
    more.addEventListener("click", () => {
      limit += step;
      filter();
    });
    order.addEventListener("change", arrange);
    tools.addEventListener("submit", (event) => event.preventDefault());
    document.getElementById("open-all").addEventListener("click", () => setAll(true));
    document.getElementById("close-all").addEventListener("click", () => setAll(false));
    tools.hidden = false;
    filter();
    packed().then(() => {
      (order.value === "id" ? arrange : filter)();
      openTarget();
    });

    document.addEventListener("keydown", (event) => {
      const isTyping = event.target.closest("input, select, textarea");
      if (isTyping || event.ctrlKey || event.metaKey || event.altKey) {
        return;
      }
      if (event.key === "/") {
        event.preventDefault();
        find.focus();
      } else if (event.key === "j" || event.key === "k") {
        const visible = [...list.querySelectorAll("details.case:not([hidden]) > summary")];
        const here = visible.indexOf(document.activeElement);
        const next = visible[event.key === "j" ? here + 1 : here - 1];
        next?.focus();
        next?.scrollIntoView({ block: "nearest" });
      }
    });
  }

  const number = (text) => {
    const found = text.replaceAll("\u2212", "-").replaceAll(",", "").match(/[-+]?\d+(\.\d+)?/);
    return found ? Number(found[0]) : null;
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, index) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const up = head.getAttribute("aria-sort") !== "ascending";
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        const key = (row) => row.cells[index].textContent.trim();
        const rows = [...table.tBodies[0].rows].sort((a, b) => {
          const [x, y] = index === 0 ? [null, null] : [number(key(a)), number(key(b))];
          const order = x !== null && y !== null ? x - y : key(a).localeCompare(key(b), "en", { numeric: true });
          return up ? order : -order;
        });
        table.tBodies[0].append(...rows);
      });
    });
  }

  addEventListener("hashchange", openTarget);
  openTarget();
})();
