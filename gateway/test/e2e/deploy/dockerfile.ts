/** `deploy/Dockerfile`, as far as the tests have to understand it. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { DEPLOY } from './compose-file.ts';

/** One instruction: `COPY`, and what stands behind it. */
export interface Instruction {
  readonly name: string;
  readonly words: string;
}

/** What the image is. */
export interface Dockerfile {
  readonly stages: readonly (readonly Instruction[])[];
  /** The command of a container that is given none, and its health check. */
  readonly command: readonly string[];
  readonly healthcheck: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** Reads it; the last stage is the image. */
export function readDockerfile(): Dockerfile {
  const text = readFileSync(path.join(DEPLOY, 'Dockerfile'), 'utf8');
  const lines = text
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n');
  const stages: Instruction[][] = [];
  for (const line of lines) {
    const [, name = '', words = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
    if (name === 'FROM') stages.push([]);
    if (name !== '') stages.at(-1)?.push({ name, words });
  }
  const image = stages.at(-1) ?? [];
  const of = (name: string): string => image.findLast((one) => one.name === name)?.words ?? '';
  return {
    stages,
    command: JSON.parse(of('CMD')) as string[],
    healthcheck: JSON.parse(of('HEALTHCHECK').replace(/^.*? CMD /, '')) as string[],
    environment: Object.fromEntries(
      of('ENV')
        .split(' ')
        .map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]),
    ),
  };
}
