/**
 * Facts of a test case of the policy tools: `rdp: VIEW`, `rdp: { operation: CHANNEL, channel: rdpdr, client: PC }`, or
 * `rdp: { operation: PASTE, detect: [private-key] }`.
 */
import type { Facts } from '../../../model/facts.ts';
import { desktopFacts } from './desktop-facts.ts';
import { DESKTOP_OPERATIONS } from './facts-family.ts';

const KEYS: ReadonlySet<string> = new Set(['operation', 'channel', 'detect', 'client', 'width', 'height']);

/** @throws Error that says what is wrong with the case */
export function rdpFactsFromCase(body: unknown): Facts {
  const given = typeof body === 'string' ? { operation: body } : body;
  if (typeof given !== 'object' || given === null)
    throw new Error('`rdp` is an operation, or `{ operation: … }`');
  const values = new Map<string, unknown>(Object.entries(given));
  const unknown = [...values.keys()].find((key) => !KEYS.has(key));
  if (unknown !== undefined) throw new Error(`\`rdp\` has no key \`${unknown}\``);
  const operation = DESKTOP_OPERATIONS.find((one) => one === values.get('operation'));
  if (operation === undefined) throw new Error(`\`operation\` is one of ${DESKTOP_OPERATIONS.join(', ')}`);
  const text = (key: string): string => {
    const value = values.get(key) ?? '';
    if (typeof value !== 'string') throw new Error(`\`${key}\` is a text`);
    return value;
  };
  const size = (key: string, usual: number): number => {
    const value = values.get(key) ?? usual;
    if (typeof value !== 'number' || !Number.isInteger(value))
      throw new Error(`\`${key}\` is a number of pixels`);
    return value;
  };
  const channel = text('channel');
  const isOfChannel = operation === 'CHANNEL' || operation === 'DYNAMIC_CHANNEL';
  if ((channel !== '') !== isOfChannel)
    throw new Error('`channel` belongs to CHANNEL and DYNAMIC_CHANNEL, and to nothing else');
  const found = foundOf(values.get('detect') ?? []);
  if (found.length > 0 && operation !== 'COPY' && operation !== 'PASTE')
    throw new Error('`detect` belongs to COPY and PASTE, and to nothing else');
  const wish = {
    resource: 'the resource',
    client: text('client'),
    channels: operation === 'CHANNEL' ? [channel] : [],
    width: size('width', 1024),
    height: size('height', 768),
  };
  return desktopFacts(wish, operation, { channel, found });
}

function foundOf(value: unknown): readonly string[] {
  const names: readonly unknown[] = Array.isArray(value) ? value : [value];
  const found = names.filter((name) => typeof name === 'string');
  if (found.length < names.length) throw new Error('`detect` is a list of names of detectors');
  return found;
}
