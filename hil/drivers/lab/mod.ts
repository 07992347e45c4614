/**
 * Networks of real hosts on one machine: a namespace for each, bridges between them, addresses of
 * both families, routes, NAT and bad lines; programs and sockets in any of them. Linux only; needs
 * root, `ip` and `--allow-ffi`; without, {@link labAvailable} says what is missing. Labs that run at
 * once may use the same addresses: nothing of one is in the machine's own network but its name.
 *
 * @example
 * ```ts ignore
 * await using lab = await Lab.make({
 *   networks: { lan: {}, home: {} },
 *   hosts: {
 *     pbx: { links: { eth0: { network: "lan", addresses: ["198.51.100.1/24", "2001:db8::1/64"] } } },
 *     router: {
 *       links: {
 *         wan: { network: "lan", addresses: ["198.51.100.2/24"], impair: { delay: ms(20) } },
 *         lan: { network: "home", addresses: ["10.77.0.1/24"] },
 *       },
 *       masquerade: "wan",
 *     },
 *     phone: {
 *       links: { eth0: { network: "home", addresses: ["10.77.0.2/24"] } },
 *       gateway: "10.77.0.1",
 *     },
 *   },
 * });
 * const record = lab.host("pbx").capture("eth0", { timeline, clock, filter: "port 5060" });
 * const server = lab.host("pbx").listen({ hostname: "198.51.100.1", port: 5060 });
 * const call = await lab.host("phone").connect({ hostname: "198.51.100.1", port: 5060 });
 * const peer = await server.accept(); // From 198.51.100.2: the router's.
 * ```
 */
export { type Endpoint, type HostCaptureOptions, LabHost } from "./host.ts";
export { Lab, labAvailable } from "./lab.ts";
export type {
  HostOptions,
  ImpairedBy,
  Impairment,
  LabOptions,
  LinkOptions,
  NetworkOptions,
} from "./options.ts";
