/** The plug point of protocols: one line each. */
import { http } from './http/index.ts';
import { postgres } from './postgres/index.ts';
import type { Protocol } from './protocol.ts';
import { rdp } from './rdp/index.ts';
import { ssh } from './ssh/index.ts';

/** Every protocol the gateway speaks; a name twice is an error at start. */
export const protocols: readonly Protocol[] = unique([
  postgres as Protocol,
  http as Protocol,
  ssh as Protocol,
  rdp as Protocol,
]);

function unique(list: readonly Protocol[]): readonly Protocol[] {
  const names = new Set(list.map((protocol) => protocol.name));
  if (names.size !== list.length) throw new TypeError('two protocols have the same name');
  return list;
}
