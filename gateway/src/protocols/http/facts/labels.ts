import type { RequestForm } from './request-form.ts';

const LONGEST = 120;
/** Segments that name a kind of thing; all others may be somebody's data. */
const NAME = /^(?:[A-Za-z][A-Za-z_-]{0,39}(?:\.(?:json|xml|csv))?|v[0-9]{1,3}(?:\.[0-9]{1,2})?)?$/;

/** A request in a few words, without data: `GET /v1/customers/{…}`, or with the template of its operation. */
export function requestLabel(form: RequestForm, template: string | undefined): string {
  return shortened(`${form.method} ${pathLabel(form, template)}`);
}

/** A path without data. */
export function pathLabel({ path }: RequestForm, template: string | undefined): string {
  return template ?? `/${path.segments.map((part) => (NAME.test(part) ? part : '{…}')).join('/')}`;
}

/** Cuts what a client may have made long. */
export function shortened(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1)}…`;
}
