/** The published schemas of the gateway: files for other programs, written from the code and checked against it. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { openApiDocument } from '../../../gateway/src/api/openapi.ts';
import { endpoints } from '../../../gateway/src/api/routes/index.ts';
import { loadFamilies } from '../../../gateway/src/families/load-families.ts';
import { createPolicyJsonSchema } from '../../../gateway/src/policy/json-schema.ts';
import { breakingChanges, type Json } from './breaking-changes.ts';

/** A schema that is kept in the repository. */
export interface PublishedSchema {
  /** Relative to the repository. */
  readonly file: string;
  /** What the code says. */
  readonly generate: () => Promise<Json>;
  /** What of a new version would break whoever relies on the one that is kept. */
  readonly breaking?: (before: Json, after: Json) => readonly string[];
}

/** All of them. */
export const publishedSchemas: readonly PublishedSchema[] = [
  {
    file: 'gateway/policy.schema.json',
    generate: async () => asJson(createPolicyJsonSchema((await loadFamilies()).map(({ family }) => family))),
  },
  {
    file: 'gateway/openapi.json',
    generate: async () => asJson(openApiDocument(endpoints)),
    breaking: breakingChanges,
  },
];

/**
 * Says of each schema under `root` whether it is stale, and with `fix` writes it anew; never over one whose clients the new one
 * would break. Who means to break them removes the file first. What it writes is not formatted yet.
 */
export async function schemaProblems(
  root: string,
  schemas: readonly PublishedSchema[],
  fix: boolean,
): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const { file, generate, breaking } of schemas) {
    const place = path.join(root, file);
    const [kept, now] = [read(place), await generate()];
    if (isDeepStrictEqual(kept, now)) continue;
    const broken = kept === undefined ? [] : (breaking?.(kept, now) ?? []);
    for (const change of broken) problems.push(`${file}: this breaks clients: ${change}`);
    if (broken.length > 0)
      problems.push(`${file}: if that is meant, remove the file, then run npm run check schemas -- --fix`);
    else if (fix) writeFileSync(place, `${JSON.stringify(now, null, 2)}\n`);
    else problems.push(`${file} is not what the code says: run npm run check schemas -- --fix`);
  }
  return problems;
}

/** Undefined: there is none, or it is no JSON. */
function read(file: string): Json | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Json;
  } catch {
    return undefined;
  }
}

/** As a reader of the file would have it: what is undefined is not there. */
function asJson(value: object): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}
