// node's serialport on a port, as a peer in `deno task bench serial`. Arguments: `receive PATH SIZE`,
// `send PATH SIZE`, `lines PATH COUNT`. Prints JSON: seconds and the SHA-256 of what came or went.
const { createHash } = require("node:crypto");
const { SerialPort } = require("serialport");

const [mode, path, amount] = process.argv.slice(2);
const count = Number(amount);
const port = new SerialPort({ path, baudRate: 115200 }, async (error) => {
  if (error) throw error;
  console.log(JSON.stringify(await { receive, send, lines }[mode]()));
  process.exit();
});

// deno-lint-ignore house/no-host-time -- this is node, which has no hil/time
const now = () => performance.now() / 1000;

async function receive() {
  const hash = createHash("sha256");
  let size = 0;
  const began = now();
  await new Promise((resolve) => {
    port.on("data", (chunk) => {
      hash.update(chunk);
      if ((size += chunk.length) >= count) resolve();
    });
    port.write("!");
  });
  return { seconds: now() - began, hash: hash.digest("hex") };
}

async function send() {
  const hash = createHash("sha256");
  const chunk = Buffer.alloc(64 << 10, "serial ports ");
  const began = now();
  const taken = new Promise((resolve) => port.once("data", resolve));
  for (let sent = 0; sent < count; sent += chunk.length) {
    hash.update(chunk);
    await new Promise((resolve) => port.write(chunk, resolve));
  }
  await taken;
  return { seconds: now() - began, hash: hash.digest("hex") };
}

async function lines() {
  const taken = [];
  for (let number = 0; number < count; number++) {
    const line = `line ${number} of a console, as they are\n`;
    const began = now();
    await new Promise((resolve) => {
      let back = "";
      const take = (chunk) => {
        back += chunk;
        if (!back.endsWith("\n")) return;
        port.off("data", take);
        resolve();
      };
      port.on("data", take);
      port.write(line);
    });
    taken.push(now() - began);
  }
  return { seconds: taken.sort((a, b) => a - b)[count >> 1] };
}
