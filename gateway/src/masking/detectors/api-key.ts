import type { Detector } from '../detect/detector.ts';

/** Formats of keys as their vendors document them, each with what must stand in a token for it to be tried. */
const FORMATS: readonly (readonly [literal: string, pattern: string])[] = [
  ['AKIA', 'AKIA[A-Z2-7]{16}'], // AWS
  ['ASIA', 'ASIA[A-Z2-7]{16}'],
  ['ABIA', 'ABIA[A-Z2-7]{16}'],
  ['ACCA', 'ACCA[A-Z2-7]{16}'],
  ['gh', 'gh[pousr]_[A-Za-z0-9]{36,255}'], // GitHub
  ['github_pat_', 'github_pat_[A-Za-z0-9_]{22,255}'],
  ['glpat-', 'glpat-[A-Za-z0-9_.-]{20,64}'], // GitLab
  ['gldt-', 'gldt-[A-Za-z0-9_-]{20,64}'],
  ['glrt-', 'glrt-[A-Za-z0-9_.-]{20,64}'],
  ['xox', 'xox[abeoprs]-[A-Za-z0-9-]{10,255}'], // Slack
  ['xapp-', 'xapp-\\d-[A-Za-z0-9-]{10,255}'],
  ['services/T', 'services/T[A-Z0-9]{8,12}/B[A-Z0-9]{8,12}/[A-Za-z0-9]{24}'],
  ['k_', '[srp]k_(?:live|test)_[A-Za-z0-9]{16,247}'], // Stripe
  ['whsec_', 'whsec_[A-Za-z0-9+/=]{24,100}'],
  ['AIza', 'AIza[A-Za-z0-9_-]{35}'], // Google
  ['ya29.', 'ya29\\.[A-Za-z0-9_-]{20,1024}'],
  ['GOCSPX-', 'GOCSPX-[A-Za-z0-9_-]{28}'],
  ['sk-', 'sk-ant-[A-Za-z0-9_-]{24,255}'], // Anthropic
  ['sk-', 'sk-(?:proj|svcacct|admin|None)-[A-Za-z0-9_-]{20,255}'], // OpenAI
  ['sk-', 'sk-[A-Za-z0-9]{32,64}'],
  ['sk-', 'sk-or-v1-[a-f0-9]{64}'], // OpenRouter
  ['gsk_', 'gsk_[A-Za-z0-9]{40,64}'], // Groq
  ['xai-', 'xai-[A-Za-z0-9]{70,90}'],
  ['hf_', 'hf_[A-Za-z0-9]{30,64}'], // Hugging Face
  ['npm_', 'npm_[A-Za-z0-9]{36}'],
  ['pypi-', 'pypi-[A-Za-z0-9_-]{50,255}'],
  ['SG.', 'SG\\.[A-Za-z0-9_-]{16,32}\\.[A-Za-z0-9_-]{32,64}'], // SendGrid
  ['SK', 'SK[0-9a-f]{32}'], // Twilio
  ['dop_v1_', 'dop_v1_[a-f0-9]{64}'], // DigitalOcean
  ['shp', 'shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}'], // Shopify
  ['hv', 'hv[sbr]\\.[A-Za-z0-9_-]{24,512}'], // Vault
  ['dapi', 'dapi[a-f0-9]{32}(?:-\\d)?'], // Databricks
  ['lin_api_', 'lin_api_[A-Za-z0-9]{40}'], // Linear
  ['ntn_', 'ntn_[A-Za-z0-9]{40,60}'], // Notion
  ['PMAK-', 'PMAK-[a-f0-9]{24}-[a-f0-9]{34}'], // Postman
  ['sq0', 'sq0(?:atp|csp)-[A-Za-z0-9_-]{22,43}'], // Square
  ['EAA', 'EAA[A-Za-z0-9]{80,300}'], // Meta
  ['NRAK-', 'NRAK-[A-Z0-9]{27}'], // New Relic
  ['key-', 'key-[a-f0-9]{32}'], // Mailgun
  ['rubygems_', 'rubygems_[a-f0-9]{48}'],
  ['AGE-SECRET-KEY-', 'AGE-SECRET-KEY-1[0-9A-Z]{58}'],
  ['tskey-', 'tskey-[a-z]+-[A-Za-z0-9-]{20,80}'], // Tailscale
];

const COMPILED = FORMATS.map(
  ([literal, pattern]) => [literal, new RegExp(`(?<![A-Za-z0-9])${pattern}(?![A-Za-z0-9_])`, 'g')] as const,
);
/** Only tokens that hold one of these are looked at closer. */
const ANY = new RegExp([...new Set(FORMATS.map(([literal]) => literal.replace('.', '\\.')))].join('|'));

/** Keys and access tokens of clouds and vendors that have a format of their own. */
export const apiKey: Detector = {
  name: 'api-key',
  fewestTokenBytes: 16,
  token(input, start, end) {
    const text = input.tokenText(start, end);
    if (!ANY.test(text)) {
      return;
    }
    for (const [literal, pattern] of COMPILED) {
      if (text.includes(literal)) {
        for (const match of text.matchAll(pattern)) {
          input.hit(start + match.index, start + match.index + match[0].length);
        }
      }
    }
  },
};
