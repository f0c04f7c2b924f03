/** `deploy/compose.yaml`, as far as the tests have to understand it, and its check against the Compose Specification. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Validator } from '@cfworker/json-schema';
import { parse } from 'yaml';

/** The root of the checkout, and the folder of the Compose file. */
export const ROOT: string = path.resolve(import.meta.dirname, '../../../..');
export const DEPLOY: string = path.join(ROOT, 'deploy');

/** A part of a deployment. */
export interface Service {
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly env_file?: readonly string[];
  readonly profiles?: readonly string[];
  readonly network_mode?: string;
  readonly networks?: readonly string[] | Readonly<Record<string, { readonly aliases?: readonly string[] }>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly read_only?: boolean;
  readonly privileged?: boolean;
  readonly cap_drop?: readonly string[];
}

/** The whole file. */
export interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, object>>;
}

/** Reads it, its fragments merged in (compose-spec 10-fragments.md). */
export function readCompose(): Compose {
  return parse(readFileSync(path.join(DEPLOY, 'compose.yaml'), 'utf8'), { merge: true }) as Compose;
}

/** What of it the schema of the Compose Specification does not permit. */
export function composeProblems(file: unknown): readonly string[] {
  const text = readFileSync(path.join(import.meta.dirname, 'compose-spec/compose-spec.json'), 'utf8');
  const validator = new Validator(JSON.parse(text) as object, '7', false);
  return validator
    .validate(file)
    .errors.map(({ instanceLocation, error }) => `${instanceLocation}: ${error}`);
}

/** Networks of a service, with the names that it has there besides its own. */
export function networksOf(service: Service): ReadonlyMap<string, readonly string[]> {
  const { networks = [], network_mode: mode } = service;
  if (mode === 'none') return new Map();
  if (Array.isArray(networks)) return new Map(networks.map((name: string) => [name, []]));
  return new Map(Object.entries(networks).map(([name, options]) => [name, options?.aliases ?? []]));
}

/** `KEY=value` lines; a value may hold `=`. */
export function readEnvironment(service: Service): Readonly<Record<string, string>> {
  const files = (service.env_file ?? []).map((name) => readFileSync(path.join(DEPLOY, name), 'utf8'));
  const lines = files.flatMap((text) => text.split('\n')).filter((line) => /^[A-Z]/.test(line));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}
