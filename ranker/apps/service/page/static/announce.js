// Announce: what happens, said to those who see the page and to those who hear it.

/** Say something politely to those who listen to the page (`#live`); `shown` is for what all should see. */
export function announce(text, { shown = false } = {}) {
  const live = document.getElementById("live");
  if (!live) return;
  live.classList.toggle("shown", shown);
  if (live.textContent !== text) live.textContent = text;
}
