/** Apache in the PBX's container: before Asterisk's WebSocket, with the web phone's page. */
import { seconds } from "hil";
import type { TargetContext } from "hil";
import type { Container } from "hil/drivers/container/mod.ts";
import { bundleWebphone } from "sims/webphone/bundle.ts";
import { PAGE_HEADERS } from "sims/webphone/serve.ts";
import { PORTS, WEB } from "../port.ts";
import { APACHE_FOLDER, apacheConf } from "./apache.ts";
import { Program } from "./program.ts";

export interface ProxyFiles {
  /** PEM files, as the container sees them. */
  readonly certificate: string;
  readonly key: string;
  readonly timeoutS: number;
}

/** Where the page is, in the container. */
const PAGE = "/srv/webphone";
const START_LIMIT = seconds(30);

/** Writes Apache's file into `folder`, and gives what is to be mounted where. */
export async function proxyMounts(
  folder: string,
  { certificate, key, timeoutS }: ProxyFiles,
): Promise<Record<string, { source: string }>> {
  const page = await bundleWebphone();
  await Deno.mkdir(folder);
  const conf = apacheConf({
    ...{ ...WEB, certificate, key, timeoutS, httpPort: PORTS.WS },
    ...{ page: PAGE, headers: PAGE_HEADERS },
  });
  await Deno.writeTextFile(`${folder}/apache2.conf`, conf);
  return { [APACHE_FOLDER]: { source: folder }, [PAGE]: { source: page } };
}

export function proxyProgram(
  container: Container,
  { timeline }: Pick<TargetContext, "timeline">,
): Program {
  return new Program({
    ...{ container, timeline, clock: timeline.clock, name: "Apache", channel: "proxy" },
    command: ["apache2", "-d", APACHE_FOLDER, "-f", "apache2.conf", "-DFOREGROUND"],
    ready: /resuming normal operations/,
    startLimit: START_LIMIT,
    isGroup: true,
  });
}
