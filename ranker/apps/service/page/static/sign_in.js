// A link on another site brings no cookie along, so it leads here even who is signed in: this page asks again, with the cookie.

if (document.getElementById("sign-in") && new URLSearchParams(location.search).has("next")) {
  const answer = await fetch(location.href, { redirect: "manual" });
  if (answer.type === "opaqueredirect") location.replace(location.href);
}
