/** Texts of the clipboard are judged by what detectors find in them, on the wire between a client and a machine that both say what the test wants. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLIPBOARD } from '../../../src/protocols/rdp/wire/channel/clipboard.ts';
import { writeData } from '../../../src/protocols/rdp/wire/mcs/domain.ts';
import { ClipboardEnd } from '../../support/rdp-clipboard.ts';
import { WHOLE_DESKTOP } from '../../support/rdp-gateway.ts';
import { RawRdpClient, type RawRdpTarget, startRawTarget } from '../../support/rdp-peers.ts';
import { lastDesktop, outcomeOf, startRawDesk } from '../../support/rdp-raw-desk.ts';
import type { AuditRecord, StartedGateway } from '../../support/running-gateway.ts';

const CHANNEL = 1004;
const SECRET = 'AKIAIOSFODNN7EXAMPLE';
const OPEN = WHOLE_DESKTOP.replace('[VIEW, CONTROL]', '[VIEW, COPY, PASTE]');
const deny = (operations: string, detect: string): string =>
  `  - { id: no-secrets, effect: deny, on: rdp, match: { operations: ${operations}, detect: ${detect} } }\n`;
const BOTH_WAYS = OPEN + deny('[COPY, PASTE]', '[api-key, private-key, national-id]');

let target: RawRdpTarget;
let gateway: StartedGateway;

beforeAll(async () => {
  target = await startRawTarget();
  gateway = await startRawDesk(target, { policy: BOTH_WAYS });
});
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await target?.[Symbol.asyncDispose]();
});

interface Ends extends AsyncDisposable {
  /** At the client. */
  readonly mine: ClipboardEnd;
  /** At the machine. */
  readonly theirs: ClipboardEnd;
}

/** A session with a clipboard that both sides have offered text in. */
async function clipboards(policy: string): Promise<Ends> {
  await gateway.setPolicy(policy);
  const { promise, resolve } = Promise.withResolvers<ClipboardEnd>();
  target.play = ({ packets }) => {
    const send = (data: Buffer): void =>
      packets.write(writeData('downstream', { initiator: 1002, channel: CHANNEL, data: [data] }));
    resolve(new ClipboardEnd(packets, CHANNEL, 'downstream', send));
  };
  const client = await RawRdpClient.connect(gateway, { channels: ['cliprdr'] });
  await client.logIn('svc+desk', await gateway.issuer.token());
  await client.confirm();
  const theirs = await promise;
  const mine = new ClipboardEnd(client.packets, CHANNEL, 'upstream', (data) => client.send(CHANNEL, data));
  theirs.offer();
  await mine.until(CLIPBOARD.FORMAT_LIST);
  mine.offer();
  await theirs.until(CLIPBOARD.FORMAT_LIST);
  return { mine, theirs, [Symbol.asyncDispose]: () => client[Symbol.asyncDispose]() };
}

/** What one end gets of a text of the other. */
async function passes(from: ClipboardEnd, to: ClipboardEnd, text: string): Promise<string | undefined> {
  to.ask();
  const [got] = await Promise.all([to.text(), from.answerAll([text])]);
  return got;
}

const withheld = (records: readonly AuditRecord[]): readonly AuditRecord[] =>
  records.filter(
    ({ type, effect, request }) =>
      type === 'exchange.intent' &&
      effect === 'deny' &&
      (request as { detect?: unknown }).detect !== undefined,
  );

describe('text with something in it that the policy keeps back', () => {
  it('P5: passes in neither direction, whatever it stands among; other text does; it is on file, and what it says is not', async () => {
    {
      await using ends = await clipboards(BOTH_WAYS);
      const { mine, theirs } = ends;
      for (const [from, to] of [
        [theirs, mine],
        [mine, theirs],
      ] as const) {
        expect(await passes(from, to, 'just a note')).toBe('just a note');
        expect(await passes(from, to, `aws_key=${SECRET}`)).toBeUndefined();
        expect(await passes(from, to, `${'long '.repeat(40_000)}${SECRET} and on`)).toBeUndefined();
        // What stands behind the end of a text is not handed out, and so need not be judged.
        expect(await passes(from, to, `a\0${SECRET}`)).toBe('a');
        expect(await passes(from, to, 'just another')).toBe('just another');
      }
    }
    const records = await lastDesktop(gateway);
    expect(withheld(records)).toHaveLength(4);
    expect(withheld(records)[0]).toMatchObject({
      request: { operation: 'COPY', detect: ['api-key'] },
      summary: 'copy text from the desktop of desk, with api-key in it',
      rules: ['no-secrets'],
    });
    for (const operation of ['COPY', 'PASTE'])
      expect(outcomeOf(records, operation)).toMatchObject({ texts: 3, withheld: 2, refused: 2 });
    expect(JSON.stringify(gateway.records())).not.toContain(SECRET);
  });

  it('is kept back in the direction that the rule names, for the content that it names', async () => {
    await using ends = await clipboards(OPEN + deny('[PASTE]', '[national-id]'));
    const { mine, theirs } = ends;
    const id = 'my social security number is 536-22-1234';
    expect(await passes(theirs, mine, id)).toBe(id);
    expect(await passes(mine, theirs, id)).toBeUndefined();
    expect(await passes(mine, theirs, SECRET)).toBe(SECRET);
  });

  it('P8: is kept back from the moment on that the policy says so', async () => {
    await using ends = await clipboards(OPEN);
    const { mine, theirs } = ends;
    expect(await passes(theirs, mine, SECRET)).toBe(SECRET);
    await gateway.setPolicy(BOTH_WAYS);
    expect(await passes(theirs, mine, SECRET)).toBeUndefined();
  });

  it('P4: that a rule only observes passes, once that is on file', async () => {
    const observed = BOTH_WAYS.replace('effect: deny, on: rdp', 'effect: deny, mode: observe, on: rdp');
    const known = gateway.records().length;
    const noted = (): readonly AuditRecord[] =>
      gateway
        .records()
        .slice(known)
        .filter(
          ({ type, request }) =>
            type === 'exchange.intent' && (request as { detect?: unknown }).detect !== undefined,
        );
    await using ends = await clipboards(observed);
    const { mine, theirs } = ends;
    for (let count = 1; count <= 10; count += 1) {
      const [from, to] = count % 2 === 0 ? [theirs, mine] : [mine, theirs];
      expect(await passes(from, to, `${SECRET} ${count}`)).toBe(`${SECRET} ${count}`);
      // Who has it reads the file: nothing is waited for.
      expect(noted()).toHaveLength(count);
    }
    expect(noted()[0]).toMatchObject({
      effect: 'permit',
      observed: [{ rule: 'no-secrets', effect: 'deny' }],
    });
    expect(await passes(theirs, mine, 'and one without')).toBe('and one without');
  });

  it('P10: a flood of it fills neither the audit nor the session, and is counted', async () => {
    const FLOOD = 400;
    {
      await using ends = await clipboards(BOTH_WAYS);
      const { mine, theirs } = ends;
      const flood = theirs.answerAll(Array.from({ length: FLOOD }, (_, index) => `${SECRET} ${index}`));
      for (let count = 0; count < FLOOD; count += 1) {
        mine.ask();
        expect(await mine.text()).toBeUndefined();
      }
      await flood;
      expect(await passes(theirs, mine, 'still here')).toBe('still here');
    }
    const records = await lastDesktop(gateway);
    expect(withheld(records)).toHaveLength(32);
    expect(outcomeOf(records, 'COPY')).toMatchObject({ texts: 1, withheld: FLOOD });
  });
});
