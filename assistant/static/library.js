// Keeps the address of the library page in step with the collection that it shows, so that it can be
// kept, sent to somebody and loaded again. The page says the address as a link that nobody sees.
(() => {
  "use strict";

  new MutationObserver(() => {
    const link = document.querySelector("#place a");
    if (link && link.href !== location.href) history.replaceState(history.state, "", link.href);
  }).observe(document.documentElement,
    { subtree: true, childList: true, attributeFilter: ["href"] });
})();
