// Labelling by keyboard. Texts enter the page as text only. A label counts when the server, or the browser's storage, has it.
"use strict";
(() => {
  const id = (name) => document.getElementById(name);
  const status = id("status");
  const data = id("asks");
  let ask = null;
  let last = null;
  let marked = -1;
  let shownAt = 0;
  let busy = false;

  const say = (text) => { status.textContent = text; };

  // A server: one item after the other.
  const server = {
    async next() {
      const reply = await fetch("ask");
      if (!reply.ok) { throw new Error(await reply.text()); }
      return reply.json();
    },
    async send(sent) {
      const reply = await fetch("label", {
        method: "POST",
        headers: { "content-type": "application/json", "x-groundgate": "1" },
        body: JSON.stringify(sent),
      });
      if (!reply.ok) {
        const error = new Error(await reply.text());
        error.isAnswer = true;
        throw error;
      }
      return reply.json();
    },
  };

  // A pack: all items are in the page.
  const pack = () => {
    const asks = JSON.parse(data.textContent);
    const key = `groundgate-pack-${asks[0]?.item.run ?? ""}-${asks.length}`;
    const labeler = id("labeler");
    const name = (item) => JSON.stringify(item);
    const given = new Map(JSON.parse(localStorage.getItem(key) ?? "[]"));
    const keep = () => localStorage.setItem(key, JSON.stringify([...given]));
    labeler.value = localStorage.getItem(`${key}-name`) ?? "";
    labeler.addEventListener("input", () => localStorage.setItem(`${key}-name`, labeler.value));
    id("save").addEventListener("click", () => {
      const lines = [...given.values()].map((sent) => JSON.stringify({ ...sent, labeler: labeler.value || "somebody" }));
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([lines.join("\n") + "\n"], { type: "application/jsonl" }));
      link.download = "labels.jsonl";
      link.click();
    });
    return {
      async next() {
        const open = asks.find((one) => !given.has(name(one.item))) ?? null;
        return { ask: open, progress: { done: given.size, total: asks.length, agreement: "", stop: "" } };
      },
      async send(sent) {
        if (sent.action === "undo") {
          given.delete(name(sent.item));
        } else {
          given.set(name(sent.item), { ...sent, at: new Date().toISOString() });
        }
        keep();
        return { saved: true, reveal: null };
      },
    };
  };
  const desk = data ? pack() : server;

  const sentences = () => [...document.querySelectorAll("#passages .sentence")];
  const mark = (place) => {
    const all = sentences();
    marked = all.length === 0 ? -1 : (place + all.length) % all.length;
    all.forEach((one, index) => one.setAttribute("aria-pressed", String(index === marked)));
    all[marked]?.scrollIntoView({ block: "nearest" });
  };

  // A passage; where words decide a claim, its sentences can be pointed at.
  const figure = (passage, number, canBePointedAt) => {
    const whole = document.createElement("figure");
    whole.className = "passage";
    const head = document.createElement("figcaption");
    head.textContent = `Passage ${number + 1}`;
    const body = document.createElement("div");
    body.className = "said";
    for (const sentence of passage) {
      const piece = document.createElement("span");
      piece.textContent = sentence.text;
      if (canBePointedAt) {
        piece.className = "sentence";
        piece.setAttribute("role", "button");
        piece.setAttribute("aria-pressed", "false");
        piece.evidence = sentence.evidence;
        piece.addEventListener("click", () => mark(sentences().indexOf(piece)));
      }
      body.append(piece, " ");
    }
    whole.append(head, body);
    return whole;
  };

  const draw = () => {
    id("item").hidden = false;
    id("question").textContent = ask.question;
    id("history").replaceChildren(...ask.history.map((turn) => {
      const line = document.createElement("li");
      line.textContent = turn;
      return line;
    }));
    id("dispute").hidden = ask.dispute.length === 0;
    id("dispute").textContent = `People disagree: ${ask.dispute.join(", ")}. Your label settles it.`;
    const claim = document.createElement("mark");
    claim.className = "claim";
    claim.textContent = ask.answer[1];
    id("answer").replaceChildren(ask.answer[0], ...(ask.answer[1] ? [claim] : []), ask.answer[2]);
    id("sides").replaceChildren(...ask.sides.map((shown, index) => {
      const side = document.createElement("section");
      side.className = "side";
      side.setAttribute("aria-label", index === 0 ? "left" : "right");
      const text = document.createElement("div");
      text.className = "said";
      text.textContent = shown.text || "(no answer)";
      side.append(text, ...shown.passages.map((passage, number) => figure(passage, number, false)));
      return side;
    }));
    id("evidence").hidden = ask.sides.length > 0;
    id("passages").replaceChildren(...ask.passages.map((passage, number) => figure(passage, number, true)));
    marked = -1;
    id("note").value = "";
    id("note-line").hidden = true;
    shownAt = performance.now();
    id("question").focus({ preventScroll: true });
    scrollTo(0, 0);
  };

  const load = async () => {
    const got = await desk.next();
    ask = got.ask;
    id("bar").max = Math.max(1, got.progress.total);
    id("bar").value = got.progress.done;
    id("stop").textContent = got.progress.stop ? `To know how good the judge is: ${got.progress.stop}.` : "";
    id("count").textContent = `${got.progress.done} of ${got.progress.total}${got.progress.agreement ? `; ${got.progress.agreement}` : ""}`;
    if (ask) {
      draw();
      return "";
    }
    id("item").hidden = true;
    return " All done. Thank you.";
  };

  const send = async (sent) => {
    busy = true;
    // A server that is away comes back; the item stays until it has the label.
    for (;;) {
      try {
        const got = await desk.send(sent);
        last = sent.action === "undo" ? null : sent.item;
        const words = got.reveal?.words ? `; ${got.reveal.words}` : "";
        const told = got.reveal ? `Saved. ${got.reveal.case}: you said ${got.reveal.you}${words}.` : "Saved.";
        const end = await load();
        busy = false;
        say(told + end);
        return;
      } catch (error) {
        if (error.isAnswer) {
          const end = await load();
          busy = false;
          say(error.message + end);
          return;
        }
        say("Not saved yet: groundgate does not answer. Trying again.");
        await new Promise((done) => setTimeout(done, 500));
      }
    }
  };

  const answer = (button) => {
    const { label, side, action } = button.dataset;
    const note = id("note").value.trim();
    if (action === "note") {
      id("note-line").hidden = false;
      id("note").focus();
      return;
    }
    if (action === "undo") {
      if (last) { send({ action: "undo", item: last }); }
      return;
    }
    if (!ask) { return; }
    if (action === "skip" && !note) {
      say("Skip needs a reason: write a note, then press s again.");
      id("note-line").hidden = false;
      id("note").focus();
      return;
    }
    const sent = { action: action ?? "label", item: ask.item, duration_ms: Math.round(performance.now() - shownAt) };
    if (label) { sent.label = label; }
    if (side) { sent.side = side; }
    if (note) { sent.note = note; }
    if (marked >= 0) { sent.evidence = sentences()[marked].evidence; }
    send(sent);
  };

  for (const button of document.querySelectorAll("[data-key]")) {
    button.addEventListener("click", () => { if (!busy) { answer(button); } });
  }
  const arrows = { ArrowLeft: "1", ArrowRight: "2" };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) { return; }
    if (event.target === id("note")) {
      if (event.key === "Escape") { id("note").value = ""; }
      if (event.key === "Enter" || event.key === "Escape") { event.preventDefault(); id("question").focus(); }
      return;
    }
    if (event.target.closest("input, select, textarea")) { return; }
    if (event.key === "?") {
      const box = document.querySelector("aside details");
      box.open = !box.open;
    } else if (event.key === "e" || event.key === "E") {
      mark(event.key === "e" ? marked + 1 : marked < 0 ? -1 : marked - 1);
    } else if (!busy && !event.repeat) {
      const hasSides = document.querySelector("[data-side]") !== null;
      const key = hasSides ? arrows[event.key] ?? event.key : event.key;
      const button = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
      if (button) {
        event.preventDefault();
        answer(button);
      }
    }
  });

  load().then((end) => say(end.trim()), (error) => say(error.message));
})();
