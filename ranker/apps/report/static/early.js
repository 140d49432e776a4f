// Before anything is drawn: scripts run, and the theme that was chosen.
(function () {
  const page = document.documentElement;
  page.classList.add("js");
  try {
    const theme = localStorage.getItem("ranker-theme");
    if (theme === "dark" || theme === "light") page.dataset.theme = theme;
  } catch {
    // A file may have no storage: the system's theme stays.
  }
})();
