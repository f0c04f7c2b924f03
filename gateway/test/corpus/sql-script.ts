import { nextToken } from '../../src/sql/postgres/lexical-scan.ts';

/**
 * Cuts a psql script at the semicolons outside brackets. Lines of psql's own commands are dropped; data of COPY and
 * psql variables stay in, so some pieces are not grammatical.
 */
export function splitScript(script: string): string[] {
  const text = script.replace(/^\\.*$/gm, '');
  const pieces: string[] = [];
  let start = 0;
  let depth = 0;
  for (let token = nextToken(text, 0); token !== undefined; token = nextToken(text, token.end)) {
    if (token.kind === 'open') depth++;
    else if (token.kind === 'close') depth--;
    else if (token.kind === 'semicolon' && depth <= 0) {
      pieces.push(text.slice(start, token.end));
      start = token.end;
      depth = 0;
    }
  }
  return pieces;
}
