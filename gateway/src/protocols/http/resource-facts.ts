/** How the requests of each resource are read: compiled once, its API description included. */
import { compilePathPattern, type PathPattern } from '../../names/path-pattern.ts';
import { type ApiDescription, loadApiDescription } from '../../openapi/api-description.ts';
import type { Log } from '../../telemetry/log.ts';
import type { HttpConfig, HttpResourceConfig } from './config.ts';
import { HttpError } from './errors.ts';
import type { HttpFactsOptions } from './facts/http-facts.ts';
import { readTextFile } from './upstream/text-file.ts';

/** Options of facts, by resource. */
export class ResourceFacts {
  readonly #log: Log;
  readonly #known = new WeakMap<HttpResourceConfig, Promise<HttpFactsOptions>>();
  /** By what they are made of: the many places of one resource share them. */
  readonly #made = new Map<string, Promise<HttpFactsOptions>>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Rejects with HttpError 503 while the API description cannot be used: nothing is judged without it (P3). */
  async of(config: HttpResourceConfig): Promise<HttpFactsOptions> {
    const known = this.#known.get(config);
    if (known !== undefined) return known;
    const { encodedSlash, methodOverride, graphql, jsonRpc, openapi } = config;
    const key = JSON.stringify([encodedSlash, methodOverride, graphql, jsonRpc, openapi]);
    const made = this.#made.get(key) ?? loadFactsOptions(config);
    this.#made.set(key, made);
    this.#known.set(config, made);
    try {
      return await made;
    } catch (error) {
      // It may be mended: the next request looks again.
      this.#known.delete(config);
      this.#made.delete(key);
      const reason = error instanceof Error ? error.message : String(error);
      this.#log.error('api description cannot be used: nothing is forwarded', { reason });
      const told = 'this resource is not configured right; tell the operator of the gateway';
      throw new HttpError('ERR_HTTP_CONFIGURATION', 503, reason, told);
    }
  }
}

/** Compiles the patterns, and reads and compiles the API description. Rejects with a GatewayError. */
export async function loadFactsOptions(config: HttpConfig): Promise<HttpFactsOptions> {
  const { encodedSlash, methodOverride, graphql, jsonRpc, openapi, credential } = config;
  const description: ApiDescription | undefined =
    openapi === undefined ? undefined : loadApiDescription(await readTextFile(openapi));
  return {
    encodedSlash,
    methodOverride,
    graphql: patterns(graphql),
    jsonRpc: patterns(jsonRpc),
    ...(description === undefined ? {} : { description }),
    ...('query' in credential ? { ownParameter: credential.query.name } : {}),
  };
}

function patterns(texts: readonly string[]): readonly PathPattern[] {
  return texts.map(compilePathPattern).filter((pattern) => pattern !== undefined);
}
