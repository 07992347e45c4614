/** The addresses of this host's interfaces: what is sent from these are the PBX's own answers. */

/** Loopback comes last; "any": all of them. */
export function ownAddresses(interfaces: readonly string[]): string[] {
  const all = Deno.networkInterfaces()
    .filter(({ name }) => interfaces.includes("any") || interfaces.includes(name))
    .map(({ address }) => address.replace(/%.*$/, ""));
  const isLoopback = (address: string) => address === "::1" || address.startsWith("127.");
  return [...all.filter((address) => !isLoopback(address)), ...all.filter(isLoopback)];
}
