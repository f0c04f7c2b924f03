/**
 * Header fields that a service takes from the proxy in front of it, and believes: which machine asks, who it is, and what the proxy
 * did. The gateway is that proxy, and says none of them; of a client they are a way to pass for another (P11).
 */

/** Paths and methods in `X-Forwarded-…` say what is asked for: they are refused, not left out. */
const FORWARDED =
  'forwarded|via|x-forwarded-(?!(?:uri|path|method)$).+|x-original-(?:host|forwarded-.+)|x-host|x-http-host-override';
/** Of the client's machine: nginx, Apache, Envoy, Cloudflare, Fastly, Akamai, Azure, App Engine. */
const ADDRESS =
  '(?:x-)?(?:real|client|cluster-client|true-client|proxyuser|remote|originating)-?(?:ip|addr)|cf-connecting-ip(?:v6)?|cf-pseudo-ipv4|fastly-client-ip|' +
  'x-envoy-(?:external-address|peer-metadata(?:-id)?|internal)|x-azure-(?:clientip|socketip)|x-appengine-(?:user-ip|remote-addr)';
/** Of who asks: oauth2-proxy, Grafana, Authelia, authentik, Kubernetes, Pomerium, and the proxies of clouds. */
const IDENTITY =
  'x-auth-request-.+|x-webauth-.+|x-authentik-.+|x-authenticated-.+|x-pomerium-(?:claim-.+|jwt-assertion)|(?:x-)?remote-(?:user|name|email|groups?|extra-.+)|' +
  'x-goog-(?:authenticated-user-.+|iap-jwt-assertion)|x-amzn-oidc-.+|x-ms-(?:client-principal.*|token-.+)|cf-access-authenticated-user-.+|tailscale-user-.+';
/** Of the certificate that the client showed. */
const CERTIFICATE =
  '(?:x-)?(?:ssl|tls)-client-.+|x-ssl-cert|x-client-(?:cert|dn|verify)(?:-.+)?|client-cert(?:-chain)?|x-arr-clientcert';
/** What the proxy did already, or wants done: Next.js (CVE-2025-29927), Rack (CVE-2025-61780). */
const ORDERS = 'x-middleware-.+|x-sendfile-type|x-accel-mapping';

const CLAIMED = new RegExp(`^(?:${[FORWARDED, ADDRESS, IDENTITY, CERTIFICATE, ORDERS].join('|')})$`);

/** Whether a client's own field of this name is left out of what is sent. @param name in lower case */
export function isClaimed(name: string): boolean {
  return CLAIMED.test(name);
}
