// Finding, opening, and plots that are drawn when they come into view.
(function () {
  "use strict";
  document.addEventListener("theme", () => {
    for (const plot of document.querySelectorAll(".plot")) if (plot.dataset.drawn) draw(plot);
  });

  // Finding and opening
  const stories = [...document.querySelectorAll("#stories > .story")];
  const find = document.getElementById("find");
  const found = document.getElementById("found");
  const fold = document.getElementById("fold");
  find.hidden = fold.hidden = stories.length === 0;
  const texts = stories.map((story) => story.textContent.toLowerCase());
  find.addEventListener("input", () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    stories.forEach((story, i) => {
      story.hidden = !words.every((word) => texts[i].includes(word));
      count += story.hidden ? 0 : 1;
    });
    found.textContent = words.length ? `${count} of ${stories.length}` : "";
  });
  fold.addEventListener("click", () => {
    const open = fold.textContent === "Open all";
    for (const details of document.querySelectorAll("details.members")) details.open = open;
    fold.textContent = open ? "Close all" : "Open all";
  });

  // Plots
  const config = { displaylogo: false, responsive: true, plotlyServerURL: "", showSendToCloud: false };
  function draw(plot) {
    const theme = isDark() ? "dark" : "light";
    if (plot.dataset.drawn === theme) return;
    plot.dataset.drawn = theme;
    const figure = JSON.parse(plot.querySelector(`script.${theme}`).textContent);
    Plotly.react(plot.querySelector(".canvas"), figure.data, figure.layout, config);
  }
  const watcher = new IntersectionObserver((seen) => {
    for (const entry of seen) if (entry.isIntersecting) draw(entry.target);
  }, { rootMargin: "200px" });
  for (const plot of document.querySelectorAll(".plot")) {
    plot.querySelector(".canvas").style.minHeight = `${plot.dataset.height}px`;
    watcher.observe(plot);
  }
})();
