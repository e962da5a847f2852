// Finds, orders and opens cases; sorts tables. The page is complete without it.
"use strict";
(() => {
  const list = document.getElementById("case-list");
  const cases = [...list.querySelectorAll("details.case")];
  const tools = document.querySelector("form.tools");

  const openTarget = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let box = target?.closest("details"); box; box = box.parentElement.closest("details")) {
      box.open = true;
    }
    target?.scrollIntoView({ block: "center" });
  };

  if (tools) {
    const find = document.getElementById("find");
    const bucket = document.getElementById("bucket");
    const order = document.getElementById("order");
    const shown = document.getElementById("shown");
    const texts = new Map(cases.map((item) => [item, item.textContent.toLowerCase()]));

    const filter = () => {
      const wanted = find.value.trim().toLowerCase();
      let count = 0;
      for (const item of cases) {
        const fits = (!bucket.value || item.dataset.bucket === bucket.value) && texts.get(item).includes(wanted);
        item.hidden = !fits;
        count += fits;
      }
      shown.textContent = `${count} of ${cases.length}`;
    };
    const arrange = () => {
      const sorted = [...cases];
      if (order.value === "id") {
        sorted.sort((a, b) => a.dataset.id.localeCompare(b.dataset.id, "en", { numeric: true }));
      }
      list.append(...sorted);
    };
    const setAll = (open) => cases.filter((item) => !item.hidden).forEach((item) => { item.open = open; });

    find.addEventListener("input", filter);
    bucket.addEventListener("change", filter);
    order.addEventListener("change", arrange);
    tools.addEventListener("submit", (event) => event.preventDefault());
    document.getElementById("open-all").addEventListener("click", () => setAll(true));
    document.getElementById("close-all").addEventListener("click", () => setAll(false));
    tools.hidden = false;
    filter();

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
  addEventListener("beforeprint", () => { document.documentElement.classList.add("printing"); });
  openTarget();
})();
