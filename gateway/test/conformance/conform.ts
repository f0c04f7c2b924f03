/** Runs every obligation by every feature of a protocol. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findTool, requireTool } from '../support/installed-tool.ts';
import type { Bench, ConformanceDriver, ConformanceSite, Feature, ObligationName, Target } from './driver.ts';
import type { PendingAsk } from './obligations/approvals.ts';
import { expiry, type HeldSession, holdUntilExpiry } from './obligations/ends.ts';
import { expectDenied, expectNothing } from './obligations/expectations.ts';
import { OBLIGATIONS } from './obligations/index.ts';
import { PENDING } from './pending.ts';

/** Defines the suite of one protocol. */
export function conform(driver: ConformanceDriver): void {
  const { needs } = driver;
  if (needs !== undefined && findTool(needs) === undefined) {
    it(driver.protocol, (context) => void requireTool(context, needs));
    return;
  }
  describe(driver.protocol, () => {
    let site: ConformanceSite;
    const { codes, tellsKill, cuts, closesAtExpiry, keepsUpstream, cannotFulfil } = driver;
    const bench = (): Bench => ({ site, codes, tellsKill, cuts, closesAtExpiry, keepsUpstream });

    beforeAll(async () => {
      site = await driver.start();
    });

    afterAll(async () => {
      await site[Symbol.asyncDispose]();
    });

    for (const [name, { title, target, begin, run }] of Object.entries(OBLIGATIONS)) {
      if (isPending(name)) continue;
      describe(`${name}: ${title}`, () => {
        const features = driver.features.filter(({ carries }) => carries.includes(target));
        const begun = new Map<Feature, PendingAsk>();
        beforeAll(async () => {
          await site.oblige(name as ObligationName);
          if (begin === undefined) return;
          for (const feature of features) begun.set(feature, await begin(bench(), feature));
        });
        afterAll(async () => {
          for (const pending of begun.values()) await pending[Symbol.asyncDispose]();
        });
        for (const feature of features) {
          const test = isGap(driver, name, feature) ? it.fails : it;
          const isMeant = !cannotFulfil.some((one) => one === name);
          test(feature.name, () =>
            isMeant ? run(bench(), feature, begun.get(feature)) : unfulfilled(bench(), feature, target),
          );
        }
      });
    }

    describe('expiry: P12: it ends with its token, upstream too', () => {
      const held = new Map<Feature, HeldSession>();
      beforeAll(async () => {
        await site.oblige('expiry');
        for (const feature of driver.features) held.set(feature, await holdUntilExpiry(bench(), feature));
      });
      afterAll(async () => {
        for (const session of held.values()) await session[Symbol.asyncDispose]();
      });
      it.each(driver.features)('$name', (feature) => {
        const session = held.get(feature);
        if (session === undefined) throw new Error('it was not held');
        return expiry(bench(), session);
      });
    });

    describe('obligations that wait', () => {
      it('are those that the documentation names', () => {
        const page = readFileSync(new URL('README.md', import.meta.url), 'utf8');
        const waiting = [...page.matchAll(/^\| ([a-z ]+?) +\| pending \|/gm)].map(([, name]) => name);
        expect(waiting).toEqual(PENDING);
        const running = [...page.matchAll(/^\| ([a-z ]+?) +\| runs \|/gm)].map(([, name]) => name);
        const all = [...Object.keys(OBLIGATIONS), 'expiry'];
        expect(new Set(running)).toEqual(new Set(all.filter((name) => !isPending(name))));
        expect(running).toHaveLength(new Set(running).size);
      });

      it('and the gaps as well', () => {
        const page = readFileSync(new URL('README.md', import.meta.url), 'utf8');
        for (const { obligation, features, why } of driver.gaps)
          expect(page).toContain(`| ${obligation} | ${features.join('; ')} | ${why} |`);
      });

      it.each(PENDING)('P3: %s is not fulfilled: otherwise take it from the list of what waits', (name) =>
        expectUnfulfilled(driver, bench(), name),
      );
    });
  });
}

/** The gateway refuses the policy, or what it asks for; of an obligation that no rule has, the case fails. */
async function expectUnfulfilled(
  { features }: ConformanceDriver,
  bench: Bench,
  name: (typeof PENDING)[number],
): Promise<void> {
  const { target, run } = OBLIGATIONS[name];
  const feature = features.find(({ carries }) => carries.includes(target));
  if (feature === undefined) throw new Error('no feature carries it');
  const isAccepted = await bench.site.oblige(name).then(
    () => true,
    () => false,
  );
  if (!isAccepted) return;
  if (target === 'open' || target === 'forbidden') {
    await expect(run(bench, feature)).rejects.toThrow();
    return;
  }
  await unfulfilled(bench, feature, target);
}

/** P3: what cannot be done is not left out: it is denied, and says so. */
async function unfulfilled(bench: Bench, feature: Feature, target: Target): Promise<void> {
  await using connection = await bench.site.connect();
  const reply = await feature.ask(connection, target);
  expectDenied(bench, reply);
  const [refusal] = reply.refusals;
  if (refusal?.text !== undefined) expect(refusal.text).toContain('cannot be fulfilled');
  await expectNothing(bench, target, reply);
  expect(await connection.isUsable()).toBe(true);
}

function isGap({ gaps }: ConformanceDriver, name: string, feature: Feature): boolean {
  return gaps.some(({ obligation, features }) => obligation === name && features.includes(feature.name));
}

function isPending(name: string): boolean {
  return PENDING.some((pending) => pending === name);
}
