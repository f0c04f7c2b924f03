/** The keys of a resource that say where a proxy may lead. */
import { z } from 'zod';
import { parseAddressRange } from '../../../addresses/address-range.ts';
import { readDestinationPattern } from './destination-pattern.ts';

const destination = z
  .string()
  .max(300)
  .superRefine((text, context) => {
    const pattern = readDestinationPattern(text);
    if (!pattern.ok) context.addIssue({ code: 'custom', message: pattern.reason });
    else if (text !== text.toLowerCase())
      context.addIssue({ code: 'custom', message: 'is not in lower case' });
  });

/** Schema of `destinations`. */
export const destinationsSchema: z.ZodType<readonly string[]> = z.array(destination).min(1).max(1000);

/** Schema of `allowAddresses`. */
export const allowAddressesSchema: z.ZodType<readonly string[]> = z
  .array(
    z
      .string()
      .refine(
        (text) => parseAddressRange(text) !== undefined,
        'is no IP address and no range of them, such as 10.1.0.0/16, without bits behind the prefix',
      ),
  )
  .max(256);

/** What of a resource's keys depends on whether it is one service or many places. */
interface Keys {
  readonly url?: string;
  readonly destinations?: readonly string[];
  readonly inspect?: boolean;
  readonly allowPlaintext: boolean;
  readonly tls: object;
  readonly credential: object;
  readonly graphql: readonly string[];
  readonly jsonRpc: readonly string[];
  readonly openapi?: string;
  readonly clientAuthorization: 'drop' | 'forward';
}

/** A problem, and the key that has it. */
interface Problem {
  readonly path: readonly string[];
  readonly message: string;
}

/** What does not go together. A key that would say nothing is a mistake: somebody relies on it. */
export function destinationProblems(config: Keys): readonly Problem[] {
  const { url, destinations, inspect } = config;
  if (destinations === undefined) {
    if (url === undefined) return [{ path: [], message: 'needs `url`, or `destinations`' }];
    if (inspect === undefined) return [];
    return [{ path: ['inspect'], message: 'goes with `destinations`; tunnels to a `url` are opened' }];
  }
  const problems: Problem[] = [];
  const refuse = (isWrong: boolean, message: string, ...path: string[]): void => {
    if (isWrong) problems.push({ path, message });
  };
  refuse(url !== undefined, 'stands beside `destinations`: a resource is one or the other', 'url');
  refuse(config.allowPlaintext, 'has no use: destinations are https', 'allowPlaintext');
  refuse('serverName' in config.tls, 'has no use: the name is that of the destination', 'tls', 'serverName');
  if (inspect !== false) return problems;
  const unseen = 'has no use where tunnels are not opened: nobody sees what is in them';
  refuse(!('none' in config.credential), unseen, 'credential');
  refuse(config.clientAuthorization === 'forward', unseen, 'clientAuthorization');
  refuse(config.graphql.length > 0, unseen, 'graphql');
  refuse(config.jsonRpc.length > 0, unseen, 'jsonRpc');
  refuse(config.openapi !== undefined, unseen, 'openapi');
  refuse(Object.keys(config.tls).length > 0, unseen, 'tls');
  return problems;
}
