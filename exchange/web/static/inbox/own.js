// Whose key this browser holds: an act is on a person's own word only where it is theirs.
import { current } from "../signing/kept.js";

/** The key of whoever is signed in, null where this browser does not hold it: then the service asserts what is done. */
export async function ownKey() {
  const key = await current().catch(() => null);
  return key && key.person === document.body.dataset.person && key.notAfter > new Date() ? key : null;
}
