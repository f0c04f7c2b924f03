/** Statements that people have to agree to: when they are asked, who waits, and what a grant passes (design §6). */
import { describe, expect, it } from 'vitest';
import type { ApprovalObligation } from '../../../model/obligation.ts';
import { encodeBindComplete, encodeParseComplete } from '../wire/backend/bare-backend-messages.ts';
import { encodeCommandComplete } from '../wire/backend/command-complete.ts';
import { encodeFlush, encodeSync } from '../wire/frontend/bare-frontend-messages.ts';
import { encodeQuery } from '../wire/frontend/query.ts';
import { MemoryApprovals } from './testing/memory-approvals.ts';
import {
  ask,
  bind,
  describePortal,
  execute,
  failure,
  parse,
  prepared,
  ready,
  reply,
} from './testing/messages.ts';
import {
  type Obliges,
  type RelayBench,
  type RelayBenchOptions,
  startRelayBench,
} from './testing/relay-bench.ts';

const APPROVAL: ApprovalObligation = {
  kind: 'approval',
  rule: 'writes',
  by: ['dba'],
  count: 1,
  withinMs: 60_000,
};
const UPDATE = 'UPDATE t SET x = $1';
const sync = encodeSync();
const updated = encodeCommandComplete('UPDATE 1');

interface Asking extends RelayBench {
  readonly approvals: MemoryApprovals;
}

/** Everything on `t` that writes has to be approved. */
async function start(options: RelayBenchOptions = {}): Promise<Asking> {
  const approvals = new MemoryApprovals();
  const obliges: Obliges = (label) => (label.startsWith('UPDATE') ? [APPROVAL] : []);
  const bench = await startRelayBench({ obliges, approvals, ...options });
  return Object.assign(bench, { approvals });
}

const batch = (value = 'a'): readonly Buffer[] => [
  parse(UPDATE),
  bind('', '', value),
  describePortal(),
  execute(),
  sync,
];
const SENT = [`Parse ${UPDATE}`, 'Bind', 'Describe portal', 'Execute', 'Sync'];

/** The server's answers to a refused batch: only its Parse was sent, and one that fails in place of the rest. */
const refusedByServer = [encodeParseComplete(), failure('42601'), ready()];

describe('who waits', () => {
  it('nothing reaches the server before people agree, and all of it after', async () => {
    const bench = await start();
    expect(await ask(bench, ...batch())).toEqual([]);
    expect(bench.approvals.waiting).toBe(1);
    bench.approvals.grant();
    await bench.settled();
    expect(bench.server.take()).toEqual(SENT);
    expect(bench.audit.intents.map(({ grant }) => grant)).toEqual([undefined, 'grt_1']);
  });

  it('a statement that was prepared before waits, too', async () => {
    const bench = await start();
    await ask(bench, parse(UPDATE, 's'), sync);
    await reply(bench, encodeParseComplete(), ready());
    expect(await ask(bench, bind('', 's', 'a'), execute(), sync)).toEqual([]);
    bench.approvals.grant();
    await bench.settled();
    expect(bench.server.take()).toEqual(['Bind s', 'Execute', 'Sync']);
  });

  it('waits however its messages are cut into chunks', async () => {
    const bench = await start();
    for (const byte of Buffer.concat(batch())) {
      bench.client.send(Buffer.from([byte]));
      await Promise.resolve();
    }
    await bench.settled();
    expect(bench.server.take()).toEqual([]);
    expect(bench.approvals.waiting).toBe(1);
    bench.approvals.grant();
    await bench.settled();
    expect(bench.server.take()).toEqual(SENT);
  });

  it('what was sent before is answered, what comes later waits its turn', async () => {
    const bench = await start({ refuses: (label) => label.includes('secrets') });
    await ask(
      bench,
      encodeQuery('SELECT 1'),
      encodeQuery('SELECT * FROM secrets'),
      encodeQuery("UPDATE t SET x = '1'"),
      encodeQuery('SELECT 2'),
    );
    expect(bench.approvals.asked).toEqual([]);
    expect(await reply(bench, encodeCommandComplete('SELECT 1'), ready())).toEqual(['SELECT 1', 'Ready I']);
    await reply(bench, failure('42601'), ready());
    expect(bench.approvals.waiting).toBe(1);
    expect(bench.server.take()).not.toContain('Query SELECT 2');
    bench.approvals.grant();
    await bench.settled();
    expect(bench.server.take()).toEqual(["Query UPDATE t SET x = '1'", 'Query SELECT 2']);
  });

  it('P9: nobody waits inside of a transaction: pending at once, the transaction failed', async () => {
    const bench = await start();
    await ask(bench, encodeQuery('BEGIN'));
    await reply(bench, encodeCommandComplete('BEGIN'), ready('T'));
    const sent = await ask(bench, ...batch());
    expect(bench.approvals).toMatchObject({ waiting: 0, asked: [{ waitMs: 0 }] });
    expect(sent.filter((line) => line.startsWith('Execute'))).toEqual([]);
    expect(sent.at(-1)).toBe('Sync');
  });

  it('P9: nor behind other work of the same batch, which is sent first', async () => {
    const bench = await start();
    const sent = await ask(bench, parse('DELETE FROM x', 'd'), bind('', 'd'), execute(), ...batch());
    expect(sent.slice(0, 3)).toEqual(['Parse d DELETE FROM x', 'Bind d', 'Execute']);
    expect(bench.approvals.asked).toEqual([]);
    await reply(bench, prepared, encodeCommandComplete('DELETE 1'), encodeParseComplete());
    expect(bench.approvals).toMatchObject({ waiting: 0, asked: [{ waitMs: 0 }] });
    expect(bench.server.take().at(-1)).toBe('Sync');
    expect(await reply(bench, failure('42601'), ready())).toEqual(['ERROR SPA01', 'Ready I']);
  });

  it('nobody is asked, and no grant is used up, for what is skipped because its batch has failed', async () => {
    const bench = await start();
    await ask(bench, parse('DELETE FROM x', 'd'), bind('', 'd'), execute(), ...batch());
    await reply(bench, prepared, failure('23503'));
    expect(bench.approvals.asked).toEqual([]);
    expect(bench.client.take()).toEqual([]);
    expect(bench.server.take().at(-1)).toBe('Sync');
    expect(await reply(bench, ready())).toEqual(['Ready I']);
    expect(bench.audit.open).toEqual([]);
  });

  it('nobody waits after a Flush: the server holds the batch', async () => {
    const bench = await start();
    await ask(bench, parse(UPDATE), encodeFlush());
    await reply(bench, encodeParseComplete());
    await ask(bench, bind('', '', 'a'), execute(), sync);
    expect(bench.approvals).toMatchObject({ waiting: 0, asked: [{ waitMs: 0 }] });
    expect(await reply(bench, failure('42601'), ready())).toEqual(['ERROR SPA01', 'Ready I']);
  });
});

describe('the end of a wait', () => {
  it('P9: a cancel of the client ends the wait, and the session goes on', async () => {
    const bench = await start();
    await ask(bench, ...batch());
    bench.relay.cancel();
    await bench.settled();
    expect(await reply(bench, ...refusedByServer)).toEqual(['ParseComplete', 'ERROR SPA01', 'Ready I']);
    expect(bench.server.take().filter((line) => /^(Bind|Execute)/.test(line))).toEqual([]);
    expect(await ask(bench, encodeQuery('SELECT 1'))).toEqual(['Query SELECT 1']);
  });

  it('P9: a cancel that comes while what was sent before is answered counts, too', async () => {
    const bench = await start();
    await ask(bench, encodeQuery('SELECT 1'), encodeQuery("UPDATE t SET x = '1'"));
    bench.relay.cancel();
    await reply(bench, encodeCommandComplete('SELECT 1'), ready());
    expect(bench.approvals).toMatchObject({ waiting: 0, asked: [{ waitMs: 0 }] });
  });

  it('P9: a denial says what the approver said', async () => {
    const bench = await start();
    await ask(bench, ...batch());
    bench.approvals.deny('not today');
    await bench.settled();
    expect(await reply(bench, ...refusedByServer)).toEqual(['ParseComplete', 'ERROR 42501', 'Ready I']);
  });

  it('P7: what is denied by then is refused although people agreed', async () => {
    const bench = await start();
    await ask(bench, ...batch());
    bench.setPolicy((label) => label.startsWith('UPDATE'));
    bench.approvals.grant();
    await bench.settled();
    expect(await reply(bench, ...refusedByServer)).toEqual(['ParseComplete', 'ERROR 42501', 'Ready I']);
    expect(bench.approvals.used).toBe(0);
  });

  it('P12: the end of the session ends the wait, nothing is sent, nothing stays open', async () => {
    const ends: Readonly<Record<string, (bench: Asking) => void>> = {
      'client-gone': (bench) => bench.client.stream.destroy(),
      killed: (bench) => bench.relay.kill('over'),
      'gateway-stopped': (bench) => bench.relay.stop(),
      expired: (bench) => bench.relay.expire(),
    };
    for (const [reason, end] of Object.entries(ends)) {
      const bench = await start();
      await ask(bench, ...batch());
      end(bench);
      await bench.settled();
      expect(await bench.relay.ended).toBe(reason);
      bench.approvals.grant();
      await bench.settled();
      expect(bench.server.take(), reason).toEqual(['Terminate']);
      expect(bench.approvals.used, reason).toBe(0);
      expect(bench.audit.open, reason).toEqual([]);
    }
  });

  it('P4: where the audit cannot be written after people agreed, nothing is sent', async () => {
    const bench = await start();
    await ask(bench, ...batch());
    bench.audit.break();
    bench.approvals.grant();
    await bench.settled();
    expect(bench.client.take()).toEqual(['FATAL 58030']);
    expect(bench.server.take()).toEqual(['Terminate']);
  });

  it('P10: what a waiting client sends on is bounded', async () => {
    const bench = await start();
    await ask(bench, ...batch());
    const more = encodeQuery(`SELECT '${'x'.repeat(60_000)}'`);
    for (let sent = 0; sent < 20; sent += 1) bench.client.send(more);
    await bench.settled();
    expect(bench.client.stream.writableNeedDrain).toBe(true);
    bench.approvals.grant();
    await bench.settled();
    bench.server.send(prepared, updated, ready());
    await bench.settled();
    expect(bench.client.stream.writableNeedDrain).toBe(false);
  });
});

describe('what a grant passes', () => {
  /** A portal that was bound with a grant, inside of a transaction that was opened after it. */
  async function bound(text = UPDATE, values: readonly string[] = ['a']): Promise<Asking> {
    const bench = await start();
    await ask(bench, parse(text), bind('p', '', ...values), encodeFlush());
    bench.approvals.grant();
    await bench.settled();
    await reply(bench, prepared);
    bench.server.take();
    bench.client.take();
    return bench;
  }

  it('the portal that it was bound for, without asking again', async () => {
    const bench = await bound();
    expect(await ask(bench, execute('p'), sync)).toEqual(['Execute p', 'Sync']);
    expect(bench.approvals.asked).toHaveLength(1);
    expect(bench.audit.intents.at(-1)).toMatchObject({ grant: 'grt_1' });
  });

  it('P2: not what another search path, time zone or role makes of it', async () => {
    for (const set of ['SET search_path = other', "SET TIME ZONE 'UTC'", 'SET ROLE other']) {
      const bench = await bound();
      await ask(bench, parse(set, 's'), bind('s', 's'), execute('s'), encodeFlush());
      await reply(bench, prepared, encodeCommandComplete('SET'));
      await ask(bench, execute('p'), sync);
      expect(bench.approvals.asked, set).toHaveLength(2);
    }
  });

  it('P2: not what EXECUTE runs when its name stands for another body', async () => {
    const bench = await start();
    const prepare = async (body: string): Promise<void> => {
      await ask(bench, encodeQuery(`PREPARE q AS ${body}`));
      bench.approvals.grant();
      await bench.settled();
      await reply(bench, encodeCommandComplete('PREPARE'), ready());
    };
    await prepare("UPDATE t SET x = '1'");
    await ask(bench, encodeQuery('EXECUTE q'));
    const first = bench.approvals.asked.at(-1)?.ask.binding.text;
    bench.relay.cancel();
    await bench.settled();
    await ask(bench, encodeQuery('DEALLOCATE q'));
    await reply(bench, encodeCommandComplete('DEALLOCATE'), ready());
    await prepare("UPDATE t SET x = '2'");
    await ask(bench, encodeQuery('EXECUTE q'));
    const second = bench.approvals.asked.at(-1)?.ask.binding.text;
    expect(first).toContain("SET x = '1'");
    expect(second).toContain("SET x = '2'");
  });

  it('not other values, other types, or another text of the same name', async () => {
    const bench = await start();
    const bindings: unknown[] = [];
    const variants = [
      [parse(UPDATE, 's'), bind('', 's', 'a')],
      [parse(UPDATE, 's'), bind('', 's', 'b')],
      [parse(UPDATE, 's', [23]), bind('', 's', 'a')],
      [parse(`${UPDATE} `, 's'), bind('', 's', 'a')],
    ];
    for (const messages of variants) {
      await ask(bench, ...messages, execute(), sync);
      bindings.push(JSON.stringify(bench.approvals.asked.at(-1)?.ask.binding));
      bench.relay.cancel();
      await bench.settled();
      await reply(bench, ...refusedByServer);
    }
    expect(new Set(bindings).size).toBe(4);
    expect(bench.approvals.used).toBe(0);
  });

  it('one of two sessions that ask for the same', async () => {
    const approvals = new MemoryApprovals();
    const first = await start({ approvals });
    const second = await start({ approvals });
    await ask(first, ...batch());
    await ask(second, ...batch());
    approvals.grant();
    await first.settled();
    await second.settled();
    const sent = [...first.server.take(), ...second.server.take()];
    expect(sent.filter((line) => line === 'Execute')).toHaveLength(1);
    expect(approvals.used).toBe(1);
  });

  it('P4: one that was used up for a session that ended meanwhile is on file as such', async () => {
    const bench = await start();
    await ask(bench, ...batch());
    bench.approvals.grant();
    bench.client.stream.destroy();
    await bench.settled();
    const used = bench.audit.intents.filter(({ grant }) => grant !== undefined);
    expect(used).toHaveLength(bench.approvals.used);
    expect(bench.audit.open).toEqual([]);
  });
});

describe('shadow mode', () => {
  it('asks nobody and says so on file', async () => {
    const bench = await start({ mode: 'observe' });
    expect(await ask(bench, ...batch())).toEqual(SENT);
    expect(bench.approvals.asked).toEqual([]);
    expect(bench.audit.intents.at(-1)).toMatchObject({
      effect: 'permit',
      observed: [{ rule: 'writes', effect: 'deny' }],
    });
    await reply(bench, encodeParseComplete(), encodeBindComplete(), updated, ready());
  });
});
