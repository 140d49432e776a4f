// Before anything is drawn: the theme that was chosen, and that scripts run at all.
(function () {
  const page = document.documentElement;
  page.classList.add("js");
  try {
    const theme = localStorage.getItem("ranker-theme");
    if (theme === "dark" || theme === "light") page.dataset.theme = theme;
  } catch {
    // Without storage, which a file may not have, the system's theme stays.
  }
})();
