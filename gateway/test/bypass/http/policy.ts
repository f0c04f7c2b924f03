/** What the attacked gateway permits: little, and only what is known. */
export const HTTP_POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: connect, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: public, effect: allow, on: http, match: { methods: [GET, HEAD, POST], paths: ["/public/**"] } }
  - { id: no-bodies, effect: deny, on: http, match: { paths: ["/public/bodiless/**"] }, when: "http.hasBody", message: This service takes no bodies. }
  - { id: no-admin, effect: deny, on: http, match: { paths: [/admin, "/admin/**"] }, message: Nobody does. }
  - { id: small-refunds, effect: allow, on: http, match: { methods: [POST], paths: [/refunds] }, when: "has(http.body.amount) && http.body.amount <= 100.0" }
  - { id: guests, effect: allow, on: http, match: { methods: [POST], paths: [/roles] }, when: "http.form.role.all(one, one == 'guest')" }
  - { id: pictures, effect: allow, on: http, match: { methods: [POST], paths: [/pictures] }, when: "http.parts.all(part, part.type == 'image/png' && part.filename.endsWith('.png'))" }
  - { id: one-page, effect: allow, on: http, match: { methods: [GET], paths: [/pages] }, when: "'tenant' in http.query && http.query.tenant.all(one, one == 'mine')" }
  - { id: customers, effect: allow, on: http, match: { graphql: [Query.customer], paths: [/graphql] } }
  - { id: refunds, effect: allow, on: http, match: { graphql: [Mutation.refund], paths: [/graphql] }, when: "http.graphql.arguments.refund.all(one, one.amount <= 100)" }
  - { id: no-ssn, effect: deny, on: http, match: { fields: ["*.ssn", "**.ssn"] } }
  - { id: calls, effect: allow, on: http, match: { rpc: ["get*"], paths: [/rpc] } }
`;
