// Corrections on a story's page: articles are ticked, an action chosen, a reason given, and the answer stands in place.

import { announce } from "./announce.js";
import { root } from "./service.js";
import { keep, kept } from "./storage.js";

const WAIT = 10; // seconds, until it is decided
const BY = "ranker-by";
const KIND = {
  part: {
    label: "Part from the story",
    done: "Parted",
    what: (page) => `The ${counted(page.ticked.length, "ticked article")} will be in no story with any of ${page.unnamed ? "" : "the "}${counted(page.others.length, "other article")}, now and later. ${unnamed(page)}Articles that are not named go where their texts put them.`,
    wrong: (page) => (!page.ticked.length ? "Tick the articles that do not belong here." : !page.others.length ? "All articles are ticked; leave those that stay." : ""),
    says: (page) => ({ articles: page.ticked, others: page.others }),
  },
  join: {
    label: "Join with another story",
    done: "Joined",
    what: (page) => `${page.ticked.length ? `The ${counted(page.ticked.length, "ticked article")}` : "All articles of this story"} and those of the other will be in one story, however far apart in time. It holds for the articles that the two have now; what comes later goes where its text puts it.`,
    wrong: () => "",
    says: (page, form) => ({ ...(page.ticked.length ? { articles: page.ticked } : { stories: [page.story] }), ...chosenOther(form) }),
  },
  lead: {
    label: "Make the lead",
    done: "Chosen as lead",
    what: () => "The ticked article leads whatever story it is in. Of two in one story the later choice leads.",
    wrong: (page) => (page.ticked.length === 1 ? "" : "Tick the one article that shall lead."),
    says: (page) => ({ articles: page.ticked }),
  },
  pin: {
    label: "Pin on top",
    done: "Pinned",
    what: () => "The story that holds the lead stands on top of every list, whatever its score, behind those that were pinned before.",
    wrong: () => "",
    says: (page) => ({ articles: [page.lead] }),
  },
  hide: {
    label: "Hide",
    done: "Hidden",
    what: () => "The story that holds the lead is in no list any more. This page stays, and undoing it brings the story back.",
    wrong: () => "",
    says: (page) => ({ articles: [page.lead] }),
  },
};

function counted(number, noun) {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

/** What a correction that parts leaves out of a large story, in a sentence. */
function unnamed({ unnamed: left, most }) {
  if (!left) return "";
  return `One correction names at most ${counted(most, "article")} a side, so ${counted(left, "more article")} of this story, the last of its list, ${left === 1 ? "is" : "are"} not named. `;
}

/** An element with attributes and contents; texts are put in as texts. */
function made(name, attributes = {}, ...contents) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...contents);
  return element;
}

/** The story or article that a pasted address or id names. */
export function named(text) {
  const given = text.trim();
  const path = given.match(/\/(stories|articles)\/([^?#]+)/);
  const id = path ? decodeURIComponent(path[2]) : given;
  return (path ? path[1] === "stories" : /^s[0-9a-f]{16}$/.test(id)) ? { otherStories: [id] } : { others: [id] };
}

function chosenOther(form) {
  const pasted = form.elements.pasted.value.trim();
  if (pasted) return named(pasted);
  const near = form.elements.near;
  const value = near instanceof RadioNodeList ? near.value : near?.checked ? near.value : "";
  return value ? { otherStories: [value] } : null;
}

/** Add buttons, boxes and undo to a story that was put in place; without the section the caller may not correct. */
export function setUpCorrections(story, showAnew, ticked) {
  const section = story.querySelector("#corrections");
  if (!section) return;
  const boxes = [...story.querySelectorAll(".member")].map((member) => {
    const id = member.dataset.article;
    const title = member.querySelector(".title bdi").textContent;
    const box = made("input", { type: "checkbox", "aria-label": `Choose: ${title}` });
    box.checked = ticked.has(id);
    box.addEventListener("change", () => tell());
    member.prepend(box);
    return { id, box };
  });
  const state = () => {
    const chosen = boxes.filter(({ box }) => box.checked).map(({ id }) => id);
    const others = JSON.parse(section.dataset.members).filter((id) => !chosen.includes(id)); // as many as one correction may name
    const left = Number(section.dataset.total) - chosen.length - others.length;
    return { story: story.dataset.story, lead: story.dataset.lead, ticked: chosen, others, unnamed: left, most: Number(section.dataset.most) };
  };
  const count = made("p", { class: "soft" });
  const actions = made("div", { class: "actions", role: "group", "aria-label": "Corrections" });
  const place = made("div", { class: "place" });
  const result = made("div", { class: "result", tabindex: "-1" });
  for (const [action, kind] of Object.entries(KIND)) {
    const button = made("button", { type: "button", "data-action": action }, kind.label);
    button.addEventListener("click", () => ask(action, button));
    actions.append(button);
  }
  const tell = () => {
    const { ticked: chosen } = state();
    const said = chosen.length ? `${counted(chosen.length, "article")} ticked.` : "Tick articles in the list to part them, to join them elsewhere, or to choose the lead.";
    count.textContent = `${said}${section.dataset.pages === "1" ? "" : " Ticks hold for this page of the list; another page begins without any."}`;
  };
  section.append(count, actions, place, result);
  tell();
  for (const entry of story.querySelectorAll('[data-correction]:not([data-state="undone"])')) {
    const button = made("button", { type: "button", "data-action": "undo" }, "Undo");
    button.addEventListener("click", () => undo(entry.dataset.correction, button));
    entry.append(button);
  }

  function close(button) {
    place.replaceChildren();
    button?.focus();
  }

  function ask(action, button) {
    const kind = KIND[action];
    const page = state();
    refused(null);
    const wrong = kind.wrong(page);
    if (wrong) {
      close();
      refused({ title: wrong });
      return;
    }
    const form = made("form", { "aria-label": kind.label }, made("h3", {}, kind.label), made("p", { class: "soft" }, kind.what(page)));
    if (action === "join") form.append(others());
    form.append(field("why", "Why", made("textarea", { id: "correction-why", name: "why", rows: "2", maxlength: "2000" })));
    if (section.dataset.isNamed === "no") {
      form.append(field("by", "Who says so", made("input", { id: "correction-by", name: "by", maxlength: "200", autocomplete: "name", value: kept(BY) ?? "" })));
    }
    const cancel = made("button", { type: "button" }, "Cancel");
    cancel.addEventListener("click", () => close(button));
    form.append(made("div", { class: "actions" }, made("button", { type: "submit", class: "strong" }, kind.label), cancel));
    form.addEventListener("keydown", (event) => event.key === "Escape" && close(button));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      send(action, form, page, button);
    });
    place.replaceChildren(form);
    form.querySelector("input, textarea").focus();
  }

  function field(name, label, input) {
    return made("div", { class: "field" }, made("label", { for: `correction-${name}` }, label), input);
  }

  function others() {
    const set = made("fieldset", {}, made("legend", { class: "soft" }, "With which story?"));
    for (const near of story.querySelectorAll("#nearest [data-near]")) {
      const choice = made("input", { type: "radio", name: "near", value: near.dataset.near });
      set.append(made("label", { class: "choice" }, choice, near.querySelector(".name").textContent));
    }
    set.append(field("pasted", "or the address or id of another story or article", made("input", { id: "correction-pasted", name: "pasted", maxlength: "1000", autocomplete: "off" })));
    return set;
  }

  async function send(action, form, page, button) {
    const kind = KIND[action];
    if (action === "join" && !chosenOther(form)) {
      refused({ title: "Choose a story, or paste the address of one." });
      form.elements.pasted.focus();
      return;
    }
    const body = { action, ...kind.says(page, form), why: form.elements.why.value.trim() };
    if (form.elements.by) {
      body.by = form.elements.by.value.trim();
      keep(BY, body.by);
    }
    await work(form.querySelectorAll("button"), async () => {
      const answer = await fetch(`${root}/v1/corrections?wait=${WAIT}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
      const told = await answer.json();
      if (!answer.ok) return refused(told);
      close(button);
      await settled(`${kind.done}${told.state === "waiting" ? "; it waits to be decided" : ""}${answer.status === 200 ? " (it was said before)" : ""}.`, action === "part" ? page.ticked[0] : null);
    });
  }

  async function undo(id, button) {
    await work([button], async () => {
      const answer = await fetch(`${root}/v1/corrections/${encodeURIComponent(id)}?wait=${WAIT}`, { method: "DELETE" });
      if (!answer.ok) return refused(await answer.json());
      await settled("Undone.", null);
      document.getElementById("corrections")?.querySelector("[data-action]")?.focus();
    });
  }

  /** Show the story as it is now, and say so; of an article that left it, where it is. */
  async function settled(said, left) {
    let elsewhere = null;
    if (left) {
      const answer = await fetch(`${root}/v1/articles/${encodeURIComponent(left)}`);
      const id = answer.ok ? (await answer.json()).story : null;
      if (id && id !== story.dataset.story) elsewhere = made("a", { href: `${root}/stories/${encodeURIComponent(id)}` }, "the story that it is in now");
    }
    await showAnew(new Set());
    announce(said);
    const place = document.querySelector("#corrections .result");
    place?.replaceChildren(said, ...(elsewhere ? [" See ", elsewhere, "."] : []));
  }

  async function work(buttons, what) {
    for (const button of buttons) button.disabled = true;
    try {
      await what();
    } catch {
      refused({ title: "The service does not answer; nothing is known of what was sent. Look again in a moment." });
    } finally {
      for (const button of buttons) button.disabled = false;
    }
  }

  /** Say what is wrong; of a contradiction also by way of which articles and corrections it is one. */
  function refused(problem) {
    result.classList.toggle("refused", Boolean(problem));
    result.replaceChildren();
    if (!problem) return;
    result.append(made("p", {}, made("strong", {}, problem.title)));
    if (problem.chain?.length) {
      const list = made("ol", { "aria-label": "The chain that contradicts" });
      for (const id of [...problem.chain, ...(problem.against ?? [])]) {
        const item = made("li", {}, id);
        list.append(item);
        nameOf(id, problem).then((name) => item.replaceChildren(name));
      }
      result.append(made("p", { class: "soft" }, "By way of"), list, made("details", { class: "table" }, made("summary", {}, "In full"), made("p", { class: "soft" }, problem.detail)));
    } else if (problem.detail) {
      result.append(made("p", { class: "soft" }, problem.detail));
    }
    announce(`${problem.title}${problem.detail ? `: ${problem.detail}` : ""}`);
  }

  /** An article's title, or what a correction says: from the page, else from the service. */
  async function nameOf(id, problem) {
    if (id === problem.correction) return "this correction";
    const shown = story.querySelector(`.member[data-article="${CSS.escape(id)}"] .title bdi`)?.textContent;
    if (shown) return `“${shown}”`;
    const isCorrection = /^c[0-9a-f]{16}$/.test(id);
    const answer = await fetch(`${root}/v1/${isCorrection ? "corrections" : "articles"}/${encodeURIComponent(id)}`);
    if (!answer.ok) return id;
    const told = await answer.json();
    if (!isCorrection) return `“${told.title}”`;
    return `the correction “${told.action}”${told.by ? ` by ${told.by}` : ""}${told.why ? `: ${told.why}` : ""}`;
  }
}
