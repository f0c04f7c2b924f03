import { describe, expect, it } from 'vitest';
import { commentProblems } from './comments.ts';
import { linkProblems } from './links.ts';
import { dependencyPageProblems, installScriptProblems, versionProblems } from './manifests.ts';
import { nameProblems, strayFileProblems, strayTestProblems } from './names.ts';

describe('names', () => {
  it.each([
    'gateway/src/utils/x.ts',
    'gateway/src/audit/helpers.ts',
    'console/common/x.ts',
    'a/types.test.ts',
  ])('that say nothing are found: %s', (path) => expect(nameProblems([path])).toHaveLength(1));

  it('that only contain such a word are fine', () => {
    expect(nameProblems(['gateway/src/sql/data-types.ts', 'docs/common-errors.md'])).toEqual([]);
  });

  it('of files that the layer check does not read are found', () => {
    const paths = [
      'gateway/src/x.js',
      'gateway/src/x.mts',
      'gateway/src/x.d.ts',
      'gateway/src/README.md',
      'a/x.js',
    ];
    expect(strayFileProblems(paths)).toHaveLength(3);
  });
});

describe('tests', () => {
  it('that no suite would run are found', () => {
    const run = ['gateway/src/a.test.ts', 'gateway/test/e2e/a.property.test.ts', 'scripts/a.test.ts'];
    const never = [
      'gateway/bench/a.test.ts',
      'gateway/src/a.spec.ts',
      'gateway/src/a.test.mts',
      'docs/a.test.ts',
    ];
    expect(strayTestProblems([...run, ...never])).toHaveLength(never.length);
  });
});

describe('links', () => {
  const paths = new Set(['README.md', 'docs', 'docs/policy.md']);
  const policy = {
    path: 'docs/policy.md',
    text: '# Policy as code\n\n## `when:` and CEL\n## Twice\n## Twice\n',
  };

  it('that lead to a page, a folder or a heading are fine', () => {
    const text = `[a](docs/policy.md) [b](docs/) [c](docs/policy.md#when-and-cel) [d](docs/policy.md#twice-1)
[e](https://example.com/x) \`[f](gone.md)\`

\`\`\`
[g](gone.md)
\`\`\`
`;
    expect(linkProblems([{ path: 'README.md', text }, policy], paths)).toEqual([]);
  });

  it('that lead nowhere are found', () => {
    const text = '[a](gone.md) [b](docs/policy.md#gone) [c](#gone)\n\n[d]: docs/gone.md\n';
    expect(linkProblems([{ path: 'README.md', text }, policy], paths)).toHaveLength(4);
  });

  it('are read relative to their page', () => {
    const page = { path: 'docs/policy.md', text: '[up](../README.md) [wrong](docs/policy.md)' };
    expect(linkProblems([page], paths)).toEqual(['docs/policy.md: the link docs/policy.md leads nowhere']);
  });
});

describe('manifests', () => {
  it('with a range instead of a version are found', () => {
    const dependencies = {
      a: '^1.0.0',
      b: '1.x',
      c: 'latest',
      d: '1.2.3',
      e: 'npm:@x/e@17.7.4',
      f: '18.4.0-beta.17',
    };
    expect(versionProblems([{ name: 'p', dependencies }])).toHaveLength(3);
  });

  it('that do not decide on an install script, or on one that is gone, are found', () => {
    const lockfile = { packages: { 'node_modules/@a/b': { hasInstallScript: true }, 'node_modules/c': {} } };
    expect(installScriptProblems({ allowScripts: { '@a/b': false } }, lockfile)).toEqual([]);
    expect(installScriptProblems({}, lockfile)).toHaveLength(1);
    expect(installScriptProblems({ allowScripts: { '@a/b': true, c: true } }, lockfile)).toHaveLength(1);
  });

  it('with a dependency that docs/dependencies.md does not explain are found', () => {
    const page = '| Package | Why |\n|---|---|\n| `zod` | Checks input. |\n| `gone` | Was used. |\n';
    expect(dependencyPageProblems([{ dependencies: { zod: '4.6.7', hono: '4.13.19' } }], page)).toEqual([
      'docs/dependencies.md: says nothing about hono',
      'docs/dependencies.md: explains gone, which is not a dependency',
    ]);
  });
});

describe('comments', () => {
  it('that leave work undone, or switch a rule off without a reason, are found', () => {
    const texts = [
      `// ${'TO'}${'DO'}: later`,
      '// oxlint-disable-next-line max-params',
      '// oxlint-disable-next-line max-params -- the protocol has six fields',
      `const text = '${'TO'}${'DO'}';`,
    ];
    expect(texts.map((text) => commentProblems([{ path: 'x.ts', text }]).length)).toEqual([1, 1, 0, 0]);
  });
});
