/** Rules of a packet filter (nftables), for people to take over. */

/** What is closed. */
export interface ClosedPort {
  readonly port: number;
  /** Name of the chain. */
  readonly chain: string;
}

/** Lines of nftables that let nobody but these IP addresses at a TCP port. */
export function onlyFrom(addresses: readonly string[], { port, chain }: ClosedPort): readonly string[] {
  const v4 = addresses.filter((address) => !address.includes(':'));
  const v6 = addresses.filter((address) => address.includes(':'));
  return [
    'table inet sallyport {',
    `  chain ${chain} {`,
    '    type filter hook input priority filter; policy accept;',
    ...(v4.length > 0 ? [`    tcp dport ${port} ip saddr { ${v4.join(', ')} } accept`] : []),
    ...(v6.length > 0 ? [`    tcp dport ${port} ip6 saddr { ${v6.join(', ')} } accept`] : []),
    `    tcp dport ${port} drop`,
    '  }',
    '}',
  ];
}
