/** PostgreSQL cuts longer names silently (NAMEDATALEN - 1), so that a longer one would mean another object. */
export const MAX_NAME_BYTES = 63;

/**
 * Whether a client may name this database. Names that PostgreSQL would cut are refused: the cut name may be another
 * database's.
 */
export function isDatabaseAllowed(
  config: { readonly database: string; readonly databases?: readonly string[] },
  database: string,
): boolean {
  if (database === '' || database.includes('\0') || Buffer.byteLength(database) > MAX_NAME_BYTES)
    return false;
  return (config.databases ?? [config.database]).some((pattern) =>
    config.databases === undefined ? pattern === database : matchesGlob(pattern, database),
  );
}

/** Whether the whole of `text` matches `pattern`, in which `*` is any run of characters. Time: product of the lengths. */
function matchesGlob(pattern: string, text: string): boolean {
  let at = 0;
  let star = -1;
  let retry = 0;
  for (let index = 0; index < text.length; ) {
    if (pattern[at] === '*') {
      star = at;
      at += 1;
      retry = index;
    } else if (pattern[at] === text[index]) {
      at += 1;
      index += 1;
    } else if (star !== -1) {
      at = star + 1;
      retry += 1;
      index = retry;
    } else {
      return false;
    }
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
}
