/** Requests to the gateway. The session is a cookie that no script sees; the header says that a page of ours asks. */
import type { Problem } from '../../../gateway/src/api/contract/problem.ts';

const BASE = '/console/api';
const OWN_HEADER = { 'x-sallyport-console': '1' };

/** What the gateway refused, in its own words. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;

  constructor(problem: Pick<Problem, 'status' | 'code' | 'detail'>) {
    super(problem.detail);
    this.name = 'ApiProblem';
    this.status = problem.status;
    this.code = problem.code;
  }
}

/** Asks and reads JSON. @throws ApiProblem */
export async function ask<Answer>(
  path: string,
  options: { readonly body?: object; readonly method?: string; readonly signal?: AbortSignal } = {},
): Promise<Answer> {
  const response = await open(path, options);
  return (await response.json()) as Answer;
}

/** Asks for a stream; the answer has begun when this resolves. @throws ApiProblem */
export async function open(
  path: string,
  options: {
    readonly body?: object;
    readonly method?: string;
    readonly signal?: AbortSignal;
    readonly headers?: Readonly<Record<string, string>>;
  } = {},
): Promise<Response> {
  const { body, signal, headers } = options;
  const response = await reach(`${BASE}${path}`, {
    method: options.method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      ...OWN_HEADER,
      ...headers,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    credentials: 'same-origin',
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  });
  if (response.ok) return response;
  throw await problemOf(response);
}

/** Browsers say of this no more than that it failed, each in words of its own. */
async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new Error('the gateway does not answer: it may be stopped, or the connection to it is gone', {
      cause: error,
    });
  }
}

/** Ends the session. */
export async function signOut(): Promise<void> {
  await fetch('/console/sign-out', { method: 'POST', credentials: 'same-origin' });
}

/** Query parameters, without those that are empty. */
export function toQuery(values: Readonly<Record<string, string | number | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && value !== '') query.set(name, String(value));
  }
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

async function problemOf(response: Response): Promise<ApiProblem> {
  const fallback = { status: response.status, code: 'ERR_UNREADABLE', detail: 'the gateway did not answer' };
  try {
    const problem = (await response.json()) as Partial<Problem>;
    return new ApiProblem({ ...fallback, ...problem });
  } catch {
    return new ApiProblem(fallback);
  }
}
