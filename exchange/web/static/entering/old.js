// For browsers that know no modules: they run this instead, so it is written in what they know.
(function () {
  var told = document.getElementById("too-old");
  if (told) told.removeAttribute("hidden");
})();
