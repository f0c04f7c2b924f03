import type { FactsFamily } from '../model/facts.ts';

/**
 * The family of opening a session, built in for every protocol: rules say `on: connect`.
 * Without an allow rule of this family nobody gets in (default deny).
 */
export const connectFamily: FactsFamily = {
  name: 'connect',
  dimensions: {
    databases: {
      match: { by: 'glob' },
      description:
        'Databases (or the like) of the resource that the session opens; `*` matches any run of characters.',
    },
  },
  attributes: {},
};
