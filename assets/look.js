// Light or dark: what was chosen stands in a cookie, by which the server writes the sheet of the dark colours.
(() => {
  const choice = document.querySelector("[data-look]"), sheet = document.querySelector("link[data-night]");
  if (!choice || !sheet) return;
  const name = choice.dataset.look, held = document.cookie.split("; ").find(part => part.startsWith(`${name}=`));
  choice.value = held ? held.slice(name.length + 1) : "";
  if (choice.selectedIndex < 0) choice.value = "";
  choice.parentElement.hidden = false;
  choice.addEventListener("change", () => {
    const age = choice.value ? 365 * 86400 : 0;
    document.cookie = `${name}=${choice.value}; path=${document.body.dataset.root || "/"}; max-age=${age}; samesite=lax`;
    sheet.href = `${sheet.href.split("?")[0]}?${choice.value}`;
  });
})();
