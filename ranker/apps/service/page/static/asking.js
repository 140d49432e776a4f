// Asking: the forms and the address say the same; from either the list is asked anew.

import { root } from "./service.js";
import { SIGNALS } from "./cards.js";

const FIELDS = ["q", "topic", "provider", "category", "minProviders", "within", "since", "until", "sort"];
const FILTERS = [...FIELDS.filter((name) => name !== "sort"), "language", "asOf"];
const weightsForm = document.getElementById("weights");
const filtersForm = document.getElementById("filters");
export const profile = document.getElementById("profile");
const sliders = SIGNALS.map((name) => weightsForm.elements[name]);
export const state = new URLSearchParams(); // of the address
readAddress();

/** The state is what the address says. */
export function readAddress() {
  for (const name of [...state.keys()]) state.delete(name);
  for (const [name, value] of new URLSearchParams(location.search)) if (!["cursor", "part"].includes(name)) state.set(name, value);
}

/** The forms say what the state says: somebody went back. */
export function fillForms() {
  for (const name of FIELDS) {
    const field = filtersForm.elements[name];
    const value = state.get(name) ?? "";
    field.value = field.type === "datetime-local" ? value.replace(/(:00)?Z$/, "") : value;
  }
  profile.value = state.get("profile") ?? "";
  showWeights(state.has("weights") ? weightsIn(state.get("weights")) : profileWeights(), { move: true });
  tellLinks();
}

/** Weights as a text has them: "quality:0.3,heat:0.4,recency:0.3". */
export function weightsIn(text) {
  const found = Object.fromEntries(SIGNALS.map((name) => [name, 0]));
  for (const item of text.split(",")) {
    const [name, value] = item.split(":");
    found[name] = Number(value);
  }
  return found;
}

/** The weights that the sliders say. */
export function weightsNow() {
  return Object.fromEntries(sliders.map((slider) => [slider.name, Number(slider.dataset.weight)]));
}

const asText = (weights) => SIGNALS.map((name) => `${name}:${weights[name]}`).join(",");
const profileWeights = () => weightsIn(profile.selectedOptions[0].dataset.weights);

/** Set the sliders, and say in words what they weigh. */
export function showWeights(weights, { move }) {
  const said = [];
  const total = SIGNALS.reduce((sum, name) => sum + weights[name], 0);
  const unit = Math.max(1, ...SIGNALS.map((name) => weights[name])); // sliders end at 1
  for (const slider of sliders) {
    const share = Math.round(total > 0 ? (weights[slider.name] / total) * 100 : 0);
    const words = `${share}\u202f%`;
    if (move) slider.dataset.weight = slider.value = String(weights[slider.name] / unit);
    said.push(share);
    document.getElementById(`share-${slider.name}`).textContent = words;
    slider.setAttribute("aria-valuetext", `${slider.name} ${words}`);
  }
  document.getElementById("weights-now").textContent = `${said.join(" / ")} %`;
}

/** A slider was moved: the state, and the weights to draw; null if nothing weighs anything. */
export function sliderMoved(slider) {
  slider.dataset.weight = slider.value;
  const weights = weightsNow();
  showWeights(weights, { move: false });
  if (!SIGNALS.some((name) => weights[name] > 0)) return null;
  if (SIGNALS.every((name) => weights[name] === profileWeights()[name])) state.delete("weights");
  else state.set("weights", asText(weights));
  tellLinks();
  return weights;
}

/** A profile was chosen: the sliders are set to its weights. */
export function profileChosen() {
  state.delete("weights");
  if (profile.value) state.set("profile", profile.value);
  else state.delete("profile");
  showWeights(profileWeights(), { move: true });
  tellLinks();
}

/** Back to what the service weighs by itself. */
export function ownWeights() {
  profile.value = "";
  profileChosen();
}

/** What the form of filters says goes into the state. */
export function readFilters(changed) {
  const fields = filtersForm.elements;
  if (changed?.name === "within" && changed.value) fields.since.value = "";
  if (changed?.name === "since" && changed.value) fields.within.value = "";
  for (const name of FIELDS) {
    const value = fields[name].value.trim();
    if (value) state.set(name, value);
    else state.delete(name);
  }
  tellLinks();
}

/** No filters any more. */
export function clearFilters() {
  for (const name of FIELDS) if (name !== "sort") filtersForm.elements[name].value = "";
  for (const name of FILTERS) state.delete(name);
  tellLinks();
}

export const hasFilters = () => FILTERS.some((name) => state.has(name));

/** The address of the list, with more parameters or without. */
export function address(more = {}) {
  const wanted = new URLSearchParams(state);
  for (const [name, value] of Object.entries(more)) wanted.set(name, value);
  wanted.sort();
  const query = wanted.toString().replaceAll("%3A", ":").replaceAll("%2C", ",").replaceAll("+", "%20");
  return query ? `${root}/?${query}` : `${root}/`;
}

function without(names) {
  const kept = new URLSearchParams(state);
  for (const name of names) kept.delete(name);
  const query = kept.toString();
  return query ? `${root}/?${query}` : `${root}/`;
}

/** The links beside the forms lead where they say, whatever the forms say by now. */
export function tellLinks() {
  const own = document.getElementById("own");
  own.href = without(["profile", "weights"]);
  own.hidden = !state.has("profile") && !state.has("weights");
  const clear = document.getElementById("clear");
  clear.href = without(FILTERS);
  clear.hidden = !hasFilters();
}

export { filtersForm, weightsForm, sliders };
