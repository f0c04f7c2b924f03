/** Protocols by their name. */
import { protocols } from '../protocols/index.ts';
import type { Protocol } from '../protocols/protocol.ts';

/** The protocol of this name. @throws TypeError for none: the config was checked */
export function protocolNamed(name: string): Protocol {
  const protocol = protocols.find((one) => one.name === name);
  if (protocol === undefined) throw new TypeError(`unknown protocol ${name}`);
  return protocol;
}
