/**
 * Replaces inside of JSON without building it: strings (keys too) are decoded, so that `\u0040` hides nothing, and long
 * numbers are looked at as text. Everything else stays as it is, byte for byte.
 */

type Replace = (text: string) => string | undefined;

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]{5,}|"/gs;

/** The same string where nothing changed; undefined where the text is not JSON as far as its strings go. */
export function replaceInJson(text: string, replace: Replace): string | undefined {
  let output = '';
  let done = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [token] = match;
    if (token === '"') return undefined;
    const end = match.index + token.length;
    const replaced = replaceToken(token, isKey(text, end), replace);
    if (replaced === undefined) return undefined;
    if (replaced === token) continue;
    output += text.slice(done, match.index) + replaced;
    done = end;
  }
  return done === 0 ? text : output + text.slice(done);
}

function replaceToken(token: string, isName: boolean, replace: Replace): string | undefined {
  const isString = token.startsWith('"');
  const value = isString ? decode(token) : token;
  if (value === undefined) return undefined;
  const replaced = replace(value);
  if (replaced === value) return token;
  if (replaced === undefined) return isName ? '""' : 'null';
  return JSON.stringify(replaced);
}

function decode(token: string): string | undefined {
  if (!token.includes('\\')) return token.slice(1, -1);
  try {
    const value: unknown = JSON.parse(token);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

function isKey(text: string, end: number): boolean {
  let at = end;
  while (/\s/.test(text.charAt(at))) at += 1;
  return text.charAt(at) === ':';
}
