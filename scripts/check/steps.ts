import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { type CheckStep, commandStep, listStep, runCommand } from './check-step.ts';
import { collectErrorCodes, errorCodeProblems, renderErrorPage } from './error-codes.ts';
import { commentProblems } from './house/comments.ts';
import { linkProblems } from './house/links.ts';
import {
  dependencyPageProblems,
  installScriptProblems,
  type Lockfile,
  type Manifest,
  versionProblems,
} from './house/manifests.ts';
import { nameProblems, strayFileProblems, strayTestProblems } from './house/names.ts';
import { checkLayers, type SourceFile } from './layers/check-layers.ts';
import { fewestModules, rooms } from './layers/rooms.ts';
import { publishedSchemas, schemaProblems } from './schemas/schemas.ts';
import { listFiles, readGatewaySources, readSource, repositoryRoot } from './source-files.ts';

const errorPage = 'docs/errors.md';

/** Everything that `npm run check` claims, slowest first, because two run at a time. */
export const checkSteps: readonly CheckStep[] = [
  commandStep('lint', 'no rule of .oxlintrc.json is broken', ['oxlint'], ['oxlint', '--fix']),
  commandStep('types: gateway', 'the gateway type-checks', ['tsc', '-p', 'gateway']),
  commandStep('types: quickstart', 'the quick start type-checks', ['tsc', '-p', 'examples/quickstart']),
  commandStep('types: agents', 'the agents of the end-to-end suites type-check', [
    'tsc',
    '-p',
    'gateway/test/e2e/agents/frameworks',
  ]),
  commandStep('types: console', 'the console type-checks', ['tsc', '-p', 'console']),
  commandStep('types: scripts', 'the scripts type-check', ['tsc', '-p', 'scripts']),
  commandStep('dead code', 'no file, export or dependency is unused', ['knip', '--no-progress']),
  listStep('schemas', 'the published schemas are what the code says, and break no client', writtenSchemas),
  commandStep(
    'format',
    'files are formatted and imports sorted',
    ['biome', 'check', '--error-on-warnings'],
    ['biome', 'check', '--write', '--error-on-warnings'],
  ),
  listStep('layers', 'no module imports what its layer may not', layerProblems),
  listStep('error codes', `${errorPage} lists every error code as the sources have it`, errorPageProblems),
  listStep('names', 'no name says nothing, and no source or test is where nobody looks', () => {
    const paths = listFiles('.');
    return [...nameProblems(paths), ...strayFileProblems(paths), ...strayTestProblems(paths)];
  }),
  listStep('comments', 'nothing is left unfinished, no rule is switched off without a reason', () =>
    commentProblems(productionSources(['gateway', 'console', 'examples', 'scripts'])),
  ),
  listStep('links', 'every link between pages leads somewhere', () => {
    const paths = listFiles('.');
    const pages = paths.filter((file) => file.endsWith('.md')).map(toSource);
    return linkProblems(pages, new Set(paths.flatMap(withFolders)));
  }),
  listStep('dependencies', 'versions are exact, explained, and their install scripts decided on', () => {
    const manifest = (file: string): Manifest => JSON.parse(readSource(file));
    const lockfile: Lockfile = JSON.parse(readSource('package-lock.json'));
    const root = manifest('package.json');
    const gateway = manifest('gateway/package.json');
    const console = manifest('console/package.json');
    return [
      ...versionProblems([root, gateway, console, manifest('examples/quickstart/package.json')]),
      ...installScriptProblems(root, lockfile),
      ...dependencyPageProblems([gateway, console], readSource('docs/dependencies.md')),
    ];
  }),
];

function layerProblems(): readonly string[] {
  const { violations } = checkLayers(readGatewaySources(), rooms, fewestModules);
  return violations.map(({ path: file, line, message }) => `gateway/src/${file}:${line}: ${message}`);
}

async function writtenSchemas(fix: boolean): Promise<readonly string[]> {
  const problems = await schemaProblems(repositoryRoot, publishedSchemas, fix);
  const files = publishedSchemas.map(({ file }) => file);
  const formatted = fix ? await runCommand(['biome', 'format', '--write', ...files]) : undefined;
  return formatted?.passed === false ? [...problems, formatted.output] : problems;
}

function errorPageProblems(fix: boolean): readonly string[] {
  const codes = collectErrorCodes(productionSources(['gateway/src', 'examples']));
  const page = renderErrorPage(codes);
  if (fix) writeFileSync(path.join(repositoryRoot, errorPage), page);
  const current = readSource(errorPage) === page;
  const problems = errorCodeProblems(codes);
  return current ? problems : [...problems, `${errorPage} is out of date: run npm run check -- --fix`];
}

function productionSources(folders: readonly string[]): readonly SourceFile[] {
  return folders
    .flatMap(listFiles)
    .filter((file) => /\.(tsx?|mjs)$/.test(file) && !/\.test\.tsx?$/.test(file))
    .map(toSource);
}

function toSource(file: string): SourceFile {
  return { path: file, text: readSource(file) };
}

function withFolders(file: string): readonly string[] {
  const parts = file.split('/');
  return ['.', ...parts.map((_, index) => parts.slice(0, index + 1).join('/'))];
}
