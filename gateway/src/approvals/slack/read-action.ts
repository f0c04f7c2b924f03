/** What somebody did in Slack: pressed a button of a message of ours, or typed a command. Pure. */

/** Who did it, as Slack says. */
export interface SlackUser {
  readonly team: string;
  readonly user: string;
}

/** What they did. */
export type SlackAction =
  | {
      readonly kind: 'answer';
      readonly by: SlackUser;
      readonly channel: string;
      readonly request: string;
      readonly digest: string;
      readonly verdict: 'approve' | 'deny';
    }
  | { readonly kind: 'link'; readonly by: SlackUser; readonly code: string }
  | { readonly kind: 'unlink'; readonly by: SlackUser };

const ID = /^[A-Z][A-Z0-9]{1,30}$/;

/** Reads the body of a signed request, which is a form; undefined for what the gateway has no use for. */
export function readAction(body: string): SlackAction | undefined {
  const form = new URLSearchParams(body);
  const payload = form.getAll('payload');
  if (payload.length === 1) return buttonIn(payload[0] ?? '');
  const by = userOf(form.get('team_id'), form.get('user_id'));
  const text = (form.get('text') ?? '').trim();
  if (by === undefined || form.get('command') === null) return undefined;
  const code = /^link ([A-Za-z0-9_-]{20})$/.exec(text)?.[1];
  if (code !== undefined) return { kind: 'link', by, code };
  return text === 'unlink' ? { kind: 'unlink', by } : undefined;
}

function buttonIn(text: string): SlackAction | undefined {
  const payload = members(parsed(text));
  const actions = payload['actions'];
  if (payload['type'] !== 'block_actions' || !Array.isArray(actions) || actions.length !== 1)
    return undefined;
  const action = members(actions[0]);
  const verdict = { sallyport_approve: 'approve', sallyport_deny: 'deny' } as const;
  const said = Object.hasOwn(verdict, String(action['action_id']))
    ? verdict[action['action_id'] as keyof typeof verdict]
    : undefined;
  const by = userOf(members(payload['team'])['id'], members(payload['user'])['id']);
  const { id: channel } = members(payload['channel']);
  const [, request, digest] =
    /^((?:apr|acc)_[A-Za-z0-9_-]{24}) ([0-9a-f]{64})$/.exec(String(action['value'])) ?? [];
  if (said === undefined || by === undefined || request === undefined || digest === undefined)
    return undefined;
  return {
    kind: 'answer',
    by,
    channel: typeof channel === 'string' && ID.test(channel) ? channel : '',
    request,
    digest,
    verdict: said,
  };
}

function userOf(team: unknown, user: unknown): SlackUser | undefined {
  if (typeof team !== 'string' || typeof user !== 'string') return undefined;
  return ID.test(team) && ID.test(user) ? { team, user } : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function members(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
