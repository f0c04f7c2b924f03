/**
 * The person in the demo. Somebody may answer from another terminal; when nobody does, the script answers, as the
 * principal `approver` and by the same API.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Transcript } from '../agent/transcript.ts';
import { QuickstartError } from '../errors.ts';
import { askGateway } from './gateway-api.ts';
import type { GatewayReady } from './gateway-process.ts';

/** Where the approver is, and how long people have. */
export interface ApproverDesk {
  readonly ready: GatewayReady;
  readonly token: string;
  readonly transcript: Transcript;
  /** Commands for another terminal, by the id of the request. */
  readonly commands: (approval: string) => string;
  /** How long somebody may answer before the script does, in milliseconds. */
  readonly patienceMs: number;
  readonly signal: AbortSignal;
}

/** Who answered, and how; nobody when it was asked to stop meanwhile. */
export interface ApproverOutcome {
  readonly verdict: 'approved' | 'denied' | 'none';
  readonly by: 'person' | 'script' | 'nobody';
}

const LOOK_EVERY_MS = 250;

/** Waits for an answer to the request, or gives it. @throws QuickstartError when the API does not let it */
export async function answerApproval(approval: string, desk: ApproverDesk): Promise<ApproverOutcome> {
  const { transcript, commands, patienceMs, signal } = desk;
  const path = `/v1/approvals/${approval}`;
  const { status, digest, text, values } = await look(desk, path);
  transcript.say(
    'Approver',
    `"${text}"${values === '' ? '' : ` with ${values}`} waits for somebody of the group approvers. ${commands(approval)}\nIn ${Math.round(patienceMs / 1000)} s this script does it.`,
  );
  let now = status;
  for (let waitedMs = 0; waitedMs < patienceMs && now === 'open'; waitedMs += LOOK_EVERY_MS) {
    if (signal.aborted) return { verdict: 'none', by: 'nobody' };
    await delay(LOOK_EVERY_MS);
    now = (await look(desk, path)).status;
  }
  if (now === 'open') {
    const answer = await askGateway(desk.ready, `${path}/approve`, { token: desk.token, body: { digest } });
    // Somebody may have been faster by a moment.
    now = answer.status === 200 ? 'approved' : (await look(desk, path)).status;
    if (answer.status === 200) {
      transcript.say(
        'Approver',
        `approves ${approval} (this script, with APPROVER_TOKEN), once, as it was asked.`,
      );
      return { verdict: 'approved', by: 'script' };
    }
  }
  if (now === 'approved' || now === 'consumed' || now === 'denied') {
    const verdict = now === 'denied' ? 'denied' : 'approved';
    transcript.say('Approver', `${approval} was ${verdict} from another terminal.`);
    return { verdict, by: 'person' };
  }
  throw new QuickstartError(
    'ERR_QUICKSTART_GATEWAY',
    `the request ${approval} cannot be answered: it is ${now}`,
  );
}

interface Looked {
  readonly status: string;
  readonly digest: string;
  readonly text: string;
  /** Parameters of the statement, or the body of the request. */
  readonly values: string;
}

async function look({ ready, token }: ApproverDesk, path: string): Promise<Looked> {
  const answer = await askGateway(ready, path, { token });
  const { status, digest, text, parameters } = answer.json;
  if (typeof status === 'string' && typeof digest === 'string' && typeof text === 'string') {
    const shown = (Array.isArray(parameters) ? parameters : []) as readonly { readonly value?: unknown }[];
    return {
      status,
      digest,
      text,
      values: shown.map(({ value }) => (typeof value === 'string' ? value : '(hidden)')).join(', '),
    };
  }
  throw new QuickstartError(
    'ERR_QUICKSTART_GATEWAY',
    `the approver does not see the request: the API answered ${answer.status}: ${answer.text.slice(0, 400)}`,
  );
}
