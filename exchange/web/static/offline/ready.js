// Has the browser keep the page that is shown while the county cannot be reached. Where it cannot, nothing else is lost.
navigator.serviceWorker?.register("/offline-worker.js", { scope: "/", updateViaCache: "none" }).catch((error) => console.debug(error.name));
