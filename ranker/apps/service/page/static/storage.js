// Storage: texts that this browser keeps from page to page.

/** What is kept in this browser under a name; null without storage. */
export function kept(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

/** Keep a text in this browser, if it keeps any. */
export function keep(name, text) {
  try {
    localStorage.setItem(name, text);
  } catch {
    // A browser that keeps nothing forgets it with the page.
  }
}
