/** Debian's U-Boot on the network: addresses, ping, and TFTP when the network is bad. */
import { expect, measure, scenario, seconds, step } from "hil";
import { simulatedBeagleBone, simulatedTftpServer } from "sims/bbb/mod.ts";
import { bootToPrompt, pattern, setAddresses } from "./steps.ts";

const LOAD = 0x8200_0000;
const FILES = { "os.bin": pattern(200) };
/** What is lost is repeated after five seconds: U-Boot asks the server for that too. */
const LOSSY_LIMIT = seconds(120);

scenario(
  "the board gets its address by DHCP, pings the server, and sees one PHY",
  {
    uses: {
      board: simulatedBeagleBone({ emmc: { uboot: "bookworm" } }),
      tftp: simulatedTftpServer({ files: FILES, capture: true }),
    },
    timeout: seconds(90),
  },
  async ({ board, tftp }) => {
    const uboot = await bootToPrompt(board);
    expect(await uboot.run("mii info"), "PHYs").toMatch(
      /^PHY 0x00: OUI = 0x01F0, Model = 0x0F, Rev = 0x01, [^\n]*\n?$/,
    );
    await uboot.run("setenv autoload no");
    expect(await uboot.run("dhcp"), "what dhcp says").toMatch(
      /DHCP client bound to address 198\.51\.100\.1\d\d /,
    );
    expect(await uboot.run(`ping ${tftp.address}`), "what ping says").toMatch(/is alive/);
    expect(tftp.frames).toHaveHappened(8, { kind: "delivered" });
  },
);

scenario(
  "a file comes whole over a network that loses, doubles, delays and breaks frames",
  {
    uses: {
      board: simulatedBeagleBone({ emmc: { uboot: "bookworm" } }),
      tftp: simulatedTftpServer({ files: FILES }),
    },
    timeout: seconds(180),
  },
  async ({ board, tftp }) => {
    const uboot = await bootToPrompt(board);
    await setAddresses(uboot, tftp);
    await tftp.disturb({
      loss: 0.01,
      corruption: 0.01,
      duplication: 0.2,
      reordering: 0.05,
      reorderingDelayNs: 200_000,
      delayNs: [0, 100_000],
    });
    const from = board.clock.now();
    await uboot.run(`tftpboot ${LOAD.toString(16)} os.bin`, { within: LOSSY_LIMIT });
    measure("transfer", (board.clock.now() - from) / 1e9, { unit: "s" });
    const loaded = await board.memory(LOAD, FILES["os.bin"].length);
    expect(Array.from(loaded), "what was loaded").toEqual(Array.from(FILES["os.bin"]));
  },
);

scenario(
  "a transfer goes on from a snapshot in its midst, each time to the same board",
  {
    uses: {
      board: simulatedBeagleBone({ emmc: { uboot: "bookworm" } }),
      tftp: simulatedTftpServer({ files: FILES }),
    },
    timeout: seconds(120),
  },
  async ({ board, tftp }) => {
    const uboot = await bootToPrompt(board);
    await setAddresses(uboot, tftp);
    await board.console.write(`tftpboot ${LOAD.toString(16)} os.bin\n`);
    await board.console.waitFor("Loading: ", { within: seconds(10) });
    const midst = await board.snapshot();
    const finish = () =>
      step("the rest of it", async () => {
        await board.console.waitFor("Bytes transferred = 102400", { within: seconds(10) });
        await board.console.waitFor("=> ", { within: seconds(1) });
        const loaded = await board.memory(LOAD, FILES["os.bin"].length);
        expect(Array.from(loaded), "what was loaded").toEqual(Array.from(FILES["os.bin"]));
        return await board.fingerprint();
      });
    const first = await finish();
    await board.restore(midst);
    const end = await board.memory(LOAD + FILES["os.bin"].length - 4, 4);
    expect(Array.from(end), "the file's end in the midst").toEqual([0, 0, 0, 0]);
    expect(await finish(), "the board after the second time").toBe(first);
  },
);
