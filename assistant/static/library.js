// Keeps the address of the library page in step with the collection that it shows, so that it can be
// kept, sent to somebody and loaded again. The page says the address as a link that nobody sees.
(() => {
  "use strict";

  new MutationObserver(() => {
    const link = document.querySelector("#place a");
    if (!link) return;
    // The rest of the address is somebody else's, such as a theme's.
    const address = new URL(location.href);
    const collection = new URL(link.href).searchParams.get("collection");
    if (collection) address.searchParams.set("collection", collection);
    else address.searchParams.delete("collection");
    if (address.href !== location.href) history.replaceState(history.state, "", address);
  }).observe(document.documentElement,
    { subtree: true, childList: true, attributeFilter: ["href"] });
})();
