/** For tests, run in a network namespace: clients that say what stdin says, and servers that echo. */
import { createSocket, type Socket } from "node:dgram";

const PORT = 5060;
const ENDS = {
  udp4: { client: "198.51.100.9", server: "127.0.0.1" },
  udp6: { client: "2001:db8::9", server: "::1" },
} as const;
type Family = keyof typeof ENDS;

/** Each with the same ports all the time: a flow that connection tracking knows. */
async function open(family: Family): Promise<Socket> {
  const server = createSocket(family);
  server.on("message", (data, { port, address }) => {
    console.log(`${family} ${data}`);
    server.send(data, port, address);
  });
  const client = createSocket(family);
  const { promise, resolve } = Promise.withResolvers<void>();
  server.bind(PORT, ENDS[family].server, () => client.bind(PORT + 1, ENDS[family].client, resolve));
  await promise;
  return client;
}

const clients = { udp4: await open("udp4"), udp6: await open("udp6") };
console.log("ready");
for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  for (const line of text.trim().split("\n")) {
    const [family, word] = line.split(" ") as [Family, string];
    clients[family].send(word, PORT, ENDS[family].server);
  }
}
Deno.exit();
