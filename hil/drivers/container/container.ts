/** One container: what runs in it, what it says, and its end. */
import { ms, pause } from "../../time/mod.ts";
import type { EngineClient } from "./client.ts";
import { ContainerError } from "./error.ts";
import { framesOf, type OutputFrame } from "./output.ts";

export interface ContainerOptions {
  readonly image: string;
  /** For messages, and the end of its name: "pbx". */
  readonly name: string;
  /** Argument list; nothing is given to a shell. */
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly hostname?: string;
  /** Names that its /etc/hosts knows: `{ "pbx.example": "198.51.100.1" }`. */
  readonly hosts?: Readonly<Record<string, string | readonly string[]>>;
  /** Folders and files of this machine, by where they are in there. */
  readonly mounts?: Readonly<Record<string, Mount>>;
  /** Beyond those that every container has: "NET_ADMIN". */
  readonly capabilities?: readonly string[];
  /** Default "none": links are moved in by a lab. */
  readonly network?: string;
  /** Kernel settings of its namespaces: "net.ipv6.conf.all.disable_ipv6". */
  readonly sysctls?: Readonly<Record<string, string>>;
}

export interface Mount {
  /** Absolute path on this machine. */
  readonly source: string;
  readonly writable?: boolean;
}

/** What runs in a container beside its own command. */
export interface Process {
  /** What it prints; ends when it does. */
  readonly output: AsyncIterable<OutputFrame>;
  /** Its number on this machine. */
  pid(): Promise<number>;
  /** Waits for its end; 128 and the signal's number when one has ended it. */
  exitCode(): Promise<number>;
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** As POST /containers/create takes it. */
export function creation(options: ContainerOptions, labels: Readonly<Record<string, string>>) {
  const { image, command, env = {}, hosts = {}, mounts = {}, capabilities = [] } = options;
  return {
    Image: image,
    Cmd: command,
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    Hostname: options.hostname,
    Labels: labels,
    HostConfig: {
      NetworkMode: options.network ?? "none",
      // Without a network there is nobody to ask for names, and who asks is to hear so at once.
      Dns: ["127.0.0.1"],
      ExtraHosts: Object.entries(hosts).flatMap(([name, addresses]) =>
        [addresses].flat().map((address) => `${name}:${address}`)
      ),
      Mounts: Object.entries(mounts).map(([target, { source, writable = false }]) => ({
        Type: "bind",
        Source: source,
        Target: target,
        ReadOnly: !writable,
      })),
      CapAdd: capabilities,
      Sysctls: options.sysctls,
      LogConfig: { Type: "none" },
    },
  };
}

export class Container {
  #pid: number | undefined;

  /** Of one that is there already; {@link Engine.start} makes them. */
  constructor(
    private readonly client: EngineClient,
    readonly id: string,
    readonly name: string,
  ) {}

  /** Of its first process, on this machine: whose namespaces are the container's. */
  get pid(): number {
    if (this.#pid !== undefined) return this.#pid;
    throw new ContainerError(`Cannot enter ${this.#what}: it does not run; start it`);
  }

  async start(): Promise<void> {
    const doing = `start ${this.#what}`;
    await this.client.run(this.#path("start"), { method: "POST", doing });
    const { State } = await this.client.json<{ State: { Pid: number } }>(this.#path("json"), {
      doing: `look at ${this.#what}`,
    });
    this.#pid = State.Pid || undefined;
  }

  /** What its first process prints from now on; ends when that does. */
  async output(): Promise<AsyncIterable<OutputFrame>> {
    const answer = await this.client.request(this.#path("attach"), {
      method: "POST",
      query: { stream: true, stdout: true, stderr: true },
      doing: `read what ${this.#what} prints`,
    });
    return framesOf(answer.body!);
  }

  /** Starts another process in it. */
  async spawn(
    command: readonly string[],
    { env = {} }: { readonly env?: Readonly<Record<string, string>> } = {},
  ): Promise<Process> {
    const doing = `run "${command.join(" ")}" in ${this.#what}`;
    const { Id } = await this.client.json<{ Id: string }>(this.#path("exec"), {
      method: "POST",
      body: {
        Cmd: command,
        Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
        AttachStdout: true,
        AttachStderr: true,
      },
      doing,
    });
    const path = `/exec/${Id}`;
    const answer = await this.client.request(`${path}/start`, {
      method: "POST",
      body: { Detach: false, Tty: false },
      doing,
    });
    const look = () => this.client.json<ExecState>(`${path}/json`, { doing });
    return {
      output: framesOf(answer.body!),
      // The engine answers before it has started it.
      pid: async () => (await until(look, ({ Pid, ExitCode }) => Pid > 0 || ExitCode !== null)).Pid,
      exitCode: async () => {
        const { ExitCode } = await until(look, (state) => !state.Running && state.Pid > 0);
        return ExitCode ?? 0;
      },
    };
  }

  /** Runs a program to its end. */
  async run(command: readonly string[]): Promise<Ran> {
    const process = await this.spawn(command);
    const text = { stdout: "", stderr: "" };
    const decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };
    for await (const { stream, bytes } of process.output) {
      text[stream] += decoders[stream].decode(bytes, { stream: true });
    }
    return { code: await process.exitCode(), ...text };
  }

  /** Waits for the end of its first process; gives the exit code. */
  async wait(signal?: AbortSignal): Promise<number> {
    const doing = `wait for the end of ${this.#what}`;
    const ended = await this.client.json<{ StatusCode: number }>(this.#path("wait"), {
      method: "POST",
      doing,
      signal,
    });
    this.#pid = undefined;
    return ended.StatusCode;
  }

  /** @param signal "SIGTERM"; default: SIGKILL */
  async kill(signal = "SIGKILL"): Promise<void> {
    const doing = `kill ${this.#what}`;
    await this.client.run(this.#path("kill"), { method: "POST", query: { signal }, doing });
  }

  /** Ends and removes it, with its own volumes. No error when it is gone. */
  async remove(): Promise<void> {
    this.#pid = undefined;
    try {
      await this.client.run(`/containers/${this.id}`, {
        method: "DELETE",
        query: { force: true, v: true },
        doing: `remove ${this.#what}`,
      });
    } catch (error) {
      // 409: somebody else removes it just now.
      if (!(error instanceof ContainerError && [404, 409].includes(error.status ?? 0))) throw error;
    }
  }

  get #what(): string {
    return `container "${this.name}"`;
  }

  #path(what: string): string {
    return `/containers/${this.id}/${what}`;
  }
}

interface ExecState {
  readonly Running: boolean;
  readonly ExitCode: number | null;
  /** On this machine; 0 before its start. */
  readonly Pid: number;
}

/** Between two looks at a process: the engine tells of containers' own by events, not of these. */
const LOOK = ms(5);

async function until(
  look: () => Promise<ExecState>,
  is: (state: ExecState) => boolean,
): Promise<ExecState> {
  for (;;) {
    const state = await look();
    if (is(state)) return state;
    await pause(LOOK);
  }
}
