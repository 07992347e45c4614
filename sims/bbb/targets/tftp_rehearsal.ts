/**
 * The target "rehearsal" of the role "tftp": the rehearsal's process serves the files on the board's
 * network, which is simulated in there. What a real board loads from is `tftp_udp.ts`.
 */
import { defineTarget } from "hil";
import { LAB_ADDRESSES, tftpSignal } from "../lab_server.ts";
import type { TftpOptions, TftpServer } from "../port.ts";
import { rehearsalOf } from "../rehearsal/process.ts";
import { hostClockOf } from "./host_lab.ts";

export default defineTarget<TftpServer>({
  title: "TFTP and DHCP server on the rehearsal's network",
  offers: [],
  availability: () => ({ ok: true }),
  async start(context) {
    const { timeline, options } = context;
    const process = rehearsalOf(context);
    const requests = tftpSignal(timeline, hostClockOf(timeline));
    process.onTftp = ({ kind, data }) => void requests.emit(kind, data);
    await process.ask("serve", { options: options as TftpOptions });
    const { server, client, netmask } = LAB_ADDRESSES;
    return { address: server, clientAddress: client, netmask, requests };
  },
});
