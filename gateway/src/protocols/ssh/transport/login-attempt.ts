/** One request of a client to authenticate (RFC 4252, RFC 4256). */
import type { AuthContext } from './ssh2.ts';

/** What a client may authenticate by here. */
const METHODS: readonly string[] = ['publickey', 'keyboard-interactive', 'password'];
/** Plain keys prove nothing here: only certificates name somebody. */
const CERTIFICATE = /-cert-v01@openssh\.com$/;

/** A text that the client is shown, and asked an answer for. */
export interface Prompt {
  readonly title: string;
  readonly instructions: string;
  readonly prompt: string;
}

/** An attempt by a secret. */
export interface SecretAttempt {
  readonly user: string;
  readonly method: 'password' | 'keyboard-interactive';
  /** What the client says; undefined where it does not answer. */
  secret(prompt: Prompt): Promise<string | undefined>;
  /** Lets the client in. False where it has begun another attempt meanwhile: this one is void. */
  accept(): boolean;
  /** @param reason told where the method has a way to */
  reject(reason: string): Promise<void>;
}

/** An attempt by a certificate. */
export interface CertificateAttempt {
  readonly user: string;
  readonly method: 'publickey';
  /** Wire form. Nothing of it is checked yet. */
  readonly certificate: Buffer;
  /** Name under which it was brought. */
  readonly algorithm: string;
  /** What the client signed, and the signature in wire form; absent where the certificate is but offered: that proves nothing. */
  readonly proof: { readonly signed: Buffer; readonly signature: Buffer } | undefined;
  /** Of a mere offer: says that the certificate would do. Lets nobody in. */
  welcome(): void;
  accept(): boolean;
  reject(reason: string): Promise<void>;
}

/** An attempt. Plain public keys prove nothing here, and are refused before anybody hears of them. */
export type LoginAttempt = SecretAttempt | CertificateAttempt;

/**
 * Reads the request of a client; undefined where it is refused already.
 * @param accept lets the client in, and tells whether that counted
 */
export function readAttempt(context: AuthContext, accept: () => boolean): LoginAttempt | undefined {
  const { method, username: user, password } = context;
  const refuse = (): void => context.reject(METHODS);
  if (method === 'publickey') {
    const attempt = readCertificateAttempt(context, accept);
    if (attempt === undefined) refuse();
    return attempt;
  }
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

function readCertificateAttempt(context: AuthContext, accept: () => boolean): CertificateAttempt | undefined {
  const { username: user, key, signature, blob } = context;
  if (key === undefined || !CERTIFICATE.test(key.algo)) return undefined;
  const isProof = signature !== undefined && blob !== undefined;
  return {
    user,
    method: 'publickey',
    // Copies: the package reads the next packet into the same memory.
    certificate: Buffer.from(key.data),
    algorithm: key.algo,
    proof: isProof ? { signed: Buffer.from(blob), signature: Buffer.from(signature) } : undefined,
    welcome() {
      // INVARIANT: with a signature this would let the client in.
      if (signature === undefined) context.accept();
    },
    // INVARIANT: an offer is never accepted: only who signed is let in.
    accept: () => isProof && accept(),
    reject: () => Promise.resolve(context.reject(METHODS)),
  };
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
