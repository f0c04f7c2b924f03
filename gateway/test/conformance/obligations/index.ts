/** The table of obligations: what each case asks for, and the case. */
import type { Bench, Feature, ObligationName, Target } from '../driver.ts';
import {
  approvalDenied,
  approvalExpired,
  approvalGranted,
  approvalPending,
  askAndLeave,
  type PendingAsk,
} from './approvals.ts';
import { deny, permit, record } from './decisions.ts';
import { kill } from './ends.ts';
import { affectedRows, bytesLimit, rowsLimit, statementsAMinute, timeout } from './limits.ts';
import { maskByColumn, maskByDetector } from './masks.ts';
import { quarantine, recording } from './runs.ts';

/** One row. */
export interface Obligation {
  readonly title: string;
  /** Features that cannot carry it are left out. */
  readonly target: Target;
  /** For all features before the first runs, where a time has to pass for each. */
  readonly begin?: (bench: Bench, feature: Feature) => Promise<PendingAsk>;
  readonly run: (bench: Bench, feature: Feature, begun?: PendingAsk) => Promise<void>;
}

/** All obligations but `expiry`, whose sessions expire together. */
export const OBLIGATIONS: Readonly<Record<Exclude<ObligationName, 'expiry'>, Obligation>> = {
  permit: { title: 'P1: what is permitted comes whole', target: 'open', run: permit },
  deny: { title: 'P9: what is denied is told, and the session goes on', target: 'forbidden', run: deny },
  record: { title: 'P4: intent and outcome are on file, and no data', target: 'open', run: record },
  kill: { title: 'P12: a kill ends it, upstream too', target: 'open', run: kill },
  'mask by column': { title: 'P5: a masked column leaves by no door', target: 'masked', run: maskByColumn },
  'mask by detector': {
    title: 'P5: what a detector finds leaves by no door',
    target: 'detected',
    run: maskByDetector,
  },
  'rows limit': { title: 'P10: no more rows than the limit', target: 'many', run: rowsLimit },
  'bytes limit': { title: 'P10: no more bytes than the limit', target: 'large', run: bytesLimit },
  'affected rows': {
    title: 'P10: what would change more rows is undone',
    target: 'many',
    run: affectedRows,
  },
  timeout: { title: 'P10: what takes too long is cancelled', target: 'slow', run: timeout },
  'statements a minute': {
    title: 'P10: no more statements than the limit',
    target: 'metered',
    run: statementsAMinute,
  },
  'approval granted': { title: 'P7: a grant passes once', target: 'held', run: approvalGranted },
  'approval pending': {
    title: 'P9: what waits for people is told, and the session goes on',
    target: 'held',
    run: approvalPending,
  },
  'approval denied': { title: 'P9: what people denied is told', target: 'held', run: approvalDenied },
  'approval expired': {
    title: 'P7: what nobody answered is gone',
    target: 'held',
    begin: askAndLeave,
    run: approvalExpired,
  },
  quarantine: {
    title: 'P10: a run that repeats a denied ask is stopped',
    target: 'forbidden',
    run: quarantine,
  },
  recording: { title: 'P4: the session can be replayed', target: 'open', run: recording },
};
