/** Puts a real PBX together: network, container, configuration, process, ears. */
import type { Clock, TargetContext } from "hil";
import { type Container, type Mount, openEngine } from "hil/drivers/container/mod.ts";
import type { Timeline } from "hil/trace/mod.ts";
import { offerPbxLab } from "../lab.ts";
import { ADDRESSES, type PbxEventData, type PbxOptions, phoneTable, PORTS, WEB } from "../port.ts";
import { Asterisk } from "./asterisk.ts";
import { type Certificate, makeCertificate } from "./certificate.ts";
import { type AmiAccount, asteriskConfig, type AsteriskVariant, FOLDER } from "./config.ts";
import { happening } from "./events.ts";
import { asteriskImage } from "./image.ts";
import { PbxNetwork } from "./network.ts";
import { proxyMounts, proxyProgram } from "./proxy.ts";
import { AsteriskPbx } from "./pbx.ts";
import type { AsteriskVersion } from "./recipe.ts";
import { Wire } from "./wire.ts";

/** Beyond what the port has. */
export interface AsteriskTargetOptions extends PbxOptions {
  /** Default: "asterisk22". */
  readonly variant?: AsteriskVariant;
  /** A tag that the engine has, in place of the image that is made here. */
  readonly image?: string;
}

const VERSIONS: Readonly<Record<AsteriskVariant, AsteriskVersion>> = {
  asterisk22: "22",
  asterisk16: "16",
  chan_sip: "16",
};
const OWN = [ADDRESSES.pbx, ADDRESSES.pbx6] as const;
const LOOPBACK = "127.0.0.1";
const REALM = "asterisk";
const AMI_PORT = 5038;

/** @throws TypeError naming those that there are */
export function variantOf(options: TargetContext["options"]): AsteriskVariant {
  const { variant = "asterisk22" } = options as AsteriskTargetOptions;
  if (Object.hasOwn(VERSIONS, variant)) return variant;
  throw new TypeError(
    `Cannot run variant "${variant}" of Asterisk: there are ${Object.keys(VERSIONS).join(", ")}; ` +
      `choose one`,
  );
}

export function versionOf(variant: AsteriskVariant): AsteriskVersion {
  return VERSIONS[variant];
}

export async function startAsterisk(context: TargetContext): Promise<AsteriskPbx> {
  const { timeline, timeline: { clock }, defer, seed } = context;
  const options = context.options as AsteriskTargetOptions;
  const variant = variantOf(context.options);
  const phones = phoneTable(options.phones);
  const account = { user: "hil", secret: `secret-${seed}`, port: AMI_PORT };
  const folder = `${context.tempDir}/asterisk`;
  const certificate = await writeFiles(folder, { ...options, variant }, account);
  const mounts = await mountsOf(context, folder);

  const [network, container] = await together(
    makeNetwork(context),
    startContainer(context, variant, mounts),
  );
  await network.lab.adopt("pbx", container.pid);
  const wire = new Wire({
    ...{ timeline, clock, addresses: OWN, interface: "eth0" },
    namespace: network.pbx.namespace,
  });
  defer("close the capture of the PBX's link", () => wire.close());
  const events = eventSignal(timeline, clock);
  const asterisk = new Asterisk({
    ...{ container, host: network.pbx, account, timeline, clock },
    onEvent: (event) => {
      const happened = happening(event);
      if (happened) events.emit(happened.kind, happened.data);
    },
  });
  defer("stop Asterisk", () => asterisk.kill());
  const proxy = options.web && proxyProgram(container, context);
  if (proxy) defer("stop Apache", () => proxy.end("SIGKILL"));
  await together(asterisk.start(), proxy?.start() ?? Promise.resolve());
  const pbx = new AsteriskPbx({
    ...{
      variant,
      timeline,
      clock,
      seed,
      network,
      asterisk,
      proxy,
      wire,
      phones,
      events,
      realm: REALM,
    },
    authority: certificate?.authority,
  });
  defer("close the phones", () => pbx.close());
  offer(timeline, network, { ...options, authority: certificate?.authority });
  return pbx;
}

/** Both to their ends, also when one fails: what is half made is not to be undone meanwhile. */
async function together<A, B>(one: Promise<A>, other: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([one, other]);
  return await Promise.all([one, other]);
}

async function makeNetwork({ defer, processEnv }: TargetContext): Promise<PbxNetwork> {
  const network = await PbxNetwork.make(processEnv);
  defer("close the PBX's network", () => network.lab.close());
  return network;
}

/** For the ban daemon beside it. */
function offer(
  timeline: Timeline,
  network: PbxNetwork,
  options: AsteriskTargetOptions & { readonly authority?: string },
): void {
  const { transports = ["UDP", "TCP"], web, phones, authority } = options;
  // What a proxy passes on is on the loopback, named by X-Forwarded-For.
  const protocols = [...transports, ...web ? ["WS"] as const : []];
  offerPbxLab(timeline, {
    type: "real",
    host: network.pbx,
    ...web && {
      web: {
        ...{ name: WEB.name, path: WEB.path, address: ADDRESSES.pbx, authority: authority! },
        ...{ phones: phoneTable(phones), host: (place) => network.host(place) },
      },
    },
    interface: web ? "any" : "eth0",
    addresses: web ? [...OWN, LOOPBACK] : OWN,
    ports: protocols.map((protocol) => ({ protocol, port: PORTS[protocol] })),
  });
}

async function startContainer(
  { defer, options }: TargetContext,
  variant: AsteriskVariant,
  mounts: Readonly<Record<string, Mount>>,
): Promise<Container> {
  const engine = await openEngine();
  defer("leave the container engine", () => engine.close());
  const { image = await asteriskImage(engine, VERSIONS[variant]) } =
    options as AsteriskTargetOptions;
  const container = await engine.start({
    image,
    name: "pbx",
    // The machine; Asterisk is a process on it.
    command: ["sleep", "infinity"],
    hostname: "pbx",
    // chan_sip stalls on a name that it cannot look up, its own among them.
    hosts: { pbx: OWN, [WEB.name]: OWN },
    mounts,
  });
  defer("remove the PBX's container", () => container.remove());
  return container;
}

const TLS = `${FOLDER}/tls`;
const CERTIFICATE = { certificate: `${TLS}/pbx.pem`, key: `${TLS}/pbx.key` } as const;

/** What the container has of ours, by where it is in there. */
async function mountsOf(
  { tempDir, options }: TargetContext,
  folder: string,
): Promise<Record<string, Mount>> {
  const { web, proxyTimeoutS: timeoutS = 3600 } = options as AsteriskTargetOptions;
  return {
    [FOLDER]: { source: folder },
    ...web && await proxyMounts(`${tempDir}/apache`, { ...CERTIFICATE, timeoutS }),
  };
}

/** Gives the certificate, when there is something that needs one. */
async function writeFiles(
  folder: string,
  options: AsteriskTargetOptions & { readonly variant: AsteriskVariant },
  ami: AmiAccount,
): Promise<Certificate | undefined> {
  const { variant, transports = ["UDP", "TCP"], trunk, minExpiresS = 60, web } = options;
  const { nonceLifeS = 32 } = options;
  const files = asteriskConfig({
    ...{ variant, transports, ports: PORTS, minExpiresS, nonceLifeS, realm: REALM, ami, web },
    phones: phoneTable(options.phones),
    ...trunk && { trunk: { address: trunk.address, port: trunk.port ?? PORTS.UDP } },
    tls: { ...CERTIFICATE, pem: `${TLS}/both.pem` },
    echo: "600",
    failing: { 700: [403], 701: [183, 503] },
  });
  await Deno.mkdir(`${folder}/tls`, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${folder}/${name}`, text);
  }
  if (!web && !transports.includes("TLS") && !transports.includes("WSS")) return undefined;
  const made = await makeCertificate(`${folder}/tls`, [...OWN, WEB.name]);
  await Deno.writeTextFile(`${folder}/tls/both.pem`, made.key + made.certificate);
  return made;
}

function eventSignal(timeline: Timeline, clock: Clock) {
  return timeline.signal<PbxEventData>("pbx", {
    clock,
    describe: (kind, { user, address }) => `the PBX says ${kind}: ${user ?? ""} at ${address}`,
  });
}
