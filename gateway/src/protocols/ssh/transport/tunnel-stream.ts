/** A tunnel through a machine as a stream, on which another connection is spoken. */
import { Duplex } from 'node:stream';
import type { ClientProgram } from './client-connection.ts';

/** Ends, in both directions, with the channel. The channel itself is never used as a stream: on a dead connection that throws. */
export function tunnelStream(channel: ClientProgram): Duplex {
  return new Duplex({
    allowHalfOpen: false,
    read() {
      void channel.stdout.next().then((bytes) => this.push(bytes ?? null));
    },
    write(bytes: Buffer, _encoding, done) {
      void channel.write(bytes).then(() => done());
    },
    writev(pieces: readonly { readonly chunk: Buffer }[], done) {
      void channel.write(Buffer.concat(pieces.map(({ chunk }) => chunk))).then(() => done());
    },
    final(done) {
      channel.endInput();
      done();
    },
    destroy(error, done) {
      channel.close();
      done(error);
    },
  });
}
