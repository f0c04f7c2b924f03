/** One request of a client to authenticate (RFC 4252, RFC 4256). */
import type { AuthContext } from './ssh2.ts';

/** What a client may authenticate by here. */
const METHODS: readonly string[] = ['keyboard-interactive', 'password'];

/** A text that the client is shown, and asked an answer for. */
export interface Prompt {
  readonly title: string;
  readonly instructions: string;
  readonly prompt: string;
}

/** An attempt. What else clients offer, public keys included, proves nothing here and is refused before anybody hears of it. */
export interface LoginAttempt {
  readonly user: string;
  readonly method: 'password' | 'keyboard-interactive';
  /** What the client says; undefined where it does not answer. */
  secret(prompt: Prompt): Promise<string | undefined>;
  /** Lets the client in. False where it has begun another attempt meanwhile: this one is void. */
  accept(): boolean;
  /** @param reason told where the method has a way to */
  reject(reason: string): Promise<void>;
}

/**
 * Reads the request of a client; undefined where it is refused already.
 * @param accept lets the client in, and tells whether that counted
 */
export function readAttempt(context: AuthContext, accept: () => boolean): LoginAttempt | undefined {
  const { method, username: user, password } = context;
  const refuse = (): void => context.reject(METHODS);
  if (method === 'password' && typeof password === 'string') {
    return {
      user,
      method,
      secret: () => Promise.resolve(password),
      accept,
      reject: () => Promise.resolve(refuse()),
    };
  }
  if (method === 'keyboard-interactive' && context.prompt !== undefined) {
    return {
      user,
      method,
      secret: ({ title, instructions, prompt }) => ask(context, { title, instructions, prompts: [prompt] }),
      accept,
      async reject(reason) {
        // Without a question it is but shown (RFC 4256 section 3.2).
        await ask(context, { title: '', instructions: reason, prompts: [] });
        refuse();
      },
    };
  }
  refuse();
  return undefined;
}

interface Question {
  readonly title: string;
  readonly instructions: string;
  readonly prompts: readonly string[];
}

function ask(context: AuthContext, { title, instructions, prompts }: Question): Promise<string | undefined> {
  const questions = prompts.map((prompt) => ({ prompt, echo: false }));
  return new Promise((resolve) => {
    context.prompt?.(questions, title, instructions, (responses) => {
      const answer: unknown = Array.isArray(responses) ? responses[0] : undefined;
      resolve(typeof answer === 'string' ? answer : undefined);
    });
  });
}
