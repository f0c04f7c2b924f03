/**
 * What is done with files over one channel. Each request goes the same way: where do its paths lead, may that be, is it on
 * file; then it is done, with the paths that were judged, before anybody changes where they lead.
 */
import { denyUnfulfilled } from '../../../enforcement/deny-unfulfilled.ts';
import type { Gate, Outcome, Verdict } from '../../../enforcement/gate.ts';
import type { Permit } from '../../../enforcement/permit.ts';
import { type FileAct, fileFacts, labelOf } from '../../../files/facts.ts';
import type { FileTransport } from '../../../files/facts-family.ts';
import type { FindingMasks } from '../../../masking/finding-masks.ts';
import type { MaskTools } from '../../../masking/mask-tools.ts';
import type { AccessRequest } from '../../../model/access-request.ts';
import type { Facts } from '../../../model/facts.ts';
import { GatewayError } from '../../../model/gateway-error.ts';
import type { JsonObject } from '../../../model/json.ts';
import type { Obligation } from '../../../model/obligation.ts';
import { bindingOf } from '../../../model/opening-ask.ts';
import { SshError } from '../errors.ts';
import { findingMasks } from '../masking/command-masks.ts';
import { hiding } from '../relay/hiding.ts';
import { type SshSession, tokenOver } from '../session.ts';
import type { FileAsk } from './file-ask.ts';
import type { FileServer } from './file-server.ts';
import { lookingBy } from './looking.ts';
import type { NameLock } from './name-lock.ts';
import { type Looking, type Place, resolvePath, UnresolvedError } from './resolve-path.ts';

/** What work needs. */
export interface WorkPlace {
  readonly session: SshSession;
  readonly gate: Gate;
  readonly tools: MaskTools;
  readonly names: NameLock;
  /** Aborted when the client closes the channel. */
  readonly gone: AbortSignal;
  readonly via: FileTransport;
}

/** A request that may be carried out. */
export interface Allowed {
  readonly permit: Permit;
  readonly places: readonly Place[];
  readonly obligations: readonly Obligation[];
  /** The request as it was judged, so that it can be judged again while it lasts. */
  readonly access: AccessRequest;
  /** What its contents and names are looked through for; undefined: nothing. */
  readonly masks: FindingMasks | undefined;
}

/** The policy does not let it be. */
export class Refused {
  readonly verdict: Verdict;

  constructor(verdict: Verdict) {
    this.verdict = verdict;
  }
}

/** Judges requests for files, and has them done. */
export class FileWork {
  readonly server: FileServer;
  /** Canonical folder of relative paths. */
  readonly home: string;
  readonly #place: WorkPlace;
  readonly #looking: Looking;

  /** @param start the permit under which the gateway looks where paths lead */
  constructor(place: WorkPlace, server: FileServer, { start, home }: { start: Permit; home: string }) {
    this.#place = place;
    this.server = server;
    this.home = home;
    this.#looking = lookingBy(server, start);
  }

  get gate(): Gate {
    return this.#place.gate;
  }

  get session(): SshSession {
    return this.#place.session;
  }

  /**
   * Has it done by `send`, which settles the permit when it is over. Rejects with what `send` rejects with, with SshUpstreamError where the
   * machine does not answer, and with EnforcementError where it cannot be put on record.
   */
  async perform<Done>(ask: FileAsk, send: (allowed: Allowed) => Promise<Done>): Promise<Done | Refused> {
    const { names, session, gate } = this.#place;
    if (session.over.aborted) throw session.over.reason;
    if (session.isExpired) throw tokenOver();
    let release = await names.take(ask.changesNames);
    try {
      const found = await this.#resolve(ask);
      const judging = this.#judge(ask, found);
      let verdict: Verdict;
      if (judging instanceof Promise) {
        // People are asked: nobody else has to wait for them.
        release();
        verdict = await judging;
        release = await names.take(ask.changesNames);
        if (!isSame(found, await this.#resolve(ask))) throw moved();
      } else {
        verdict = judging;
      }
      const { access } = found;
      verdict = this.#maskable(verdict, access);
      const intent = hiding(intentOf(found, verdict, ask.writes), this.#inScope(access));
      const [permit] = await gate.admit([intent], session.recording);
      session.exchanges += 1;
      if (permit === undefined || verdict.decision.effect === 'deny') {
        session.refused += 1;
        return new Refused(verdict);
      }
      return await this.#carryOut({ permit, verdict, found }, send);
    } finally {
      release();
    }
  }

  /** Whether a request that was allowed leads to other places by now. */
  async hasMoved(ask: FileAsk, { places }: Allowed): Promise<boolean> {
    return !isSame({ places }, await this.#resolve(ask));
  }

  /** Whether something may be done, without a record of it: where it is not told, and changes nothing. */
  allows(act: Omit<FileAct, 'via'>): Verdict {
    const { gate, session, via } = this.#place;
    return gate.decide(session.access(fileFacts({ ...act, via })), undefined, true);
  }

  /** Where a path leads. Rejects with UnresolvedError. */
  resolve(text: string, follow: boolean): Promise<Place> {
    return resolvePath(text, { home: this.home, follow, looking: this.#looking });
  }

  async #carryOut<Done>(
    { permit, verdict, found }: { permit: Permit; verdict: Verdict; found: Found },
    send: (allowed: Allowed) => Promise<Done>,
  ): Promise<Done> {
    const { gate } = this.#place;
    const obligations = verdict.decision.effect === 'permit' ? verdict.decision.obligations : [];
    try {
      // Shadow mode lets pass what it would deny, but there is nothing that could be sent.
      if (found.faults.length > 0) throw unclear(found.faults[0] ?? '');
      const masks = findingMasks(obligations, this.#place.tools);
      return await send({ permit, places: found.places, obligations, access: found.access, masks });
    } catch (error) {
      gate.settle(permit, failure(error));
      throw error;
    }
  }

  /** Masks of the whole policy: what they look for does not stand on record as it is (P5). */
  #inScope(access: AccessRequest): FindingMasks | undefined {
    const { session, tools } = this.#place;
    return findingMasks(session.masksInScope(access), tools);
  }

  /**
   * Contents are looked through, and not replaced; streams are not even that. What has another mask is denied, in shadow mode too, where
   * masks of others come along (P5).
   */
  #maskable(verdict: Verdict, access: AccessRequest): Verdict {
    const { decision } = verdict;
    if (decision.effect === 'deny') return verdict;
    const { via, tools } = this.#place;
    const masks = findingMasks(decision.obligations, tools);
    if (masks === undefined) return verdict;
    const isStream = via === 'rsync' || via === 'git';
    const rule = isStream
      ? decision.obligations.find(({ kind }) => kind === 'mask')?.rule
      : masks.unfulfilled;
    if (rule === undefined) return verdict;
    const reason = isStream
      ? `what ${via} moves passes unseen and cannot be masked; use sftp or scp`
      : 'files have no columns: a mask of them names what to detect, and nothing else';
    return { ...verdict, decision: denyUnfulfilled(decision, access, { rule, reason }) };
  }

  async #resolve(ask: FileAsk): Promise<Found> {
    const { session, via } = this.#place;
    const faults: string[] = [];
    const places = await Promise.all(
      ask.paths.map(async ({ text, follow }): Promise<Place> => {
        try {
          return await this.resolve(text, follow);
        } catch (error) {
          if (!(error instanceof UnresolvedError)) throw error;
          faults.push(error.message);
          return { asked: text, path: text, kind: 'missing' };
        }
      }),
    );
    const act: FileAct = { faults, ...ask.describe(places), via };
    const facts = fileFacts(act);
    return { act, facts, places, faults: act.faults ?? [], access: session.access(facts), more: ask.record };
  }

  #judge(ask: FileAsk, found: Found): Verdict | Promise<Verdict> {
    const { gate, session, gone } = this.#place;
    const { access, facts } = found;
    const asked = `${found.act.uses[0].operations[0]} ${ask.paths.map(({ text }) => text).join(' ')}`;
    return gate.fulfil({
      access,
      current: () => session.access(facts),
      verdict: this.#maskable(gate.decide(access, asked), access),
      ask: () => ({
        binding: bindingOf(access, textOf(found)),
        view: { summary: labelOf(found.act.uses[0]), text: textOf(found), parameters: [] },
      }),
      wait: {
        get signal() {
          return AbortSignal.any([gone, session.over]);
        },
      },
    });
  }
}

interface Found {
  readonly act: FileAct;
  readonly facts: Facts;
  readonly places: readonly Place[];
  readonly faults: readonly string[];
  readonly access: AccessRequest;
  readonly more: JsonObject | undefined;
}

function intentOf({ act, access, places, more }: Found, verdict: Verdict, writes: boolean) {
  const [{ operations, paths }] = act.uses;
  const [first, second] = places;
  const asked = first?.asked ?? '';
  const resolved = first === undefined || first.path === asked ? {} : { resolved: first.path };
  const target = second === undefined || act.target === undefined ? {} : { target: second.asked };
  const also = act.uses.length === 1 ? {} : { all: act.uses.map(labelOf).slice(0, MOST_LISTED) };
  const request: JsonObject = {
    account: access.account,
    via: act.via,
    operation: operations[0],
    ...(first === undefined
      ? { paths: paths.slice(0, MOST_LISTED) }
      : { path: asked, ...resolved, ...target }),
    ...also,
    ...more,
  };
  return { access, verdict, summary: labelOf(act.uses[0]), request, writes };
}

const MOST_LISTED = 32;

/** What people agree to. The contents are not shown to them: nobody has them yet. */
function textOf({ act, places, more }: Found): string {
  const uses = act.uses
    .map(({ operations, paths }) => `${operations.join('+')} ${paths.join(' ')}`)
    .join('; ');
  const how = [
    act.creates === true ? 'create' : '',
    act.truncates === true ? 'empty first' : '',
    act.appends === true ? 'append' : '',
    act.mode === undefined || act.mode < 0 ? '' : `mode ${act.mode.toString(8)}`,
    ...(act.sets ?? []),
    more === undefined ? '' : JSON.stringify(more),
  ].filter((part) => part !== '');
  const asked =
    places[0] === undefined || places[0].path === places[0].asked ? '' : `, asked as ${places[0].asked}`;
  return `${act.via}: ${uses}${how.length === 0 ? '' : ` (${how.join(', ')})`}${asked}`;
}

function isSame(before: Pick<Found, 'places'>, now: Pick<Found, 'places'>): boolean {
  return before.places.every(({ path }, index) => path === now.places[index]?.path);
}

/** A path led elsewhere when it was used than when it was judged. */
export function moved(): SshError {
  return new SshError('ERR_SSH_PATH_CHANGED', 'the path leads elsewhere than when it was judged; ask again');
}

function unclear(reason: string): SshError {
  return new SshError('ERR_SSH_NOT_SUPPORTED', `it cannot be sent: ${reason}`);
}

/** How a request ended that failed in the gateway or on the way. */
export function failure(error: unknown): Outcome {
  const code = error instanceof GatewayError ? error.code : 'ERR_INTERNAL';
  return { status: 'error', result: { code } };
}
