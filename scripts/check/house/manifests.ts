/** The parts of a package.json that the rules look at. */
export interface Manifest {
  readonly name?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly allowScripts?: Readonly<Record<string, boolean>>;
}

/** The parts of package-lock.json that the rules look at. */
export interface Lockfile {
  readonly packages: Readonly<Record<string, { readonly hasInstallScript?: boolean }>>;
}

const mostProductionDependencies = 21;

/** Finds versions that are not exact: a clone of today must install what a clone of next year installs. */
export function versionProblems(manifests: readonly Manifest[]): readonly string[] {
  return manifests.flatMap((manifest) =>
    Object.entries({
      ...manifest.dependencies,
      ...manifest.devDependencies,
      ...manifest.optionalDependencies,
    })
      .filter(([, version]) => !/^(npm:(@[^/]+\/)?[^@]+@)?\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/.test(version))
      .map(([name, version]) => `${manifest.name}: ${name} ${version} is not an exact version`),
  );
}

/** Finds packages with an install script that `allowScripts` does not name: npm 11 skips it without a word. */
export function installScriptProblems(root: Manifest, lockfile: Lockfile): readonly string[] {
  const allowed = root.allowScripts ?? {};
  const needed = Object.entries(lockfile.packages)
    .filter(([, entry]) => entry.hasInstallScript === true)
    .map(([location]) => location.slice(location.lastIndexOf('node_modules/') + 'node_modules/'.length));
  const missing = needed
    .filter((name) => !(name in allowed))
    .map((name) => `package.json: allowScripts says nothing about the install script of ${name}`);
  const stale = Object.keys(allowed)
    .filter((name) => !needed.includes(name))
    .map((name) => `package.json: allowScripts names ${name}, which has no install script`);
  return [...missing, ...stale];
}

/**
 * Finds production dependencies without a row in docs/dependencies.md, and rows without a dependency.
 *
 * @param page text of docs/dependencies.md; a row begins with the package name in backticks
 */
export function dependencyPageProblems(manifests: readonly Manifest[], page: string): readonly string[] {
  const used = manifests.flatMap(({ dependencies }) => Object.keys(dependencies ?? {}));
  const explained = [...page.matchAll(/^\| `([^`]+)` \|/gm)].map((match) => match[1] ?? '');
  const problems = [
    ...used
      .filter((name) => !explained.includes(name))
      .map((name) => `docs/dependencies.md: says nothing about ${name}`),
    ...explained
      .filter((name) => !used.includes(name))
      .map((name) => `docs/dependencies.md: explains ${name}, which is not a dependency`),
  ];
  const tooMany = manifests.filter(
    ({ dependencies }) => Object.keys(dependencies ?? {}).length > mostProductionDependencies,
  );
  return [
    ...problems,
    ...tooMany.map(({ name }) => `${name}: more than ${mostProductionDependencies} dependencies`),
  ];
}
