// Fetches verdicts of the runs list, watches a run under way, moves between cases by key. Pages are complete without it.
"use strict";
(() => {
  const show = (box, text) => {
    const [kind, glyph, word, tally, ...moved] = text.split("\n");
    const chip = document.createElement("a");
    chip.className = `chip ${/^[a-z]+$/.test(kind) ? kind : ""}`;
    chip.href = box.querySelector("a").getAttribute("href");
    chip.textContent = `${glyph} ${word}`;
    const rest = document.createElement("div");
    rest.className = "quiet";
    rest.textContent = tally;
    const lines = moved.filter(Boolean).map((line) => {
      const item = document.createElement("div");
      item.textContent = line;
      return item;
    });
    box.replaceChildren(chip, " ", rest, ...lines);
  };

  const verdicts = async () => {
    for (const box of document.querySelectorAll("[data-verdict]")) {
      const reply = await fetch(box.dataset.verdict);
      if (reply.ok) {
        show(box, await reply.text());
      }
    }
  };

  const live = document.querySelector("[data-live]");
  if (live) {
    const pause = document.getElementById("pause");
    let paused = false;
    pause.hidden = false;
    pause.addEventListener("click", () => {
      paused = !paused;
      pause.textContent = paused ? "Go on" : "Pause";
    });
    setInterval(() => { if (!paused && !document.hidden) { location.reload(); } }, Number(live.dataset.live));
  }

  // Spends money: one click, one judging.
  const again = document.getElementById("again");
  if (again) {
    const now = document.getElementById("again-now");
    const status = document.getElementById("again-status");
    const result = document.getElementById("again-result");
    now.hidden = false;
    now.addEventListener("click", async () => {
      now.disabled = true;
      status.textContent = "Judging …";
      try {
        const { run, case: id, attempt } = again.dataset;
        const reply = await fetch("again", {
          method: "POST",
          headers: { "content-type": "application/json", "x-groundgate": "1" },
          body: JSON.stringify({ run, case: id, attempt: Number(attempt) }),
        });
        if (!reply.ok) { throw new Error(await reply.text()); }
        const { rows, cost, kept, price } = await reply.json();
        result.querySelector("tbody").replaceChildren(...rows.map((cells) => {
          const row = document.createElement("tr");
          row.append(...cells.map((text, place) => {
            const cell = document.createElement(place === 0 ? "th" : "td");
            if (place === 0) { cell.scope = "row"; }
            cell.textContent = text;
            return cell;
          }));
          return row;
        }));
        result.hidden = false;
        document.getElementById("again-price").textContent = price;
        status.textContent = `Judged for ${cost}; kept in ${kept}`;
      } catch (error) {
        status.textContent = error.message;
      }
      now.disabled = false;
    });
  }

  document.addEventListener("keydown", (event) => {
    if (event.target.closest("input, select, textarea") || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    if (event.key === "/") {
      const find = document.getElementById("find");
      if (find) {
        event.preventDefault();
        find.focus();
      }
    } else if (event.key === "j" || event.key === "k") {
      const rows = [...document.querySelectorAll(".case-rows th a")];
      if (rows.length > 0) {
        const here = rows.indexOf(document.activeElement);
        rows[event.key === "j" ? here + 1 : here - 1]?.focus();
      } else {
        document.querySelector(event.key === "j" ? "nav [rel=next]" : "nav [rel=prev]")?.click();
      }
    }
  });

  verdicts();
})();
