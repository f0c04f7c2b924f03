import { ANY_FILE } from '../names/file-pattern.ts';
import { fileOf } from './files.ts';
import { judgeWordsOf } from './judge-words.ts';
import type { Judging, Scene } from './scene.ts';
import type { Redirection } from './syntax.ts';

/** Files that the shell opens for a command. */
export interface OpenedFiles {
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  readonly faults: readonly string[];
}

/** Judges redirections, and the substitutions in them. */
export function judgeRedirections(
  redirections: readonly Redirection[],
  scene: Scene,
  judging: Judging,
): { readonly redirections: readonly Redirection[]; readonly opened: OpenedFiles } {
  const reads: string[] = [];
  const writes: string[] = [];
  const faults: string[] = [];
  const judged = redirections.map((redirection): Redirection => {
    if (redirection.kind === 'duplicate') return redirection;
    if (redirection.kind === 'document') {
      return { ...redirection, body: judgeWordsOf([redirection.body], scene, judging)[0] ?? [] };
    }
    const file = fileOf(redirection.file, scene);
    if (isSocket(file, redirection)) faults.push('a redirection to the network');
    if (file !== '/dev/null') {
      if (redirection.operator === '<' || redirection.operator === '<>') reads.push(file);
      if (redirection.operator !== '<') writes.push(file);
    }
    return { ...redirection, file: judgeWordsOf([redirection.file], scene, judging)[0] ?? [] };
  });
  return { redirections: judged, opened: { reads, writes, faults } };
}

/** bash opens sockets for these names itself, whatever is in `/dev`. */
function isSocket(file: string, { file: word }: Extract<Redirection, { readonly kind: 'file' }>): boolean {
  const lead = word[0]?.kind === 'text' ? word[0].text : '';
  return /^\/dev\/(?:tcp|udp)(?:\/|$)/.test(file) || (file === ANY_FILE && /^\/+dev/.test(lead));
}
