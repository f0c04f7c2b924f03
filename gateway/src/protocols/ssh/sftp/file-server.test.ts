import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Permit } from '../../../enforcement/permit.ts';
import type { ClientProgram } from '../transport/client-connection.ts';
import { SshUpstreamError } from '../upstream/errors.ts';
import { FileServer } from './file-server.ts';
import { lookingBy } from './looking.ts';
import { resolvePath, UnresolvedError } from './resolve-path.ts';
import { attributeFields } from './wire/attributes.ts';
import { type Field, writePacket } from './wire/fields.ts';
import { TYPE } from './wire/numbers.ts';
import { PacketReader } from './wire/packet-reader.ts';
import { writeHandle, writeNames, writeStatus, writeVersion } from './wire/replies.ts';

/** Not looked into by the server: who has none cannot call it, which types see to. */
const permit = {} as Permit;

/** A program on the machine whose output is made by a function of what it gets. */
function program(answer: (packet: Buffer) => readonly Buffer[]): ClientProgram & { killed: boolean } {
  const out: Buffer[] = [];
  let wake: (() => void) | undefined;
  const reader = new PacketReader();
  const fake = {
    killed: false,
    stdout: {
      async next(): Promise<Buffer | undefined> {
        while (out.length === 0) {
          if (fake.killed) return undefined;
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
        return out.shift();
      },
    },
    stderr: { next: () => Promise.resolve(undefined) },
    write(bytes: Buffer): Promise<void> {
      reader.read(Buffer.from(bytes), (packet) => out.push(...answer(packet)));
      wake?.();
      return Promise.resolve();
    },
    kill(): void {
      fake.killed = true;
      wake?.();
    },
  };
  return fake as unknown as ClientProgram & { killed: boolean };
}

const idOf = (packet: Buffer): number => packet.readUInt32BE(5);
const version = writeVersion('VERSION', new Map([['posix-rename@openssh.com', '1']]));

/** Says its version, then answers by `answer`. */
const server = (answer: (packet: Buffer) => readonly Buffer[]): Promise<FileServer> =>
  FileServer.begin(
    program((packet) => (packet.readUInt8(4) === TYPE.INIT ? [version] : answer(packet))),
    10_000,
  );

describe('a hostile server of files', () => {
  it.each([
    ['another version', [writeVersion('VERSION', new Map()).fill(9, 5, 9)]],
    ['something else', [Buffer.from('SSH-2.0-x\r\n')]],
    ['an answer in front', [writeStatus(1, 0)]],
    ['a length of nothing', [Buffer.alloc(4)]],
    ['a length beyond everything', [Buffer.alloc(5, 0xff)]],
  ])('P3: that says %s is none', async (_, says) => {
    const fake = program(() => says);
    await expect(FileServer.begin(fake, 10_000)).rejects.toThrow(SshUpstreamError);
    expect(fake.killed).toBe(true);
  });

  it.each([
    ['an id that nobody waits for', (packet: Buffer) => [writeStatus(idOf(packet) + 1, 0)]],
    [
      'the same answer twice',
      (packet: Buffer) => [writeStatus(idOf(packet), 0), writeStatus(idOf(packet), 0)],
    ],
    ['a type that is no answer', (packet: Buffer) => [writePacket(TYPE.OPEN, idOf(packet), ['x'])]],
    ['an answer without an id', () => [Buffer.from('0000000165', 'hex')]],
    ['a million names', (packet: Buffer) => [writePacket(TYPE.NAME, idOf(packet), [{ uint32: 1_000_000 }])]],
    [
      'half an answer and a length',
      (packet: Buffer) => [writeStatus(idOf(packet), 0).subarray(0, 9), Buffer.alloc(40, 0xff)],
    ],
    ['a handle that is too long', (packet: Buffer) => [writeHandle(idOf(packet), Buffer.alloc(300))]],
  ])('P10: that sends %s is ended, and everybody who waits is told', async (_, answer) => {
    const files = await server(answer);
    const first = files.ask(permit, TYPE.LSTAT, ['/x']).catch((error: unknown) => error);
    const second = files.ask(permit, TYPE.LSTAT, ['/y']).catch((error: unknown) => error);
    const found = await Promise.all([first, second]);
    expect(found.some((one) => one instanceof SshUpstreamError)).toBe(true);
    expect(await files.ended).toBeInstanceOf(SshUpstreamError);
    await expect(files.ask(permit, TYPE.LSTAT, ['/z'])).rejects.toThrow(SshUpstreamError);
  });

  it('P10: random bytes end it, whatever they are', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 200 }), { minLength: 1 }),
        async (noise) => {
          let said = 0;
          const files = await server(() => {
            said += 1;
            return said === 1
              ? [...noise.map((bytes) => Buffer.from(bytes)), Buffer.alloc(8, 0xff), Buffer.alloc(8, 0xff)]
              : [];
          });
          const asked = files.ask(permit, TYPE.LSTAT, ['/x']).catch((error: unknown) => error);
          // Noise may be the beginning of a message, which is waited for, as long as there is time.
          await Promise.race([asked, files.ended, new Promise((resolve) => setImmediate(resolve))]);
          files.close();
          expect(await files.ended).toBeInstanceOf(SshUpstreamError);
          await asked;
        },
      ),
      { numRuns: 200 },
    );
  });

  it('P3: that leads in circles, or nowhere, is not followed', async () => {
    const link: readonly Field[] = attributeFields({ permissions: 0o120777 });
    const says = (target: string) => (packet: Buffer) =>
      packet.readUInt8(4) === TYPE.LSTAT
        ? [writePacket(TYPE.ATTRS, idOf(packet), link)]
        : [writeNames(idOf(packet), [{ name: target, line: '', attributes: {} }])];
    for (const target of ['/a/b', 'b', '../b/../b', '', 'x'.repeat(5000)]) {
      const files = await server(says(target));
      const looking = lookingBy(files, permit);
      await expect(resolvePath('/a', { home: '/', follow: true, looking })).rejects.toThrow(UnresolvedError);
      files.close();
    }
  });

  it('P3: that does not say what something is, is not believed', async () => {
    const answers: readonly ((id: number) => Buffer)[] = [
      (id) => writePacket(TYPE.ATTRS, id, attributeFields({ size: 1 })),
      (id) => writePacket(TYPE.ATTRS, id, attributeFields({ permissions: 0o777 })),
      (id) => writeStatus(id, 4),
      (id) => writeStatus(id, 0),
      (id) => writeHandle(id, Buffer.from('x')),
    ];
    for (const answer of answers) {
      const files = await server((packet) => [answer(idOf(packet))]);
      const looking = lookingBy(files, permit);
      await expect(resolvePath('/a', { home: '/', follow: true, looking })).rejects.toThrow(UnresolvedError);
      files.close();
    }
  });
});
