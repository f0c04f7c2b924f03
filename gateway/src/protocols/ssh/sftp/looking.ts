/** Looks at the machine for the gateway's own use: nothing of it is told to a client. */
import type { Permit } from '../../../enforcement/permit.ts';
import type { FileServer } from './file-server.ts';
import { type Look, type Looking, UnresolvedError } from './resolve-path.ts';
import { fileTypeOf } from './wire/attributes.ts';
import { STATUS, TYPE } from './wire/numbers.ts';

/** Looks by LSTAT and READLINK, under the permit of the transfer. */
export function lookingBy(server: FileServer, permit: Permit): Looking {
  return {
    async look(path): Promise<Look> {
      const reply = await server.ask(permit, TYPE.LSTAT, [path]);
      if (reply.kind === 'status') {
        // What the account may not look at it cannot use either.
        if (reply.code === STATUS.NO_SUCH_FILE || reply.code === STATUS.PERMISSION_DENIED) {
          return { kind: 'missing' };
        }
        throw new UnresolvedError('a path that the machine cannot look at');
      }
      if (reply.kind !== 'attributes') throw new UnresolvedError('a path of which the machine tells nothing');
      const kind = fileTypeOf(reply.attributes);
      if (kind === 'unknown') throw new UnresolvedError('a path of an unknown kind');
      return { kind, size: reply.attributes.size };
    },
    async readLink(path) {
      const reply = await server.ask(permit, TYPE.READLINK, [path]);
      if (reply.kind !== 'names' || reply.entries.length !== 1) {
        throw new UnresolvedError('a link that cannot be read');
      }
      return reply.entries[0]?.name ?? '';
    },
  };
}
