// Saving a package as a file, to be carried to whoever is next.

/** Let the browser save a package under the item's title. */
export function save(blob, title) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = nameOf(title);
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // a large file is still being written
}

/** A file's name that every system takes. */
export function nameOf(title) {
  const plain = [...title.normalize("NFC").replace(/[\\/<>:"|?*\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, " ").trim()].slice(0, 60).join("");
  return `${plain.replace(/[. ]+$/, "") || "yizhan"}.asice`;
}
