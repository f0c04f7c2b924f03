import type { Pair } from '../../../documents/pairs.ts';
import type { BodyFacts } from './body.ts';
import { FORM_METHODS, type HttpMethod } from './method.ts';
import { mayBeTakenFor } from './parameter-names.ts';

/** The parameter by which Rails, Laravel, Symfony and others take a POST for another method. */
const OVERRIDE = '_method';

/** Whether query or body carry a method that some services would take instead of the request's. */
export function overridesMethod(query: readonly Pair[], body: BodyFacts): boolean {
  if (query.some(isOverride)) return true;
  switch (body.kind) {
    case 'form':
      return body.pairs.some(isOverride);
    case 'multipart':
      return body.parts.some(isOverride);
    case 'json':
      return (
        typeof body.json === 'object' &&
        body.json !== null &&
        Object.keys(body.json).some((name) => isOverride({ name }))
      );
    default:
      return false;
  }
}

/** The methods that a service may take a request for: its own, or any where a body that may hold another was not read. */
export function possibleMethods(method: HttpMethod, body: BodyFacts): readonly HttpMethod[] {
  const mayOverride = method === 'POST' && body.kind === 'unread' && FORM_LIKE.test(body.essence);
  return mayOverride ? FORM_METHODS : [method];
}

const FORM_LIKE = /^$|^multipart\/|json$|^application\/x-www-form-urlencoded$/;

function isOverride({ name }: { readonly name: string }): boolean {
  return mayBeTakenFor(name, OVERRIDE);
}
