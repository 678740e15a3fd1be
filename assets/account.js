// Who has signed in: the page is drawn once for all with the same rights, so the name comes from a cookie of its own.
(() => {
  const held = document.cookie.split("; ").find(part => part.startsWith("liveroom-nama="));
  if (!held) return;
  for (const place of document.querySelectorAll("[data-account]")) place.textContent = decodeURIComponent(held.split("=")[1]);
})();
