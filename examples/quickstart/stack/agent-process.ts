/** Runs the agent as a process of its own: it gets its URLs and its token, and nothing else of ours. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { QuickstartEnvironment } from './environment-file.ts';

/** What an agent gets. */
export type AgentEnvironment = Pick<
  QuickstartEnvironment,
  | 'AGENT_PG_URL'
  | 'AGENT_HTTP_URL'
  | 'AGENT_SSH_HOST'
  | 'AGENT_SSH_PORT'
  | 'AGENT_SSH_USER'
  | 'AGENT_SSH_PASSWORD'
  | 'AGENT_SSH_KNOWN_HOSTS'
  | 'AGENT_TOKEN'
  | 'SALLYPORT_CA'
>;

/**
 * Resolves with the exit code of the agent; its transcript goes straight to our own output. `onPending` is told the id
 * of each request that waits for people; `signal` ends the agent.
 */
export async function runAgentProcess(
  environment: AgentEnvironment,
  signal: AbortSignal,
  onPending: (approval: string) => void,
): Promise<number> {
  const script = fileURLToPath(new URL('../agent.ts', import.meta.url));
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script], {
    env: { ...process.env, ...environment },
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  child.on('message', (message) => {
    const { approval } = message as { readonly approval?: unknown };
    if (typeof approval === 'string') onPending(approval);
  });
  const end = (): unknown => child.kill('SIGTERM');
  signal.addEventListener('abort', end, { once: true });
  const [code] = (await once(child, 'exit')) as [number | null];
  signal.removeEventListener('abort', end);
  return code ?? 1;
}
