/** A Docker Engine: its images and its containers. */
import { newName, ownerIsGone } from "../netns/mod.ts";
import { EngineClient } from "./client.ts";
import { Container, type ContainerOptions, creation } from "./container.ts";
import { ContainerError } from "./error.ts";

/** On all that we made: whose it is, as `newName` says it. */
export const OWNER_LABEL = "hil.owner";

export interface ImportOptions {
  /** "hil/asterisk:22-0123abcd". */
  readonly tag: string;
  /** The root file system as a tar archive; it may be compressed by gzip, xz, bzip2 or zstd. */
  readonly archive: ReadableStream<Uint8Array>;
}

export class Engine {
  readonly #client: EngineClient;

  /** @param socket path of its Unix socket: see {@link findEngine} */
  constructor(readonly socket: string) {
    this.#client = new EngineClient(socket);
  }

  /** What `docker version` says of the engine. @throws ContainerError when there is none */
  async version(): Promise<string> {
    const doing = "ask the container engine for its version";
    return (await this.#client.json<{ Version: string }>("/version", { doing })).Version;
  }

  async hasImage(tag: string): Promise<boolean> {
    try {
      await this.#client.run(`/images/${tag}/json`, { doing: `look for image "${tag}"` });
      return true;
    } catch (error) {
      if (error instanceof ContainerError && error.status === 404) return false;
      throw error;
    }
  }

  /** Makes an image of a root file system. */
  async importImage({ tag, archive }: ImportOptions): Promise<void> {
    const [repo, version] = tag.split(":");
    const doing = `import image "${tag}"`;
    const answer = await this.#client.request("/images/create", {
      method: "POST",
      query: { fromSrc: "-", repo, tag: version },
      body: archive,
      doing,
    });
    // It has answered 200 before it read the archive: what went wrong stands in the text.
    const error = /"error":\s*"((?:[^"\\]|\\.)*)"/.exec(await answer.text())?.[1];
    if (error !== undefined) {
      throw new ContainerError(`Cannot ${doing}: the engine says "${error}"`);
    }
  }

  /** Makes a container and starts it; removes it again when it does not start. */
  async start(options: ContainerOptions): Promise<Container> {
    const doing = `make a container of image "${options.image}"`;
    const owner = newName();
    const { Id: id } = await this.#client.json<{ Id: string }>("/containers/create", {
      method: "POST",
      query: { name: `${owner}-${options.name}` },
      body: creation(options, { [OWNER_LABEL]: owner }),
      doing,
    });
    const container = new Container(this.#client, id, options.name);
    try {
      await container.start();
    } catch (error) {
      await container.remove().catch(() => {});
      throw error;
    }
    return container;
  }

  /** Removes containers of processes that have ended; gives how many. */
  async removeOrphans(): Promise<number> {
    const found = await this.#client.json<{ Id: string; Labels: Record<string, string> }[]>(
      "/containers/json",
      {
        query: { all: true, filters: JSON.stringify({ label: [OWNER_LABEL] }) },
        doing: "list containers of earlier runs",
      },
    );
    const orphans = found.filter(({ Labels }) => ownerIsGone(Labels[OWNER_LABEL] ?? ""));
    await Promise.all(
      orphans.map(({ Id }) => new Container(this.#client, Id, "of an earlier run").remove()),
    );
    return orphans.length;
  }

  close(): void {
    this.#client.close();
  }
}
